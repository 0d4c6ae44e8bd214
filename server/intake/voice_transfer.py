"""A call goes to a person, or to nobody: rung one after the other, whispered to, and where none accepts, a call-back or a message.

Who answers must press a key before anything about the customer is said: a voicemail presses none. Then they hear the brief, and
then the caller.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from channels.voice import twiml
from channels.voice.speakable import speakable
from memory import desk, phone_calls, threads
from memory.engines.base import Tx
from memory.phone_calls import PhoneCall
from memory.threads import Thread
from server import callbacks
from server.desk.hours import is_staffed
from server.intake.voice_calls import code_of, door, note, phrase, write_down
from server.intake.voice_offer import Offer
from server.services import Services

ACCEPT: Final = "1"
_REASONS: Final = frozenset({"live-agent", "voicemail", "goodbye"})
_LONGEST_BRIEF: Final = 400


def reason_of(call: PhoneCall, handoff: str) -> str:
    """Why our socket ended by itself; empty where it did not, or where the data is not ours for this call."""
    try:
        data: Any = msgspec.json.decode(handoff) if handoff else {}
    except msgspec.DecodeError:
        return ""
    if not isinstance(data, dict) or data.get("reasonCode") not in _REASONS:
        return ""
    if data.get("conv", call.conv) != call.conv:
        return ""
    return str(data["reasonCode"])


async def ring(services: Services, call: PhoneCall, turn: int, said: str = "") -> str:
    """Ring the person whose turn it is; with nobody left, offer what is left."""
    settings = services.settings
    numbers = settings.calls.transfer_to
    if turn >= len(numbers) or not is_staffed(settings, services.clock.now()):
        return offer(services, call, f"{said} {phrase(services, call.language, 'nobody')}".strip())
    code = code_of(settings, call.language)
    words = f"{said} {phrase(services, call.language, 'transfer')}".strip() if said else ""
    return twiml.dial(
        words, numbers[turn], settings.twilio.voice_from, code,
        action=door(services, "/dial-done", c=call.sid, turn=turn),
        whisper=door(services, "/whisper", c=call.sid, turn=turn),
        status=door(services, "/status", c=call.sid, turn=turn),
        ring_s=settings.calls.ring_s,
    )  # fmt: skip


def whisper(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """What is said to whoever answered: no word about the customer."""
    language = services.settings.calls.languages[0]
    text = phrase(services, language[:2], "whisper", shop=services.settings.shop.name)
    return twiml.whisper(text, door(services, "/accept", c=call.sid, turn=form.get("?turn", "0")), language)


async def accept(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """The key connects, any other one ends the leg; the brief comes between the two."""
    turn = form.get("?turn", "0")
    numbers = services.settings.calls.transfer_to
    if form.get("Digits") != ACCEPT or not turn.isdecimal() or int(turn) >= len(numbers):
        return twiml.hang_up()
    await services.database.write(lambda tx: phone_calls.remember(tx, call.sid, accepted=int(turn)))
    await write_down(
        services, call.thread_id, note(call, f"accepted:{turn}", f"The call was taken over at {numbers[int(turn)]}.")
    )
    language = services.settings.calls.languages[0]
    return twiml.accepted(await _brief(services, call), language)


async def _brief(services: Services, call: PhoneCall) -> str:
    """Who wants what and why it comes to a person, in a few spoken sentences."""

    async def read(tx: Tx) -> tuple[Thread | None, tuple[int, dict[str, Any]] | None]:
        thread = await threads.by_id(tx, call.thread_id)
        return thread, await desk.brief(tx, call.thread_id) if thread else None

    thread, written = await services.database.read(read)
    connecting = phrase(services, services.settings.calls.languages[0][:2], "connecting")
    if thread is None:
        return connecting
    brief = written[1] if written else {}
    why = brief.get("why", {})
    parts = [str(brief.get("wants", "")), str(why.get("text", "")) if isinstance(why, dict) else ""]
    if thread.state.title:
        parts.append(f"{thread.state.title.rstrip('.')}.")
    said = speakable(" ".join(part for part in parts if part), "en")
    return f"{said[:_LONGEST_BRIEF]} {connecting}".strip()


def whisper_back(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """A call-back is due: asked of the person who is to make it."""
    language = services.settings.calls.languages[0]
    text = phrase(services, language[:2], "whisper_back", shop=services.settings.shop.name)
    return twiml.whisper(text, door(services, "/callback-accept", c=call.sid, turn=form.get("?turn", "0")), language)


async def accept_back(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """The key rings the customer, once; any other one ends the leg."""
    turn, language = form.get("?turn", "0"), services.settings.calls.languages[0]
    if form.get("Digits") != ACCEPT or not turn.isdecimal():
        return twiml.hang_up()
    if not await callbacks.connect(services, call.sid, int(turn), services.clock.now()):
        return twiml.hang_up()
    await write_down(services, call.thread_id, note(call, "calling-back", f"Calling back {call.number}."))
    shop = services.settings.twilio.voice_from
    action = door(services, "/callback-done", c=call.sid)
    ring_s = services.settings.calls.ring_s
    return twiml.connect_to(await _brief(services, call), call.number, shop, language, action=action, ring_s=ring_s)


async def done_back(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """A call-back ended, or the customer did not answer: so it stands at the desk."""
    reached = form.get("DialCallStatus") in ("completed", "answered")
    seconds = form.get("DialCallDuration", "")
    text = f"The call-back lasted {seconds[:8]} s." if reached else "The customer did not answer the call-back."
    await write_down(services, call.thread_id, note(call, "called-back", text))
    return twiml.hang_up()


async def done(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """The leg to a person ended: they spoke with the caller, or the next one is rung."""
    turn = form.get("?turn", "0")
    tried = int(turn) if turn.isdecimal() else 0
    if call.body.get("accepted") == tried and form.get("DialBridged", "true") != "false":
        seconds = form.get("DialCallDuration", "")
        text = (
            f"The call with a person lasted {seconds} s." if seconds.isdecimal() else "The call with a person is over."
        )
        await write_down(services, call.thread_id, note(call, f"done:{tried}", text))
        return twiml.hang_up()
    return await ring(services, call, tried + 1)


def offer(services: Services, call: PhoneCall, said: str) -> str:
    """A call-back or a message, by key; where neither can be had, an honest end."""
    code = code_of(services.settings, call.language)
    found = Offer.of(services, call, call.language)
    if found is None or not call.thread_id:
        goodbye = phrase(services, call.language, "goodbye")
        return twiml.hang_up(f"{said} {goodbye}".strip(), code)
    text = " ".join(part for part in (said, found.text) if part)
    return twiml.menu(text, door(services, "/choice", c=call.sid), code, door(services, "/choice", c=call.sid, none=1))


async def choose(services: Services, call: PhoneCall, form: Mapping[str, str]) -> str:
    """What was chosen; who chose nothing may leave a message."""
    code = code_of(services.settings, call.language)
    said = form.get("Digits") or form.get("SpeechResult", "")
    found = Offer.of(services, call, call.language)
    chosen = found.chosen(said) if found and said else None
    if found is not None and chosen is not None and not chosen.is_message:
        await found.agree(chosen, call.thread_id)
        return twiml.hang_up(phrase(services, call.language, "agreed", when=chosen.words), code)
    return take_message(services, call)


def take_message(services: Services, call: PhoneCall) -> str:
    """A message after the tone, where one is taken."""
    code, longest = code_of(services.settings, call.language), services.settings.calls.voicemail_s
    if longest <= 0:
        return twiml.hang_up(phrase(services, call.language, "goodbye"), code)
    words = phrase(services, call.language, "leave_message")
    return twiml.voicemail(words, door(services, "/voicemail", c=call.sid), code, longest)
