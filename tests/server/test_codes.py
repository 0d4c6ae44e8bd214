"""One-time codes between the sending and the door: what is sent, how often, what is taken out of a message, and what it proves."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from channels.errors import NotNow, OutcomeUnknown, Refused
from channels.message import Address
from memory import proofs
from memory.engines.base import Database
from memory.threads import Thread
from server.clock import HandClock
from server.codes import PLACE, RECEIVED, Kind, Wanted
from server.inbox import Accepted
from server.policies import identity
from server.services import Services
from server.stage import Postbox
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

ANA = "ana@example.com"
KEY = "k" * 40
SECONDS, MINUTES = timedelta(seconds=1), timedelta(minutes=1)
TAKEN = (
    "123456",
    " 123456 ",
    "it's 123456",
    "123 456",
    "123-456",
    "12 34 56",
    "1 2 3 4 5 6",
    "123456.",
    "code:123456!",
    "١٢٣٤٥٦",
)
LEFT = (
    "12345", "1234567", "order R-123456", "call 402 555 0123", "402-555-012345", "1,234,560", "123456.78", "€123456.00 is it",
    "ana123456@example.com", "https://shop.example/123456", "1Z123456", "123456%", "",
)  # fmt: skip


@dataclass(slots=True)
class Strike(Postbox):
    """A mailbox that takes nothing, for one reason or another."""

    error: Exception = field(default_factory=lambda: ConnectionError("the mail server is away"))

    @override
    async def post(self, kind: Kind, destination: str, text: str) -> None:
        raise self.error


class Desk:
    """Two people who write, and the codes that they ask for."""

    def __init__(self, services: Services, clock: HandClock, postbox: Postbox) -> None:
        self.services, self.clock, self.postbox = services, clock, postbox
        self.seq = 1

    async def begin(self, sender: Address = core.ANA) -> tuple[Thread, int]:
        """A conversation and who speaks in it."""
        accepted = await core.write(self.services, "hello", sender)
        return accepted.thread, accepted.identity.id

    async def ask(self, thread: Thread, who: int, **changes: Any) -> str:
        """A code for cancelling order 7, asked for by a new message; what became of it."""
        self.seq += 1
        values: dict[str, Any] = {
            "thread_id": thread.id, "identity_id": who, "seq": self.seq, "net": "", "purpose": "cancel_order:ord_7",
            "word": "otp", "subjects": ("ord_7",), "kind": "email", "destination": ANA, "text": f"Your code is {PLACE}.",
        }  # fmt: skip
        outcome = await self.services.codes.send(Wanted(**{**values, **changes}))
        await self.services.codes.settled()
        return outcome

    async def say(self, text: str, sender: Address = core.ANA, **values: Any) -> Accepted:
        """Write a message; as it stands on disk."""
        return await core.write(self.services, text, sender, **values)

    async def come(self, text: str, sender: Address = core.ANA) -> tuple[str, str | None]:
        """The text and the choice of a message as they stand on disk."""
        body = (await self.say(text, sender)).event.body
        return str(body["text"]), body.get("choice")

    async def proven(self, thread: Thread, who: int) -> dict[str, frozenset[str]]:
        """What is proven now."""
        now = self.clock.now()
        return await self.services.database.read(lambda tx: proofs.held(tx, thread.id, who, now))

    @property
    def wrong(self) -> str:
        """Some code that is not the one that was sent."""
        return f"{(int(self.postbox.code) + 1) % 1_000_000:06}"


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    clock, postbox = HandClock(NOW), Postbox()
    async with core.rooms(database, clock=clock, post=postbox) as services:
        yield Desk(services, clock, postbox)


# What is sent


async def test_six_digits_go_to_the_address_and_stand_nowhere_else(desk: Desk) -> None:
    thread, who = await desk.begin()
    assert await desk.ask(thread, who) == "sent"
    assert [(kind, to) for kind, to, _ in desk.postbox.posted] == [("email", ANA)]
    assert re.fullmatch(r"Your code is \d{6}\.", desk.postbox.posted[0][2])
    row = await desk.services.database.read(
        lambda tx: tx.one("SELECT purpose, subjects, destination, net, digest FROM codes")
    )
    assert row is not None
    kept = " ".join(str(row[place]) for place in range(5))
    assert desk.postbox.code not in kept
    assert ANA not in kept


async def test_codes_differ(desk: Desk) -> None:
    thread, who = await desk.begin()
    for _ in range(3):
        await desk.ask(thread, who, is_again=True)
        desk.clock.advance(31 * SECONDS)
    assert len({text for _, _, text in desk.postbox.posted}) == 3


async def test_a_repeated_turn_sends_no_second_code(desk: Desk) -> None:
    thread, who = await desk.begin()
    assert [await desk.ask(thread, who, seq=9, is_again=True) for _ in range(3)] == ["sent"] * 3
    assert len(desk.postbox.posted) == 1


async def test_an_open_code_stands_until_another_is_asked_for(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    desk.clock.advance(MINUTES)
    assert await desk.ask(thread, who) == "open"
    first = desk.postbox.code
    assert await desk.ask(thread, who, is_again=True) == "sent"
    assert (await desk.come(first))[1] == ("code:right" if first == desk.postbox.code else "code:wrong")


@pytest.mark.parametrize(("after", "outcome"), [(29 * SECONDS, "soon"), (31 * SECONDS, "sent")])
async def test_another_code_takes_half_a_minute(desk: Desk, after: timedelta, outcome: str) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    desk.clock.advance(after)
    assert await desk.ask(thread, who, is_again=True) == outcome


async def test_three_codes_a_quarter_of_an_hour_and_ten_a_day(desk: Desk) -> None:
    thread, who = await desk.begin()
    outcomes = []
    for _ in range(4):
        outcomes.append(await desk.ask(thread, who, is_again=True))
        desk.clock.advance(MINUTES)
    assert outcomes == ["sent", "sent", "sent", "limit"]
    outcomes = []
    for _ in range(8):
        desk.clock.advance(16 * MINUTES)
        outcomes.append(await desk.ask(thread, who, is_again=True))
    assert outcomes == ["sent"] * 7 + ["limit"]
    desk.clock.advance(timedelta(days=1))
    assert await desk.ask(thread, who, is_again=True) == "sent"


async def test_an_address_is_spared_whoever_asks(desk: Desk) -> None:
    ana, bob = await desk.begin(), await desk.begin(core.BOB)
    for who in (ana, bob, ana):
        assert await desk.ask(*who, is_again=True) == "sent"
        desk.clock.advance(MINUTES)
    assert await desk.ask(*bob, is_again=True) == "limit"


@pytest.mark.parametrize("net", ["203.0.113.9", ""])
async def test_an_asker_and_a_network_have_their_share_whatever_the_address(desk: Desk, net: str) -> None:
    ana, bob = await desk.begin(), await desk.begin(core.BOB)
    for number in range(3):
        assert await desk.ask(*ana, destination=f"{number}@example.com", net=net) == "sent"
    assert await desk.ask(*ana, destination="4@example.com", net=net) == "limit"
    assert await desk.ask(*bob, destination="5@example.com", net=net) == ("limit" if net else "sent")


async def test_nobody_learns_from_the_limits_who_is_known(desk: Desk) -> None:
    ana, bob = await desk.begin(), await desk.begin(core.BOB)
    for who, is_known in ((ana, True), (bob, False)):
        values: dict[str, Any] = {"destination": f"{who[1]}@example.com", "is_known": is_known}
        sent = []
        for pause in (0, 1, 31, 31, 31, 60 * 60):
            desk.clock.advance(pause * SECONDS)
            sent.append(await desk.ask(*who, **values, is_again=True, is_quiet=True, daily=3))
        assert sent == ["sent", "soon", "sent", "sent", "limit", "limit"]
    assert {to for _, to, _ in desk.postbox.posted} == {f"{ana[1]}@example.com"}


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("the mail server is away"),
        TimeoutError(),
        NotNow("too many"),
        Refused("no such number"),
        OutcomeUnknown("no answer"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_was_not_sent_is_said_and_opens_nothing(database: Database, error: Exception) -> None:
    async with core.rooms(database, post=Strike(error=error)) as services:
        desk = Desk(services, HandClock(NOW), Postbox())
        thread, who = await desk.begin()
        assert await desk.ask(thread, who) == "failed"
        assert await desk.come("123456") == ("123456", None)


async def test_without_a_post_nothing_is_sent_or_taken(database: Database) -> None:
    async with core.rooms(database) as services:
        desk = Desk(services, HandClock(NOW), Postbox())
        thread, who = await desk.begin()
        assert await desk.ask(thread, who) == "failed"
        assert await desk.come("123456") == ("123456", None)


# The door


async def test_the_right_code_proves_its_subjects_for_half_an_hour(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who, subjects=("ord_7", "customer:c1"))
    assert await desk.come(f"here: {desk.postbox.code}") == (f"here: {RECEIVED}", "code:right")
    assert await desk.proven(thread, who) == {"ord_7": frozenset({"otp"}), "customer:c1": frozenset({"otp"})}
    desk.clock.advance(30 * MINUTES)
    assert await desk.proven(thread, who) == {}


async def test_the_code_is_in_no_event(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    await desk.come(desk.postbox.code)
    assert all(desk.postbox.code not in str(event.body) for event in await core.log(desk.services, thread))


async def test_a_code_works_once_and_is_not_written_down_the_second_time(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    await desk.come(desk.postbox.code)
    desk.clock.advance(31 * MINUTES)
    assert await desk.come(desk.postbox.code) == (RECEIVED, None)
    assert await desk.proven(thread, who) == {}


async def test_the_same_message_twice_is_one_try(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    first = await desk.say(desk.postbox.code, cid="one")
    again = await desk.say(desk.postbox.code, cid="one")
    assert (again.is_repeat, again.event.seq) == (True, first.event.seq)


async def test_a_code_ends_after_ten_minutes(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    await core.happen(desk.services, thread)
    desk.clock.advance(10 * MINUTES)
    await desk.come(desk.postbox.code)
    assert await desk.proven(thread, who) == {}


async def test_after_five_wrong_tries_the_right_one_is_too_late(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    choices = [(await desk.come(desk.wrong))[1] for _ in range(5)]
    assert choices == ["code:wrong"] * 4 + ["code:void"]
    await desk.come(desk.postbox.code)
    assert await desk.proven(thread, who) == {}


async def test_many_guesses_in_a_message_are_many_tries(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    guesses = [f"{(int(desk.postbox.code) + step) % 1_000_000:06}" for step in range(1, 8)]
    assert (await desk.come(", ".join([*guesses, desk.postbox.code])))[1] == "code:void"
    assert await desk.proven(thread, who) == {}


async def test_a_code_opens_nothing_for_somebody_else(desk: Desk) -> None:
    thread, who = await desk.begin()
    other, stranger = await desk.begin(core.BOB)
    await desk.ask(thread, who)
    assert (await desk.come(desk.postbox.code, core.BOB))[1] is None
    assert await desk.proven(other, stranger) == {}
    await desk.ask(other, stranger, destination="bob@example.com")
    theirs = desk.postbox.code
    assert (await desk.come(theirs))[1] == (
        "code:right" if theirs == desk.postbox.posted[0][2][-7:-1] else "code:wrong"
    )


async def test_of_two_right_codes_at_once_one_counts(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    code = desk.postbox.code
    both = await asyncio.gather(desk.say(code), desk.say(code))
    assert sorted(str(each.event.body.get("choice")) for each in both) == ["None", "code:right"]
    assert {str(each.event.body["text"]) for each in both} == {RECEIVED}
    assert await core.count(desk.services, "evidence") == 1


async def test_a_code_for_seeing_opens_no_change(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who, word="otp_see", purpose="read_order:ana")
    await desk.come(desk.postbox.code)
    words = (await desk.proven(thread, who))["ord_7"]
    policy = desk.services.policy
    assert identity.allows(policy, identity.SEEING, words)
    assert not any(
        identity.allows(policy, action, words)
        for action in ("cancel_order", "change_address", "start_return", "refund")
    )


async def test_another_key_knows_no_old_code(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    desk.services.codes.keys = (KEY,)
    assert (await desk.come(desk.postbox.code))[1] == "code:wrong"


async def test_a_code_outlives_a_new_key_beside_the_old(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    desk.services.codes.keys = (*desk.services.codes.keys, KEY)
    assert (await desk.come(desk.postbox.code))[1] == "code:right"


@pytest.mark.parametrize("text", TAKEN)
async def test_what_may_be_a_code_is_taken_out(desk: Desk, text: str) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    kept, choice = await desk.come(text)
    assert RECEIVED in kept
    assert not re.search(r"\d", kept)
    assert choice in ("code:wrong", "code:right")


@pytest.mark.parametrize("text", [text for text in LEFT if text])
async def test_what_is_no_code_stays(desk: Desk, text: str) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    assert await desk.come(text) == (text, None)


@pytest.mark.parametrize(
    "text", ["where is order 482913?", "#482913", "Bestellung Nr. 482913", "mon numéro de commande 482913"]
)
async def test_an_order_number_stays_an_order_number(desk: Desk, text: str) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    desk.services.codes.keys = (KEY,)  # so that it cannot be the code by chance
    assert await desk.come(text) == (text, None)


async def test_a_code_may_be_spoken(desk: Desk) -> None:
    thread, who = await desk.begin()
    await desk.ask(thread, who)
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    spoken = " ".join(names[int(digit)] for digit in desk.postbox.code)
    assert (await desk.say(f"it's {spoken}")).event.body.get("choice") is None
    body = (await desk.say(f"it's {spoken}", channel="voice")).event.body
    assert (body["text"], body["choice"]) == (f"it's {RECEIVED}", "code:right")


async def test_six_digits_are_nobodys_business_while_no_code_is_open(desk: Desk) -> None:
    await desk.begin()
    assert await desk.come("482913") == ("482913", None)
