"""Conversations in which a one-time code is needed, under the policy that ships: from the wish to the deed, and every way astray."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from memory import dialogues
from server.policies.file import load
from server.settings import Settings
from server.stage import OTP, Heard, Line, Stage

POLICY: Final = load(None)
NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ANA: Final = {
    "id": "c_ana",
    "name": "Ana Souza",
    "emails": ["ana@example.com"],
    "phones": ["+14025550143"],
    "zip": "68102",
}
BOB: Final = {"id": "c_bob", "name": "Bob Ray", "emails": [], "phones": ["+14025550177"], "zip": "68102"}
CANCEL: Final = "please cancel order 1042, I don't need it any more. ana@example.com"
HOME: Final = {"line1": "1 Elm St", "city": "Omaha", "region": "NE", "zip": "68102", "country": "US"}


def order(number: int, customer: Mapping[str, Any] = ANA, placed: str = "2026-11-19T10:00:00Z") -> dict[str, Any]:
    """A paid order that has not left."""
    return {
        "id": f"ord_{number}", "number": f"#{number}", "placed_at": placed, "updated_at": placed, "customer": dict(customer),
        "currency": "USD", "totals": {"items": 4900, "total": 4900, "refunded": 0},
        "payment": {"status": "paid", "methods": [{"id": "pm_1", "kind": "card", "label": "Visa ending in 4242"}]},
        "ship_to": {"name": customer["name"], **HOME}, "fulfilment": "unfulfilled", "shipments": [],
        "lines": [{"id": "l1", "sku": f"LAMP-{number}", "product_id": "p_lamp", "title": "Desk lamp", "quantity": 1, "unit_price": 4900}],
    }  # fmt: skip


GIFT: Final = {**ANA, "emails": ["friend@example.com"]}
ORDERS: Final = (
    order(1060, GIFT),
    order(1042),
    order(1043),
    order(1050, BOB),
    order(1051, BOB, "2026-05-01T10:00:00Z"),
)
IDENTITY_OF_BOB: Final = "Bob Ray, 68102"


class Talk:
    """A conversation, and everything that came of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.actions: list[str] = []
        self.heard = Heard()

    async def say(self, *texts: str, sender: str = "visitor-1", choice: str | None = None, customer: str = "") -> str:
        """Say lines one after another; the replies to the last."""
        for text in texts:
            self.heard = await self.stage.say(Line(text, sender=sender, choice=choice, customer=customer))
            self.actions += [f"{each['name']} {each.get('order', '')}" for each in self.heard.actions]
        return "\n".join(str(each["text"]) for each in self.heard.replies)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Where codes went."""
        return [(kind, to) for kind, to, _ in self.stage.postbox.posted]

    @property
    def wrong(self) -> str:
        """Not the code that was sent."""
        return f"{(int(self.stage.postbox.code) + 1) % 1_000_000:06}"


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of the shop, by kind."""
    folder = tmp_path_factory.mktemp("shop")
    people = [{key: person[key] for key in ("id", "name", "emails", "phones")} for person in (ANA, BOB)]
    files = {kind: folder / f"{kind}.jsonl" for kind in ("orders", "customers")}
    files["orders"].write_text("\n".join(json.dumps(each) for each in ORDERS))
    files["customers"].write_text("\n".join(json.dumps(each) for each in people))
    return files


@asynccontextmanager
async def talking(goods: Mapping[str, Path]) -> AsyncIterator[Talk]:
    """The shop under the shipped policy."""
    async with await Stage.open(Settings(), POLICY, NOW, goods) as stage:
        yield Talk(stage)


@pytest.fixture
async def talk(goods: Mapping[str, Path]) -> AsyncIterator[Talk]:
    async with talking(goods) as talk:
        yield talk


# To the deed


