"""Whose address a message came from: the identity behind it, under whatever of its keys the provider names it today.

A WhatsApp user is known by a number, by a user id where the number is hidden, or by both. Whoever came with both once is the same
identity under either afterwards, and goes by the number: a shop's orders know numbers. Only what one signed call attests
together is put together.
"""

from datetime import datetime

from channels.message import Address
from channels.phones import is_number
from memory import customers
from memory.customers import Identity
from memory.engines.base import Tx


async def who(tx: Tx, address: Address, now: datetime, *, locale: str = "") -> Identity:
    """The identity of a proven address, made with a customer when it is new. Raises ValueError for a claimed one."""
    if address.kind != "whatsapp":
        return await _resolve(tx, address, now, locale)
    keys = (address.key, *address.also)
    found = await customers.by_alias(tx, address.kind, keys) or await _known(tx, address, keys)
    if found is None:
        found = await _resolve(tx, address, now, locale)
    elif is_number(address.key) and found.key != address.key:
        found = await _by_number(tx, address, found, now, locale)
    others = [key for key in keys if key != found.key]
    if others:
        await customers.also_called(tx, found.id, address.kind, others)
    return await customers.said_as(tx, found, address.display)


async def _known(tx: Tx, address: Address, keys: tuple[str, ...]) -> Identity | None:
    for key in keys:
        if found := await customers.proven(tx, address.kind, key):
            return found
    return None


async def _by_number(tx: Tx, address: Address, found: Identity, now: datetime, locale: str) -> Identity:
    """The identity that goes by the number: this one, where nobody does yet. Who has another number is another identity."""
    other = await customers.proven(tx, address.kind, address.key)
    if other is not None:
        return other
    if is_number(found.key):
        return await _resolve(tx, address, now, locale)
    await customers.rename(tx, found.id, address.key, address.display)
    return await customers.identity(tx, found.id) or found


async def _resolve(tx: Tx, address: Address, now: datetime, locale: str) -> Identity:
    return await customers.resolve(
        tx, address.kind, address.key, address.proof, now,
        display=address.display, profile_name=address.profile_name, locale=locale,
    )  # fmt: skip
