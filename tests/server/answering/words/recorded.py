"""Replies of the real pipeline with the facts that they were made of: rehearsals, every row of the table, every skill.

Nothing is stored: a recording plays the conversations anew, in a random order that a seed fixes.
"""

import itertools
import random
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from server import rehearse
from server.answering.context import Answer, Handoff, Reply
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.chat import line_of
from server.commerce.model import Fact
from server.policies.file import load as load_policy
from server.settings import Settings, parse_duration
from server.stage import Heard, Line, Stage
from tests.server.answering.words.situations import RAW_ORDERS
from tests.server.answering.words.talks import SHOPS, played, talks_of
from tests.server.commerce.orders import NOW

_FEW = 500
SCENARIOS = Path(__file__).parents[3] / "story" / "scenarios"

_TALKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        ("Where is my order #1042?",),
        ("Where is my refund for order #1042?",),
        ("I want to return the red scarf from order #1042", "it is too small", "refund", "yes"),
        ("Can I cancel order #1042?",),
        ("My order #1042 never arrived",),
    ),
    "es": (
        ("¿Dónde está mi pedido #1042?",),
        ("¿Dónde está el reembolso del pedido #1042?",),
        ("Quiero devolver la bufanda del pedido #1042", "me queda pequeña", "reembolso", "sí"),
        ("¿Puedo cancelar el pedido #1042?",),
        ("Mi pedido #1042 nunca llegó",),
    ),
    "fr": (
        ("Où est ma commande #1042 ?",),
        ("Où est le remboursement de ma commande #1042 ?",),
        ("Je veux retourner l'écharpe de la commande #1042", "trop petit", "remboursement", "oui"),
        ("Puis-je annuler la commande #1042 ?",),
        ("Ma commande #1042 n'est jamais arrivée",),
    ),
    "de": (
        ("Wo ist meine Bestellung #1042?",),
        ("Wo ist die Erstattung für meine Bestellung #1042?",),
        ("Ich möchte den Schal aus der Bestellung #1042 zurückgeben", "zu klein", "Geld zurück", "ja"),
        ("Kann ich die Bestellung #1042 stornieren?",),
        ("Meine Bestellung #1042 ist nie angekommen",),
    ),
    "pt": (
        ("Onde está meu pedido #1042?",),
        ("Onde está o reembolso do pedido #1042?",),
        ("Quero devolver o cachecol do pedido #1042", "ficou pequeno", "reembolso", "sim"),
        ("Posso cancelar o pedido #1042?",),
        ("Meu pedido #1042 nunca chegou",),
    ),
}


@dataclass(frozen=True)
class Recorded:
    """One reply as it was said. `allowed` are the customer's own words."""

    name: str
    text: str
    evidence: tuple[Fact, ...]
    language: str
    now: datetime
    allowed: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def voice(self) -> Voice:
        """The voice that said it."""
        return Voice(self.language, self.now)


async def recordings(seed: int, at_most: int) -> list[Recorded]:
    """So many different replies: rehearsed, of orders in every state, and of the skills; of few, those of two shops only."""
    drawn = random.Random(seed)
    shops = list(SHOPS) if at_most > _FEW else drawn.sample(list(SHOPS), 2)
    sources = [_rehearsed(drawn), _orders(drawn), *(_skilled(shop, drawn) for shop in shops)]
    most = (at_most * 20 // 100, at_most * 40 // 100, *(at_most * 40 // 100 // len(shops) for _ in shops))
    found: dict[tuple[str, str], Recorded] = {}
    for source, share in zip(sources, most, strict=True):
        count = 0
        async with aclosing(source):
            async for each in source:
                if (each.language, each.text) not in found:
                    found[each.language, each.text] = each
                    count += 1
                if count >= share:
                    break
    return list(found.values())


async def _rehearsed(drawn: random.Random) -> AsyncGenerator[Recorded, None]:
    scenarios = list(rehearse.read([SCENARIOS]))
    drawn.shuffle(scenarios)
    for file, scenario in scenarios:
        files = {kind: file.parent / str(path) for kind, path in (scenario.get("store") or {}).items()}
        policy = load_policy(str(file.parent / scenario["policy"]) if scenario.get("policy") else None)
        now = rehearse._now(scenario)  # the scenario's own clock
        async with await Stage.open(Settings(), policy, now, files) as stage:
            signed_in = ""
            for step in scenario["turns"]:
                if "signed_in" in step and "say" not in step:
                    signed_in = str(step["signed_in"])
                    continue
                heard = await _played(stage, step, signed_in)
                for each in _replies(str(scenario["id"]), heard, stage):
                    yield each


async def _played(stage: Stage, step: dict[str, Any], signed_in: str) -> Heard:
    if step.get("agent"):
        await stage.agent_says(str(step["say"]))
        return Heard()
    if "advance" in step:
        return await stage.advance(parse_duration(str(step["advance"])))
    if "order" in step:
        await stage.put_order(step["order"])
        return Heard()
    return await stage.say(line_of(step, Line("", customer=signed_in)))


async def _orders(drawn: random.Random) -> AsyncGenerator[Recorded, None]:
    cases = list(itertools.product(RAW_ORDERS, LANGUAGES))
    drawn.shuffle(cases)
    async with await Stage.open(Settings(), load_policy(None), NOW) as stage:
        for (name, raw, now), language in cases:
            first, *others = _TALKS[language]
            for talk in (first, drawn.choice(others)):
                await stage.reset()
                stage.clock.set(now)
                await stage.put_order(dict(raw))
                for said in talk:
                    heard = await stage.say(Line(said, customer="c1"))
                    for each in _replies(f"{name}: {said}", heard, stage):
                        yield each


async def _skilled(shop: str, drawn: random.Random) -> AsyncGenerator[Recorded, None]:
    talks = list(talks_of(shop))
    drawn.shuffle(talks)
    async with aclosing(played(shop, talks)) as conversations:
        async for name, heard, stage in conversations:
            for each in _replies(name, heard, stage):
                yield each


def _replies(name: str, heard: Heard, stage: Stage) -> Iterator[Recorded]:
    now = stage.clock.now()
    for answer in heard.answers:
        outcome = answer.outcome
        if isinstance(outcome, Reply | Handoff) and outcome.text:
            yield Recorded(
                name, outcome.text, _evidence(answer, now), answer.dialogue.language or "en", now, _allowed(answer),
                tuple(str(each) for each in answer.dropped),
            )  # fmt: skip


def _evidence(answer: Answer, now: datetime) -> tuple[Fact, ...]:
    """The facts that were said, with the handoff that came of it."""
    outcome = answer.outcome
    evidence: Sequence[Fact] = getattr(outcome, "evidence", ())
    if isinstance(outcome, Handoff) or getattr(outcome, "waits_for_person", False):
        return (*evidence, Fact("done", "status", "hand_off", "thread", now))
    return tuple(evidence)


def _allowed(answer: Answer) -> tuple[str, ...]:
    slots = answer.dialogue.slots
    return (*slots.order_numbers, *slots.emails, *slots.names, "Ana", "Souza")


def changed(fact: Fact, value: Any) -> Fact:
    """The fact with another value."""
    return replace(fact, value=value)
