"""Who somebody is: proven addresses belong to one customer, claimed ones link nothing."""

import asyncio

import pytest

from memory import customers
from memory.engines.base import Database, Tx
from tests.memory.acts import an_identity, count
from tests.support.databases import NOW


async def test_fifty_first_messages_at_once_make_one_customer(database: Database, twin: Database) -> None:
    found = await asyncio.gather(
        *(
            handle.write(lambda tx: customers.resolve(tx, "phone", "+14025550100", "channel", NOW))
            for handle in (database, twin)
            for _ in range(25)
        )
    )
    assert len({identity.id for identity in found}) == 1
    assert (await count(database, "customers"), await count(database, "identities")) == (1, 1)


async def test_a_store_account_is_one_customer_however_often_it_races(database: Database, twin: Database) -> None:
    found = await asyncio.gather(
        *(
            handle.write(lambda tx: customers.create(tx, NOW, store_id="c1", name="Ana"))
            for handle in (database, twin)
            for _ in range(10)
        )
    )
    assert len({customer.id for customer in found}) == 1


async def test_a_claimed_address_identifies_nobody(database: Database) -> None:
    ana = await an_identity(database, "visitor-1", "visitor")
    await database.write(lambda tx: customers.claim(tx, ana.customer_id, "email", "ana@example.com", NOW))
    assert await database.read(lambda tx: customers.proven(tx, "email", "ana@example.com")) is None
    with pytest.raises(ValueError, match="claimed"):
        await database.write(lambda tx: customers.resolve(tx, "email", "ana@example.com", "claimed", NOW))
    stranger = await an_identity(database, "ana@example.com", "email")
    assert stranger.customer_id != ana.customer_id


async def test_everybody_may_claim_the_same_address_and_it_links_none_of_them(database: Database) -> None:
    people = [await an_identity(database, f"visitor-{number}", "visitor") for number in range(3)]

    async def claim(customer_id: int) -> None:
        await database.write(lambda tx: customers.claim(tx, customer_id, "email", "a@b.c", NOW))

    for person in people:
        await claim(person.customer_id)
        await claim(person.customer_id)
    assert await count(database, "identities") == 6
    assert len({person.customer_id for person in people}) == 3


async def test_proof_grows_and_never_shrinks(database: Database) -> None:
    async def resolve(proof: str) -> str:
        await database.write(lambda tx: customers.resolve(tx, "email", "ana@example.com", proof, NOW))
        found = await database.read(lambda tx: customers.proven(tx, "email", "ana@example.com"))
        assert found is not None
        return found.proof

    assert [await resolve(proof) for proof in ("channel", "verified", "channel")] == ["channel", "verified", "verified"]


async def test_a_proven_address_stays_with_whoever_has_it(database: Database) -> None:
    ana = await an_identity(database)

    async def unit(tx: Tx) -> tuple[int, int]:
        other = await customers.create(tx, NOW)
        found = await customers.attach(tx, other.id, "phone", "+14025550100", "verified", NOW)
        return other.id, found.customer_id

    other, holder = await database.write(unit)
    assert holder == ana.customer_id != other


async def test_what_is_known_is_filled_in_and_the_rest_stays(database: Database) -> None:
    customer = await database.write(lambda tx: customers.create(tx, NOW, name="Ana", locale="en"))
    await database.write(lambda tx: customers.describe(tx, customer.id, vip=True, locale="pt"))
    found = await database.read(lambda tx: customers.get(tx, customer.id))
    assert found is not None
    assert (found.name, found.locale, found.vip) == ("Ana", "pt", True)
