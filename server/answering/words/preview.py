"""What the shop's voice sounds like, before anybody is answered: typical replies and every phrase, with sample facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from server.answering.words import grounding, samples
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.answering.words.wording import Wording, names_in, speaking
from server.commerce.model import Fact

TYPICAL: Final = MappingProxyType(
    {
        "on its way": (("order.r12.carrier", "order.r12.eta"), ("state", "in_transit")),
        "delivered": (("order.r23.place", "manner.solved"), ("state", "delivered")),
        "a return": (("returns.ask_items",), ("state", "delivered")),
        "a return read back": (("returns.back_refund",), ("state", "delivered")),
        "a person": (("handoff.requested", "desk.back_at"), ("done", "hand_off")),
    }
)
"""Replies that every shop gives, by what they are about: their phrases, and the fact that they rest on."""

_MAIL: Final = "on its way"


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a customer would read it. `key` names the phrase, or what a reply is about; `is_own` = the shop wrote it."""

    language: str
    key: str
    text: str
    is_own: bool = False


def typical(wording: Wording) -> Iterator[Shown]:
    """Typical replies in every language, as far as the check lets them pass; where the shop greets or signs, one by e-mail."""
    with speaking(wording):
        for language in LANGUAGES:
            replies = {about: _reply(wording, language, *parts) for about, parts in TYPICAL.items()}
            yield from (Shown(language, about, text) for about, text in replies.items())
            around = (wording.greeting.get(language, ""), replies[_MAIL], wording.sign_off.get(language, ""))
            if around[0] or around[2]:
                yield Shown(language, f"{_MAIL}, by e-mail", "\n\n".join(part for part in around if part))


def _reply(wording: Wording, language: str, keys: tuple[str, ...], proof: tuple[str, str]) -> str:
    voice = Voice(language, samples.NOW, samples.TZ)
    speech = voice.speech().line("", Fact(proof[0], "status", proof[1], "sample", samples.NOW))
    for key in keys:
        speech.add(key, **{name: samples.fact(name) for name in names_in(wording.phrases(language)[key])})
    return grounding.check(speech.text, speech.evidence, voice).text


def every_phrase(wording: Wording, names: Mapping[str, str]) -> Iterator[Shown]:
    """Every phrase of every language with sample facts; `names` are what the shop and its assistant are called."""
    with speaking(wording):
        for language in LANGUAGES:
            voice, own = Voice(language, samples.NOW, samples.TZ), wording.own.get(language, {})
            for key, phrase in wording.phrases(language).items():
                values = {name: names.get(name) or samples.fact(name) for name in names_in(phrase)}
                yield Shown(language, key, voice.text(key, **values).strip(), key in own)
