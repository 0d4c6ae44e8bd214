"""When addresses of a customer were seen first: what came with the customer is no change, what came later is."""

from datetime import timedelta

from memory import contacts
from memory.engines.base import Database
from tests.support.databases import NOW

MAIL, PHONE, OTHER = ("email", "ana@example.com"), ("phone", "+14025550143"), ("email", "new@example.com")
DAYS = timedelta(days=1)


async def see(database: Database, *found: tuple[str, str], days: int = 0, customer: str = "c1") -> None:
    await database.write(lambda tx: contacts.see(tx, customer, found, NOW + days * DAYS))


async def changed(database: Database, days: int, customer: str = "c1") -> frozenset[tuple[str, str]]:
    """What changed since so many days after the beginning."""
    return await database.read(lambda tx: contacts.changed(tx, customer, NOW + days * DAYS))


async def test_what_is_seen_with_a_customer_at_first_is_no_change(database: Database) -> None:
    await see(database, MAIL, PHONE)
    assert await changed(database, -1) == frozenset()


async def test_what_is_seen_later_is_a_change_for_as_long_as_is_asked(database: Database) -> None:
    await see(database, MAIL)
    await see(database, MAIL, OTHER, days=10)
    assert (await changed(database, 5), await changed(database, 11)) == (frozenset({OTHER}), frozenset())


async def test_what_is_seen_again_keeps_its_day(database: Database) -> None:
    await see(database, MAIL)
    for day in (3, 20):
        await see(database, MAIL, OTHER, days=day)
    assert await changed(database, 10) == frozenset()


async def test_customers_do_not_change_for_each_other(database: Database) -> None:
    await see(database, MAIL)
    await see(database, OTHER, days=10, customer="c2")
    assert (await changed(database, 5), await changed(database, 5, "c2"), await changed(database, 5, "")) == (
        frozenset(),
        frozenset(),
        frozenset(),
    )


async def test_only_what_was_never_seen_has_to_be_noted(database: Database) -> None:
    await see(database, MAIL)
    assert await database.read(lambda tx: contacts.unseen(tx, "c1", [MAIL, OTHER, OTHER])) == [OTHER]
