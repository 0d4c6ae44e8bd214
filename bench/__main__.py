"""Every bench, one after the other: `python -m bench`."""

import sys

from bench import derive, idle, imports, turns


def main() -> int:
    """Run all; the first failure's status."""
    return idle.main() or turns.main() or derive.main() or imports.main()


if __name__ == "__main__":
    sys.exit(main())
