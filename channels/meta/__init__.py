"""WhatsApp Cloud API, Instagram and Messenger, with nobody between Meta and this installation."""
