"""A wish that a person decides: the customer hears what became of it, in their language, once, whatever breaks between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory.projection import Event
from server.actions.gate import Gate
from server.commerce.embedded import EmbeddedStore
from server.desk import work
from server.desk.telling import tell_all
from server.errors import ActionRefused, NotAllowed
from server.lifecycle import Lifecycle
from server.stage import Stage
from tests.server.answering.skills.changing_shop import Talk, gone, line, opened
from tests.server.core import someone

POLICY = "approval: [{when: refund > 5000, need: agent}]"
CANCEL = {
    "en": ("cancel order W1002", "is cancelled"),
    "es": ("quiero cancelar mi pedido W1002, por favor", "cancelado"),
    "fr": ("je voudrais annuler ma commande W1002, s'il vous plaît", "annulée"),
    "de": ("bitte stornieren Sie meine Bestellung W1002", "storniert"),
    "pt": ("quero cancelar o meu pedido W1002, por favor", "cancelado"),
}


class Desk:
    """A wish that waits, and the desk that decides it."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.gate, self.talk = stage, Gate(stage.services), Talk(stage)

    async def wish(self, text: str = CANCEL["en"][0]) -> None:
        await self.talk.say(text, signed_in="mei_kovacs_8020")
        (waiting,) = await self.gate.awaiting()
        self.key, self.thread_id = waiting.key, waiting.thread_id
        self.seen = len(await self.stage.events(self.thread_id))

    async def agree(self) -> None:
        await self.gate.approve(self.key, await someone(self.stage.services, "Kim"), self.stage.clock.now())

    async def refuse(self) -> None:
        await self.gate.refuse(self.key, await someone(self.stage.services, "Kim"), "we know this one")

    async def told(self) -> list[Event]:
        """What the customer heard since they wished."""
        new = (await self.stage.events(self.thread_id))[self.seen :]
        return [event for event in new if event.type == "message" and event.audience == "all"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with await opened(tmp_path, POLICY) as stage:
        yield Desk(stage)


@pytest.mark.parametrize("language", sorted(CANCEL))
async def test_what_was_agreed_to_is_told_in_the_customers_language(desk: Desk, language: str) -> None:
    text, done = CANCEL[language]
    await desk.wish(text)
    await desk.agree()
    assert await tell_all(desk.stage.services) == 1

    (said,) = await desk.told()
    assert done in said.body["text"] and "W1002" in said.body["text"] and "52" in said.body["text"]
    assert (said.author_type, said.channel, said.body["lang"]) == ("assistant", "widget", language)
    assert any(f"ledger:actions/{desk.key}" in fact["source"] for fact in said.body["evidence"])


async def test_it_is_told_once_however_often_and_by_whomever(desk: Desk) -> None:
    await desk.wish()
    await desk.agree()
    await asyncio.gather(*(tell_all(desk.stage.services) for _ in range(4)))
    await Lifecycle(desk.stage.services).settle()

    assert len(await desk.told()) == 1


async def test_what_a_crash_left_untold_is_told_by_the_next_look(desk: Desk) -> None:
    await desk.wish()
    await desk.agree()
    assert await desk.told() == []
    assert await Lifecycle(desk.stage.services).settle() == 1

    assert len(await desk.told()) == 1


async def test_a_refusal_is_told_without_its_reason(desk: Desk) -> None:
    await desk.wish()
    await desk.refuse()
    await tell_all(desk.stage.services)

    (said,) = await desk.told()
    assert "did not agree" in said.body["text"] and "know this one" not in said.body["text"]
    assert "cancelled" not in said.body["text"]
    assert (await desk.talk.order("W1002")).cancelled_at is None


async def test_nothing_is_told_while_it_waits(desk: Desk) -> None:
    await desk.wish()

    assert await tell_all(desk.stage.services) == 0
    assert await desk.told() == []


async def test_what_changed_meanwhile_is_told_as_not_done_and_stays_with_a_person(desk: Desk) -> None:
    await desk.wish()
    await desk.stage.put_order(gone("W1002", line("l1", "Garden hose", 5200)))
    with pytest.raises(ActionRefused, match="changed"):
        await desk.agree()
    await tell_all(desk.stage.services)

    (said,) = await desk.told()
    assert "not carried out" in said.body["text"] and said.body["holding"]


async def test_who_was_handed_back_meanwhile_gets_the_person_who_is_promised(desk: Desk) -> None:
    await desk.wish()
    thread = await desk.stage.latest()
    assert thread is not None
    kim = await someone(desk.stage.services, "Lee")
    await work.claim(desk.stage.services, thread.public_id, kim)
    await work.hand_back(desk.stage.services, thread.public_id, kim)
    desk.stage.clock.advance(timedelta(hours=25))
    assert await Lifecycle(desk.stage.services).settle() == 1

    (said,) = await desk.told()
    assert "was not decided in time" in said.body["text"]
    latest = await desk.stage.latest()
    assert latest is not None and latest.state.owner_kind == "queue"


async def test_who_may_not_decide_tells_nothing(desk: Desk) -> None:
    await desk.wish()
    with pytest.raises(NotAllowed):
        await desk.gate.approve(desk.key, await someone(desk.stage.services, "Vic", "viewer"), desk.stage.clock.now())

    assert await tell_all(desk.stage.services) == 0


MEI = "mei_kovacs_8020"
EARLY = """
approval: []
limits: {bot_daily_refund_total: 1000000, bot_refunds_per_customer_30d: 9}
outcomes: {refund: {release: on_first_scan, label: {kind: merchant}}}
"""


@pytest.mark.parametrize(
    ("asked", "after"),
    [("did you refund me for W1004 yet?", "submitted to the bank"), ("¿ya me reembolsaron el pedido W1004?", "banco")],
)
async def test_did_you_refund_me_is_answered_by_what_was_paid(tmp_path: Path, asked: str, after: str) -> None:
    async with await opened(tmp_path, EARLY) as stage:
        talk = Talk(stage)
        await talk.say(
            "I want to return the tea kettle from order W1004",
            "I don't like it",
            "a refund please",
            "to my PayPal",
            "yes",
            signed_in=MEI,
        )
        assert [each["name"] for each in talk.actions] == ["start_return"], talk.said
        await talk.say(asked, signed_in=MEI)
        assert "25.00" not in talk.reply and "submitted" not in talk.reply, talk.reply
        assert isinstance(stage.services.store, EmbeddedStore)
        document = await stage.services.store.document("ord_W1004")
        assert document is not None
        moved = [{**each, "status": "in_transit"} for each in document["returns"]]
        await stage.put_order({**document, "returns": moved})
        await Lifecycle(stage.services).settle()
        await talk.say(asked, signed_in=MEI)
        assert after in talk.reply and "25" in talk.reply, talk.reply
