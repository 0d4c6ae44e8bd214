"""Finds what a message names: orders, addresses, numbers, amounts, dates, products, and proof-of-identity candidates.

Each kind claims its span and blanks it, surest first, so that a phone number, a year, a postcode or an amount never
becomes an order number. Candidates only: whether an order exists, or a name is right, is not known here.
"""

# ruff: noqa: E501, SIM905 (a pattern is read whole, on one line)

import re
from collections.abc import Callable, Iterable, Sequence

from server.answering.understand import spelling
from server.answering.understand.normalise import fold, words
from server.answering.understand.numbers import amounts, dates, digits_for_words
from server.answering.understand.shape import Entities
from server.commerce.tracking import find_tracking_numbers

_LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\u00a1-\uffff-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_SPOKEN_EMAIL = re.compile(
    r"\b(?P<local>[a-z0-9_-]+(?:(?: (?:dot|punto|point|punkt|ponto|underscore|dash|hyphen) |\.)[a-z0-9_-]+){0,4})"
    r"(?: at | arroba | arobase |\(at\)|\[at\]| @ )"
    r"(?P<domain>[a-z0-9-]+(?:(?: (?:dot|punto|point|punkt|ponto) |\(dot\)|\[dot\]|\.)[a-z0-9-]+){1,3})\b",
    re.IGNORECASE,
)
_SPOKEN_DOTS = re.compile(r" (?:dot|punto|point|punkt|ponto) |\(dot\)|\[dot\]", re.IGNORECASE)
_SPOKEN_SIGNS = (
    (re.compile(r" underscore ", re.IGNORECASE), "_"),
    (re.compile(r" (?:dash|hyphen) ", re.IGNORECASE), "-"),
)

