"""Faults from outside: a real server process that is killed, and a checker of what must have survived."""
