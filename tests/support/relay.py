"""A telephone network for tests: a caller with a phone, and Twilio between them and us, as its pages describe it.

It signs every webhook and the socket's handshake by the rule of Twilio's "Validating requests" (HMAC-SHA1 over the URL and the sorted
fields), reads our TwiML, opens the relay socket that it names, speaks the frames of ConversationRelay and keeps ours with their
times. A frame that Twilio would drop fails the test, and so does a talk cycle without exactly one end.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree import ElementTree as Tree

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

ACCOUNT: Final = "AC0123456789abcdef0123456789abcdef"
TOKEN: Final = "a-token-that-signs"
SHOP: Final = "+14025550199"
ANA: Final = "+14025550100"
_SHAPES: Final[Mapping[str, Mapping[str, type]]] = {
    "text": {"token": str, "last": bool, "lang": str, "interruptible": bool, "preemptible": bool},
    "play": {"source": str, "loop": int, "preemptible": bool, "interruptible": bool},
    "sendDigits": {"digits": str},
    "language": {"ttsLanguage": str, "transcriptionLanguage": str},
    "end": {"handoffData": str},
}
_NEEDED: Final = {"text": {"token", "last"}, "language": {"ttsLanguage"}, "end": set(), "play": {"source"}}
_numbers = itertools.count(1)


def sign(url: str, fields: Mapping[str, str] | None = None, token: str = TOKEN) -> str:
    """Twilio's signature: base64 of HMAC-SHA1 over the URL and every field, sorted, name and value without a mark between."""
    text = url + "".join(f"{name}{value}" for name, value in sorted((fields or {}).items()))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, slots=True)
class Said:
    """A frame of ours, with the time it came at, in seconds of a steady clock."""

    at: float
    frame: Mapping[str, Any]


