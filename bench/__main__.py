"""Every bench, one after the other: `python -m bench`."""

import sys

from bench import calls, catalogue, derive, ground, idle, imports, turns, understand, voice


def main() -> int:
    """Run all; the first failure's status."""
    each = (
        idle.main,
        turns.main,
        calls.main,
        derive.main,
        ground.main,
        understand.main,
        imports.main,
        catalogue.main,
        voice.main,
    )
    return next((status for run in each if (status := run())), 0)


if __name__ == "__main__":
    sys.exit(main())
