"""What Meta's error codes mean for a message of ours: again later, never, only by a template, or nobody knows.

A code that does not stand here is not tried again by itself. What an operator reads names the mend, and no customer's data.
Source: Meta, WhatsApp Cloud API, "Error codes"; Messenger Platform, "Error codes"; Graph API, "Rate limits".
"""

from collections.abc import Mapping
from typing import Any, Final

from channels.errors import ChannelError, NotNow, OutcomeUnknown, Refused, WindowShut

_LATER: Final[Mapping[int, tuple[str, float]]] = {
    1: ("Meta has a fault of its own", 0),
    2: ("Meta has a fault of its own", 0),
    4: ("the app makes too many calls", 60),
    17: ("the account makes too many calls", 60),
    32: ("the page makes too many calls", 60),
    613: ("too many calls", 30),
    80006: ("too many messages by this page", 60),
    80007: ("too many calls for this WhatsApp account", 60),
    130429: ("too many messages by this WhatsApp number", 5),
    131000: ("WhatsApp has a fault of its own", 0),
    131016: ("WhatsApp is not there for the moment", 0),
    131048: ("too many messages of this number were reported as spam", 600),
    131056: ("too many messages to this customer", 10),
    131057: ("the WhatsApp account is being serviced", 60),
    0: ("the access token is no good: make a new one and set meta.access_token", 300),
    190: ("the access token has run out: make a new one and set meta.access_token", 300),
}
"""code -> (what it is, seconds until another try where Meta names none)."""

_NEVER: Final[Mapping[int, str]] = {
    3: "the app may not do this: add its permissions",
    10: "the app lacks the permission to write: add whatsapp_business_messaging, pages_messaging, instagram_manage_messages",
    100: "Meta does not understand the message, or knows no such id: look at the ids in the settings of meta",
    200: "the access token may not write for this page or number",
    368: "Meta has blocked the account for a while because of its rules: look at Business Support Home",
    551: "this person cannot be reached now",
    131005: "the access token may not write for this number",
    131008: "a field is missing",
    131009: "a value is not allowed",
    131021: "the number would write to itself",
    131026: "this number cannot be reached on WhatsApp",
    131030: "a test number writes only to the numbers on its list: add this one, or use a real number",
    131031: "the WhatsApp account is locked: look at Business Support Home",
    131037: "the number needs an approved display name",
    131042: "the WhatsApp account has no valid way of paying: look at its payment settings",
    131045: "the number is not registered: register it",
    131049: "WhatsApp chose not to deliver this message",
    131050: "the customer wants no such messages",
    131051: "WhatsApp does not carry this kind of message",
    131052: "the file could not be fetched",
    131053: "the file could not be taken",
    131062: "this message cannot go to somebody whose number is hidden",
    132000: "the template has another number of variables than one",
    132001: "there is no such template in this language: look at meta.templates",
    132005: "the text is too long for the template",
    132007: "the template breaks a rule of WhatsApp",
    132012: "the template's variable is of another kind",
    132015: "the template is paused because of its quality",
    132016: "the template is switched off for good",
    133010: "the number is not registered: register it",
}
_SHUT: Final = frozenset({(131047, 0), (10, 2018278), (10, 2534022)})
"""(code, subcode) of a window that is over: WhatsApp, Messenger, Instagram. Subcode 0 = any."""
_DONE_PERHAPS: Final = frozenset({(1, 1357046)})
"""Documented by Meta: the answer is an error, the message went out all the same."""


def error_of(status: int, body: Any, retry_after_s: float) -> ChannelError:
    """What an answer with an error means. `body` is its JSON, None where it is none; `retry_after_s` is Meta's own word or 0."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return _without_a_code(status, retry_after_s)
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    if (code, subcode) in _DONE_PERHAPS:
        return OutcomeUnknown(f"Meta reports error {code}/{subcode}, but may have sent it")
    if (code, subcode) in _SHUT or (code, 0) in _SHUT:
        return WindowShut("the 24-hour window of this channel is over")
    if code in _LATER:
        why, pause_s = _LATER[code]
        return NotNow(f"{why} (error {code})", retry_after_s or pause_s)
    if status == 429 or status >= 500 or error.get("is_transient") is True:
        return NotNow(f"Meta cannot take it now (error {code})", retry_after_s)
    return Refused(f"{_NEVER.get(code, 'Meta refuses it')} (error {code}{f'/{subcode}' if subcode else ''})")


def _without_a_code(status: int, retry_after_s: float) -> ChannelError:
    """An answer that is not the Graph API's own: something between us and it speaks."""
    if status == 429:
        return NotNow("too many calls", retry_after_s or 30)
    if status in (500, 503):
        return NotNow(f"Meta answers HTTP {status}", retry_after_s)
    if status >= 500 or status == 408:  # a gateway gave up waiting: whoever is behind it may have acted
        return OutcomeUnknown(f"Meta's gateway answers HTTP {status}")
    if 300 <= status < 400:
        return NotNow("the address of Meta's API redirects elsewhere: look at meta.api_url", 300)
    return Refused(f"HTTP {status} without a word of Meta: look at meta.api_url and meta.api_version")


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
