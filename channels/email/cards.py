"""An order or a return as it reads in a mail: status, when it comes, with whom, what is in it; as lines and as rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

_MOST_LINES: Final = 20
_MARKS: Final = {"done": "✓", "now": "●", "todo": "○"}


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: its name, what it says, and where it leads ("" = nowhere)."""

    name: str
    value: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """A card for a mail. `tone` is one of neutral, good, warn, bad; no title = there is no card."""

    title: str = ""
    headline: str = ""
    tone: str = "neutral"
    steps: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def text(self) -> Sequence[str]:
        """The card in plain lines."""
        if not self.title:
            return ()
        facts = [f"{row.name}: {row.value}" if row.name else row.value for row in self.rows]
        steps = " ".join(f"{_MARKS.get(state, '○')} {label}" for label, state in self.steps)
        return [
            line for line in (f"{self.title}: {self.headline}" if self.headline else self.title, steps, *facts) if line
        ]


def card_lines(card: Mapping[str, Any], word: Callable[[str], str]) -> CardView:
    """A card of docs/socket.md for a mail; `word` gives the names of its facts. An empty card is no card."""
    if card.get("kind") not in ("order", "return"):
        return CardView()
    title = f"{word('order')} {_said(card, 'order')}".strip()
    steps = tuple((str(each.get("label", "")), str(each.get("state", "todo"))) for each in card.get("steps") or ())
    rows = _order_rows(card, word) if card["kind"] == "order" else _return_rows(card, word)
    return CardView(title, _said(card, "headline"), _said(card, "tone") or "neutral", steps, tuple(rows))


def _order_rows(card: Mapping[str, Any], word: Callable[[str], str]) -> list[Row]:
    parcels = [Row("", str(each.get("headline", ""))) for each in card.get("parcels") or ()]
    link = _link(card.get("tracking_url"))
    number = _said(card, "tracking_number")
    rows = [
        *(parcels if len(parcels) > 1 else []),
        Row(word("expected"), _said(card, "eta")),
        Row(word("expected_before"), _said(card, "eta_was")),
        Row(word("carrier"), _said(card, "carrier")),
        Row(word("tracking"), number, link),
        Row(word("track"), link if link else "", link),
        Row(word("last_scan"), _said(card, "last_scan")),
        Row(word("items"), _items(card)),
    ]
    return [row for row in rows if row.value]


def _return_rows(card: Mapping[str, Any], word: Callable[[str], str]) -> list[Row]:
    label = _link(card.get("label_url"))
    rows = [
        Row(word("rma"), _said(card, "rma")),
        Row(word("due_by"), _said(card, "due_by")),
        Row(word("refund"), _said(card, "refund")),
        Row(word("label"), label, label),
        Row(word("items"), _items(card)),
    ]
    return [row for row in rows if row.value]


def _items(card: Mapping[str, Any]) -> str:
    lines = [f"{each.get('quantity', 1)} × {each.get('title', '')}" for each in card.get("lines") or ()]
    return ", ".join(lines[:_MOST_LINES]) + (" …" if len(lines) > _MOST_LINES else "")


def _said(card: Mapping[str, Any], key: str) -> str:
    value = card.get(key)
    return "" if value is None else " ".join(str(value).split())


def _link(value: object) -> str:
    """A link that a mail may hold: http or https and nothing else."""
    text = str(value or "").strip()
    is_web = urlsplit(text).scheme in ("http", "https") if text.isprintable() else False
    return text if is_web and not set(text) & set(" <>\"'") else ""
