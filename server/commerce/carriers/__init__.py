"""Providers of tracking events: what they sign, what they say, in the words of `states`."""
