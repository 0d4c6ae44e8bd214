"""Subscriptions and promotions in words: what a message wants changed, and the facts that an answer says.

Patterns in five languages over text without accents. A day or an interval is never made up: what a text does not say is asked for.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from server.answering.understand.normalise import fold
from server.answering.words.claim_words import words_of
from server.answering.words.voice import Voice
from server.commerce.model import Fact, LocalTime, Money
from server.commerce.subscriptions import Subscription, after

_CHANGES: Final[Mapping[str, str]] = {
    "resume": r"resum\w*|reactivat\w*|re-?start|un-?pause|start (?:it |my \w+ )?again|reanud\w+|reactiv\w+|retom\w+|repren\w+|reactiver|relancer|wieder (?:\w+ )?(?:aufnehmen|starten|aktivieren)|fortsetzen|weiterlaufen|aufheben",
    "skip": r"skip\w*|leave out|miss (?:the |this |my )?(?:next|one)|not (?:send|need) (?:the )?next|salt(?:ar|ate|ame|arme|e)\b|omitir|omite|saut(?:er|ez)|passer (?:la|mon|ma) (?:prochain\w*)|uberspring\w*|aussetzen|auslassen|pular|pule|saltar",
    "pause": r"paus\w*|put (?:\w+ ){0,3}on hold|suspend\w*|hold (?:it|my)|freeze|suspend\w+|mettre en pause|pausier\w*|anhalten|unterbrech\w*",
    "cancel": r"cancel\w*|end (?:it|my|the)|stop (?:it|my|the)|terminat\w*|unsubscrib\w*|quit|don'?t want (?:it|the|my)|darme de baja|dar de baja|terminar|anul\w+|resili\w*|annul\w*|arreter|kundig\w*|beend\w*|abbestell\w*|stornier\w*|encerrar",
    "interval": r"every (?:other )?(?:\w+ )?(?:days?|weeks?|months?)|(?:change|switch|make|set|move)\w* (?:\w+ ){0,4}(?:frequency|interval|weekly|monthly|quarterly|fortnightly|biweekly|bimonthly)|(?:less|more) often|frequency|how often|(?:to|into) (?:weekly|monthly|quarterly|biweekly|fortnightly)|"
    r"cada (?:\w+ )?(?:dias?|semanas?|mes(?:es)?)|frecuencia|tou(?:s|tes) les (?:\w+ )?(?:jours|semaines|mois)|frequence|alle (?:\w+ )?(?:tage|wochen|monate)|jede[nr]? (?:\w+ )?(?:woche|monat)|rhythmus|haufigkeit|frequencia",
    "date": r"(?:next )?(?:delivery|box|order|shipment) (?:date|day)|(?:move|change|shift|push|postpone|delay|bring forward|reschedul\w*|send) (?:\w+ ){0,4}(?:next|date|delivery|box|to|until|by)|earlier|later|(?:cambi\w+|mover|mueve|adelant\w+|aplaz\w+|retras\w+) (?:\w+ ){0,3}(?:fecha|entrega|proxim\w+)|"
    r"(?:deplac\w+|report\w+|repouss\w+|avanc\w+) |(?:verschieb\w*|verleg\w*|vorzieh\w*|liefertermin|lieferdatum)|(?:mudar|adiar|antecipar|alterar) (?:\w+ ){0,3}(?:data|entrega|proxim\w+)",
}
_ASKS: Final = re.compile(
    r"\bhow (?:often|much) (?:does|do|is|will)|\bwhen(?:'s| is| does| will| do)|\bwhat(?:'s| is| does| do)|\bcuando (?:llega|viene|es|me)|\bcada cuanto|\bcuanto|\bquand (?:est|arrive|vient)|\bcombien|\bwann\b|\bwie (?:oft|viel) (?:kommt|kostet)|\bquando (?:chega|vem|e)\b|\bquanto"
)
_UNITS: Final = (
    ("D", r"days?|dias?|jours?|tage?n?"),
    ("W", r"weeks?|semanas?|semaines?|wochen?"),
    ("M", r"months?|mes(?:es)?|mois|monate?n?|mes(?:es)?"),
    ("Y", r"years?|anos?|ans?|annees?|jahre?n?"),
)
_COUNTS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "un": 1, "una": 1, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "seis": 6,
    "une": 1, "deux": 2, "trois": 3, "quatre": 4, "ein": 1, "eine": 1, "einen": 1, "zwei": 2, "drei": 3, "vier": 4, "sechs": 6, "dois": 2, "duas": 2,
    "um": 1, "uma": 1, "quatro": 4, "other": 2, "second": 2, "zweite": 2, "zweiten": 2, "each": 1, "a": 1,
}  # fmt: skip
_INTERVAL_WORDS: Final = (
    ("P2W", r"bi-?weekly|fortnight\w*|every other week|quincenal|zweiwochentlich|quinzenal"),
    ("P2M", r"bi-?monthly|every other month|bimestral|bimestriel\w*|zweimonatlich"),
    ("P3M", r"quarterly|trimestral|trimestriel\w*|vierteljahrlich|quartalsweise"),
    ("P1W", r"weekly|semanal|hebdomadaire|wochentlich"),
    ("P1M", r"monthly|mensual|mensuel\w*|monatlich|mensal"),
    ("P1Y", r"yearly|annually|anual|annuel\w*|jahrlich"),
)
_EVERY: Final = r"(?:every|each|once (?:a|every)|cada|tou(?:s|tes) les|alle|jede[nr]?|a cada|todos os|to|into|a|for|por|pour|fur|durante)"
_LENGTH: Final = r"(?:for|in|por|durante|en|dentro de|pour|pendant|dans|fur|em|daqui a)"
_CODE: Final = re.compile(r"(?<![\w@.-])(?=[A-Z0-9_-]*[A-Z])[A-Z0-9][A-Z0-9_-]{3,19}(?![\w@-])")
_AFTER_CODE: Final = re.compile(
    r"\b(?:code|coupon|promo|voucher|discount code|codigo|cupon|cupom|gutschein(?:code)?|rabattcode|bon)\s*[:\"'“«]*\s*([A-Za-z0-9][\w-]{3,19})",
    re.IGNORECASE,
)


def change_in(text: str) -> str:
    """The change of a subscription that a text asks for; empty when it asks for none, or to be shown it."""
    folded = fold(text.replace("’", "'"))
    for change, pattern in _CHANGES.items():
        if re.search(rf"\b(?:{pattern})", folded):
            return "" if change in ("interval", "date") and _ASKS.search(folded) else change
    return ""


def interval_in(text: str) -> str:
    """The interval that a text names, as ISO 8601; empty when it names none."""
    folded = fold(text)
    for iso, pattern in _INTERVAL_WORDS:
        if re.search(rf"\b(?:{pattern})\b", folded):
            return iso
    for unit, words in _UNITS:
        found = re.search(rf"\b{_EVERY} (?:(\d{{1,2}}|[a-z]+) )?(?:{words})\b", folded) or re.fullmatch(
            rf"\s*(\d{{1,2}}|[a-z]+) (?:{words})\W*", folded
        )
        if found:
            said = found[1] or "one"
            count = int(said) if said.isdigit() else _COUNTS.get(said, 0)
            if count:
                return f"P{count}{unit}"
    return ""


def day_in(text: str, today: date, language: str) -> str:
    """The day to come that a text names, or the length of time from today; ISO 8601, empty when there is none."""
    folded = fold(text)
    iso = re.search(r"\b20\d\d-\d\d-\d\d\b", folded)
    if iso is not None:
        return iso.group()
    for unit, words in _UNITS:
        found = re.search(rf"\b{_LENGTH} (\d{{1,2}}|[a-z]+) (?:{words})\b", folded)
        count = (int(found[1]) if found[1].isdigit() else _COUNTS.get(found[1], 0)) if found else 0
        if count:
            return after(today, (count, unit)).isoformat()
    named = _named_day(folded, today, language)
    return named.isoformat() if named else ""


def _named_day(folded: str, today: date, language: str) -> date | None:
    """The next day of this name: "May 1", "el 1 de mayo", "Friday"."""
    for each in dict.fromkeys((language, "en")):
        words = words_of(each)
        months = {fold(name).strip("."): number for name, number in words.months.items()}
        names = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
        ordinal = r"(?:st|nd|rd|th|er|º|\.)?"
        found = re.search(rf"\b(\d{{1,2}}){ordinal} (?:de |of )?({names})\b", folded)
        pair = (found[2], found[1]) if found else None
        if pair is None and (found := re.search(rf"\b({names})\.? (?:the )?(\d{{1,2}}){ordinal}(?!\d)", folded)):
            pair = (found[1], found[2])
        if pair is not None:
            return _to_come(months[pair[0]], int(pair[1]), today)
        days = {fold(name): number for name, number in words.full_weekdays.items()}
        for name, number in days.items():
            if re.search(rf"\b{re.escape(name)}\b", folded):
                return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    return None


def _to_come(month: int, day: int, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found > today:
            return found
    return None


def codes_in(text: str) -> list[str]:
    """What a text writes as a promotion code: a word in capitals, or what follows "code"."""
    named = [each for each in _AFTER_CODE.findall(text) if any(sign.isdigit() or sign.isupper() for sign in each)]
    return list(dict.fromkeys(each.upper() for each in (*named, *_CODE.findall(text))))


# Facts


def facts_of(one: Subscription, voice: Voice, currency: str, tz: str) -> dict[str, Fact]:
    """What may be said of a subscription."""
    source = f"{one.source}:subscriptions/{one.id}"
    found = {
        "subscribed": Fact("subscribed", "product", label(one), source, one.as_of),
        "rhythm": Fact("rhythm", "text", rhythm(one, voice), source, one.as_of),
        "subscription_state": Fact("subscription_state", "text", state(one, voice), source, one.as_of),
    }
    if currency:
        found["price"] = Fact("price", "amount", Money(one.price_minor, currency), source, one.as_of)
    if one.next_at is not None:
        found["next_delivery"] = day_fact("next_delivery", one.next_at, source, one.as_of, tz)
    if one.change_until is not None:
        found["change_until"] = day_fact("change_until", one.change_until, source, one.as_of, tz)
    return found


def day_fact(key: str, moment: date, source: str, at: datetime, tz: str) -> Fact:
    """A day, or a moment in the shop's zone."""
    return (
        Fact(key, "datetime", LocalTime(moment, tz), source, at)
        if isinstance(moment, datetime)
        else Fact(key, "date", moment, source, at)
    )


def label(one: Subscription) -> str:
    """What comes with it, by name."""
    return ", ".join(f"{each.quantity} × {each.title}" if each.quantity > 1 else each.title for each in one.items)


def rhythm(one: Subscription, voice: Voice) -> str:
    """How often, in words."""
    return every_words(one.every, voice) if one.every else one.interval


def every_words(step: tuple[int, str], voice: Voice) -> str:
    """`every 2 months` in words."""
    count, unit = step
    key = f"subscription.every_{unit.lower()}"
    return voice.text(f"{key}_single") if count == 1 else voice.text(key, n=count)


def state(one: Subscription, voice: Voice) -> str:
    """How it stands, in words."""
    key = "ended" if one.is_ended else "waiting" if one.is_paused else "running"
    return voice.text(f"subscription.state_{key}")


def step_fact(step: tuple[int, str], voice: Voice, at: datetime) -> Fact:
    """An interval that the customer chose."""
    return Fact("rhythm", "text", every_words(step, voice), "customer", at)