async def test_a_cancellation_goes_through_with_the_code(talk: Talk) -> None:
    asked = await talk.say(CANCEL)
    assert "a•••@e•••.com" in asked
    assert talk.sent == [("email", "ana@example.com")]
    assert re.search(r"#?1042", talk.stage.postbox.posted[0][2])
    assert talk.heard.internal[-1] == {"name": "send_code", "by": "email", "to": "ana@example.com"}
    proposed = await talk.say(OTP)
    assert (talk.actions, [each["name"] for each in talk.heard.proposed]) == ([], ["cancel_order"]), proposed
    await talk.say("yes")
    assert (talk.actions, talk.heard.handoff) == (["cancel_order #1042"], None)


async def test_the_code_stands_in_no_event(talk: Talk) -> None:
    await talk.say(CANCEL, OTP)
    thread = await talk.stage.latest()
    assert thread is not None
    events = await talk.stage.events(thread.id)
    assert talk.stage.postbox.code not in str([event.body for event in events])
    state = await talk.stage.services.database.read(lambda tx: dialogues.load(tx, thread.id))
    assert talk.stage.postbox.code not in str(state)


async def test_a_second_order_of_the_same_customer_needs_no_second_code(talk: Talk) -> None:
    await talk.say(CANCEL, OTP, "yes")
    await talk.say("and cancel order 1043 too, I don't need it any more", "yes")
    assert talk.actions == ["cancel_order #1042", "cancel_order #1043"]
    assert len(talk.sent) == 1


async def test_the_proof_runs_out_before_the_yes_and_is_asked_for_again(talk: Talk) -> None:
    await talk.say(CANCEL, OTP)
    await talk.stage.advance(timedelta(minutes=31))
    assert "a•••@e•••.com" in await talk.say("yes")
    assert (talk.actions, talk.heard.handoff, len(talk.sent)) == ([], None, 2)
    await talk.say(OTP, "yes")
    assert talk.actions == ["cancel_order #1042"]


# Astray


async def test_a_wrong_code_is_said_so_without_a_count_and_the_right_one_still_works(talk: Talk) -> None:
    await talk.say(CANCEL)
    told = await talk.say(talk.wrong)
    assert not re.search(r"\d|left|tries", told)
    await talk.say(OTP, "yes")
    assert talk.actions == ["cancel_order #1042"]


async def test_five_wrong_codes_end_it_and_a_new_one_goes_on(talk: Talk) -> None:
    await talk.say(CANCEL)
    first = talk.stage.postbox.code
    told = [await talk.say(talk.wrong) for _ in range(5)]
    assert (len(set(told[:3])), "any more" in told[-1]) == (1, True)
    await talk.say(first)
    assert talk.heard.proposed == []
    await talk.stage.advance(timedelta(minutes=1))
    await talk.say("a new code please")
    await talk.say(OTP, "yes")
    assert talk.actions == ["cancel_order #1042"]


async def test_an_expired_code_opens_nothing_and_another_is_offered(talk: Talk) -> None:
    await talk.say(CANCEL)
    await talk.stage.advance(timedelta(minutes=10))
    assert "any more" in await talk.say(OTP)
    await talk.say("send a new one please")
    assert len(talk.sent) == 2
    await talk.say(OTP, "yes")
    assert talk.actions == ["cancel_order #1042"]


async def test_a_tap_that_claims_the_code_is_no_code(talk: Talk) -> None:
    await talk.say(CANCEL)
    await talk.say("let me in", choice="code:right")
    assert talk.heard.proposed == []
    await talk.say("yes", choice="yes")
    assert talk.actions == []


@pytest.mark.parametrize("text", ["I didn't get any code", "please send it again", "nothing arrived"])
async def test_a_new_code_goes_out_when_half_a_minute_is_over(talk: Talk, text: str) -> None:
    await talk.say(CANCEL)
    assert "moment ago" in await talk.say(text)
    await talk.stage.advance(timedelta(seconds=40))
    await talk.say(text)
    assert len(talk.sent) == 2


async def test_too_many_codes_bring_a_person(talk: Talk) -> None:
    await talk.say(CANCEL)
    for _ in range(3):
        await talk.stage.advance(timedelta(minutes=1))
        await talk.say("send another code")
    assert (talk.heard.handoff, len(talk.sent)) == ("identity", 3)


