"""What Twilio's error codes mean for a message, and what is to be done about each.

The table is ours; Twilio says that its codes may change, so an operator may overrule any of them (`twilio.error_codes`) and a
code that nobody knows is never tried again by itself. Source: Twilio's error and warning dictionary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from channels.errors import ChannelError, NotNow, OptedOut, Refused, WindowShut

Act = Literal["again", "window", "stop", "never"]
"""`again` = nothing was taken, try later; `window` = only a template may be sent; `stop` = they opted out; `never`."""

_AGAIN: Final[Mapping[int, str]] = {
    20429: "too many requests",
    63018: "the channel's rate limit",
    63012: "the channel's provider had an internal error",
    63005: "the channel's provider had an error",
    63010: "the channel's provider had an error",
    30001: "the sender's queue is full",
    30008: "an unknown error of the carrier",
    20003: "Twilio refuses our credentials: look at twilio.account_sid and twilio.auth_token",
}
_NEVER: Final[Mapping[int, str]] = {
    63003: "the channel does not know this recipient",
    63013: "the message violates the channel's policy",
    63020: "the WhatsApp business account or its billing is not in order",
    63021: "the channel refuses this content or media",
    63024: "this recipient is not on WhatsApp",
    63027: "the template does not exist in this language",
    63028: "the template wants another number of variables",
    63029: "the recipient's device cannot show this template",
    63032: "WhatsApp does not deliver to this user",
    63049: "Meta chose not to deliver this message",
    63051: "the WhatsApp business account is locked",
    21211: "this is no valid number",
    21408: "messages to this country are switched off at Twilio",
    21606: "twilio.sms_from cannot send to this number",
    21609: "Twilio cannot reach server.public_url for status callbacks",
    21612: "there is no route to this number",
    21614: "this is no mobile number",
    21617: "the message is too long",
    21655: "the content or template does not exist: look at twilio.content_sids",
    21656: "the template wants other variables: look at twilio.content_sids",
    14107: "Twilio stopped a loop of messages",
    11751: "the media is too large",
    30003: "the handset cannot be reached",
    30004: "the recipient blocks messages",
    30005: "this number does not exist",
    30006: "this is a landline, or its carrier cannot be reached",
    30007: "the carrier filtered the message",
    30034: "the sender is not registered for this country (A2P)",
}
_TRIES: Final[Mapping[int, int]] = {63018: 4, 63012: 4, 63005: 4, 63010: 4, 30001: 2, 30008: 2}
"""How often in all a message is sent that Twilio took and then failed with; others fail for good then."""
_WINDOW: Final = {63016: "outside of WhatsApp's 24-hour window"}
_STOP: Final = {21610: "the customer asked for no more messages here (STOP)"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says, for people, and what to do."""

    act: Act
    text: str


@dataclass(frozen=True, slots=True)
class Codes:
    """The table, as an operator may have altered it."""

    own: Mapping[int, Act] = field(default_factory=dict)

    def meaning(self, code: int) -> Meaning:
        """What a code means; one that nobody knows is no reason to try again."""
        shipped = _shipped(code)
        return Meaning(self.own.get(code, shipped.act), shipped.text)

    def tries(self, code: int) -> int:
        """How often in all a message may be sent that failed with this code after Twilio had taken it; 0 = not again."""
        return _TRIES.get(code, 2) if self.meaning(code).act == "again" else 0

    def error(self, code: int, retry_after_s: float = 0.0) -> ChannelError:
        """The error of a message that Twilio did not take, without any word of the message."""
        meaning = self.meaning(code)
        text = f"{meaning.text} (Twilio {code})"
        match meaning.act:
            case "again":
                return NotNow(text, retry_after_s)
            case "window":
                return WindowShut(text)
            case "stop":
                return OptedOut(text)
            case "never":
                return Refused(text)


def _shipped(code: int) -> Meaning:
    tables: Sequence[tuple[Act, Mapping[int, str]]] = (
        ("again", _AGAIN), ("never", _NEVER), ("window", _WINDOW), ("stop", _STOP),
    )  # fmt: skip
    for act, table in tables:
        if code in table:
            return Meaning(act, table[code])
    return Meaning("never", "an error that is not in our table")


def read_codes(entries: Sequence[str]) -> Codes:
    """The table with `code=act` entries in place of what is shipped. Raises ValueError."""
    own: dict[int, Act] = {}
    for entry in entries:
        code, _, act = entry.partition("=")
        known: tuple[Act, ...] = get_args(Act)
        chosen = next((each for each in known if each == act.strip()), None)
        if chosen is None or not code.strip().isdigit():
            raise ValueError(f"`{entry}` is not CODE=again, CODE=window, CODE=stop or CODE=never")
        own[int(code)] = chosen
    return Codes(own)
