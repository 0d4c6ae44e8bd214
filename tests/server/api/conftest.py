"""The same house as the console's: one application, seen by programs."""

from tests.server.console.conftest import house, template

__all__ = ["house", "template"]
