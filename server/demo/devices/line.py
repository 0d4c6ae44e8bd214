"""One call at the provider's side: fetches the shop's TwiML, does what it says, and posts what came of it.

It knows the verbs that a support line uses; any other is a fault that the transcript shows, as the provider's debugger would.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urljoin
from xml.etree import ElementTree

import httpx2

from server.clock import Clock
from server.demo.devices.account import Account, new_sid
from server.demo.devices.cast import Part
from server.demo.devices.hearing import CHARS_PER_S, Ear

Element = ElementTree.Element
State = Literal["ringing", "talking", "ended"]
_MOST_DOCUMENTS: Final = 60
_WEBHOOK_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Input:
    """What the caller does: `began` to speak, `said` words, pressed a `key`."""

    kind: Literal["began", "said", "key"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """Where the call goes on: the URL of the next TwiML, and what is posted there."""

    url: str
    form: Mapping[str, str] = field(default_factory=dict)


class HungUp(Exception):
    """The shop's side ended the call."""


@dataclass(slots=True)
class Transfer:
    """The shop rings a person: `whisper` = what only that person hears. `answer` becomes True or False."""

    to: str
    whisper: str = ""
    needs_key: bool = False
    is_bridged: bool = False
    answer: "asyncio.Future[bool] | None" = None


@dataclass(slots=True)
class Line:
    """A call. `inputs` are the caller's doings in order; `faults` what the provider would log against the shop."""

    account: Account
    clock: Clock
    part: Part
    client: httpx2.AsyncClient
    changed: Callable[[], None]
    language: str = "en-US"
    verstat: str = "TN-Validation-Passed-A"
    pace: float = CHARS_PER_S
    direction: str = "inbound"
    sid: str = field(default_factory=lambda: new_sid("CA"))
    state: State = "ringing"
    ear: Ear = field(default_factory=Ear)
    inputs: "asyncio.Queue[Input]" = field(default_factory=asyncio.Queue)
    faults: list[str] = field(default_factory=list)
    transfer: Transfer | None = None
    hung_up_by: str = ""
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody answers a call that the shop began."""
    farewell: Next | None = None
    """What the provider still posts when the caller hangs up now."""

    def __post_init__(self) -> None:
        """The voice goes at the call's pace."""
        self.ear.pace = self.pace

    @property
    def now(self) -> str:
        """The time on the clock, for the transcript."""
        return self.clock.now().isoformat()

    def note(self, text: str) -> None:
        """Something that happens on the line."""
        self.ear.note("note", text, self.now)
        self.changed()

    def fault(self, text: str) -> None:
        """Something that the provider would log as an error of ours."""
        self.faults.append(text)
        self.note(f"Provider: {text}")

    def form(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What every webhook of this call carries."""
        caller, called = self.part.phone, self.account.voice
        if self.direction != "inbound":
            caller, called = called, caller
        status = {"ringing": "ringing", "talking": "in-progress", "ended": "completed"}[self.state]
        standard = {
            "CallSid": self.sid, "AccountSid": self.account.sid, "ApiVersion": "2010-04-01", "From": caller, "To": called,
            "Caller": caller, "Called": called, "CallStatus": status, "Direction": self.direction,
            "StirVerstat": self.verstat,
        }  # fmt: skip
        return {**standard, **(more or {})}

    async def fetch(self, url: str, more: Mapping[str, str] | None = None) -> Element | None:
        """Post to a webhook of ours; the TwiML that it answers, None where it cannot be used."""
        try:
            async with asyncio.timeout(_WEBHOOK_S):
                answer = await self.account.post(self.client, url, self.form(more))
        except (httpx2.HTTPError, TimeoutError) as error:
            self.fault(f"11200: the webhook did not answer ({type(error).__name__})")
            return None
        if answer.status_code == 204 or not answer.content:
            return Element("Response")
        if answer.status_code != 200:
            self.fault(f"11200: the webhook answered {answer.status_code}")
            return None
        if "xml" not in answer.headers.get("content-type", ""):
            self.fault(f"12300: the webhook answered {answer.headers.get('content-type', '')!r}, not XML")
            return None
        return self._read(answer.content)

    def _read(self, content: bytes) -> Element | None:
        try:
            root = ElementTree.fromstring(content)  # noqa: S314 - our own server's answer
        except ElementTree.ParseError:
            self.fault("12100: the answer is not well-formed XML")
            return None
        if root.tag != "Response":
            self.fault(f"12100: the document is <{root.tag}>, not <Response>")
            return None
        return root

    async def call(self, url: str) -> None:
        """The whole call, from its first webhook to its end."""
        from server.demo.devices.verbs import follow

        going: Next | None = Next(url)
        for _ in range(_MOST_DOCUMENTS):
            if going is None:
                break
            root = await self.fetch(going.url, going.form)
            if root is None:
                break
            if self.state == "ringing" and self.direction == "inbound":
                self.state = "talking"
                self.changed()
            try:
                going = await follow(self, root, going.url)
            except HungUp:
                break
        self.hung_up_by = self.hung_up_by or "shop"

    def absolute(self, base: str, url: str | None) -> str:
        """A URL of a document that was fetched from `base`; no URL = that document again."""
        return urljoin(base, url or "")
