"""Puts a provider's late word on its own id to a message whose send came to nothing that is known.

A send whose answer was lost is settled as soon as the provider shows the message: by the key that we gave it, or by its words.
It is sent then, whatever its last try looked like, and is not sent again.
"""

from datetime import datetime

from memory import outbox, threads
from memory.engines.base import Tx
from memory.outbox import Sent
from memory.threads import NewEvent, Thread


async def settle(tx: Tx, sent: Sent, provider_id: str, now: datetime) -> Thread | None:
    """The thread with the message marked as sent under this id; None when its id was known already."""
    thread = await threads.by_id(tx, sent.thread_id, lock=True)
    if thread is None or not await outbox.settle(tx, sent.id, provider_id):
        return None
    body = {"of": sent.seq, "status": "sent", "provider_id": provider_id}
    event = NewEvent("delivery", body, channel=sent.channel, identity_id=sent.identity_id)
    return (await threads.append_to(tx, thread, [event], now))[0]
