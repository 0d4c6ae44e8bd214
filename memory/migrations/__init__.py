"""Numbered SQL files, forward only. The schema is the migrations."""
