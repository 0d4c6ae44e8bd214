"""The measured claims of the README, each a command."""