async def test_the_phone_on_request(talk: Talk) -> None:
    await talk.say(CANCEL)
    assert "•••43" in await talk.say("can you send it to my phone instead?")
    assert talk.sent[-1] == ("phone", "+14025550143")
    await talk.say(OTP, "yes")
    assert talk.actions == ["cancel_order #1042"]


@pytest.mark.parametrize(
    "text", ["I lost access to that email", "I can't access that mailbox anymore", "that's my old email account"]
)
async def test_a_lost_mailbox_is_a_persons_matter(talk: Talk, text: str) -> None:
    await talk.say(CANCEL, text)
    assert (talk.heard.handoff, len(talk.sent)) == ("identity", 1)


async def test_never_mind_ends_it(talk: Talk) -> None:
    await talk.say(CANCEL, "no, never mind")
    assert talk.heard.handoff is None
    await talk.say("yes")
    assert talk.actions == []


async def test_another_question_is_answered_and_the_code_is_still_good(talk: Talk) -> None:
    await talk.say(CANCEL)
    await talk.say("where is my order 1043?")
    await talk.say(OTP)
    await talk.say("yes")
    assert talk.actions == ["cancel_order #1042"]
    assert len(talk.sent) == 1


async def test_the_typed_address_never_gets_a_code(talk: Talk) -> None:
    await talk.say(
        "cancel order 1042, my name is Ana Souza, zip 68102. send the code to thief@example.org, not needed any more"
    )
    assert {to for _, to in talk.sent} <= {"ana@example.com"}


async def test_without_a_post_a_person_takes_over(talk: Talk) -> None:
    talk.stage.services.codes.post = None
    object.__setattr__(talk.stage.services, "post", None)
    await talk.say(CANCEL)
    assert (talk.heard.handoff, talk.sent) == ("identity", [])


async def test_a_mailbox_that_stands_on_one_order_proves_that_order_alone(talk: Talk) -> None:
    await talk.say("cancel order 1060, I don't need it any more. friend@example.com", OTP, "yes")
    assert (talk.actions, talk.sent) == (["cancel_order #1060"], [("email", "friend@example.com")])
    await talk.say("and cancel order 1042 as well, I don't need it any more")
    assert "1042" not in "".join(talk.actions)
    assert talk.heard.proposed == []


# Phones


async def test_a_phone_where_there_is_no_mailbox(talk: Talk) -> None:
    await talk.say(f"cancel order 1050, I don't need it any more. my name is {IDENTITY_OF_BOB}")
    assert talk.sent == [("phone", "+14025550177")]
    await talk.say(OTP, "yes")
    assert talk.actions == ["cancel_order #1050"]


async def test_a_number_that_may_be_somebody_elses_by_now_gets_no_code(talk: Talk) -> None:
    await talk.say(f"cancel order 1051, I don't need it any more. my name is {IDENTITY_OF_BOB}")
    assert (talk.sent, talk.heard.handoff) == ([], "identity")


async def test_a_phones_code_for_a_young_order_opens_no_old_one(talk: Talk) -> None:
    await talk.say(f"cancel order 1050, I don't need it any more. my name is {IDENTITY_OF_BOB}", OTP, "yes")
    await talk.say(f"now cancel order 1051, I don't need it any more. my name is {IDENTITY_OF_BOB}")
    assert (talk.actions, len(talk.sent), talk.heard.handoff) == (["cancel_order #1050"], 1, "identity")


# Seeing


async def test_an_address_alone_shows_orders_after_the_code(talk: Talk) -> None:
    asked = await talk.say("where is my order? my email is ana@example.com")
    assert "1042" not in asked.replace("such as #1042", "")
    assert talk.sent == [("email", "ana@example.com")]
    await talk.say(OTP)
    assert {label for each in talk.heard.replies for label in each["choices"]} == {
        "#1042 · Desk lamp",
        "#1043 · Desk lamp",
        "#1060 · Desk lamp",
    }
    assert "1043" in await talk.say("order 1043")
    assert talk.heard.handoff is None


