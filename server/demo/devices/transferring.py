"""A transfer as the provider does it: a colleague's phone rings, hears the whisper, accepts by key, and is bridged or not."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from server.demo.devices.account import new_sid
from server.demo.devices.line import Element, Line, Transfer

_RING_S: Final = 30.0


async def dial(line: Line, verb: Element, base: str) -> Mapping[str, str]:
    """Ring whom the shop names until somebody answers or the time is over; what the action webhook is told."""
    noun = next(iter(verb), None)
    to = " ".join("".join(verb.itertext()).split()) or "a colleague"
    ringing: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    transfer = line.transfer = Transfer(to, answer=ringing)
    line.note(f"The shop rings {to}.")
    leg = _Leg(line, noun, base, to)
    await leg.tell("initiated", "initiated")
    await leg.tell("ringing", "ringing")
    told = {"DialCallSid": leg.sid, "DialCallStatus": "no-answer", "DialBridged": "false"}
    try:
        is_taken = False
        with suppress(TimeoutError):
            async with asyncio.timeout(float(verb.get("timeout") or _RING_S)):
                is_taken = await asyncio.shield(ringing)
        if not is_taken:
            line.note("Nobody answers.")
            await leg.tell("completed", "no-answer")
            return told
        await leg.tell("answered", "in-progress")
        if noun is not None and noun.get("url") and not await _accepts(line, transfer, noun, base, leg.sid):
            line.note("The colleague does not take the call.")
            await leg.tell("completed", "completed")
            return {**told, "DialCallStatus": "completed"}
        transfer.is_bridged = True
        line.note("A colleague is on the line.")
        await _bridge(line)
        await leg.tell("completed", "completed")
        return {**told, "DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "20"}
    finally:
        line.transfer = None
        line.changed()


async def _accepts(line: Line, transfer: Transfer, noun: Element, base: str, leg: str) -> bool:
    """Let the colleague hear the whisper and press the key; True when they are to be bridged."""
    own = {"CallSid": leg, "ParentCallSid": line.sid, "From": line.account.voice, "To": transfer.to}
    own |= {"CallStatus": "in-progress", "Direction": "outbound-dial"}
    url = line.absolute(base, noun.get("url"))
    root = await line.fetch(url, own)
    if root is None:
        return False
    transfer.whisper = " ".join(" ".join("".join(each.itertext()).split()) for each in root.iter("Say"))
    gather = root.find(".//Gather")
    if gather is None:
        return root.find("Hangup") is None
    transfer.answer = asyncio.get_running_loop().create_future()
    transfer.needs_key = True
    line.changed()
    try:
        async with asyncio.timeout(_RING_S):
            pressed = await transfer.answer
    except TimeoutError:
        return False
    if not pressed:
        return False
    after = await line.fetch(line.absolute(url, gather.get("action")), {**own, "Digits": "1"})
    if after is None or after.find("Hangup") is not None:
        return False
    transfer.whisper = " ".join(" ".join("".join(each.itertext()).split()) for each in after.iter("Say"))
    return True


class _Leg:
    """The colleague's leg of the call, of which the shop is told step by step where it asked to be."""

    def __init__(self, line: Line, noun: Element | None, base: str, to: str) -> None:
        self.sid = new_sid("CA")
        self._line = line
        self._to = to
        asked = noun.get("statusCallbackEvent", "completed").split() if noun is not None else []
        self._events = frozenset(asked)
        self._url = (
            line.absolute(base, noun.get("statusCallback")) if noun is not None and noun.get("statusCallback") else ""
        )
        self._count = 0

    async def tell(self, event: str, status: str) -> None:
        """An event of the leg with its status."""
        if not self._url or event not in self._events:
            return
        told = {
            "CallSid": self.sid, "ParentCallSid": self._line.sid, "From": self._line.account.voice, "To": self._to,
            "CallStatus": status, "Direction": "outbound-dial", "SequenceNumber": str(self._count),
            "CallbackSource": "call-progress-events",
        }  # fmt: skip
        self._count += 1
        await self._line.fetch(self._url, told)


async def _bridge(line: Line) -> None:
    """Two people talk; the caller's words stand in the transcript by themselves. Over when either hangs up."""
    transfer = line.transfer
    if transfer is None:
        return
    over: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    transfer.answer = over
    transfer.needs_key = False
    line.changed()
    await over
    while not line.inputs.empty():
        line.inputs.get_nowait()
