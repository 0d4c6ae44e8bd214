"""Intent, feeling, risk and entities of a message, without a model service."""