_ORDER_WORD = r"orders?|ordr|oder|ord|pedidos?|orden|compra|commandes?|bestellung(?:en)?|bestell|auftrag|encomendas?|purchase|confirmation"
_NUMBER_WORD = (
    r"(?:number|numbers|num|nbr|no|nr|nummer|numero|número|numéro|nº|n°|id|is|was|ref|reference|code|de|es|ist|lautet|est|é|e|"
    r"called|:|#|-)\.?"
)
_ORDER_CODE = r"(?:[A-Za-z]{1,5}-?)?\d{2,12}(?:-\d{1,6})?"
_CUED_ORDER = re.compile(
    rf"\b(?P<word>{_ORDER_WORD})(?:nummer)?(?!-\w)\s*(?:(?:{_NUMBER_WORD})\s*){{0,4}}[#\"'(]?(?P<code>{_ORDER_CODE})\b(?![.,]\d|[/%]|\s?(?:days?|weeks?|months?|hours?|times|items?|minutes?|tagen?|wochen|jours|semaines|dias|días|semanas|meses|x\b))",
    re.IGNORECASE,
)
_MORE_ORDERS = re.compile(
    rf"^(?:\s*,?\s*(?:and|&|y|et|und|e|or)\s+(?:also\s+)?#?|\s*,\s*#)(?P<code>{_ORDER_CODE})\b(?![.,]\d)", re.IGNORECASE
)
_LISTED_ORDERS = re.compile(rf"^\s*,\s*(?P<code>{_ORDER_CODE})\b(?![.,]\d)")
_PLURAL = re.compile(r"^(?:orders|pedidos|commandes|bestellungen|encomendas)$", re.IGNORECASE)
_HASH_ORDER = re.compile(rf"#\s?(?P<code>{_ORDER_CODE})\b")
_CODE_ORDER = re.compile(r"\b(?P<code>[A-Za-z]{1,5}-\d{3,12}(?:-\d{1,6})?|[A-Z]{1,4}\d{4,10})\b")
_BARE_ORDER = re.compile(r"(?<![\w.,/+-])(?P<code>\d{4,12})(?![\w/]|[.,]\d|-\d)")
_NOT_AN_ORDER = re.compile(
    r"(?:\b(?:rma|zip|postcode|postal(?: code)?|post code|plz|cep|code postal|codigo postal|código postal|apt|apartment|suite|unit|room|house|flat|box|"
    r"model|modell|modelo|modèle|size|code|otp|pin|card|ending|ends|digits|four|sku|item|product|article|voucher|coupon|invoice|year|in|since|from|bis|seit|desde|depuis|en|im|iso|windows|galaxy|"
    r"street|strasse|straße|calle|rue|rua|tarjeta|carte|karte|cartão|cartao|visa|master ?card|amex|american express|maestro|terminad[ao]|finissant|endet|final|phone|tel|mobile|whatsapp|ext|extension|tracking|seguimiento|suivi|sendungsnummer|rastreio|version|hz|"
    r"verification|security|passcode)"
    r"(?:\s+(?:number|numbers|no|nr|in|with|is|are|on|my|is:|number:|of|ending|code|the|en|par|auf|mit|em))*[\s.:#-]*)$",
    re.IGNORECASE,
)
_PLACED = re.compile(r"\b(?:from|since|in|desde|en|depuis|seit|bis|im)\s$", re.IGNORECASE)
_WHENCE = re.compile(r"\b(?:from|desde)\s$", re.IGNORECASE)
_RANGE_AFTER = re.compile(r"\s?(?:to|until|till|a|hasta|-)\s?\d", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    r"^\s?(?:(?i:gb|tb|mb|ml|cl|l|kg|g|lbs?|oz|mm|cm|m|km|inch(?:es)?|in|ft|w|watts?|v|volts?|mah|hz|days?|weeks?|months?|hours?|mins?|minutes?|times|percent|people|points?|followers|miles|calories|pieces|pcs|units|steps|words|years?|"
    r"dias|días|semanas|meses|jours|semaines|mois|tage|wochen|monate|puntos|points|punkte|pontos)\b|%|°|\"|(?:[A-Z][\w.]+ ){1,3}(?:St|Street|Ave|Avenue|Road|Rd|Blvd|Lane|Ln|Drive|Dr|Way|Court|Ct|Place|Pl)\b)"
)
_CARD_NUMBER = re.compile(r"(?<![\w#-])\d{4}(?:[ -]?(?:\d{4}|[x*]{4})){2,4}(?!\w)", re.IGNORECASE)
_ORDER_MENTION = re.compile(rf"\b(?:{_ORDER_WORD})\b|#", re.IGNORECASE)

_ZIP_CUED = re.compile(
    r"\b(?:zip(?: ?code)?|post ?code|postal(?: code)?|plz|postleitzahl|cep|code postal|c[oó]digo postal|cp|eircode|pincode|pin code)\b(?:\s+(?:is|es|est|ist|é|lautet|of|de))?[\s:#]*"
    r"(?P<zip>[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d|\d{5}-\d{3,4}|\d{4}-\d{3}|\d{2}-\d{3}|\d{4} ?[A-Z]{2}\b|\d{3,6}|[A-Z]\d[\dW] ?[A-Z\d]{4})(?![\d])",
    re.IGNORECASE,
)
_ZIP_SHAPED = re.compile(
    r"(?<![\w#-])(?:(?P<uk>(?:[A-Z]{1,2}\d[A-Z\d]?) \d[A-Z]{2})|(?P<ca>[A-Z]\d[A-Z] ?\d[A-Z]\d)|(?P<us9>\d{5}-\d{4})|(?P<br>\d{5}-\d{3})|(?P<pt>\d{4}-\d{3})|(?P<nl>\d{4} ?[A-Z]{2})|(?P<zero>0\d{4}))(?![\w-])"
)
_ZIP_PLACED = re.compile(
    r"(?:\b(?P<state>A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])[ ,]+|(?<=, ))(?P<zip>\d{5})\b(?!-?\d)"
    r"|(?<![\w#-])(?P<town>\d{4,5})(?= [A-ZÀ-Þ][a-zà-ÿ]{2,})(?! [A-Z][a-z]+ (?:St|Street|Ave|Avenue|Road|Rd|Blvd|Lane|Ln|Drive|Dr)\b)"
)
_FIVE = re.compile(r"(?<![\w#.,/+-])\d{5}(?![\w-]|[.,]\d)")

