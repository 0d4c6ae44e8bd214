"""The application: it puts channels and memory together and is the only room that decides."""
