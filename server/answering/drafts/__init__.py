"""What is being put together in a conversation: one module for each kind of task that takes several answers."""