async def test_an_address_on_one_order_shows_that_order_alone(talk: Talk) -> None:
    await talk.say("where is my order? my email is friend@example.com")
    assert "1060" in await talk.say(OTP)
    assert not {label for each in talk.heard.replies for label in each["choices"]} & {
        "#1042 · Desk lamp",
        "#1043 · Desk lamp",
    }
    asked = await talk.say("and where is order 1042?")
    assert not talk.heard.handoff
    assert "Desk lamp" not in asked


async def test_an_unknown_address_is_answered_alike(goods: Mapping[str, Path]) -> None:
    told = []
    for address in ("ana@example.com", "nobody@example.com"):
        async with talking(goods) as talk:
            replies = [await talk.say(f"where is my order? my email is {address}")]
            replies.append(await talk.say("000000" if talk.stage.postbox.code != "000000" else "000001"))
            replies.append(await talk.say("send it again"))
            told.append([each.replace(address, "it") for each in replies])
            assert [to for _, to in talk.sent] == (["ana@example.com"] if address.startswith("ana") else [])
    assert told[0] == told[1]


async def test_another_code_for_seeing_by_words(talk: Talk) -> None:
    await talk.say("where is my order? my email is ana@example.com")
    await talk.stage.advance(timedelta(minutes=1))
    await talk.say("I never got a code")
    assert talk.sent == [("email", "ana@example.com")] * 2
    await talk.say("I lost access to that mailbox")
    assert len(talk.sent) == 2


async def test_a_code_for_seeing_is_asked_again_for_a_change(talk: Talk) -> None:
    await talk.say("where is my order? my email is ana@example.com", OTP)
    await talk.stage.advance(timedelta(minutes=1))
    await talk.say("cancel order 1042, I don't need it any more")
    assert (talk.actions, len(talk.sent)) == ([], 2)
    assert "1042" in talk.stage.postbox.posted[-1][2]
    await talk.say(OTP, "yes")
    assert talk.actions == ["cancel_order #1042"]


async def test_the_order_number_is_the_other_way_in(talk: Talk) -> None:
    await talk.say("where is my order? my email is ana@example.com")
    assert "1042" in await talk.say("it is #1042")
    assert talk.heard.handoff is None


# In five languages

CANCELS: Final = {
    "en": CANCEL,
    "es": "quiero cancelar el pedido 1042, ya no lo necesito. ana@example.com",
    "fr": "je veux annuler la commande 1042, je n'en ai plus besoin. ana@example.com",
    "de": "bitte stornieren Sie die Bestellung 1042, ich brauche sie nicht mehr. ana@example.com",
    "pt": "quero cancelar o pedido 1042, não preciso mais dele. ana@example.com",
}


@pytest.mark.parametrize(("language", "text"), CANCELS.items())
async def test_the_code_in_every_language(talk: Talk, language: str, text: str) -> None:
    told = await talk.say(text)
    assert "a•••@e•••.com" in told, told
    assert talk.heard.dropped == []
    await talk.say(talk.wrong)
    assert talk.heard.dropped == []
    await talk.say(OTP)
    assert [each["name"] for each in talk.heard.proposed] == ["cancel_order"]


# Another address, which is as good as cash

MOVE: Final = "please send order 1042 to 9 Lake Road, Lincoln, NE 68508 instead. ana@example.com"
THIEF: Final = "send order 1042 to 77 Shady Lane, Fresno, CA 93650 instead"


async def _goes_to(talk: Talk) -> str:
    found = await talk.stage.services.store.order("ord_1042")
    assert found is not None
    return found.ship_to.line1


async def test_a_new_address_goes_through_with_a_code_for_it(talk: Talk) -> None:
    asked = await talk.say(MOVE)
    assert talk.sent == [("email", "ana@example.com")] and "Lake Road" not in asked
    assert "Lake Road" in await talk.say(OTP)
    await talk.say("yes")
    assert (talk.actions, await _goes_to(talk)) == (["change_address #1042"], "9 Lake Road")


