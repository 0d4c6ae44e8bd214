"""What the assistant holds of a thread between turns: one small document, saved in the unit that commits its reply."""

from collections.abc import Mapping
from typing import Any

import msgspec

from memory.engines.base import Tx

_SAVE = """INSERT INTO dialogues (thread_id, seq, state) VALUES (?, ?, ?)
    ON CONFLICT (thread_id) DO UPDATE SET seq = excluded.seq, state = excluded.state"""


async def load(tx: Tx, thread_id: int) -> dict[str, Any]:
    """The document, empty when there is none yet."""
    return (await saved(tx, thread_id))[1]


async def saved(tx: Tx, thread_id: int) -> tuple[int, dict[str, Any]]:
    """The number of the last event when the document was saved, and the document; (0, empty) when there is none yet."""
    row = await tx.one("SELECT seq, state FROM dialogues WHERE thread_id = ?", (thread_id,))
    return (row["seq"], msgspec.json.decode(row["state"], type=dict[str, Any])) if row else (0, {})


async def save(tx: Tx, thread_id: int, seq: int, state: Mapping[str, Any]) -> None:
    """Replace the document."""
    await tx.run(_SAVE, (thread_id, seq, msgspec.json.encode(state).decode()))
