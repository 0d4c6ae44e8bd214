"""What a person at the desk is shown as fact is proven: drafts in five languages."""

import pytest

from memory.projection import Event
from server.answering.words.voice import Voice
from server.desk import drafts
from server.policies.shape import Policy
from server.settings import Settings
from server.stage import Line, Stage
from tests.server.answering.words.situations import RAW_ORDERS
from tests.server.commerce.orders import NOW

SAID = {
    "en": ("Where is my order #1042?", "I want to talk to a person"),
    "es": ("¿Dónde está mi pedido #1042?", "Quiero hablar con una persona"),
    "fr": ("Où est ma commande #1042 ?", "Je veux parler à une personne"),
    "de": ("Wo ist meine Bestellung #1042?", "Ich möchte mit einem Menschen sprechen"),
    "pt": ("Onde está meu pedido #1042?", "Quero falar com uma pessoa"),
}


@pytest.fixture
def policy() -> Policy:
    return Policy.default()


async def _package(stage: Stage, place: int, language: str) -> list[Event]:
    _, raw, now = RAW_ORDERS[place]
    await stage.reset()
    stage.clock.set(now)
    await stage.put_order(dict(raw))
    for said in SAID[language]:
        await stage.say(Line(said, customer="c1"))
    thread = await stage.latest()
    return await stage.events(thread.id) if thread else []


@pytest.mark.parametrize("language", SAID)
async def test_all_of_a_draft_is_proven(policy: Policy, language: str) -> None:
    async with await Stage.open(Settings(), policy, NOW) as stage:
        for place in range(0, len(RAW_ORDERS), 16):
            offered = [each.body for each in await _package(stage, place, language) if each.type == "draft_offered"]
            assert len(offered) >= 3
            assert [each.get("unsaid", []) for each in offered] == [[]] * len(offered), RAW_ORDERS[place][0]


def test_what_nothing_proves_stands_apart() -> None:
    lie = "Your money was paid back yesterday."
    speech = Voice("en", NOW).speech().add("draft.sorry").line(lie)

    draft = drafts._draft("Tell the facts", speech)  # every draft is made here

    assert draft["text"] == "I'm sorry that this didn't go as it should."
    assert [(lie in each["text"], bool(each["why"])) for each in draft["unsaid"]] == [(True, True)]
