"""The agents' Slack, against a stand-in on loopback."""
