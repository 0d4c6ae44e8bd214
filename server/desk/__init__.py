"""Where people take over: handoff, brief, suggested replies, opening hours."""
