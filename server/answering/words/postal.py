"""Postal addresses in free text, as people in several countries write them: found, cut into parts, made whole, said in one line.

What a text does not give is left out, never guessed; a part that is missing is asked for by whoever reads. Nothing here judges an
address: whether a carrier goes there is not known.
"""

# ruff: noqa: E501 (patterns are read whole)

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.answering.understand.normalise import fold
from server.answering.words.postal_names import (
    PLACES_GERMAN,
    STREETS,
    STREETS_BEFORE,
    STREETS_GERMAN,
    UNITS,
    country_code,
    is_region,
    region_code,
)
from server.commerce.model import Address
from server.policies.asked import clean

KEYS: Final = ("name", "line1", "line2", "city", "region", "zip", "country")
"""The keys of an address in an action, in the order of `ship_to`."""

LONGEST: Final = 120
_MOST: Final = 4_000
_WITH_REGION: Final = frozenset({"US", "CA", "AU"})
_ZIP_FIRST: Final = frozenset(
    {"DE", "FR", "ES", "IT", "AT", "CH", "NL", "BE", "PT", "DK", "SE", "NO", "FI", "PL", "CZ", "LU", "MX"}
)
_FORMULA: Final = re.compile(r"^[=+\-@\s,;.|\"']+")
_UK: Final = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_ZIP: Final = re.compile(
    rf"(?<![\w#-])(?:(?P<br>\d{{5}}-\d{{3}})|(?P<us9>\d{{5}}-\d{{4}})|(?P<pt>\d{{4}}-\d{{3}})|(?P<pl>\d{{2}}-\d{{3}})|(?P<uk>(?-i:{_UK}))"
    r"|(?P<ca>(?-i:[A-Z]\d[A-Z]) ?(?-i:\d[A-Z]\d))|(?P<nl>\d{4} ?(?-i:[A-Z]{2}))|(?P<five>\d{5})|(?P<four>(?:[A-Z]{1,2}-)?\d{4}))(?![\w-])",
    re.IGNORECASE,
)
_COUNTRY_BY_ZIP: Final = {"br": "BR", "pt": "PT", "pl": "PL", "uk": "GB", "ca": "CA", "us9": "US", "nl": "NL"}
_ORDER: Final = re.compile(
    r"(?:#|\b(?:orders?|pedidos?|commandes?|bestellung(?:en)?|encomendas?|compra|number|numero|nummer|no|nr)\b[\s.:#]*)$",
    re.IGNORECASE,
)
_COUNTED: Final = (
    r"(?:days?|hours?|minutes?|weeks?|months?|items?|pieces?|times|orders?|and|or|to|is|was|please|instead|for|but|in|on|of|at|with|y|et|und|e|"
    r"d[ií]as?|jours?|tage?n?|dias?|x|am|pm|usd|eur|dollars?|euros?)\b"
)
_AHEAD: Final = re.compile(
    rf"(?<![\w#.,/-])(?P<number>\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,4}}[A-Za-z]?)?(?: ?(?:bis|ter|quater)\b)?),? (?!{_COUNTED})"
    r"(?=(?:[NSEW]\.? |[A-ZÀ-Þ\d]|(?:rue|avenue|av|bd|boulevard|place|chemin|impasse|all[ée]e|quai|[a-z][\w'’.-]*(?: [a-z][\w'’.-]*){0,3} (?:"
    + STREETS
    + r")\b)))"
)
_BEFORE: Final = re.compile(
    rf"(?<!\w)(?:{STREETS_BEFORE})\.? (?:[\w'’ºª.-]+ ){{0,6}}?[\w'’ºª.-]+,?(?: (?:n[º°o]?\.?|no\.|num\.?|n[uú]mero))? ?\d{{1,6}}\s?[A-Za-z]?\b",
    re.IGNORECASE,
)
_GERMAN: Final = re.compile(
    rf"(?<!\w)(?:(?:[A-ZÄÖÜ][\wäöüß.-]*[ -]){{0,3}}(?:[A-ZÄÖÜ][\wäöüß-]*?(?:{STREETS_GERMAN})|(?i:stra(?:ß|ss)e|str\.|weg|platz|allee|ring|damm))"
    rf"|(?i:{PLACES_GERMAN}) (?:[A-ZÄÖÜ][\wäöüß-]*[ -]?){{1,3}}?) ?\d{{1,4}}\s?[a-zA-Z]?(?:[-/]\d{{1,4}}[a-z]?)?\b"
)
_BOX: Final = re.compile(
    r"\b(?:p\.? ?o\.? ?box|post office box|postfach|apartado(?: de correos| postal)?|bo[iî]te postale|bp|caixa postal)\s*#?\d+",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(rf"^(?:(?:{UNITS})\b\.?[\s#:.-]*[\w.ºª°/-]*|#\s?\w+|\d{{1,3}}[ºª°]\s?\w*.*)", re.IGNORECASE)
_UNIT_WITHIN: Final = re.compile(
    rf"(?<=\w|\.)[ ]+(?P<unit>(?:{UNITS})\b\.?[\s#:]*\w*\d\w*|(?:{UNITS})\b\.? [A-Za-z]\b|#\s?\w+)\s*$", re.IGNORECASE
)
_UNIT_BEFORE: Final = re.compile(rf"(?<!\w)(?P<unit>(?:{UNITS})\b\.?[\s#:]*\w+),? $", re.IGNORECASE)
_STREET_WORD: Final = re.compile(rf"\b(?:{STREETS}|rue|avenue|quai|impasse|chemin)\b", re.IGNORECASE)
_ADDED_UNIT: Final = re.compile(rf"\b(?P<unit>(?:{UNITS})\b\.?[ #:]*(?:\w*\d\w*|[A-Z])\b)", re.IGNORECASE)
_RUN: Final = re.compile(
    rf"^(?P<street>\d+\w* .*?\b(?:{STREETS})\b\.?(?: (?:[NSEW]|NE|NW|SE|SW)\b\.?)?)(?P<rest> (?!(?:[NSEW]|NE|NW|SE|SW|{STREETS})\b).+)$",
    re.IGNORECASE,
)
_CUE_BEFORE: Final = re.compile(
    r"(?:\b(?:to|is|address|instead|at|nach|an|in|auf|zu|ist|adresse|lautet|a|en|es|est|direcci[oó]n|adresse|à|au|para|é|endere[cç]o|be)\b|:)[\s:,\"'(]*$",
    re.IGNORECASE,
)
_FROM: Final = re.compile(r"\b(?:from|not|de|desde|von|statt|nicht|instead of|no|pas)\s$", re.IGNORECASE)
_TAIL: Final = re.compile(
    r"(?:[.;!?](?:\s|$)(?!\s*\d)|,?\s(?:and )?(?:not|nicht|pas|nao|não)\s(?=\d)|\s[-–]\s(?=please|thanks)|\b(?:please|pls|thanks|thank you|instead|por favor|gracias|s'il vous pla[iî]t|merci|bitte|danke|obrigad[oa]|"
    r",\s*(?:(?:i|we|i'm|i've|we've|je|j'ai|nous|ich|wir|yo|me|nos|eu|mudei|acabo)\b)|\b(?:as i|since i|i moved|i have moved|i've moved)\b|"
    r"and (?:also|my|i|can|cancel|change|update|please|the|then)|as well|too|rather than|for (?:order|my)|because|since|(?:which is |that is |that's )?(?:the )?(?:same|just) (?:address )?(?:as|like)|y (?:tambi[eé]n|mi)|et (?:aussi|mon|ma)|und (?:auch|mein)|e (?:tamb[eé]m|meu|minha))\b|"
    r"\b(?:schicken|senden|liefern|sein|lauten|werden|gehen|[äa]ndern|ge[äa]ndert|verschicken|enviar|mandar|livrer|envoyer)\b|,? (?:my|mi|mein|mon|meu) (?:name|e-?mail|nombre|nom|nome|correo)\b|\S+@\S+)",
    re.IGNORECASE,
)
_SHORT: Final = re.compile(
    r"(?:\b(?:St|Str|Ave?|Av|Avda|Rd|Blvd|Bd|Ln|Dr|Ct|Pl|Sq|Hwy|Pkwy|Apt|Ste|No|Nr|N|S|E|W|c|R|Mt|Ft|Whg|P\.? ?O|U\.S(?:\.A)?)|str)$",
    re.IGNORECASE,
)
_ZIP_CUE: Final = re.compile(
    r"\b(?:zip(?: ?code)?|post ?code|postal code|plz|postleitzahl|cep|code postal|c[oó]digo postal|cp)\b(?:\s+(?:is|es|est|ist|é|should be|to|be|lautet))*[\s:#]*(?P<zip>[\w][\w -]{2,9}\w)",
    re.IGNORECASE,
)
_ZIP_MENDED: Final = re.compile(
    r"\b(?:zip(?: ?code)?|post ?code|postal code|plz|postleitzahl|cep|code postal|c[oó]digo postal|cp)\b[^.;!?]{0,60}?"
    r"\b(?:should (?:be|say|read|have been)|supposed to be|actually|to|into|debe ser|deber[ií]a ser|devrait [eê]tre|(?:muss|soll(?:te)?)(?: sein)?|auf|por|para|deve(?:ria)? ser)\s+(?P<zip>\w[\w -]{2,9}\w)",
    re.IGNORECASE,
)
"""A postal code that shall be another: "the zip code on it is wrong, it should be 85004"."""
_CITY_CUE: Final = re.compile(
    r"\b(?:city|town|ciudad|ville|stadt|ort|cidade)\b(?:\s+(?:is|es|est|ist|é|should be|to|name))*[\s:]+(?P<city>[A-ZÀ-Þ][\w'’. -]*?)\s*(?:[,;!?]|\.(?:\s|$)|$)",
)


@dataclass(frozen=True, slots=True)
class Written:
    """An address as a text writes it: its parts, by the keys of `ship_to`, and where in the cleaned text it stands."""

    parts: Mapping[str, str]
    start: int = 0
    end: int = 0


def plain(text: str) -> str:
    """The text that positions of `Written` count in: without control characters, on one line."""
    return " ".join(clean(re.sub(r",?\s*\n\s*", ", ", text.strip()), _MOST).split()).replace(" ,", ",")


def find(text: str, home: str = "US") -> Written | None:
    """The address in a text, if there is one; `home` is the country of an address that does not say its own.

    Without a street there is none. The last of several is meant, unless it is what shall be given up."""
    said = plain(text)
    start = _start(said)
    if start is None:
        return None
    end = _end(said, start)
    parts = _parts(said[start:end], home)
    before = _UNIT_BEFORE.search(said[:start])
    if before is not None and "line2" not in parts:
        parts["line2"], start = before["unit"], before.start("unit")
    return Written(parts, start, end) if _is_address(parts) else None


def _is_address(parts: Mapping[str, str]) -> bool:
    """Whether there is a street, and by its name or by what follows it this is no mere number of things."""
    street = parts.get("line1", "")
    is_street = any(pattern.search(street) for pattern in (_STREET_WORD, _BEFORE, _GERMAN, _BOX))
    return bool(street) and (is_street or bool(parts.get("zip")))


def details(text: str, home: str = "US", asked: Sequence[str] = ()) -> dict[str, str]:
    """Single parts of an address that a text gives without a street: a unit, a postal code, a city behind its word.

    `asked` are the parts that were asked for: a bare answer is taken for them."""
    said = plain(text)
    found: dict[str, str] = {}
    unit = _ADDED_UNIT.search(said)
    if unit is not None:
        found["line2"] = unit["unit"]
    cued = _ZIP_MENDED.search(said) or _ZIP_CUE.search(said)
    match = _ZIP.search(cued["zip"]) if cued else (_ZIP.search(said) if "zip" in asked else None)
    if match is not None:
        found["zip"] = _normal_zip(match)
    city = _CITY_CUE.search(said)
    if city is not None:
        found["city"] = city["city"].strip()
    if asked:
        found = {**_answered(said, home, asked), **found}
    return {key: _clean(value) for key, value in found.items() if value}


def _answered(said: str, home: str, asked: Sequence[str]) -> dict[str, str]:
    """The bare answer to the question for these parts: "Austin, TX 78701"."""
    bare = re.sub(
        r"^(?:it'?s|it is|the|in|sorry|oh|es|c'est|das ist|é|ist)\s+", "", said.strip(" .!"), flags=re.IGNORECASE
    )
    parts = _parts(f"1 X Street, {bare}", home)
    found = {key: value for key, value in parts.items() if key in (*asked, "region", "zip", "country")}
    if "city" in found and len(found["city"].split()) > 5:
        del found["city"]
    return found


def _start(said: str) -> int | None:
    """Where the address begins: at a street behind a word that leads to it, else at the last street."""
    spans = [match.start() for match in _BOX.finditer(said)]
    for pattern in (_AHEAD, _BEFORE, _GERMAN):
        spans += [match.start() for match in pattern.finditer(said) if not _is_order(said, match)]
    starts = sorted(start for start in set(spans) if not _is_within(said, start) and not _FROM.search(said[:start]))
    starts = [one for one in starts if not any(other < one and _hold_together(said, other, one) for other in starts)]
    cued = [one for one in starts if _CUE_BEFORE.search(said[:one])]
    return (cued or starts)[-1] if starts else None


def _is_order(said: str, match: "re.Match[str]") -> bool:
    number = re.search(r"\d", match.group())
    return _ORDER.search(said[: match.start()]) is not None or (
        number is not None and _ORDER.search(said[: match.start() + number.start()]) is not None
    )


def _is_within(said: str, start: int) -> bool:
    """Whether this is the number of a unit, or a postal code, rather than of a house."""
    before = said[max(0, start - 16) : start]
    if re.search(rf"\b(?:{UNITS})\b\.?[\s#:]*$|#\s?$", before, re.IGNORECASE):
        return True
    code = _ZIP.match(said, start)
    return code is not None and code.lastgroup in ("five", "uk", "ca", "br", "pt", "us9") and _is_code(said, code)


def _is_code(said: str, code: "re.Match[str]") -> bool:
    """Whether five digits are a postal code here: a street stands before them, or a state does."""
    before = said[: code.start()]
    return bool(re.search(r"(?:,|[A-Za-zÀ-ÿ.]|\d[a-z]?)\s*$", before)) and bool(
        re.search(r"\d", before)
        and (re.search(r",\s*$|\b[A-Z]{2}\s*$", before) or is_region(before.rsplit(",", 1)[-1]))
    )


def _hold_together(said: str, first: int, second: int) -> bool:
    """Whether a second street is only a part of the first address: "Calle Mayor 5, 28013 Madrid"."""
    between = said[first:second]
    return len(between) < 60 and not re.search(r"[;!?]|\b(?:to|nach|a la|vers|para|instead)\b", between)


def _end(said: str, start: int) -> int:
    """Where the address ends: before what is said after it."""
    at = start
    while (tail := _TAIL.search(said, at)) is not None:
        if tail.group()[0] == "." and _SHORT.search(said[start : tail.start()]):
            at = tail.end()
            continue
        return tail.start()
    return len(said)


def _parts(written: str, home: str) -> dict[str, str]:
    """The parts of an address that begins with its street."""
    segments = [
        each.strip(" .\"'()") for each in re.split(r",|;| - | – |\|", _spaced(written, home)) if each.strip(" .\"'()")
    ]
    found: dict[str, str] = {}
    if len(segments) > 1 and (code := _country(segments[-1], home, written)):
        found["country"] = code
        segments.pop()
    country = found.get("country") or _country_of(segments, home)
    rest: list[str] = []
    for index, segment in enumerate(segments):
        _take(segment, index, country, found, rest)
    _place(rest, country, found)
    state = found.pop("state", "")
    if "city" not in found and len(state) > 2:
        found["city"] = state  # "New York 10001"
    if not found.get("country") and country != home and country:
        found["country"] = country
    if found.get("country") == "":
        del found["country"]
    return {key: _clean(value) for key, value in found.items() if value}


def _spaced(written: str, home: str) -> str:
    """A line without commas gets them behind the street and the unit, and a country behind its code a place of its own."""
    run = _RUN.match(written)
    if run is not None and "," not in run["street"] and _goes_on(run["rest"]):
        rest = run["rest"].strip()
        unit = re.match(rf"(?:{UNITS})\b\.?[\s#:]*\w*\d\w*|(?:{UNITS})\b\.? [A-Z]\b|#\s?\w+", rest, re.IGNORECASE)
        if unit is not None:
            rest = f"{unit.group()}, {rest[unit.end() :].lstrip(' ,')}"
        written = f"{run['street']}, {rest}"
    code = _last_zip(written)
    if code is None:
        return written
    if _country(written[code.end() :].strip(" ,."), home, written):
        written = f"{written[: code.end()]}, {written[code.end() :].strip(' ,.')}"
    before = written[: code.start()]
    if "," not in before and re.search(r"\d", before) and re.match(r" [A-ZÀ-Þ]", written[code.end() :]):
        written = f"{before.rstrip()}, {written[code.start() :]}"
    return written


def _goes_on(rest: str) -> bool:
    """Whether what follows a street without a comma is a unit or a town rather than the end of its name: "Park Avenue South"."""
    return "," not in rest or re.search(r"\d", rest.partition(",")[0]) is not None


def _country(text: str, home: str, written: str) -> str:
    """The country that a piece of an address names; two letters that are a state of `home` are that state."""
    is_state = bool(region_code(text, home)) and not re.search(r"(?<!\w)\d{4,5} [A-ZÀ-Þ][a-zà-ÿ]", written)
    return "" if is_state else country_code(text)


def _country_of(segments: Sequence[str], home: str) -> str:
    """The country that the form of a postal code tells; `home` where it tells none."""
    for segment in segments[1:]:
        match = _ZIP.search(segment)
        if match is None:
            continue
        group = match.lastgroup or ""
        if group in _COUNTRY_BY_ZIP:
            return _COUNTRY_BY_ZIP[group]
        before = segment[: match.start()].strip(" ,")
        if group == "five" and (region_code(before[-2:], "US") or region_code(before, "US")):
            return "US"
        if group == "five" and not before and home not in _ZIP_FIRST and segment[match.end() :].strip():
            return _by_street(segments[0]) or home
    return home


def _by_street(street: str) -> str:
    """The country that a street's name tells of, where a five-digit code stands before the town."""
    if re.search(rf"(?:{STREETS_GERMAN})\.? ?\d", street, re.IGNORECASE):
        return "DE"
    if re.search(r"\b(?:rue|impasse|chemin|all[ée]e|quai)\b", street, re.IGNORECASE):
        return "FR"
    if re.search(r"\b(?:calle|c/|avda|paseo|plaza|carrer|ronda)\b", street, re.IGNORECASE):
        return "ES"
    return ""


def _take(segment: str, index: int, country: str, found: dict[str, str], rest: list[str]) -> None:
    """Put one piece where it belongs."""
    if index == 0:
        unit = _UNIT_WITHIN.search(segment)
        found["line1"] = segment[: unit.start()] if unit else segment
        if unit is not None:
            found["line2"] = unit["unit"]
    elif (
        index == 1
        and re.fullmatch(r"(?:n[º°o]?\.? ?)?\d{1,5}\s?[A-Za-z]?", segment)
        and not re.search(r"\d", found["line1"])
    ):
        found["line1"] = f"{found['line1']}, {segment}"
    elif _UNIT.match(segment) and not _ZIP.fullmatch(segment) and not _is_state_and_code(segment, country):
        found["line2"] = f"{found['line2']}, {segment}" if found.get("line2") else segment
    elif (code := _last_zip(segment)) is not None and "zip" not in found:
        found["zip"] = _normal_zip(code)
        _around_zip(segment[: code.start()].strip(" ,-"), segment[code.end() :].strip(" ,-"), country, found)
    elif region_code(segment, country) and ("city" in found or rest):
        found["region"] = region_code(segment, country)
    elif "city" in found and "zip" in found and _country(segment, country, segment):
        found["country"] = country_code(segment)
    elif "zip" not in found or "city" not in found:
        rest.append(segment)


def _is_state_and_code(segment: str, country: str) -> bool:
    """Whether this is a state with its postal code: the FL of "FL 33101" is Florida and no floor."""
    code = _last_zip(segment)
    return code is not None and bool(region_code(segment[: code.start()].strip(" ,.-"), country))


def _last_zip(segment: str) -> "re.Match[str] | None":
    found = list(_ZIP.finditer(segment))
    return found[-1] if found else None


def _around_zip(before: str, after: str, country: str, found: dict[str, str]) -> None:
    """What stands beside a postal code: a state and a town before it, or a town behind it."""
    if before:
        words = before.split()
        for count in (3, 2, 1):
            region = region_code(" ".join(words[-count:]), country) if len(words) >= count else ""
            if region and not (count == len(words) and "region" in found):
                found["region"] = region
                found["state"] = " ".join(words[-count:])
                words = words[:-count]
                break
        if words:
            found["city"] = " ".join(words)
    if after:
        town, _, more = after.partition("(")
        if region_code(town.strip(), country) and ("city" in found or len(town.strip()) == 2):
            found["region"] = region_code(town.strip(), country)
        else:
            found.setdefault("city", town.strip())
            if more.strip(" )"):
                found["region"] = more.strip(" )")


def _place(rest: list[str], country: str, found: dict[str, str]) -> None:
    """What is left over: the last is the town, what stands before it the second line."""
    if rest and "city" not in found:
        words = rest[-1].split()
        region = region_code(words[-1], country) if len(words) > 1 and "region" not in found else ""
        found["city"] = " ".join(words[:-1]) if region else rest[-1]
        if region:
            found["region"] = region
        rest.pop()
    if rest:
        found["line2"] = ", ".join(each for each in (found.get("line2"), *rest) if each)


def _normal_zip(match: "re.Match[str]") -> str:
    code = match.group().upper()
    if match.lastgroup == "uk":
        bare = code.replace(" ", "")
        return f"{bare[:-3]} {bare[-3:]}"
    if match.lastgroup in ("ca", "nl"):
        bare = code.replace(" ", "")
        return f"{bare[: -3 if match.lastgroup == 'ca' else 4]} {bare[-3:] if match.lastgroup == 'ca' else bare[4:]}"
    return code


def _clean(value: str) -> str:
    return _FORMULA.sub("", clean(value)).strip(" ,;.\"'")[:LONGEST] if value != "." else ""


def of(address: Address) -> dict[str, str]:
    """An address of the order system by the keys that an action uses."""
    return {key: str(getattr(address, key) or "") for key in KEYS}


def completed(parts: Mapping[str, str], present: Address) -> dict[str, str]:
    """All parts of the new address: name and country as they are now unless the text says otherwise.

    With a street of its own the second line is the new one's, and what lies in the same postal code keeps its town and region."""
    old = of(present)
    told = {**parts}
    if told.get("country") and country_code(old["country"]) == told["country"]:
        told["country"] = old["country"]  # the same country, as the record writes it
    kept: tuple[str, ...] = ("name", "country")
    if "line1" not in told or (not {"city", "zip"} & told.keys() and _same_street(told["line1"], old["line1"])):
        kept = KEYS
    elif _same_code(told.get("zip", ""), old["zip"]):
        kept = ("name", "country", "city", "region", "zip")
    elif fold(told.get("city", "")) == fold(old["city"]) and told.get("city"):
        kept = ("name", "country", "region")
    made = {key: told.get(key, old[key] if key in kept else "") for key in KEYS}
    if "line1" not in told and ("zip" in told or "city" in told) and "line2" not in told:
        made["line2"] = old["line2"]
    return made


def missing(parts: Mapping[str, str]) -> tuple[str, ...]:
    """The parts that an address of its country cannot do without and that are not there."""
    needed = ["line1", "city", "zip", "country"]
    if country_code(parts.get("country", "")) in _WITH_REGION:
        needed.insert(2, "region")
    return tuple(key for key in needed if not parts.get(key))


def is_same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two addresses are alike but for case, accents and spaces."""
    return all(_folded(one.get(key, "")) == _folded(other.get(key, "")) for key in KEYS if key != "country")


def is_small(new: Mapping[str, str], old: Mapping[str, str]) -> bool:
    """Whether only a slip is mended: the same postal code and house number, whatever else is written otherwise."""
    return _same_code(new.get("zip", ""), old.get("zip", "")) and _house(new) == _house(old) and bool(_house(old))


def is_box(parts: Mapping[str, str]) -> bool:
    """Whether this is a post office box."""
    return _BOX.search(f"{parts.get('line1', '')} {parts.get('line2', '')}") is not None


def one_line(parts: Mapping[str, str]) -> str:
    """An address in one line, as its country writes it."""
    country = country_code(parts.get("country", ""))
    street = ", ".join(each for each in (parts.get("name"), parts.get("line1"), parts.get("line2")) if each)
    if country in _ZIP_FIRST:
        town = " ".join(each for each in (parts.get("zip"), parts.get("city")) if each)
        town = f"{town}, {parts['region']}" if parts.get("region") else town
    else:
        region = " ".join(each for each in (parts.get("region"), parts.get("zip")) if each)
        town = ", ".join(each for each in (parts.get("city"), region) if each)
    return ", ".join(each for each in (street, town, parts.get("country")) if each)


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[.,#]", " ", fold(text)).split())


def _same_street(one: str, other: str) -> bool:
    """Whether two first lines differ in nothing but the number of the house."""
    streets = [" ".join(re.findall(r"[^\W\d_]+", _folded(each))) for each in (one, other)]
    return bool(streets[0]) and streets[0] == streets[1]


def _same_code(one: str, other: str) -> bool:
    bare = [re.sub(r"\W", "", each).upper() for each in (one, other)]
    return bool(bare[0]) and bare[0][:5] == bare[1][:5] and (bare[0] == bare[1] or bare[0].isdigit())


def _house(parts: Mapping[str, str]) -> str:
    match = re.search(r"\d+", parts.get("line1", ""))
    return match.group() if match else ""
