"""Reads one message: the only place that knows the order of the steps.

clean -> language -> entities -> clauses -> per clause: what is turned down, typing errors, rules, heads -> one ranked
list; beside it the mood of the whole. Thread-safe, and the same text gives the same understanding: so what is short and
comes again and again ("thanks", "where is my order?") is read once. It knows no customer, no order and no conversation;
the dialogue does.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from server.answering.understand import clauses, entities, feelings, language, merging, moods, risk, scoring, weights
from server.answering.understand.encoder import Vectors, embed_early, encode_early
from server.answering.understand.normalise import clean, fold
from server.answering.understand.scoring import Part
from server.answering.understand.shape import Understanding

_SHORT: Final = 40
_REMEMBERED: Final = 1024
Key: TypeAlias = tuple[str, str | None, str | None, str]
_known: Final[dict[Key, Understanding]] = {}
"""Short messages that were read, oldest first. Whoever writes an address or a number may be known by it: those are not kept."""
weights.reload_on_change(_known.clear)


def understand(
    text: str,
    *,
    channel: str | None = None,
    lang: str | None = None,
    region: str = "US",
    products: Sequence[str] = (),
) -> Understanding:
    """What one message means. Blocks for some milliseconds; coroutines call `read`.

    `channel` is where it came from (`voice` transcripts carry no capitals or punctuation, so neither counts there),
    `lang` the language that the caller expects, `region` the ISO country that phones, dates and `$` are read in,
    `products` titles worth looking for.
    """
    key = _key(text, channel, lang, region, products)
    if key is not None and (known := _known.get(key)) is not None:
        return known
    draft = Draft(text, channel=channel, lang=lang, region=region, products=products)
    return _kept(key, draft.finish(encode_early(draft.unsure) if draft.unsure else None))


async def read(
    text: str,
    *,
    channel: str | None = None,
    lang: str | None = None,
    region: str = "US",
    products: Sequence[str] = (),
) -> Understanding:
    """As `understand`; what needs the encoder waits for it beside what other coroutines ask."""
    key = _key(text, channel, lang, region, products)
    if key is not None and (known := _known.get(key)) is not None:
        return known
    draft = Draft(text, channel=channel, lang=lang, region=region, products=products)
    return _kept(key, draft.finish(await embed_early(draft.unsure) if draft.unsure else None))


def _key(text: str, channel: str | None, lang: str | None, region: str, products: Sequence[str]) -> Key | None:
    """What a message is remembered by, if it is."""
    is_plain = len(text) <= _SHORT and "@" not in text and not any(sign.isdigit() for sign in text)
    return (text, channel, lang, region) if is_plain and not products else None


def _kept(key: Key | None, understood: Understanding) -> Understanding:
    if key is not None:
        while len(_known) >= _REMEMBERED:
            _known.pop(next(iter(_known)), None)
        _known[key] = understood
    return understood


class Draft:
    """A message read as far as its words go. `unsure` are the texts whose early vectors `finish` wants, in order."""

    def __init__(
        self, text: str, *, channel: str | None, lang: str | None, region: str, products: Sequence[str]
    ) -> None:
        self._plain = clean(text)
        self._folded = fold(self._plain)
        self._language = language.detect(self._plain, lang)
        self._named = entities.find(self._plain, region=region, products=products)
        self._parts = [scoring.read_clause(each, self._language) for each in clauses.split(self._plain)]
        self._told = merging.asking(self._parts, self._named)
        self._whole = self._as_one()
        self._unsure = [part for part in (*self._parts, self._whole) if part is not None and part.is_unsure]
        self._mood = self._read_mood(is_spoken=channel == "voice")
        self.unsure = [part.plain for part in self._unsure]
        if self._mood.plain and (self.unsure or self._mood.wants_meaning):
            if self._is_read_whole():
                self.unsure.pop()
            self.unsure.append(self._mood.plain)

    def _is_read_whole(self) -> bool:
        """Whether the last of the unsure says all that the message says, so that one vector tells its wish and its mood."""
        last = self._parts[0] if self._whole is None else self._whole
        if not self._unsure or self._unsure[-1] is not last or any(part.is_cut for part in self._parts):
            return False
        return len(self._parts) == (1 if self._whole is None else len(self._told))

    def _as_one(self) -> Part | None:
        if len(self._told) < 2:
            return None
        return scoring.read_together(self._told, self._language, merging.turned_down(self._parts, self._told))

    def _read_mood(self, *, is_spoken: bool) -> moods.Reading:
        said = self._plain.lower() if is_spoken else self._plain
        signs = feelings.signs_of(said, self._folded)
        told = risk.without_streets(self._folded)
        return moods.Reading(told, signs, risk.spot(told), is_english=self._language == "en")

    def finish(self, vectors: Vectors | None) -> Understanding:
        """The understanding, with a vector for each of `unsure` (None for none)."""
        if vectors is not None and self._unsure:
            scoring.ask_meaning(self._unsure, vectors[: len(self._unsure)])
        ranked = merging.rank(self._folded, self._parts, self._told, self._whole, self._named, self._language)
        mood = self._mood.finish(vectors, is_understood=not ranked.abstain)
        intents = tuple(each.name for each in ranked.intents)
        return Understanding(
            intent=ranked.intents[0].name,
            intents=ranked.intents,
            abstain=ranked.abstain,
            sentiment=mood.sentiment,
            frustration=mood.frustration,
            urgency=mood.urgency,
            severity=feelings.severity_of(intents, mood.risks, mood.frustration),
            complexity=feelings.complexity_of(self._folded, intents, mood.risks, len(self._named.order_number)),
            risk=mood.risks,
            language=self._language,
            entities=self._named,
            clauses=tuple(part.clause() for part in self._parts),
            sure_risk=mood.sure,
            runner_up=ranked.runner_up,
        )
