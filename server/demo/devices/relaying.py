"""The provider's end of the voice relay: turns the caller's words into prompts over a signed socket, and its text into a voice."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from server.demo.devices.account import new_sid
from server.demo.devices.line import Element, Line

_FRAMES: Final[Mapping[str, tuple[str, type]]] = {
    "text": ("token", str),
    "play": ("source", str),
    "sendDigits": ("digits", str),
    "language": ("ttsLanguage", str),
    "end": ("handoffData", str),
}
"""What may come from the shop, with the field that it must carry and its type; `end` may do without."""
_OPEN_S: Final = 10.0
_LOOK_S: Final = 0.05


async def relay(line: Line, noun: Element) -> Mapping[str, str]:
    """Talk over the relay until either side ends it; what the action webhook is told of it."""
    session = _Session(line, noun)
    url = noun.get("url", "")
    try:
        async with connect(
            url, additional_headers={"X-Twilio-Signature": line.account.signature(url, {})},
            open_timeout=_OPEN_S, max_size=65_536, compression=None, proxy=None,
        ) as socket:  # fmt: skip
            await session.talk(socket)
    except (OSError, InvalidHandshake, TimeoutError, ValueError) as error:
        line.fault(f"64102: the relay could not be reached ({type(error).__name__})")
        return session.result("failed", error="64102", text="Unable to connect to WebSocket URL")
    return session.outcome


class _Session:
    """One relay session. `interruptible` and the rest are the noun's own attributes."""

    def __init__(self, line: Line, noun: Element) -> None:
        self._line = line
        self._noun = noun
        self._id = new_sid("VX")
        self._began = asyncio.get_running_loop().time()
        self._may_interrupt = noun.get("interruptible", "any")
        self._takes_keys = noun.get("dtmfDetection") == "true"
        self._language = noun.get("transcriptionLanguage") or noun.get("language") or "en-US"
        self._ended: Mapping[str, Any] | None = None
        self.outcome: Mapping[str, str] = {}

    def result(self, status: str, *, handoff: str = "", error: str = "", text: str = "") -> dict[str, str]:
        """What the action webhook is told."""
        lasted = round(asyncio.get_running_loop().time() - self._began)
        told = {"SessionId": self._id, "SessionStatus": status, "SessionDuration": str(lasted)}
        told |= {"HandoffData": handoff} if handoff else {}
        return told | ({"ErrorCode": error, "ErrorMessage": text} if error else {})

    async def talk(self, socket: ClientConnection) -> None:
        """Greet, then carry words both ways."""
        await socket.send(json.dumps(self._setup()))
        greeting = self._noun.get("welcomeGreeting", "")
        if greeting:
            self._line.ear.speak(greeting, self._line.now)
            self._line.changed()
        async with asyncio.TaskGroup() as group:
            talk = [group.create_task(self._listen(socket)), group.create_task(self._speak(socket))]
            telling = group.create_task(self._tell_who_speaks(socket))
            await asyncio.wait(talk, return_when=asyncio.FIRST_COMPLETED)
            for task in (*talk, telling):
                task.cancel()
        if self._ended is not None:
            self._line.ear.cut()
            self.outcome = self.result("ended", handoff=str(self._ended.get("handoffData", "")))
        else:
            self._line.fault("64105: the shop closed the relay in the middle of the call")
            self.outcome = self.result("failed", error="64105", text="WebSocket ended")

    def _setup(self) -> dict[str, Any]:
        line = self._line
        form = line.form()
        own = {each.get("name", ""): each.get("value", "") for each in self._noun.findall("Parameter")}
        return {
            "type": "setup", "sessionId": self._id, "accountSid": line.account.sid, "parentCallSid": "",
            "callSid": line.sid, "from": form["From"], "to": form["To"], "forwardedFrom": "", "callType": "PSTN",
            "callerName": "", "direction": line.direction, "callStatus": "RINGING", "customParameters": own,
        }  # fmt: skip

    async def _tell_who_speaks(self, socket: ClientConnection) -> None:
        """Say when the shop's voice begins and ends, where the shop asked for it."""
        if "speaker-events" not in self._noun.get("events", "").split():
            return
        was = False
        with suppress(ConnectionClosed):
            while True:
                if (now := self._line.ear.is_speaking) != was:
                    was = now
                    told = {"type": "info", "name": "agentSpeaking", "value": "on" if now else "off"}
                    await socket.send(json.dumps({**told, "ts": round(self._line.clock.now().timestamp() * 1000)}))
                    self._line.changed()
                await asyncio.sleep(_LOOK_S)

    # From the shop

    async def _listen(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in socket:
                self._take(frame)
                if self._ended is not None:
                    return

    def _take(self, frame: str | bytes) -> None:
        """One frame; a wrong one is dropped, as the provider drops it, and the session goes on."""
        try:
            told = json.loads(frame) if isinstance(frame, str) else None
        except ValueError:
            told = None
        kind = str(told.get("type")) if isinstance(told, dict) else ""
        if not isinstance(told, dict) or kind not in _FRAMES:
            self._line.fault("64107: a frame of no known type")
            return
        name, shape = _FRAMES[kind]
        if not isinstance(told.get(name, "" if kind == "end" else None), shape):
            self._line.fault(f"64107: `{name}` of a `{kind}` frame is missing or of another type")
            return
        self._do(kind, told)
        self._line.changed()

    def _do(self, kind: str, told: Mapping[str, Any]) -> None:
        match kind:
            case "text":
                self._line.ear.speak(told["token"], self._line.now, is_last=bool(told.get("last")))
            case "language":
                self._language = str(told.get("transcriptionLanguage") or told["ttsLanguage"])
            case "end":
                self._ended = told

    # From the caller

    async def _speak(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                given = await self._line.inputs.get()
                if given.kind == "began":
                    await self._break_in(socket, "speech")
                elif given.kind == "key":
                    await self._break_in(socket, "dtmf")
                    if self._takes_keys:
                        await socket.send(json.dumps({"type": "dtmf", "digit": given.text}))
                else:
                    await self._break_in(socket, "speech")
                    await self._line.ear.until_silent()
                    prompt = {"type": "prompt", "voicePrompt": given.text, "lang": self._language, "last": True}
                    await socket.send(json.dumps(prompt))

    async def _break_in(self, socket: ClientConnection, by: str) -> None:
        """Tell the shop what was heard until the caller broke in, where that is allowed now."""
        ear, rule = self._line.ear, self._may_interrupt
        if self._noun.get("welcomeGreeting") and ear.is_greeting:
            rule = self._noun.get("welcomeGreetingInterruptible", rule)
        if not ear.is_speaking or rule not in ("any", "true", by):
            return
        heard, after_ms = ear.cut()
        self._line.changed()
        await socket.send(
            json.dumps({"type": "interrupt", "utteranceUntilInterrupt": heard, "durationUntilInterruptMs": after_ms})
        )
