"""Mirrors the folders; support/ holds the stand-ins of the outside world, story/ whole conversations."""
