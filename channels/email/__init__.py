"""E-mail: what a mail says, whether it may be believed, and what may be answered to it."""
