"""Slack as a desk: escalations and customers' words go there, agents' words and clicks come back."""
