"""Reads one message: the only place that knows the order of the steps.

clean -> language -> entities -> clauses -> per clause: what is turned down, typing errors, rules, head -> one ranked
list. Pure and thread-safe: the same text gives the same understanding, nothing is remembered. It knows no customer,
no order and no conversation; the dialogue does.
"""

# ruff: noqa: SIM905 (word lists are read as words)

import re
from collections.abc import Sequence
from dataclasses import dataclass

from server.answering.understand import clauses, entities, feelings, head, language, risk, rules, spelling
from server.answering.understand.concepts import ideas_of
from server.answering.understand.head import softmax
from server.answering.understand.normalise import clean, fold, mask, words
from server.answering.understand.numbers import digits_for_words
from server.answering.understand.shape import COURTESIES, Clause, Entities, Intent, IntentScore, Understanding

_BARE_CONFIDENCE = 0.4
_NOTHING_CONFIDENCE = 0.5
_MAX_INTENTS = 5


def understand(
    text: str,
    *,
    channel: str | None = None,
    lang: str | None = None,
    region: str = "US",
    products: Sequence[str] = (),
) -> Understanding:
    """What one message means.

    `channel` is where it came from (`voice` transcripts carry no capitals or punctuation, so neither counts there),
    `lang` the language that the caller expects, `region` the ISO country that phones, dates and `$` are read in,
    `products` titles worth looking for.
    """
    plain = clean(text)
    code = language.detect(plain, lang)
    named = entities.find(plain, region=region, products=products)
    read = [_read_clause(each, code) for each in clauses.split(plain)]
    ranked, abstain = _rank(plain, read, named, code)
    folded = fold(plain)
    risks = risk.spot(folded)
    intents = tuple(each.name for each in ranked)
    felt = feelings.weigh(
        plain.lower() if channel == "voice" else plain, folded, intents, risks, len(named.order_number)
    )
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
        language=code,
        entities=named,
        clauses=tuple(each.clause for each in read),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """A clause as read: what rules are sure of, what its own words name, and how the head scores them."""

    clause: Clause
    sure: tuple[Intent, ...]
    named: tuple[Intent, ...]
    tokens: list[str]
    scores: dict[Intent, float]


def _read_clause(text: str, code: str) -> _Read:
    said = clauses.assert_only(text)
    tokens = _tokens(said.folded, code)
    sure = tuple(intent for intent in rules.sure(said.folded) if intent not in said.negated)
    courtesy = rules.courtesy(said.folded)
    if courtesy is not None:
        sure = (courtesy,)
    scores = _scores(tokens, said.negated) if tokens else {}
    return _Read(
        Clause(text, _clause_intents(sure, scores), said.negated),
        sure,
        tuple(clauses.asked_for(said.folded)),
        tokens,
        scores,
    )


def _unspoken_courtesies(tokens: list[str]) -> set[Intent]:
    """Courtesies that a longer clause holds no word of: a guess by the shape of other words."""
    if len(tokens) <= _SHORT:
        return set()
    said = {idea for token in tokens for idea in ideas_of(token)}
    return {name for name, idea in _COURTESY_IDEAS.items() if idea not in said}


_SHORT = 4
_COURTESY_IDEAS: dict[Intent, str] = {"greeting": "hello", "thanks": "thanks", "goodbye": "bye"}


def _tokens(folded: str, code: str) -> list[str]:
    lexicon = spelling.load()
    return [lexicon.mend(word, code) for word in words(mask(digits_for_words(folded)))]


def _scores(tokens: list[str], negated: Sequence[Intent] = ()) -> dict[Intent, float]:
    model = head.load()
    logits = model.logits(tokens)
    kept = [(name, logit) for name, logit in zip(model.classes, logits, strict=True) if name not in negated]
    return dict(zip((name for name, _ in kept), softmax([logit for _, logit in kept]), strict=True))


def _clause_intents(sure: Sequence[Intent], scores: dict[Intent, float]) -> tuple[IntentScore, ...]:
    if sure:
        return tuple(IntentScore(name, rules.CONFIDENCE) for name in sure)
    best = sorted(scores, key=lambda name: -scores[name])[:2]
    return tuple(IntentScore(name, scores[name]) for name in best)


def _rank(plain: str, read: list[_Read], named: Entities, code: str) -> tuple[tuple[IntentScore, ...], bool]:
    """The ranked intents, never empty, and whether nobody should rely on them without asking."""
    courtesy = rules.courtesy(fold(plain))
    if courtesy is not None:
        return (IntentScore(courtesy, rules.CONFIDENCE),), False
    if _is_bare_proof(read, named):
        return (IntentScore("order_status", _BARE_CONFIDENCE),), True
    scores = _merge([each for each in read if not _is_only_proof(each, named)] or read)
    if not scores:
        return (IntentScore("other", _NOTHING_CONFIDENCE),), True
    first = max(scores, key=lambda name: _weight(name, scores))
    abstain = first == "other" or code not in language.SUPPORTED or _is_unsure(first, scores, read)
    return _listed(first, scores, abstain), abstain


