"""Reads one message: the only place that knows the order of the steps.

clean -> language -> entities -> clauses -> per clause: what is turned down, typing errors, rules, heads -> one ranked
list. Pure and thread-safe: the same text gives the same understanding, nothing is remembered. It knows no customer,
no order and no conversation; the dialogue does.
"""

from collections.abc import Sequence

from server.answering.understand import clauses, entities, feelings, language, merging, risk, scoring
from server.answering.understand.encoder import Vectors, embed_early, encode_early
from server.answering.understand.normalise import clean, fold
from server.answering.understand.scoring import Part
from server.answering.understand.shape import Understanding


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
    draft = Draft(text, channel=channel, lang=lang, region=region, products=products)
    return draft.finish(encode_early(draft.unsure) if draft.unsure else None)


async def read(
    text: str,
    *,
    channel: str | None = None,
    lang: str | None = None,
    region: str = "US",
    products: Sequence[str] = (),
) -> Understanding:
    """As `understand`; what needs the encoder waits for it beside what other coroutines ask."""
    draft = Draft(text, channel=channel, lang=lang, region=region, products=products)
    return draft.finish(await embed_early(draft.unsure) if draft.unsure else None)


class Draft:
    """A message read as far as its words go. `unsure` are the texts whose early vectors `finish` wants, in order."""

    def __init__(
        self, text: str, *, channel: str | None, lang: str | None, region: str, products: Sequence[str]
    ) -> None:
        self._plain = clean(text)
        self._is_spoken = channel == "voice"
        self._language = language.detect(self._plain, lang)
        self._named = entities.find(self._plain, region=region, products=products)
        self._parts = [scoring.read_clause(each, self._language) for each in clauses.split(self._plain)]
        self._whole = self._as_one()
        self._unsure = [part for part in (*self._parts, self._whole) if part is not None and part.is_unsure]
        self.unsure = [part.plain for part in self._unsure]

    def _as_one(self) -> Part | None:
        told = merging.asking(self._parts, self._named)
        if len(told) < 2:
            return None
        return scoring.read_together(told, self._language, merging.turned_down(self._parts, told))

    def finish(self, vectors: Vectors | None) -> Understanding:
        """The understanding, with a vector for each of `unsure` (None for none)."""
        if vectors is not None and self._unsure:
            scoring.ask_meaning(self._unsure, vectors)
        folded = fold(self._plain)
        ranked, abstain = merging.rank(folded, self._parts, self._whole, self._named, self._language)
        risks = risk.spot(folded)
        intents = tuple(each.name for each in ranked)
        said = self._plain.lower() if self._is_spoken else self._plain
        felt = feelings.weigh(said, folded, intents, risks, len(self._named.order_number))
        return Understanding(
            intent=ranked[0].name,
            intents=ranked,
            abstain=abstain,
            sentiment=felt.sentiment,
            frustration=felt.frustration,
            urgency=felt.urgency,
            severity=felt.severity,
            complexity=felt.complexity,
            risk=risks,
            language=self._language,
            entities=self._named,
            clauses=tuple(part.clause() for part in self._parts),
        )