_NAME = (
    r"(?:[A-ZÀ-Þ]\w?\.|[A-ZÀ-Þ](?:[\w'’-]|\.(?=\w))+)"  # a point ends a sentence, unless it stands behind an initial
    r"(?:[ -](?:(?:de|da|do|dos|del|la|van|von|der|di|le|Mc|O')[ ])?(?:[A-ZÀ-Þ]\.|[A-ZÀ-Þ](?:[\w'’-]|\.(?=\w))*)){0,3}"
)
_NAME_CUED = re.compile(
    rf"\b(?i:my name is|my name's|name's|name is|name:|name|i am|i'm|this is|it's|me llamo|mi nombre es|soy|nombre:|je m'appelle|je suis|mon nom est|nom :|nom:|ich hei(?:ß|ss)e|ich bin|mein name ist|name ist|meu nome é|meu nome e|me chamo|sou (?:o |a )?|nome:|mera naam|under the name|in the name of|regards,?|thanks,?|cheers,?|saludos,?|cordialement,?|grüße,?|gr(?:ü|u)(?:ß|ss)en?,?|atenciosamente,?)\s+(?P<name>{_NAME})"
)
_NAME_BESIDE = re.compile(
    rf"(?<![\w@.#-])(?P<name>{_NAME})(?:,? here)?(?:\s*[,;:/(–-]+\s*|\s+)(?:(?i:from|in|at|and|my|de|y|et|aus|und|em|e) )*(?i:(?:zip|post(?:al|leitzahl)?|plz|cep|c[oó]digo postal|code postal)"
    r"(?:[ -]?code)?(?: is| es| est| ist|:)?\s*)?\(?\d{4,5}(?!\w|[.,]\d)"
)
_NAME_BESIDE_LOWER = re.compile(
    r"(?:^|[.!?;:\n–-]\s*|\b(?:hi|hello|hey|yo|hola|bonjour|salut|hallo|moin|ol[aá]|oi)\b[\s,!.]*|\bhere\s+)(?P<name>[a-zà-ÿ][a-zà-ÿ'’-]+ [a-zà-ÿ][a-zà-ÿ'’-]+)(?: here)?[\s,;:/(–-]+(?:(?:from|in|at|and|my|de|y|et|aus|und|em|e) )*"
    r"(?:(?:zip|post(?:al|leitzahl)?|plz|cep|c[oó]digo postal|code postal)(?:[ -]?code)?(?: is| es| est| ist|:)?\s*)?\(?\d{5}(?!\w|[.,]\d)"
)
"""A name in small letters right before a postal code."""
_NAME_LOWER = re.compile(
    r"\b(?:my name is|name is|me llamo|mi nombre es|je m'appelle|mein name ist|ich heisse|ich heiße|meu nome é|me chamo|mera naam) (?P<name>[^\W\d_]+(?: [^\W\d_]+)?)",
    re.IGNORECASE,
)
_NAME_AND_CODE = re.compile(
    r"\b(?:im|i'?m|i am|this is|it'?s|name'?s|soy|je suis|ich bin|sou) (?P<name>[^\W\d_]+(?: [^\W\d_]+){1,2}?)(?:,| from| and| my| the| zip| post| postal| code| is|:|\s)*\s\(?\d{5}\b",
    re.IGNORECASE,
)
_NAME_ALONE = re.compile(
    r"^\W*(?:(?:hi|hello|hey|yes|sure|ok|hola|bonjour|hallo|ola)\W+)*(?:im|i'?m|i am|this is|it'?s|name'?s|soy|je suis|ich bin|sou) (?P<name>[^\W\d_]+(?: [^\W\d_'’-]+){1,2})\W*$",
    re.IGNORECASE,
)
_NAME_PART = re.compile(r"^[^\W\d_][^\W\d_'’.-]*(?:[' ’.-]+[^\W\d_][^\W\d_'’.-]*){1,3}$")
_NOT_A_NAME = frozenset(
    """i im the a an my is it order package parcel refund return where when what how hi hello hey thanks thank you please cancel status
    pedido hola donde quiero gracias commande bonjour merci bestellung hallo danke ola obrigado and not no yes ok zip code email
    street road avenue lane sorry sure here it's this that sad angry happy fed waiting still looking very so really writing calling just your help size red
    blue black white box broken missing want need can could would me to do of on in for""".split()
)
_PART = re.compile(r"[,;\n|/]+|[.!?]\s|\s[-–]\s|\S*[\d@#]\S*")

