"""Which time zone an address lies in, so that a date without a time means that day where the parcel goes.

Countries with one zone come from CLDR (babel); countries with several are told apart by region, and a region that is
itself split counts by where most of its people live. What cannot be told falls back to the shop's own zone. This
module knows countries and regions only: neither orders nor time.
"""

import unicodedata
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

_COUNTRY_NAMES = {
    "USA": "US",
    "UNITED STATES": "US",
    "UNITED STATES OF AMERICA": "US",
    "UK": "GB",
    "UNITED KINGDOM": "GB",
    "GREAT BRITAIN": "GB",
    "ENGLAND": "GB",
    "CAN": "CA",
    "CANADA": "CA",
    "AUS": "AU",
    "AUSTRALIA": "AU",
    "BRA": "BR",
    "BRAZIL": "BR",
    "BRASIL": "BR",
    "MEX": "MX",
    "MEXICO": "MX",
    "DEU": "DE",
    "GERMANY": "DE",
    "DEUTSCHLAND": "DE",
    "FRA": "FR",
    "FRANCE": "FR",
    "ESP": "ES",
    "SPAIN": "ES",
    "ESPANA": "ES",
    "IND": "IN",
    "INDIA": "IN",
    "GBR": "GB",
}

# Countries that CLDR lists with several zones, but where nearly everybody keeps one time.
_MAIN_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}

# Zone -> the regions in it, by code and by name; "|" separates.
_REGIONS = {
    "US": {
        "America/New_York": "CT|CONNECTICUT|DE|DELAWARE|DC|DISTRICT OF COLUMBIA|FL|FLORIDA|GA|GEORGIA|IN|INDIANA|KY|"
        "KENTUCKY|ME|MAINE|MD|MARYLAND|MA|MASSACHUSETTS|MI|MICHIGAN|NH|NEW HAMPSHIRE|NJ|NEW JERSEY|NY|NEW YORK|NC|"
        "NORTH CAROLINA|OH|OHIO|PA|PENNSYLVANIA|RI|RHODE ISLAND|SC|SOUTH CAROLINA|VT|VERMONT|VA|VIRGINIA|WV|"
        "WEST VIRGINIA",
        "America/Chicago": "AL|ALABAMA|AR|ARKANSAS|IL|ILLINOIS|IA|IOWA|KS|KANSAS|LA|LOUISIANA|MN|MINNESOTA|MS|"
        "MISSISSIPPI|MO|MISSOURI|NE|NEBRASKA|ND|NORTH DAKOTA|OK|OKLAHOMA|SD|SOUTH DAKOTA|TN|TENNESSEE|TX|TEXAS|WI|"
        "WISCONSIN",
        "America/Denver": "CO|COLORADO|ID|IDAHO|MT|MONTANA|NM|NEW MEXICO|UT|UTAH|WY|WYOMING",
        "America/Phoenix": "AZ|ARIZONA",
        "America/Los_Angeles": "CA|CALIFORNIA|NV|NEVADA|OR|OREGON|WA|WASHINGTON",
        "America/Anchorage": "AK|ALASKA",
        "Pacific/Honolulu": "HI|HAWAII",
        "America/Puerto_Rico": "PR|PUERTO RICO|VI|VIRGIN ISLANDS",
        "Pacific/Guam": "GU|GUAM|MP|NORTHERN MARIANA ISLANDS",
        "Pacific/Pago_Pago": "AS|AMERICAN SAMOA",
    },
    "CA": {
        "America/St_Johns": "NL|NEWFOUNDLAND AND LABRADOR|NEWFOUNDLAND",
        "America/Halifax": "NS|NOVA SCOTIA|NB|NEW BRUNSWICK|PE|PRINCE EDWARD ISLAND",
        "America/Toronto": "ON|ONTARIO|QC|QUEBEC|NU|NUNAVUT",
        "America/Winnipeg": "MB|MANITOBA",
        "America/Regina": "SK|SASKATCHEWAN",
        "America/Edmonton": "AB|ALBERTA|NT|NORTHWEST TERRITORIES",
        "America/Vancouver": "BC|BRITISH COLUMBIA",
        "America/Whitehorse": "YT|YUKON",
    },
    "AU": {
        "Australia/Sydney": "NSW|NEW SOUTH WALES|ACT|AUSTRALIAN CAPITAL TERRITORY",
        "Australia/Melbourne": "VIC|VICTORIA",
        "Australia/Brisbane": "QLD|QUEENSLAND",
        "Australia/Adelaide": "SA|SOUTH AUSTRALIA",
        "Australia/Darwin": "NT|NORTHERN TERRITORY",
        "Australia/Perth": "WA|WESTERN AUSTRALIA",
        "Australia/Hobart": "TAS|TASMANIA",
    },
    "BR": {
        "America/Sao_Paulo": "DF|DISTRITO FEDERAL|ES|ESPIRITO SANTO|GO|GOIAS|MG|MINAS GERAIS|PR|PARANA|RJ|"
        "RIO DE JANEIRO|RS|RIO GRANDE DO SUL|SC|SANTA CATARINA|SP|SAO PAULO",
        "America/Bahia": "BA|BAHIA",
        "America/Fortaleza": "CE|CEARA|MA|MARANHAO|PB|PARAIBA|PI|PIAUI|RN|RIO GRANDE DO NORTE",
        "America/Recife": "PE|PERNAMBUCO",
        "America/Maceio": "AL|ALAGOAS|SE|SERGIPE",
        "America/Belem": "AP|AMAPA|PA|PARA",
        "America/Araguaina": "TO|TOCANTINS",
        "America/Manaus": "AM|AMAZONAS",
        "America/Boa_Vista": "RR|RORAIMA",
        "America/Porto_Velho": "RO|RONDONIA",
        "America/Cuiaba": "MT|MATO GROSSO",
        "America/Campo_Grande": "MS|MATO GROSSO DO SUL",
        "America/Rio_Branco": "AC|ACRE",
    },
    "MX": {
        "America/Tijuana": "BC|BCN|BAJA CALIFORNIA",
        "America/Hermosillo": "SON|SONORA",
        "America/Mazatlan": "BCS|BAJA CALIFORNIA SUR|NAY|NAYARIT|SIN|SINALOA",
        "America/Cancun": "ROO|QROO|QUINTANA ROO",
        "America/Mexico_City": "*",
    },
    "ES": {"Atlantic/Canary": "GC|TF|CN|LAS PALMAS|SANTA CRUZ DE TENERIFE|CANARIAS|CANARY ISLANDS"},
    "PT": {"Atlantic/Azores": "AZORES|ACORES", "Atlantic/Madeira": "MADEIRA"},
    "ID": {"Asia/Makassar": "BA|BALI", "Asia/Jakarta": "JK|JAKARTA|JB|WEST JAVA|JI|EAST JAVA|JT|CENTRAL JAVA"},
}


