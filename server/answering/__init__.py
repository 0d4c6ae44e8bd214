"""What a customer's message means and what a true reply to it is."""
