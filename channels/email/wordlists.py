"""Sets of names, written as one text."""


def named(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
