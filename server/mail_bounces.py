"""What a bounce tells about an address, beside what it tells about the mail: nobody is there, or they want none of it."""

from datetime import datetime
from typing import Final

from channels.message import Receipt
from memory import customers
from memory.engines.base import Tx

SPAM: Final = "spam"
"""The code of a receipt for mail that somebody marked as spam."""


async def learn(tx: Tx, receipt: Receipt, identity_id: int, now: datetime) -> None:
    """Write to an address no more that takes nothing for good (5.x.x, RFC 3463), until they write again; or that called us spam."""
    if receipt.channel != "email" or receipt.status != "failed":
        return
    if receipt.code == SPAM:
        await customers.stop(tx, identity_id, now)
    elif receipt.code.startswith("5"):
        await customers.bounce(tx, identity_id, now)
