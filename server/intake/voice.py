"""The telephone's webhooks: a call comes in, its socket ended, a person is rung, nobody came, a message was left.

Every door verifies Twilio's signature over the raw URL and form, and the account, before anything else. What a call needs first is
static: no model, no reading of conversations, one write. Every door answers TwiML that is well-formed and ends somewhere.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from channels.twilio.signing import HEADER, SETTINGS_HEADER, is_signed, read_form
from channels.voice import twiml
from channels.voice.provider import CONV, VOICEMAIL, caller
from memory import journal, phone_calls
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.ids import new_public_id
from memory.phone_calls import PhoneCall
from memory.times import to_ms
from server import callbacks
from server.intake import voice_calls, voice_gather, voice_transfer
from server.intake.calling import keep_call, refused, signed_url
from server.intake.voice_calls import CHANNEL, ROOT, code_of, door, is_sid, note, phrase, write_down
from server.services import Services
from server.web import error_response, services_of

_log = logging.getLogger("onethread.voice")
Form = Mapping[str, str]
_PASSED: Final = "TN-Validation-Passed-A"
"""The only word on a number that may choose whose conversation it is: the carrier vouches that the caller may use it."""
_YES: Final = frozenset({"1", "yes", "sí", "si", "oui", "ja", "sim"})
_OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


def routes() -> list[BaseRoute]:
    """The doors of the telephone."""
    return [Route(f"{ROOT}{path}", _door(path, work), methods=["POST"]) for path, work in _DOORS.items()]


def _door(path: str, work: "Work") -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        services = services_of(request.scope)
        if not services.settings.has_telephone:
            return error_response(404, "not_found", "there is nothing here")
        form = await _verified(services, request)
        if form is None:
            return error_response(403, "signature", "the signature does not fit the call")
        try:
            text = await work(services, {**form, **{f"?{name}": value for name, value in request.query_params.items()}})
        except StorageError:
            _log.warning("a call could not be served now", extra={"door": path})
            language = services.settings.calls.languages[0]
            text = twiml.hang_up(phrase(services, language[:2], "trouble"), language)
        return Response(text, media_type=twiml.TYPE)

    return endpoint


async def _verified(services: Services, request: Request) -> Form | None:
    """The form of a call that Twilio made for our account; None for any other."""
    settings, source = services.settings.twilio, "voice"
    body = await request.body()
    try:
        form = read_form(body)
    except ValueError:
        refused(request, source, "no form")
        return None
    tokens = (settings.auth_token, *settings.old_auth_tokens, *settings.shared_keys)
    url, headers = signed_url(services, request.scope), request.headers
    if not is_signed(tokens, url, form, headers.get(HEADER), headers.get(SETTINGS_HEADER, "")):
        refused(request, source, "signature")
        return None
    first = {name: values[0] for name, values in form.items()}
    if first.get("AccountSid") != settings.account_sid or not is_sid(first.get("CallSid", "")):
        refused(request, source, "another account")
        return None
    return first


async def _call_of(services: Services, form: Form) -> PhoneCall | None:
    """The call that a URL names; it is the one that Twilio speaks of, or the one that this leg belongs to."""
    named = form.get("?c", "")
    if named not in (form["CallSid"], form.get("ParentCallSid", "")):
        return None
    return await services.database.read(lambda tx: phone_calls.by_sid(tx, named))


# A call comes in


async def incoming(services: Services, form: Form) -> str:
    """`POST /webhooks/twilio/voice`: the same answer to the same call, however often it is told."""
    settings, now = services.settings, services.clock.now()
    number = caller(form.get("From", ""))
    attested = bool(number) and form.get("StirVerstat") == _PASSED
    language = settings.calls.languages[0][:2]
    conv = "" if attested else new_public_id("c")
    sid = form["CallSid"]

    async def unit(tx: Tx) -> PhoneCall:
        body = _as_body(form)
        await journal.add_raw(tx, f"{CHANNEL}/call", sid, {}, body, now, subject=f"caller:{number}" if number else "")
        return await phone_calls.begin(tx, sid, number, now, attested=attested, language=language, conv=conv)

    call = await services.database.write(unit)
    if call.state == "over":
        return twiml.hang_up()
    if settings.calls.record == "ask" and "consent" not in call.body:
        return _ask_to_record(services, call)
    if settings.calls.record == "announce" and "consent" not in call.body:
        call = await _with_consent(services, call, "announced")
    return connected(services, call)


def _as_body(form: Form) -> bytes:
    return urlencode({name: value for name, value in form.items() if not name.startswith("?")}).encode()


def connected(services: Services, call: PhoneCall) -> str:
    """A call on its way to the assistant: by our socket, or sentence by sentence."""
    welcome = voice_calls.greeting(services, call.language)
    if services.settings.calls.relay:
        return twiml.relay(voice_calls.relay_plan(services, call, welcome))
    return voice_gather.begin(services, call, welcome)


def _ask_to_record(services: Services, call: PhoneCall) -> str:
    code = code_of(services.settings, call.language)
    asked = phrase(services, call.language, "ask_recording")
    action = door(services, "/consent", c=call.sid)
    return twiml.menu(asked, action, code, action)


async def consent(services: Services, form: Form) -> str:
    """`/voice/consent`: only a yes records; without one the call goes on all the same."""
    call = await _call_of(services, form)
    if call is None:
        return twiml.hang_up()
    said = (form.get("Digits") or form.get("SpeechResult", "")).strip(" .!").casefold()
    agreed = said in _YES or said.split(" ")[0].strip(",") in _YES
    return connected(services, await _with_consent(services, call, "asked" if agreed else ""))


async def _with_consent(services: Services, call: PhoneCall, consent: str) -> PhoneCall:
    """The call with what was agreed to about its recording: how, in which words, when."""
    kept = {
        "consent": consent,
        "consent_text": "calls.recorded" if consent == "announced" else "calls.ask_recording",
        "consent_language": call.language,
        "consent_at": to_ms(services.clock.now()),
    }
    body = await services.database.write(lambda tx: phone_calls.remember(tx, call.sid, **kept))
    return replace(call, body=body)


# Its socket ended


async def after(services: Services, form: Form) -> str:
    """`/voice/after`: what is to happen with a call whose socket ended, by the table of the sheet."""
    call = await _call_of(services, form)
    if call is None:
        return twiml.hang_up()
    reason = voice_transfer.reason_of(call, form.get("HandoffData", ""))
    if form.get("CallStatus") in _OVER:
        await voice_calls.finish(services, call.sid)
        return twiml.empty()
    if reason == "live-agent":
        return await voice_transfer.ring(services, call, 0)
    if reason == "voicemail":
        return voice_transfer.take_message(services, call)
    if reason == "goodbye":
        return twiml.hang_up()
    return await _reconnected(services, call)


async def _reconnected(services: Services, call: PhoneCall) -> str:
    """Our socket died: once more with a new token, then without a socket."""
    now = services.clock.now()

    async def unit(tx: Tx) -> PhoneCall | None:
        if not await phone_calls.renew(tx, call.sid, voice_calls.RELAYS):
            return None
        await phone_calls.remember(tx, call.sid, token_at=to_ms(now))
        return await phone_calls.by_sid(tx, call.sid)

    renewed = await services.database.write(unit)
    moment = phrase(services, call.language, "moment")
    if renewed is not None:
        return twiml.relay(voice_calls.relay_plan(services, renewed, moment))
    line = note(call, "broken", "The live connection of the call broke twice; it goes on sentence by sentence.")
    await write_down(services, call.thread_id, line)
    return voice_gather.begin(services, call, phrase(services, call.language, "again"))


# What is told on the side


async def status(services: Services, form: Form) -> str:
    """`/voice/status`: the state of a call; an end is final, whatever comes after it."""
    if form.get("?c") and form["?c"] != form["CallSid"]:
        return twiml.empty()  # a leg to a person
    if form.get("CallStatus") in _OVER:
        await voice_calls.finish(services, form["CallSid"])
    return twiml.empty()


async def recording(services: Services, form: Form) -> str:
    """`/voice/recording`: a recording is there; the desk sees where."""
    await _keep(
        services, form, "recording", form.get("RecordingSid", form["CallSid"]) + form.get("RecordingStatus", "")
    )
    call = await services.database.read(lambda tx: phone_calls.by_sid(tx, form["CallSid"]))
    if call is not None and form.get("RecordingStatus") == "completed":
        sid, seconds = form.get("RecordingSid", "")[:64], form.get("RecordingDuration", "")[:8]
        text = f"Recording of the call: {sid}, {seconds} s."
        await write_down(services, call.thread_id, note(call, "recorded", text))
    return twiml.empty()


async def voicemail(services: Services, form: Form) -> str:
    """`/voice/voicemail`: somebody spoke after the tone; stored before it is thanked for."""
    call = await _call_of(services, form)
    if call is None or not form.get("RecordingSid"):
        return twiml.hang_up()
    headers = {CONV: call.conv} if call.conv else {}
    await keep_call(services, f"{CHANNEL}/{VOICEMAIL}", form["RecordingSid"], headers, _as_body(form))
    code = code_of(services.settings, call.language)
    return twiml.hang_up(phrase(services, call.language, "message_kept"), code)


async def _keep(services: Services, form: Form, name: str, key: str) -> None:
    await keep_call(services, f"{CHANNEL}/{name}", key, {}, _as_body(form))


async def gather(services: Services, form: Form) -> str:
    """`/voice/gather`: a sentence of a call without a socket."""
    call = await _call_of(services, form)
    return twiml.hang_up() if call is None else await voice_gather.turn(services, call, form)


async def whisper(services: Services, form: Form) -> str:
    """`/voice/whisper`: a person, or their voicemail, answered."""
    call = await _call_of(services, form)
    return twiml.hang_up() if call is None else voice_transfer.whisper(services, call, form)


async def accepted(services: Services, form: Form) -> str:
    """`/voice/accept`: the key was pressed, or another one."""
    call = await _call_of(services, form)
    return twiml.hang_up() if call is None else await voice_transfer.accept(services, call, form)


async def dial_done(services: Services, form: Form) -> str:
    """`/voice/dial-done`: a person had the call, or nobody took it."""
    call = await _call_of(services, form)
    return twiml.hang_up() if call is None else await voice_transfer.done(services, call, form)


async def choice(services: Services, form: Form) -> str:
    """`/voice/choice`: a call-back, or a message after the tone."""
    call = await _call_of(services, form)
    return twiml.hang_up() if call is None else await voice_transfer.choose(services, call, form)


async def _call_back_of(services: Services, form: Form) -> PhoneCall | None:
    """The call that a call-back goes back to: only our own call to one of our own people may name it."""
    settings = services.settings
    is_ours = form.get("From") == settings.twilio.voice_from and form.get("To") in settings.calls.transfer_to
    if not is_ours or not is_sid(form.get("?c", "")):
        return None
    return await services.database.read(lambda tx: phone_calls.by_sid(tx, form["?c"]))


async def callback(services: Services, form: Form) -> str:
    """`/voice/callback`: the person who is to call back, or their voicemail, answered."""
    call = await _call_back_of(services, form)
    return twiml.hang_up() if call is None else voice_transfer.whisper_back(services, call, form)


async def callback_accept(services: Services, form: Form) -> str:
    """`/voice/callback-accept`: the key was pressed, or another one."""
    call = await _call_back_of(services, form)
    return twiml.hang_up() if call is None else await voice_transfer.accept_back(services, call, form)


async def callback_done(services: Services, form: Form) -> str:
    """`/voice/callback-done`: how the call-back went."""
    call = await _call_back_of(services, form)
    return twiml.hang_up() if call is None else await voice_transfer.done_back(services, call, form)


async def callback_status(services: Services, form: Form) -> str:
    """`/voice/callback-status`: the person was not reached, or hung up without accepting."""
    call, turn = await _call_back_of(services, form), form.get("?turn", "")
    if call is not None and form.get("CallStatus") in _OVER and turn.isdecimal():
        await callbacks.next_person(services, call.sid, int(turn))
    return twiml.empty()


Work = Callable[[Services, Form], Awaitable[str]]
_DOORS: Final[Mapping[str, Work]] = {
    "": incoming,
    "/consent": consent,
    "/after": after,
    "/gather": gather,
    "/whisper": whisper,
    "/accept": accepted,
    "/dial-done": dial_done,
    "/choice": choice,
    "/voicemail": voicemail,
    "/recording": recording,
    "/status": status,
    "/callback": callback,
    "/callback-accept": callback_accept,
    "/callback-done": callback_done,
    "/callback-status": callback_status,
}
