"""The HTML of our mails: the same words as the plain text, in a form that every mail program shows.

Styles stand inline, because mail programs drop the rest; nothing is loaded from anywhere. Direction follows the words (`dir=auto`).
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from channels.email.cards import CardView, Row

_LINK: Final = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_PREHEADER: Final = 110
_TONES: Final = {"good": "#1f7a4d", "warn": "#9a6700", "bad": "#b42318", "neutral": "#374151"}
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{3,8}")
_STATES: Final = {"done": ("✓", "#1f7a4d"), "now": ("●", "#111827"), "todo": ("○", "#9ca3af")}
_FONT: Final = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_GREY: Final = "color:#6b7280;font-size:13px;line-height:1.5"


def page(shop: str, accent: str, marker: str, body: str, card: CardView, foot: Sequence[str], url: str = "") -> str:
    """The whole document. `marker` is the line above which customers write, "" = none."""
    colour = accent if _COLOUR.fullmatch(accent) else "#374151"
    name = (
        f'<a href="{escape(url)}" style="color:inherit;text-decoration:none">{escape(shop)}</a>'
        if url
        else escape(shop)
    )
    above = f'<p dir="auto" style="margin:0 0 16px;{_GREY}">{escape(marker)}</p>' if marker else ""
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(shop)}</title></head>\n"
        f'<body style="margin:0;padding:0;background:#f6f7f8">\n{_preheader(body) if marker else ""}'
        f'<div style="max-width:600px;margin:0 auto;padding:24px 16px;{_FONT};color:#111827;font-size:16px;line-height:1.5">\n'
        f"{above}"
        f'<div style="background:#ffffff;border:1px solid #e5e7eb;border-top:3px solid {colour};border-radius:8px;padding:24px">\n'
        f'<p style="margin:0 0 16px;font-weight:600">{name}</p>\n'
        f"{_paragraphs(body)}{_card(card)}</div>\n"
        f'<div style="padding:16px 8px">{"".join(_foot(line) for line in foot)}</div>\n'
        "</div></body></html>\n"
    )


def _preheader(body: str) -> str:
    """What a mail program shows beside the subject: the beginning of the words, never an id of ours."""
    shown = escape(" ".join(body.split())[:_PREHEADER])
    return f'<div style="display:none;max-height:0;overflow:hidden">{shown}</div>\n'


def _paragraphs(body: str) -> str:
    found = [part.strip("\n") for part in re.split(r"\n\s*\n", body) if part.strip()]
    return "".join(f'<p dir="auto" style="margin:0 0 16px">{_linked(part)}</p>\n' for part in found)


def _linked(text: str) -> str:
    made, end = [], 0
    for match in _LINK.finditer(text):
        link = escape(match.group())
        made += [escape(text[end : match.start()]), f'<a href="{link}" style="color:inherit">{link}</a>']
        end = match.end()
    return "".join([*made, escape(text[end:])]).replace("\n", "<br>\n")


def _card(card: CardView) -> str:
    if not card.title:
        return ""
    tone = _TONES.get(card.tone, _TONES["neutral"])
    steps = "".join(_step(label, state) for label, state in card.steps)
    rows = "".join(_row(row) for row in card.rows)
    return (
        '<div dir="auto" style="border:1px solid #e5e7eb;border-radius:8px;padding:16px;margin:8px 0 0">\n'
        f'<p style="margin:0 0 4px;font-weight:600">{escape(card.title)}</p>\n'
        f'<p style="margin:0 0 12px;color:{tone};font-weight:600">{escape(card.headline)}</p>\n'
        + (f'<p style="margin:0 0 12px;font-size:14px">{steps}</p>\n' if steps else "")
        + f'<table role="presentation" style="border-collapse:collapse;font-size:14px">{rows}</table></div>\n'
    )


def _step(label: str, state: str) -> str:
    mark, colour = _STATES.get(state, _STATES["todo"])
    return f'<span style="color:{colour};white-space:nowrap">{mark} {escape(label)}</span>&ensp; '


def _row(row: Row) -> str:
    value = escape(row.value)
    if row.link:
        value = f'<a href="{escape(row.link)}" style="color:inherit">{value}</a>'
    name = f'<td style="padding:2px 16px 2px 0;color:#6b7280;vertical-align:top">{escape(row.name)}</td>'
    return f'<tr>{name}<td style="padding:2px 0;word-break:break-word">{value}</td></tr>\n'


def _foot(line: str) -> str:
    return f'<p dir="auto" style="margin:0 0 4px;{_GREY}">{_linked(line)}</p>\n'
