"""One module for each thing that the assistant can get done."""
