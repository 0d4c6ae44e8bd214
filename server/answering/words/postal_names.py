"""Names that addresses are made of: streets, units, states and countries, as five languages write them."""

# ruff: noqa: E501 (lists are read as lines of words)

from collections.abc import Mapping
from functools import cache
from typing import Final

from babel import Locale

from server.answering.understand.normalise import fold
from server.answering.words.spoken import LANGUAGES

STREETS: Final = (
    r"street|str|st|avenue|ave?|road|rd|boulevard|blvd|lane|ln|drive|dr|way|court|ct|place|pl|terrace|ter|square|sq|highway|hwy|parkway|"
    r"pkwy|circle|cir|trail|trl|crescent|close|grove|gardens|mews|walk|row|hill|plaza|broadway|expressway|freeway|loop|alley|route|rte|"
    r"pike|turnpike|run|path|point|ridge|view|crossing|green|park|quay|wharf"
)
"""What follows the name of an English street, without a point."""

STREETS_BEFORE: Final = (
    r"calle|c/|avenida|avda|av|plaza|plza|paseo|camino|carrer|carrera|carretera|ctra|ronda|traves[ií]a|rambla|glorieta|urbanizaci[oó]n|"
    r"rua|r|travessa|tv|pra[cç]a|largo|alameda|al|estrada|rodovia|beco|via|viale|piazza|corso|"
    r"rue|boulevard|bd|impasse|chemin|all[ée]e|quai|cours|route|place|square|faubourg|passage|avenue"
)
"""What precedes the name of a street in Spanish, Portuguese, French and Italian."""

STREETS_GERMAN: Final = (
    r"str(?:a(?:ß|ss)e|\.)?|weg|platz|allee|gasse|ring|damm|ufer|chaussee|markt|hof|steig|stieg|graben|berg|tor"
)
PLACES_GERMAN: Final = r"am|an der|an den|auf der|auf dem|im|in der|in den|unter den|zum|zur|bei der|beim|hinter der|vor dem|alte[rs]?|neue[rs]?|große|kleine"

UNITS: Final = (
    r"suite|ste|apartment|appartement|apartamento|apt|apto|appt|app|unit|unidade|flat|room|rm|floor|fl|building|bldg|block|lot|house|"
    r"wohnung|whg|etage|stock|og|zimmer|hinterhaus|hh|b[âa]timent|b[âa]t|[ée]tage|esc(?:alier)?|porte|piso|pta|puerta|portal|escalera|bloque|"
    r"bloco|andar|sala|casa|conjunto|cj|lote|fra[cç][aã]o|c/o|penthouse|ph|depto|departamento"
)
"""What begins the second line of an address."""

_STATES = """AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|
FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|
MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|
NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|
SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming"""
_PROVINCES = """AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|ON Ontario|
PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon|NT Northwest Territories|NU Nunavut"""
_BRAZIL = "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO"
_COUNTRIES: Final = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "us": "US", "eeuu": "US", "ee. uu.": "US", "etats-unis": "US", "america": "US",
    "uk": "GB", "u.k.": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "great britain": "GB", "britain": "GB",
    "inglaterra": "GB", "angleterre": "GB", "holland": "NL", "holanda": "NL", "brd": "DE",
}  # fmt: skip
_ALSO_STATES: Final = frozenset({"georgia", "jersey"})


def _named(text: str) -> dict[str, str]:
    pairs = (each.strip().split(" ", 1) for each in text.replace("\n", "").split("|"))
    return {fold(name): code for code, name in pairs}


STATES: Final[Mapping[str, str]] = _named(_STATES)
PROVINCES: Final[Mapping[str, str]] = _named(_PROVINCES)
STATE_CODES: Final = frozenset(STATES.values())
PROVINCE_CODES: Final = frozenset(PROVINCES.values())
BRAZIL_CODES: Final = frozenset(_BRAZIL.split())


@cache
def countries() -> Mapping[str, str]:
    """Country names in our five languages, folded, with their ISO 3166 codes."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and fold(name) not in _ALSO_STATES:
                found.setdefault(fold(name), code)
    return found | _COUNTRIES


def country_code(text: str) -> str:
    """The ISO code that a country's name means; "" when it is none. A code in capitals means itself."""
    plain = text.strip(" .,")
    return countries().get(fold(plain), plain if plain in _codes() else "")


@cache
def _codes() -> frozenset[str]:
    return frozenset(countries().values())


def region_code(text: str, country: str) -> str:
    """A state, province or region as addresses of that country write it: "New York" -> "NY"; "" when it is none."""
    plain = text.strip(" .")
    tables = {"US": (STATES, STATE_CODES), "CA": (PROVINCES, PROVINCE_CODES), "BR": ({}, BRAZIL_CODES)}
    named, codes = tables.get(country, ({}, frozenset()))
    upper = plain.upper().replace(".", "")
    return upper if upper in codes else named.get(fold(plain), "")


def is_region(text: str) -> bool:
    """Whether a text is a state of any country that writes states."""
    return any(region_code(text, country) for country in ("US", "CA", "BR"))
