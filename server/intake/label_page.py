"""The return slip as a page: a pure function of an order, its return and the settings, for paper and for phones.

Nothing on it but what the parcel needs: whoever finds the paper learns no street and no e-mail address of the shopper.
There is no script and no inline style, and every value is escaped.
"""

import io
from collections.abc import Iterable
from html import escape
from typing import Final

import segno
from babel import Locale

from server.answering.words.spoken import plain_day
from server.commerce.business import local_day
from server.commerce.labels.parcels import missing_in, shop_address
from server.commerce.model import Address, OrderSnapshot, Return, ReturnStatus
from server.intake.label_words import WORDS, SlipWords
from server.settings import Settings

_CLOSED: Final = frozenset(
    {ReturnStatus.DECLINED, ReturnStatus.REJECTED, ReturnStatus.EXPIRED, ReturnStatus.CANCELLED, ReturnStatus.CLOSED}
)
_REGION_BEHIND_CITY: Final = frozenset({"US", "CA", "AU"})
_QUIET: Final = 4
"""Light modules around a code: ISO/IEC 18004 asks for four."""


def code_text(order: OrderSnapshot, found: Return) -> str:
    """What the slip's code holds: the return's number, then the order's, as a warehouse types them.

    Not the slip's own address: a scanner writes what it reads into a search field, a short text makes a coarse code that
    survives a bad printer, and a photograph of the parcel must not open a page that shows its contents."""
    return f"{found.id} {order.number}"


def code_svg(text: str) -> bytes:
    """A QR code, sized by whoever shows it. Level M survives a scratch (15 %)."""
    out = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(
        out,
        kind="svg",
        border=_QUIET,
        dark="#000",
        light="#fff",
        omitsize=True,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    return out.getvalue()


def page(order: OrderSnapshot, found: Return, settings: Settings, language: str, code_url: str) -> str:
    """The slip's HTML; `code_url` is where its code is served."""
    words = WORDS[language]
    body = _closed(words) if found.status in _CLOSED else _open(order, found, settings, language, code_url)
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(words.title)} {escape(found.id)}</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/labels/style.css"></head>
<body><main><header><p class="shop">{escape(settings.shop.name)}</p><h1>{escape(words.title)}</h1></header>
{body}</main></body></html>"""


def _closed(words: SlipWords) -> str:
    return f'<p class="closed">{escape(words.closed)}</p>'


def _open(order: OrderSnapshot, found: Return, settings: Settings, language: str, code_url: str) -> str:
    words = WORDS[language]
    address = shop_address(settings.labels, words.returns.format(shop=settings.shop.name))
    has_address = not missing_in(address)
    steps = [words.print_it, words.no_printer] if has_address else [words.no_address, words.no_printer]
    return f"""<section class="top"><div class="number"><p class="name">{escape(words.number)}</p>
<p class="rma">{escape(found.id)}</p></div>
<img class="code" src="{escape(code_url)}" alt="{escape(code_text(order, found))}"></section>
<dl>{_facts(order, found, words, address if has_address else None, settings, language)}</dl>
<h2>{escape(words.items)}</h2><ul>{"".join(f"<li>{escape(text)}</li>" for text in _items(order, found))}</ul>
{_due(order, found, words, language)}<footer>{"".join(f"<p>{escape(text)}</p>" for text in steps)}</footer>"""


def _facts(
    order: OrderSnapshot, found: Return, words: SlipWords, address: Address | None, settings: Settings, language: str
) -> str:
    to = _lines(address, language) if address else [words.returns.format(shop=settings.shop.name)]
    sender = order.ship_to
    rows = [
        (words.to, to),
        (words.sender, [", ".join(filter(None, (sender.name, sender.city, sender.region, sender.country)))]),
        (words.order, [order.number]),
        (words.hand_in, [found.drop_off] if found.drop_off else []),
    ]
    return "".join(f"<dt>{escape(name)}</dt><dd>{_broken(lines)}</dd>" for name, lines in rows if any(lines))


def _broken(lines: Iterable[str]) -> str:
    return "<br>".join(escape(line) for line in lines if line)


def _lines(address: Address, language: str) -> list[str]:
    """An address as its country writes it, with the country's name in the shopper's language."""
    if address.country in _REGION_BEHIND_CITY:
        town = f"{address.city}, {address.region} {address.zip}" if address.region else f"{address.city} {address.zip}"
    elif address.country == "GB":
        town = f"{address.city} {address.zip}"
    else:
        town = " ".join(filter(None, (address.zip, address.city)))
        town = f"{town}, {address.region}" if address.region else town
    country = Locale.parse(language).territories.get(address.country, address.country)
    return [address.name, address.line1, address.line2, town, country]


def _items(order: OrderSnapshot, found: Return) -> list[str]:
    named = [(order.line(each.line_id), each.quantity) for each in found.lines]
    return [f"{quantity} × {line.title}" for line, quantity in named if line is not None]


def _due(order: OrderSnapshot, found: Return, words: SlipWords, language: str) -> str:
    """The last day in full: paper is read on another day, so it never says "tomorrow"."""
    if found.due_by is None:
        return ""
    last = plain_day(local_day(found.due_by, order.tz), language, order.as_of, order.tz)
    before, _, after = words.due.partition("{day}")
    return f'<p class="due">{escape(before)}<strong>{escape(last)}</strong>{escape(after)}</p>'
