"""Puts the weights that come with Onethread back in place, after a test that used others."""

from server.answering.understand import weights
from server.answering.warm import warm


def packaged_again() -> None:
    """Use the package's weights, and load them now: no coroutine of a later test may read files."""
    weights.use(None)
    warm()
