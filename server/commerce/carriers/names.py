"""How providers spell the names of carriers, and ours: `ups`, `usps`, `fedex`, `dhl`, `royal_mail`.

Spellings are compared without case and punctuation. A carrier that no table knows keeps its provider's spelling in our
style, so that a shopper still hears its name.
"""

import re
from collections.abc import Mapping
from typing import Final

_MOST: Final = 40

# Spellings that do not become ours by dropping case and punctuation alone: EasyPost's type names, Shippo's tokens,
# AfterShip's slugs. "|" separates.
_SPELLINGS: Final[Mapping[str, str]] = {
    "ups": "upsdap|upssurepost|upsmailinnovations|upsfreight|unitedparcelservice",
    "usps": "uspsreturns|usps international|unitedstatespostalservice",
    "fedex": "fedexdefault|fedexsmartpost|fedexground|fedexcrossborder|fedexsameday|fedexmailview|fedexuk",
    "dhl": "dhlexpress|dhlparcel|dhlpaket|dhlgermany|dhlde|dhlgermanyc2c",
    "dhl_ecommerce": "dhlglobalmail|dhlecommerceasia|dhlecs|dhlecommerceus|dhlsmartmail",
    "royal_mail": "",
    "canada_post": "",
    "australia_post": "auspost|auspostmypost",
    "china_post": "",
    "china_ems": "emschina|ems",
    "deutsche_post": "deutschpost|deutschepostuk",
    "la_poste": "laposte|colissimo|lapostecolissimo",
    "correos": "correosespana|correosspain|spaincorreoses",
    "india_post": "",
    "japan_post": "",
    "parcelforce": "",
    "ontrac": "ontracv3",
    "lasership": "lasershipv2",
    "evri": "hermes|hermesuk|myhermes",
    "dpd": "dpduk|dpdde|dpdlocal",
    "gls": "glsgermany|glsus",
    "postnl": "postnl3s|postnlinternational",
    "amazon": "amazonmws|amazonshipping|amzluk|amzlus|amazonlogistics",
    "purolator": "",
    "yanwen": "",
    "cainiao": "",
    "sf_express": "sfexpress|shunfeng|sfb2c",
    "aramex": "",
    "delhivery": "delhiverysurface",
    "bluedart": "bluedartexpress",
    "xpressbees": "",
    "ecom_express": "",
}

# The keys of 17TRACK's list of carriers that several independent public projects agree on
# (https://res.17track.net/asset/carrier/info/apicarrier.all.json).
_SEVENTEEN_TRACK: Final[Mapping[int, str]] = {
    21051: "usps",
    100001: "dhl",
    100002: "ups",
    100003: "fedex",
    7041: "dhl",
    3011: "china_post",
    3013: "china_ems",
    1151: "australia_post",
    11031: "royal_mail",
    190012: "yanwen",
    190271: "cainiao",
    100012: "sf_express",
}

# ClickPost's ids of courier partners as they stand in its documented samples.
_CLICKPOST: Final[Mapping[int, str]] = {1: "fedex", 4: "delhivery"}

# What we call a carrier -> what a provider calls it, where ours would not be understood.
_EASYPOST: Final[Mapping[str, str]] = {
    "usps": "USPS",
    "ups": "UPS",
    "fedex": "FedEx",
    "dhl": "DHLExpress",
    "dhl_ecommerce": "DHLECS",
    "royal_mail": "RoyalMail",
    "canada_post": "CanadaPost",
    "australia_post": "AustraliaPost",
    "ontrac": "OnTrac",
    "dpd": "DPD",
    "gls": "GLS",
    "evri": "Evri",
    "purolator": "Purolator",
}
_AFTERSHIP: Final = frozenset(
    {"usps", "ups", "fedex", "dhl", "royal_mail", "canada_post", "australia_post", "china_post"}
)
_SHIPPO: Final[Mapping[str, str]] = {"dhl": "dhl_express"}


def _squeezed(spelling: str) -> str:
    return re.sub(r"[^a-z0-9]", "", spelling.lower())


_OURS: Final[Mapping[str, str]] = {
    _squeezed(spelling): name
    for name, spellings in _SPELLINGS.items()
    for spelling in (name, *spellings.split("|"))
    if spelling
}


def carrier_name(spelling: str | None) -> str | None:
    """Our name of the carrier that a provider spells so; its own spelling in our style when we do not know it."""
    if not spelling or not spelling.strip():
        return None
    known = _OURS.get(_squeezed(spelling))
    return known or re.sub(r"\W+", "_", spelling.strip().lower())[:_MOST].strip("_") or None


def from_seventeen_track(key: int | None) -> str | None:
    """The carrier behind 17TRACK's number; None when we have not verified that number."""
    return None if key is None else _SEVENTEEN_TRACK.get(key)


def from_clickpost(partner: int | None) -> str | None:
    """The carrier behind ClickPost's id of a courier partner."""
    return None if partner is None else _CLICKPOST.get(partner)


def to_easypost(name: str | None) -> str | None:
    """EasyPost's spelling; None lets EasyPost find out by the number."""
    return _EASYPOST.get(name or "")


def to_aftership(name: str | None) -> str | None:
    """AfterShip's slug; None searches all carriers."""
    return name.replace("_", "-") if name in _AFTERSHIP and name else None


def to_shippo(name: str) -> str:
    """Shippo's token."""
    return _SHIPPO.get(name, name)


def to_seventeen_track(name: str | None) -> int | None:
    """17TRACK's number; None lets 17TRACK find out."""
    return next((key for key, ours in _SEVENTEEN_TRACK.items() if ours == name), None)


def to_clickpost(name: str | None) -> int | None:
    """ClickPost's id of the courier partner, where we know it."""
    return next((key for key, ours in _CLICKPOST.items() if ours == name), None)
