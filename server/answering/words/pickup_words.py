"""Pickups in words: whether a message asks for the carrier to come, and which of the offered days it names."""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from server.answering.words import service_words
from server.commerce.business import local
from server.commerce.catalogue.words import fold
from server.commerce.facts import Window
from server.commerce.labels.labels import pickup_of
from server.commerce.model import Fact, OrderSnapshot

_COMES: Final = re.compile(
    r"\b(?:book|schedule|arrange|organi[sz]e|request)\b[^.?!]{0,24}\b(?:pick-? ?ups?|collection from)\b|\b(?:home|door(?:step)?|return|free) pick-? ?ups?\b"
    r"|\b(?:can|could|will|would|may|does|do|please)\b[^.?!]{0,16}\b(?:you|someone|somebody|anyone|they|courier|carrier|driver|ups|usps|dhl|fedex)\b[^.?!]{0,20}\b(?:pick (?:it|them|this|that|(?:the|my) \w+) up|(?:pick up|collect|fetch) (?:it|them|this|that|(?:the|my) (?:\w+ )?(?:parcel|package|box|return|items?|goods))\b)"
    r"|\b(?:return|parcel|package|box|it|this|them)\b (?:be |to be )?(?:picked up|collected|fetched)\b"
    r"|\b(?:programar|reservar|pedir|solicitar|organizar|hay|quiero|necesito|puedo|teneis|tienen)\b[^.?!]{0,24}\brecogida\b|\b(?:recog(?:er|en|eis|an)(?:l[oa]s?)?|pas(?:ar|an|e) a (?:recoger|buscar)\w*|veng(?:a|an) a (?:recoger|buscar)\w*)\b[^.?!]{0,30}\b(?:casa|domicilio|paquete|devolucion)\b"
    r"|\b(?:enlevement|ramassage|collecte a domicile)\b|\b(?:venir|passer|vient|passe)\b[^.?!]{0,20}\b(?:chercher|recuperer|prendre)\b"
    r"|\babhol(?:ung|termin)\w*\b|\b(?:abgeholt|abholen)\b[^.?!]{0,12}\b(?:werden|lassen|kommen|wird|konnt|konnen)\b|\b(?:kann|konnt|konnen|lasst|holt|holen)\b[^.?!]{0,40}\b(?:abholen|abgeholt|bei mir ab)\b"
    r"|\b(?:agendar|marcar|solicitar|pedir|quero|posso|fazem|ha)\b[^.?!]{0,24}\b(?:coleta|recolha)\b|\b(?:vir|passar|vem|podem|pode)\b[^.?!]{0,20}\b(?:buscar|coletar|recolher)\b"
)
_BY_THEMSELVES: Final = re.compile(
    r"\b(?:i|we)(?:'ll| will| can| could| want to| would like to)? (?:pick|collect)|\b(?:can|could|may) (?:i|we) (?:pick|collect|fetch)\b|in[- ]store|\b(?:from|at) (?:the|your) (?:store|shop)|\btienda\b|\bmagasin\b|\b(?:im|in den|am) laden\b|\bfiliale\b|\bselbst\b|\bna loja\b|\bpick ?-?up (?:point|location|code|place)\b|\b(?:punto|codigo) de recogida\b|\bpoint relais\b|\babholstation\b|\babholcode\b"
)


def asks_for_pickup(text: str) -> bool:
    """Whether a message asks for somebody to come for a parcel; who comes for theirs asks for something else."""
    folded = fold(text)
    return _COMES.search(folded) is not None and _BY_THEMSELVES.search(folded) is None


def window_fact(window: Window, now: datetime) -> Fact:
    """When the carrier comes."""
    return Fact("pickup_window", "window", window, "labels", now)


def booked_fact(result: Mapping[str, Any], order: OrderSnapshot, now: datetime) -> Fact:
    """When the carrier of a pickup comes, by what its seller answered."""
    booked = pickup_of(result)
    return window_fact(Window(booked.start, booked.until, order.tz), now)


def day_of(window: Window) -> str:
    """The day of a window where the parcel is, ISO."""
    start = window.min
    return (local(start, window.tz).date() if isinstance(start, datetime) else start).isoformat()


def named_day(text: str, today: date, language: str) -> str:
    """The day that a message names, ISO, empty if it names none; it need not be one on which somebody comes."""
    return service_words.day_in(text, today, language)
