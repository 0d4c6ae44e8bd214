"""Who may see what, what may be done and by whom: pure functions over a policy file."""
