"""The verbs of TwiML as a caller meets them: spoken text, questions, waiting, the relay, a transfer, the end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from server.demo.devices.line import Element, HungUp, Input, Line, Next
from server.demo.devices.relaying import relay
from server.demo.devices.transferring import dial

_Verb = Callable[[Line, Element, str], Awaitable[Next | None]]
_GATHER_S: Final = 5.0
_PAUSE_S: Final = 10.0
_RECORD_S: Final = 30.0


async def follow(line: Line, root: Element, base: str) -> Next | None:
    """Do what a document says; where the call goes on, None = it is over. Raises HungUp."""
    for verb in root:
        does = _VERBS.get(verb.tag)
        if does is None:
            line.fault(f"12200: <{verb.tag}> is no verb that this line knows")
            continue
        following = await does(line, verb, base)
        if following is not None:
            return following
    return None


async def _say(line: Line, verb: Element, base: str) -> Next | None:
    line.ear.speak(" ".join("".join(verb.itertext()).split()), line.now)
    line.changed()
    await line.ear.until_silent()
    return None


async def _play(line: Line, verb: Element, base: str) -> Next | None:
    line.note("A recording is played.")
    return None


async def _pause(line: Line, verb: Element, base: str) -> Next | None:
    await asyncio.sleep(min(_PAUSE_S, float(verb.get("length", "1"))) * 15 / line.pace)
    return None


async def _redirect(line: Line, verb: Element, base: str) -> Next | None:
    return Next(line.absolute(base, (verb.text or "").strip()))


async def _hang_up(line: Line, verb: Element, base: str) -> Next | None:
    raise HungUp


async def _start(line: Line, verb: Element, base: str) -> Next | None:
    if verb.find("Recording") is not None:
        line.note("This call is being recorded.")
    return None


async def _gather(line: Line, verb: Element, base: str) -> Next | None:
    """Ask, and take what is said or keyed; breaking in is allowed unless the verb forbids it."""
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(_input(line, verb))
        asking = group.create_task(_prompts(line, verb, base))
        if verb.get("bargeIn") == "false":
            await asking
        await asyncio.wait({heard, asking}, return_when=asyncio.FIRST_COMPLETED)
        if not heard.done():
            await asyncio.wait({heard}, timeout=float(verb.get("timeout") or _GATHER_S) * _ease(line))
        line.ear.cut()
        heard.cancel()
        asking.cancel()
    found = heard.result() if heard.done() and not heard.cancelled() else None
    if found is None and verb.get("actionOnEmptyResult") != "true":
        return None
    return Next(line.absolute(base, verb.get("action")), found or {"SpeechResult": "", "Confidence": "0.0"})


def _ease(line: Line) -> float:
    """A reader types more slowly than a caller speaks: the page gives people more time, unless the call runs fast."""
    return 4.0 if line.pace <= 15 else 1.0


async def _prompts(line: Line, verb: Element, base: str) -> None:
    for child in verb:
        await _VERBS[child.tag](line, child, base)


async def _input(line: Line, verb: Element) -> Mapping[str, str]:
    """What the caller gives to a question: words, or keys until there are enough or the finishing one is pressed."""
    kinds, digits = verb.get("input", "dtmf").split(), ""
    finish, wanted = verb.get("finishOnKey", "#"), int(verb.get("numDigits") or 0)
    while True:
        given = await line.inputs.get()
        if given.kind == "said" and "speech" in kinds:
            return {"SpeechResult": given.text, "Confidence": "0.93", "Language": verb.get("language", line.language)}
        if given.kind == "key" and "dtmf" in kinds:
            if given.text == finish:
                return {"Digits": digits, "FinishedOnKey": finish}
            digits += given.text
            if wanted and len(digits) >= wanted:
                return {"Digits": digits}


async def _record(line: Line, verb: Element, base: str) -> Next | None:
    """A message after the tone; what the caller types is what they would say."""
    line.note("Beep. Leave your message.")
    found: Input | None = None
    with suppress(TimeoutError):
        async with asyncio.timeout(_RECORD_S):
            while found is None or found.kind == "began":
                found = await line.inputs.get()
    if found is None or found.kind == "began":
        return None
    form = {"RecordingUrl": f"{line.account.public_url}/recording", "RecordingDuration": "5", "Digits": "hangup"}
    return Next(line.absolute(base, verb.get("action")), form)


async def _connect(line: Line, verb: Element, base: str) -> Next | None:
    noun = verb.find("ConversationRelay")
    if noun is None:
        line.fault("13630: <Connect> names nothing that this line knows")
        return None
    return await _with_action(line, verb, base, relay(line, noun), {"SessionStatus": "completed"})


async def _dial(line: Line, verb: Element, base: str) -> Next | None:
    return await _with_action(line, verb, base, dial(line, verb, base), {"DialCallStatus": "completed"})


async def _with_action(
    line: Line, verb: Element, base: str, doing: Awaitable[Mapping[str, str]], hung_up: Mapping[str, str]
) -> Next | None:
    """Do it, then go on at the verb's action; `hung_up` is what is posted there if the caller hangs up meanwhile."""
    action = verb.get("action")
    url = line.absolute(base, action)
    line.farewell = Next(url, hung_up) if action is not None else None
    result = await doing
    line.farewell = None
    return Next(url, result) if action is not None else None


_VERBS: Final[Mapping[str, _Verb]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Redirect": _redirect,
    "Hangup": _hang_up,
    "Reject": _hang_up,
    "Start": _start,
    "Gather": _gather,
    "Record": _record,
    "Connect": _connect,
    "Dial": _dial,
}