_ENDLESS = re.compile(r"[^\s:/@]{120,}")  # no number and no address is that long; a wall of digits only costs time

Claim = tuple[int, int, str]


def find(text: str, *, region: str = "US", products: Sequence[str] = ()) -> Entities:
    """What a cleaned text names. `region` reads phones, dates and the dollar; `products` are titles to look for."""
    page = _Page(_ENDLESS.sub(" ", digits_for_words(text)))
    page.take(_LINK, lambda match: None)
    email = page.take_all(_emails(page.text))
    page.take_all((start, end, "") for start, end in _rma_spans(page.text))
    zips = [match["zip"] for match in page.take(_ZIP_CUED, lambda match: match["zip"])]
    tracking = page.take_all(_tracking(page.text, region))
    cued = _cued_orders(page)
    phone = page.take_all(_phones(page.text, region))
    amount = page.take_all(amounts(page.text, region))
    date = page.take_all(dates(page.text, region))
    zips += [match.group() for match in page.take(_ZIP_SHAPED, lambda match: match.group())]
    names = _names(text)
    zips += _placed_zips(page, bool(cued), bool(names))
    page.take(_CARD_NUMBER, lambda match: None)
    orders = cued + _loose_orders(page)
    zips += [each for each in orders if len(each) == 5 and each.isdigit() and each not in cued]
    return Entities(
        order_number=_unique(orders),
        email=_unique(email),
        phone=_unique(phone),
        tracking_number=_unique(tracking),
        amount=_unique(amount),
        date=_unique(date),
        product=tuple(_products(text, products)) if products else (),
        zips=_unique(each.upper() for each in zips),
        names=names,
    )


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in found if each))


