"""The model, optional: it may choose what the assistant looks up and word what it says, and nothing else.

Without settings nothing here is imported. The embedded assistant answers first and stays the authority; what a model says or
wants passes the same gate, the same grounding and filters of its own, and its failure costs no function.
"""