def country_code(country: str | None) -> str | None:
    """ISO 3166 alpha-2 of a country as shops write it ("us", "USA", "Germany"); None when we cannot tell."""
    spelled = _plain(country)
    if len(spelled) == 2:
        return _COUNTRY_NAMES.get(spelled, spelled)
    return _COUNTRY_NAMES.get(spelled)


def zone_of(country: str | None, region: str | None, fallback: str) -> str:
    """The IANA zone of an address; `fallback` (the shop's zone) where country and region do not tell."""
    code = country_code(country)
    if code is None:
        return fallback
    return _zone_by_region(code).get(_region_key(code, region)) or _zone_of_country(code) or fallback


@cache
def zone(name: str) -> ZoneInfo:
    """The zone with this IANA name; UTC where the name is not known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@cache
def _zone_by_region(code: str) -> dict[str, str]:
    table = _REGIONS.get(code, {})
    return {region: name for name, regions in table.items() for region in regions.split("|")}


def _region_key(code: str, region: str | None) -> str:
    return _plain(region).removeprefix(f"{code}-")


@cache
def _zone_of_country(code: str) -> str | None:
    if code in _MAIN_ZONES:
        return _MAIN_ZONES[code]
    if "*" in _zone_by_region(code):
        return _zone_by_region(code)["*"]
    territories = get_global("territory_zones")
    zones = territories.get(code, [])
    return str(zones[0]) if len(zones) == 1 else None


def _plain(text: str | None) -> str:
    decomposed = unicodedata.normalize("NFKD", text or "")
    return "".join(char for char in decomposed if not unicodedata.combining(char)).strip().strip(".").upper()