@dataclass(slots=True)
class Line:
    """An open relay socket."""

    socket: ClientConnection
    languages: frozenset[str]
    frames: list[Said] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    problems: list[str] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Keep every frame until the socket ends."""
        try:
            async for text in self.socket:
                frame = json.loads(text)
                self.problems += check(frame, self.languages)
                self.frames.append(Said(time.perf_counter(), frame))
                self._news.set()
        except ConnectionClosed:
            pass
        finally:
            self.closed.set()
            self._news.set()

    async def put(self, frame: Mapping[str, Any]) -> float:
        """Send a frame; when."""
        at = time.perf_counter()
        await self.socket.send(json.dumps(frame))
        return at

    async def prompt(self, text: str, lang: str = "en-US", *, last: bool = True) -> float:
        """The caller says something."""
        return await self.put({"type": "prompt", "voicePrompt": text, "lang": lang, "last": last})

    async def press(self, digits: str) -> None:
        """The caller presses keys, each its own frame."""
        for digit in digits:
            await self.put({"type": "dtmf", "digit": digit})

    async def interrupt(self, heard: str, after_ms: int | str = 460) -> float:
        """The caller cuts in after having heard some words."""
        return await self.put(
            {"type": "interrupt", "utteranceUntilInterrupt": heard, "durationUntilInterruptMs": after_ms}
        )

    async def played(self) -> None:
        """Everything that was sent has been played."""
        await self.put({"type": "info", "name": "agentSpeaking", "value": "on", "ts": 1})
        await self.put({"type": "info", "name": "agentSpeaking", "value": "off", "ts": 2})

    async def until(self, there: Callable[[list[Said]], bool], within_s: float = 10.0) -> None:
        """Wait until our frames are as wanted."""
        async with asyncio.timeout(within_s):
            while not there(self.frames):
                if self.closed.is_set():
                    raise AssertionError(f"the socket ended; frames were {[each.frame for each in self.frames]}")
                self._news.clear()
                await self._news.wait()

    def count(self) -> int:
        """How many talk cycles have ended."""
        return sum(1 for each in self.frames if each.frame.get("last") is True)

    async def answer(self, cycles: int | None = None, within_s: float = 10.0) -> str:
        """The words of the next talk cycle, or of the one that is the `cycles`-th, when it has ended."""
        wanted = self.count() + 1 if cycles is None else cycles
        await self.until(lambda _: self.count() >= wanted, within_s)
        return self.cycles()[wanted - 1]

    async def ask(self, text: str, lang: str = "en-US") -> str:
        """Say something and hear the whole answer."""
        wanted = self.count() + 1
        await self.prompt(text, lang)
        return await self.answer(wanted)

    def cycles(self) -> list[str]:
        """What was said, cycle by cycle; the last one may be open."""
        found, words = [], ""
        for each in self.frames:
            if each.frame["type"] == "text":
                words += each.frame["token"]
                if each.frame["last"]:
                    found.append(words)
                    words = ""
        return [*found, words] if words else found

    def all(self) -> str:
        """Everything that was said."""
        return " ".join(self.cycles())

    async def ended(self, within_s: float = 10.0) -> dict[str, str]:
        """The data of our `end` frame, when it came."""
        await self.until(lambda frames: any(each.frame["type"] == "end" for each in frames), within_s)
        data: dict[str, str] = json.loads(
            next(each.frame["handoffData"] for each in self.frames if each.frame["type"] == "end")
        )
        return data


def check(frame: Any, languages: frozenset[str]) -> list[str]:
    """What Twilio would drop about a frame (error 64107)."""
    shape = _SHAPES.get(frame.get("type", "")) if isinstance(frame, dict) else None
    if shape is None:
        return [f"no frame of ours: {frame!r}"]
    given = {name: value for name, value in frame.items() if name != "type"}
    problems = [f"unknown key {name} in {frame}" for name in given if name not in shape]
    problems += [
        f"{name} is no {shape[name].__name__} in {frame}"
        for name in given
        if name in shape and type(given[name]) is not shape[name]
    ]
    problems += [f"{name} is missing in {frame}" for name in _NEEDED.get(frame["type"], set()) - set(given)]
    codes = [given[name] for name in ("lang", "ttsLanguage", "transcriptionLanguage") if name in given]
    problems += [f"{code} was not declared" for code in codes if code not in languages]
    if len(json.dumps(frame)) > 8192:
        problems.append("a frame is too long")
    return problems


@dataclass(slots=True)
class Phone:
    """A caller and their network. `base` is where our server is reached, `public` how Twilio was told to reach it."""

    base: str
    client: httpx2.AsyncClient
    number: str = ANA
    public: str = ""
    sid: str = field(default_factory=lambda: f"CA{next(_numbers):032d}")
    fields: Mapping[str, str] = field(default_factory=dict)

    async def post(self, path: str, signature: str | None = None, **fields: str) -> httpx2.Response:
        """A webhook of this call; `path` may be a whole URL of ours, as our TwiML names it."""
        url = path if path.startswith("http") else f"{self.public or self.base}/webhooks/twilio/voice{path}"
        form = {
            "CallSid": self.sid, "AccountSid": ACCOUNT, "From": self.number, "To": SHOP, "CallStatus": "in-progress",
            "Direction": "inbound", "ApiVersion": "2010-04-01", **self.fields, **fields,
        }  # fmt: skip
        signed = sign(url, form) if signature is None else signature
        where = url.replace(self.public, self.base, 1) if self.public else url
        return await self.client.post(where, data=form, headers={"X-Twilio-Signature": signed})

    async def call(self, **fields: str) -> Tree.Element:
        """Ring the shop: the TwiML that it answers with."""
        return document(await self.post("", None, **{"CallStatus": "ringing", **fields}))

    async def go(self, path: str, **fields: str) -> Tree.Element:
        """Another webhook of this call, as TwiML."""
        return document(await self.post(path, None, **fields))

    def setup(self, twiml: Tree.Element, **changes: Any) -> dict[str, Any]:
        """The first frame of the socket that a TwiML document asks for."""
        noun = relay_of(twiml)
        return {
            "type": "setup", "sessionId": f"VX{self.sid[2:]}", "accountSid": ACCOUNT, "parentCallSid": "",
            "callSid": self.sid, "from": self.number, "to": SHOP, "forwardedFrom": "", "callType": "PSTN",
            "callerName": "", "direction": "inbound", "callStatus": "RINGING",
            "customParameters": {each.get("name"): each.get("value") for each in noun.findall("Parameter")}, **changes,
        }  # fmt: skip

    @asynccontextmanager
    async def talk(
        self,
        twiml: Tree.Element | None = None,
        *,
        signature: str | None = None,
        first: Mapping[str, Any] | None = None,
        checks: bool = True,
    ) -> AsyncIterator[Line]:
        """The socket that our TwiML names, set up; what was wrong with our frames is raised at its end."""
        twiml = await self.call() if twiml is None else twiml
        noun = relay_of(twiml)
        url = str(noun.get("url"))
        signed = sign(url) if signature is None else signature
        where = self.base.replace("http", "ws", 1) + url[url.index("/webhooks") :]
        languages = frozenset(
            {str(noun.get("language")), *(str(each.get("code")) for each in noun.findall("Language"))}
        )
        async with connect(where, additional_headers={"X-Twilio-Signature": signed}, proxy=None) as socket:
            line = Line(socket, languages)
            reading = asyncio.create_task(line.read())
            try:
                if first is not None or signature is None:
                    await line.put(self.setup(twiml) if first is None else first)
                yield line
            finally:
                await socket.close()
                await reading
            if checks:
                assert line.problems == []


def document(answer: httpx2.Response) -> Tree.Element:
    """An answer as TwiML. Fails for anything that Twilio would not take."""
    assert answer.status_code == 200, (answer.status_code, answer.text[:200])
    assert answer.headers["content-type"].startswith("text/xml"), answer.headers["content-type"]
    root = Tree.fromstring(answer.text)
    assert root.tag == "Response"
    return root


def relay_of(twiml: Tree.Element) -> Tree.Element:
    """The one relay that a document connects to."""
    found = list(twiml.iter("ConversationRelay"))
    assert len(found) == 1, Tree.tostring(twiml, encoding="unicode")
    return found[0]


def words_of(twiml: Tree.Element) -> str:
    """Everything that a document says."""
    return " ".join(each.text or "" for each in twiml.iter("Say"))


@asynccontextmanager
async def phones(base: str, public: str = "") -> AsyncIterator[Callable[..., Phone]]:
    """Phones that call the server at `base`."""
    async with httpx2.AsyncClient(timeout=20, trust_env=False) as client:
        yield lambda **values: Phone(base, client, public=public, **values)


async def refusal(connecting: Any) -> int:
    """The HTTP status with which a socket was refused before it was accepted."""
    try:
        async with connecting:
            return 101
    except InvalidStatus as error:
        return error.response.status_code