class _Page:
    """A text whose claimed spans are blanked, so that no span is read twice."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def blank(self, start: int, end: int) -> None:
        self.text = f"{self.text[:start]}{'|' * (end - start)}{self.text[end:]}"

    def take(self, pattern: re.Pattern[str], value: Callable[[re.Match[str]], str | None]) -> list[re.Match[str]]:
        found = list(pattern.finditer(self.text))
        for match in found:
            self.blank(match.start(), match.end())
        return [match for match in found if value(match)]

    def take_all(self, claims: Iterable[Claim]) -> list[str]:
        values = []
        for start, end, value in list(claims):
            values.append(value)
            self.blank(start, end)
        return values


def _emails(text: str) -> list[Claim]:
    found = [_email_claim(match.start(), match.group()) for match in _EMAIL.finditer(text)] if "@" in text else []
    for match in _SPOKEN_EMAIL.finditer(text):
        local, domain = _SPOKEN_DOTS.sub(".", match["local"]), _SPOKEN_DOTS.sub(".", match["domain"])
        for pattern, sign in _SPOKEN_SIGNS:
            local = pattern.sub(sign, local)
        claim = _email_claim(match.start(), f"{local}@{domain}")
        if claim is not None:
            found.append((match.start(), match.end(), claim[2]))
    return [claim for claim in found if claim is not None]


def _email_claim(start: int, written: str) -> Claim | None:
    from email_validator import EmailNotValidError, validate_email

    address = written.strip(".,;:!?'\"*_-()<>[]{}")
    at = start + written.index(address)
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    if "." not in checked.domain:
        return None
    return at, at + len(address), checked.normalized


_RMA = re.compile(r"\brma[\s:#-]*(?:number|no|nr)?[\s.:#-]*\w*\d[\w-]*", re.IGNORECASE)


def _rma_spans(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _RMA.finditer(text)]


def _phones(text: str, region: str) -> list[Claim]:
    if sum(char.isdigit() for char in text) < 7:
        return []
    from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

    found = [
        (match.start, match.end, format_number(match.number, PhoneNumberFormat.E164))
        for match in PhoneNumberMatcher(text, region)
    ]
    for match in re.finditer(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)", text):
        if not any(start < match.end() and match.start() < end for start, end, _ in found):
            found.append((match.start(), match.end(), "+" + re.sub(r"\D", "", match.group())))
    return sorted(found)


def _tracking(text: str, region: str) -> list[Claim]:
    """Numbers of parcels: those of a known format, and any that the customer calls one; never those called an order."""
    if sum(char.isdigit() for char in text) < _LEAST_TRACKING_DIGITS:
        return []
    hits = find_tracking_numbers(text, phone_region=region)
    found = [(hit.start, hit.end, hit.number) for hit in hits if not _ORDER_BEFORE.search(text[: hit.start])]
    for match in _TRACKING_CUED.finditer(text):
        start, end = match.span("code")
        if not any(start < other_end and other_start < end for other_start, other_end, _ in found):
            found.append((start, end, match["code"].upper()))
    return sorted(found)


_LEAST_TRACKING_DIGITS = 8
_TRACKING_CUED = re.compile(
    r"\b(?:tracking(?: number| no\.?| nr\.?| id| code)?|(?:numero de )?seguimiento|(?:numéro|code) de suivi|sendungsnummer"
    r"|(?:código|codigo) de rastreio|rastreamento)(?: (?:is|es|est|ist|é))?[\s:#]*(?P<code>(?=(?:[A-Z]*\d){8})[A-Z0-9]{10,34})\b",
    re.IGNORECASE,
)
_ORDER_BEFORE = re.compile(
    rf"(?:\b(?:{_ORDER_WORD})(?:nummer)?\s*(?:{_NUMBER_WORD}\s*){{0,3}}#?|[#+(])$", re.IGNORECASE
)


def _cued_orders(page: _Page) -> list[str]:
    found = []
    for pattern in (_CUED_ORDER, _HASH_ORDER):
        while (match := pattern.search(page.text)) is not None:
            found.append(match["code"].upper())
            page.blank(*match.span("code"))
            end = match.end("code")
            listed = _PLURAL.match(match.groupdict().get("word") or "") is not None
            while (more := _next_order(page.text[end:], listed)) is not None:
                found.append(more["code"].upper())
                page.blank(end + more.start("code"), end + more.end("code"))
                end += more.end("code")
    return found


def _next_order(rest: str, listed: bool) -> re.Match[str] | None:
    # "order 1042, 07030" goes on with a postcode; "orders 1042, 1043 and 1044" with orders.
    return _MORE_ORDERS.match(rest) or (_LISTED_ORDERS.match(rest) if listed else None)


def _loose_orders(page: _Page) -> list[str]:
    found = []
    for pattern in (_CODE_ORDER, _BARE_ORDER):
        for match in pattern.finditer(page.text):
            if _may_be_order(page.text, match):
                found.append(match["code"].upper())
                page.blank(*match.span())
    return found


def _may_be_order(text: str, match: re.Match[str]) -> bool:
    code = match["code"]
    before = text[: match.start()]
    is_placed = _PLACED.search(before) if not code.isdigit() else _is_whence(code, before, text[match.end() :])
    if (_NOT_AN_ORDER.search(before) and not is_placed) or _UNIT_AFTER.match(text[match.end() :]):
        return False
    if code.isdigit() and len(code) == 4 and code[:2] in ("19", "20"):
        return bool(_ORDER_MENTION.search(text)) and not re.search(
            r"\b(?:in|year|since|of|from)\s$", text[: match.start()]
        )
    return not code.upper().startswith(("RMA", "COVID", "ISO"))


def _is_whence(code: str, before: str, after: str) -> bool:
    """Whether a bare number says where goods are from: "from 2020" is a year and "from 1500 to 1200" a range, "from 1047" an order."""
    is_year = len(code) == 4 and code[:2] in ("19", "20")
    return not is_year and _WHENCE.search(before) is not None and _RANGE_AFTER.match(after) is None


def _placed_zips(page: _Page, ordered: bool, named: bool) -> list[str]:
    found = []
    for match in page.take(_ZIP_PLACED, lambda match: match["zip"] or match["town"]):
        found.append(match["zip"] or match["town"])
    if ordered or named:
        found += [match.group() for match in page.take(_FIVE, lambda match: match.group())]
    return found


def _names(text: str) -> tuple[str, ...]:
    found = [match["name"] for match in _NAME_CUED.finditer(text) if _is_name(match["name"])]
    found += [match["name"] for match in _NAME_BESIDE.finditer(text) if _is_name(match["name"])]
    found += [match["name"] for match in _NAME_BESIDE_LOWER.finditer(text) if _has_unknown(match["name"])]
    found += [match["name"] for match in _NAME_LOWER.finditer(text) if _is_name(match["name"])]
    found += [match["name"] for match in _NAME_AND_CODE.finditer(text) if _looks_like_name(match["name"])]
    found += [match["name"] for match in _NAME_ALONE.finditer(text) if _looks_like_name(match["name"])]
    if len(text) <= 160:
        found += [
            part for part in map(str.strip, _PART.split(text)) if _NAME_PART.match(part) and _looks_like_name(part)
        ]
    unique: dict[str, str] = {}
    for name in found:
        unique.setdefault(name.strip(" .").casefold(), name.strip(" ."))
    return tuple(unique.values())


def _looks_like_name(part: str) -> bool:
    """Two to four words, each with a capital, or none of them a word that customers use."""
    if not _is_name(part):
        return False
    written = re.split(r"[ ]+", part)
    if all(word[0].isupper() or fold(word) in _PARTICLES for word in written) and written[0][0].isupper():
        return not part.isupper() or len(part) < 30
    known = spelling.load().known
    return not any(word in known for word in words(fold(part)) if word not in _PARTICLES)


def _has_unknown(part: str) -> bool:
    """Whether a word of what may be a name is none that customers use otherwise."""
    return _is_name(part) and any(word not in spelling.load().known for word in words(fold(part)))


_PARTICLES = frozenset("de da do dos del la van von der di le e y".split())


def _is_name(candidate: str) -> bool:
    parts = words(fold(candidate))
    return bool(parts) and not any(part in _NOT_A_NAME for part in parts)


def _products(text: str, titles: Sequence[str]) -> list[str]:
    said = {_singular(word) for word in words(fold(text))}
    scored = [(_overlap(said, title), title) for title in titles]
    best = max((score for score, _ in scored), default=0.0)
    return [title for score, title in scored if score >= 0.5 and score >= best - 0.2]


def _overlap(said: set[str], title: str) -> float:
    wanted = {_singular(word) for word in words(fold(title)) if len(word) > 2 or word.isdigit()}
    return len(wanted & said) / len(wanted) if wanted else 0.0


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
