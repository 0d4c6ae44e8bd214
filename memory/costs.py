"""What answering costs: the model's tokens by thread (`cost` events) and by the shop's day (a counter).

Both are written in one unit. A unit that was cancelled may have been written and may be written again: then a little too much is
counted, never too little.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from memory.engines.base import Tx
from memory.threads import NewEvent, append

_OF_THREAD = "SELECT body FROM events WHERE thread_id = ? AND type = 'cost'"
_OF_DAY = "SELECT value FROM counters WHERE name = ?"
_ADD = """INSERT INTO counters (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value"""


async def tokens(tx: Tx, thread_id: int, day: date) -> tuple[int, int]:
    """(tokens of this thread, tokens of the whole shop on this day)."""
    bodies = [msgspec.json.decode(row["body"]) for row in await tx.all(_OF_THREAD, (thread_id,))]
    row = await tx.one(_OF_DAY, (_name(day),))
    return sum(int(body.get("tokens", 0)) for body in bodies), int(row["value"]) if row else 0


async def spend(tx: Tx, thread_id: int, day: date, body: Mapping[str, Any], now: datetime) -> None:
    """Book what one turn cost; `body` has at least `tokens`. Raises LookupError for an unknown thread."""
    await append(tx, thread_id, [NewEvent("cost", body)], now)
    await tx.run(_ADD, (_name(day), int(body["tokens"])))


def _name(day: date) -> str:
    return f"llm_tokens:{day.isoformat()}"