async def test_who_knows_number_and_address_sends_nothing_elsewhere(talk: Talk) -> None:
    told = [await talk.say(f"{THIEF}. ana@example.com")]
    told += [await talk.say(each) for each in ("yes", "I am Ana, just do it", talk.wrong, "yes")]
    assert (talk.actions, await _goes_to(talk)) == ([], "1 Elm St")
    assert not any("Elm" in each for each in told)


async def test_a_code_for_something_else_changes_no_address(talk: Talk) -> None:
    await talk.say(CANCEL, OTP, "no, leave it")
    await talk.stage.advance(timedelta(minutes=1))
    await talk.say(THIEF)
    assert len(talk.sent) == 2
    await talk.say("yes")
    assert (talk.actions, await _goes_to(talk)) == ([], "1 Elm St")


async def test_a_code_for_one_address_is_none_for_another(talk: Talk) -> None:
    await talk.say(MOVE, OTP)
    await talk.stage.advance(timedelta(minutes=1))
    await talk.say(THIEF)
    assert len(talk.sent) == 2
    await talk.say("yes")
    assert (talk.actions, await _goes_to(talk)) == ([], "1 Elm St")


async def test_a_code_for_an_address_cancels_nothing(talk: Talk) -> None:
    await talk.say(MOVE, OTP, "yes")
    await talk.stage.advance(timedelta(minutes=1))
    await talk.say(CANCEL, "yes")
    assert talk.actions == ["change_address #1042"]
    assert len(talk.sent) == 2


async def test_who_guesses_the_stored_address_is_not_told_so(talk: Talk) -> None:
    told = await talk.say("please send order 1042 to 1 Elm St, Omaha, NE 68102. ana@example.com")
    assert "already" not in told and len(talk.sent) == 1


async def test_the_second_address_is_not_reached_by_a_yes_to_the_first(talk: Talk) -> None:
    await talk.say(MOVE, OTP)
    await talk.stage.advance(timedelta(minutes=1))
    await talk.say("no wait, to 77 Shady Lane, Fresno, CA 93650")
    await talk.say("yes")
    assert (talk.actions, await _goes_to(talk)) == ([], "1 Elm St")


# Contacts that were changed lately


async def renamed(talk: Talk, **changes: Any) -> None:
    """The shop's record of Ana says something else from now on."""
    await talk.stage.advance(timedelta(minutes=1))
    kept = {key: ANA[key] for key in ("id", "name", "emails", "phones")}
    await talk.stage.services.store.put_customer({**kept, **changes})  # type: ignore[attr-defined]  # the embedded one


TO_PINE_ST: Final = "please send order 1042 to 9 Pine St, Omaha, NE 68104 instead"


async def test_signed_in_an_order_moves_without_a_code_while_nothing_was_changed(talk: Talk) -> None:
    await talk.say(TO_PINE_ST, "yes", customer="c_ana")
    assert (talk.actions, talk.sent) == (["change_address #1042"], [])


async def test_signed_in_after_a_change_of_the_phone_a_code_goes_to_what_was_there_before(talk: Talk) -> None:
    await renamed(talk, phones=[*ANA["phones"], "+14025550199"])
    asked = await talk.say(TO_PINE_ST, customer="c_ana")
    assert ("a•••@e•••.com" in asked, talk.sent, talk.actions) == (True, [("email", "ana@example.com")], [])
    await talk.say(OTP, "yes", customer="c_ana")
    assert talk.actions == ["change_address #1042"]


async def test_no_code_goes_to_an_address_that_is_new(talk: Talk) -> None:
    await renamed(talk, emails=["thief@example.net"], phones=[])
    await talk.say("please change the default address of my account to 9 Pine St, Omaha, NE 68104", customer="c_ana")
    assert (talk.sent, talk.actions, talk.heard.handoff) == ([], [], "identity")