def _is_bare_proof(read: list[_Read], named: Entities) -> bool:
    """Only an order number, an address or a name: an answer to some question, or "how about this one?"."""
    proofs = (named.order_number, named.email, named.tracking_number, named.phone, named.names and named.zips)
    return any(proofs) and _only_proves(read, named)


def _is_only_proof(read: _Read, named: Entities) -> bool:
    """A clause beside others that says no more than who somebody is."""
    return bool(read.tokens) and not read.clause.negated and _only_proves([read], named)


def _only_proves(read: list[_Read], named: Entities) -> bool:
    """Clauses that say who somebody is or which order they mean, and ask for nothing."""
    said = {word for each in read for word in each.tokens if not any(char.isdigit() for char in word)}
    own = {word for name in (*named.names, *named.email) for word in _NOT_LETTERS.split(fold(name))}
    return not said - own - _PROOF_WORDS


_NOT_LETTERS = re.compile(r"[^\w']+|_")
_PROOF_WORDS = frozenset(
    """xmail xorder xlong xcode order number no nr my is it it's its the email e mail and zip code name phone at dot com
    i'm im i am this pedido numero mi es el y me llamo nombre soy codigo postal
    correo commande mon est le la et je m'appelle suis nom bestellung nummer meine mein ist und die ich heisse bin plz
    postleitzahl meu o e chamo nome sou cep hi hello hola bonjour
    hallo sure ok here yes""".split()
)


def _merge(read: list[_Read]) -> dict[Intent, float]:
    """One score an intent out of all clauses: what rules are sure of, then what head and clauses agree on."""
    scores = _together(read)
    for each in read:
        for name in each.sure:
            if name not in COURTESIES:
                scores[name] = max(scores.get(name, 0.0), rules.CONFIDENCE)
    return _without_shadows(scores)


def _listed(first: Intent, scores: dict[Intent, float], abstain: bool) -> tuple[IntentScore, ...]:
    """The first, then what else is asked for; when unsure, the runner-up, so that one question can name both."""
    also = head.load().thresholds.also
    rest = sorted((name for name in scores if name not in (first, "other")), key=lambda name: -scores[name])
    kept = [name for name in rest if scores[name] >= also] or (rest[:1] if abstain else [])
    return tuple(IntentScore(name, scores[name]) for name in (first, *kept)[:_MAX_INTENTS])


def _is_unsure(first: Intent, scores: dict[Intent, float], read: list[_Read]) -> bool:
    if scores[first] >= rules.CONFIDENCE:
        return False
    limits = head.load().thresholds
    tokens = [token for each in read for token in each.tokens]
    if scores[first] < limits.accept or head.load().known_share(tokens) < limits.known:
        return True
    # With several clauses a close second is a second request, unless it says that none of this is ours.
    rivals = [scores[name] for name in scores if name != first and (name == "other" or len(read) == 1)]
    return bool(rivals) and scores[first] - max(rivals) < limits.margin


def _weight(name: Intent, scores: dict[Intent, float]) -> float:
    # A customer who is angry and asks for something is answered on what is asked for.
    return scores[name] * (0.75 if name == "complaint" else 1.0)


_SHADOWS: tuple[tuple[Intent, Intent], ...] = (
    ("delivery_problem", "order_status"),
    ("refund_status", "refund_request"),
    ("refund_status", "return"),
    ("subscription", "cancel"),
    ("exchange", "return"),
    ("damaged_or_wrong_item", "delivery_problem"),
)
"""(sure, shadow): words that make the first certain also look like the second."""


def _without_shadows(scores: dict[Intent, float]) -> dict[Intent, float]:
    sure = {name for name, score in scores.items() if score >= rules.CONFIDENCE}
    hidden = {shadow for name, shadow in _SHADOWS if name in sure and shadow not in sure}
    if sure:
        hidden |= {name for name in scores if name == "other" or name in COURTESIES} - sure
    if "delivery_problem" in sure:
        hidden.add("order_status")
    return {name: score for name, score in scores.items() if name not in hidden}


def _together(read: list[_Read]) -> dict[Intent, float]:
    told = [each for each in read if each.tokens and not set(each.sure) & COURTESIES]
    told = told or [each for each in read if each.tokens]
    if not told:
        return {}
    negated = {name for each in read for name in each.clause.negated}
    negated -= {name for each in told for name in (*each.sure, *each.named)}
    if len(told) == 1:
        unmeant = negated | _unspoken_courtesies(told[0].tokens)
        return {name: score for name, score in told[0].scores.items() if name not in unmeant}
    whole = _scores([token for each in told for token in each.tokens], tuple(negated))
    best = {name: max((each.scores.get(name, 0.0) for each in told), default=0.0) for name in whole}
    leading = {max(each.scores, key=lambda name: each.scores[name]) for each in told if each.scores}
    return {
        name: 0.4 * whole[name] + 0.6 * best[name] if name in leading else min(whole[name], best[name])
        for name in whole
    }
