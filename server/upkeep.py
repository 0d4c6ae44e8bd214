"""The garbage collector of a process that serves: what stays is not looked through, what is fleeting seldom.

Reference counts free nearly all of what a turn makes; the collector only finds cycles. It is run after so many objects that
were made and not freed, and the many turns that are under way at once are no garbage.
"""

import gc
from typing import Final

_THRESHOLDS: Final = (20_000, 10, 10)
"""New objects before the young are looked through, and how often before the older ones are."""
_WHILE_LOADING: Final = 50_000


def look_seldom() -> None:
    """While a command loads what it needs: half a million objects, none of them garbage."""
    gc.set_threshold(_WHILE_LOADING, *_THRESHOLDS[1:])


def keep_what_is_loaded() -> None:
    """What was loaded by now stays: looking through all of it again and again would hold the loop for 100 ms."""
    gc.set_threshold(*_THRESHOLDS)
    gc.collect()
    gc.freeze()
