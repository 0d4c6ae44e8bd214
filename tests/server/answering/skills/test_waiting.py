"""While a person is awaited: every message is taken note of in other words, and nobody speaks once an agent has it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from server.policies.file import load
from server.settings import Settings
from server.stage import Line, Stage

NOW = datetime(2027, 3, 16, 16, tzinfo=UTC)
PERSON = {
    "en": "I want to talk to a person",
    "es": "Quiero hablar con una persona",
    "fr": "Je veux parler à une personne",
    "de": "Ich möchte mit einem Menschen sprechen",
    "pt": "quero falar com uma pessoa",
}


def talk(*lines: str, agent_after: int = 0, pause_after: int = 0) -> list[str]:
    """What is answered to each line; an agent speaks, or half an hour passes, after so many of them."""

    async def play() -> list[str]:
        said = []
        async with await Stage.open(Settings(), load(None), NOW, {}) as stage:
            for number, line in enumerate(lines, 1):
                heard = await stage.say(Line(line))
                said.append("\n".join(reply["text"] for reply in heard.replies))
                if number == agent_after:
                    await stage.agent_says("Hi, Kim here.")
                if number == pause_after:
                    await stage.advance(timedelta(minutes=30))
        return said

    return asyncio.run(play())


@pytest.mark.parametrize(
    ("language", "more", "asked", "held"),
    [
        ("en", ["the box was open", "and the mug has a crack"], "anyone there?", "The case is with the team"),
        ("es", ["el paquete llegó abierto", "y la taza está rota"], "¿hay alguien?", "El caso lo tiene el equipo"),
        (
            "fr",
            ["le colis était ouvert", "et la tasse est fêlée"],
            "il y a quelqu'un ?",
            "Le dossier est chez l’équipe",
        ),
        (
            "de",
            ["das Paket war offen", "und die Tasse hat einen Sprung"],
            "wie lange dauert das noch?",
            "Der Fall liegt",
        ),
        ("pt", ["a caixa veio aberta", "e a caneca está rachada"], "tem alguém aí?", "O caso está com a equipe"),
    ],
)
def test_each_further_message_is_noted_in_other_words(language: str, more: list[str], asked: str, held: str) -> None:
    _, first, second, still = talk(PERSON[language], *more, asked)

    assert first and second and first != second
    assert still.startswith(held)
    assert still != held


def test_an_order_named_later_is_noted_by_its_number() -> None:
    assert "1042" in talk(PERSON["en"], "my order is 1042")[1]


def test_a_danger_told_while_waiting_is_not_merely_noted() -> None:
    assert "emergency number" in talk(PERSON["en"], "by the way the lamp caught fire and burned my hand")[1]


def test_small_words_are_no_news_and_the_same_is_not_said_for_ever() -> None:
    *_, ok, thanks, again = talk(PERSON["en"], "ok", "thanks", "thank you")

    assert (ok, bool(thanks)) == ("", True)
    assert again != thanks
    pings = talk(PERSON["en"], *["anyone there?"] * 5)[1:]
    assert len(set(pings[:3])) == 3
    assert pings[3:] == ["", ""]


def test_after_a_pause_it_is_told_again() -> None:
    *_, quiet, again = talk(PERSON["en"], *["anyone there?"] * 5, pause_after=5)

    assert quiet == ""
    assert "with the team" in again


def test_nobody_speaks_once_an_agent_has_the_thread() -> None:
    _, first, second, third = talk(PERSON["en"], "hello?", "can you help me?", "anyone there?", agent_after=2)

    assert first
    assert (second, third) == ("", "")
