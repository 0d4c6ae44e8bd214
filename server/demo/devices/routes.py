"""The devices over HTTP, for the control room and `onethread simulate`: one address to look at, one for each thing that is done.

Only the demo mounts them. Whatever is done needs the control room's own header, and comes from our own pages only.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.demo.devices.cast import Part
from server.demo.devices.phone import CHANNELS
from server.demo.devices.tracing import threads_of
from server.demo.guarding import NO_STORE, is_ours, problem
from server.demo.simulators import Simulators
from server.errors import RefusedInput
from server.web import MIB, services_of

LONGEST_DO: Final = 8 * MIB
"""A message with a photo."""
_LETTER_HEADERS: Final = {
    **NO_STORE,
    "content-security-policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
_LETTER: Final = (
    '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light">'
    "<style>body{{margin:12px;font:15px/1.5 system-ui,sans-serif;background:#fff;color:#222;overflow-wrap:anywhere}}</style>"
    "{html}"
)
_PICTURES: Final = ("image/png", "image/jpeg", "image/webp", "image/gif")
_Done = Callable[[Simulators, Part, Mapping[str, Any]], Awaitable[None]]


Trace = Callable[[Request, Part], Awaitable[list[dict[str, Any]]]]
"""The threads in which somebody's devices take part."""


async def _traced(request: Request, part: Part) -> list[dict[str, Any]]:
    return await threads_of(services_of(request.scope), part)


def routes(simulators: Simulators, trace: Trace = _traced) -> list[BaseRoute]:
    """The devices' addresses below /demo/devices."""
    pages = _Devices(simulators, trace)
    return [
        Route("/demo/devices", pages.look),
        Route("/demo/devices/cast", pages.cast),
        Route("/demo/devices/pictures/{sid}", pages.picture),
        Route("/demo/devices/mails/{part}/{id}", pages.letter),
        Route("/demo/devices/{what}", pages.do, methods=["POST"]),
    ]


class _Devices:
    def __init__(self, simulators: Simulators, trace: Trace) -> None:
        self._all = simulators
        self._trace = trace

    async def cast(self, request: Request) -> Response:
        """Everybody who may hold the devices."""
        cast = [
            {"id": part.id, "name": part.name, "phone": part.phone, "email": part.email, "order": part.order}
            for part in self._all.cast
        ]
        return JSONResponse({"cast": cast}, headers=NO_STORE)

    async def look(self, request: Request) -> Response:
        """Everything that somebody's devices show; 204 where nothing changed `after` the version that is known."""
        part = self._all.part(request.query_params.get("as", ""))
        if part is None:
            return problem(404, "nobody of this name is in the demo")
        version = f"{self._all.version}"
        call = self._all.telephone.shown(part)
        if request.query_params.get("after") == version and not (call and call["state"] == "talking"):
            return Response(status_code=204, headers=NO_STORE)
        shown = {
            "version": version,
            "me": {"id": part.id, "name": part.name, "phone": part.phone, "email": part.email, "order": part.order},
            "phone": self._all.phone.shown(part),
            "mail": self._all.postbox.shown(part),
            "call": call,
            "threads": await self._trace(request, part),
            "ahead": self._all.clock.ahead.total_seconds(),
            "now": self._all.clock.now().isoformat(),
            "faults": self._all.faults[-5:],
        }
        return JSONResponse(shown, headers=NO_STORE)

    async def do(self, request: Request) -> Response:
        """Do one thing with a device."""
        if not is_ours(request):
            return problem(403, "this request does not come from the control room")
        does = _DOES.get(request.path_params["what"])
        try:
            told = msgspec.json.decode(await request.body(), type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return problem(400, "the body is not a JSON object")
        part = self._all.part(str(told.get("as", "")))
        if does is None or part is None:
            return problem(404, "there is no such device, or nobody of this name")
        try:
            await does(self._all, part, told)
        except RefusedInput as refusal:
            return problem(409, str(refusal))
        return JSONResponse({"version": f"{self._all.version}"}, headers=NO_STORE)

    async def picture(self, request: Request) -> Response:
        """A photo that somebody sent."""
        found = self._all.phone.picture(request.path_params["sid"])
        if found is None:
            return problem(404, "there is no such picture")
        return Response(found[0], media_type=found[1], headers={**NO_STORE, "x-content-type-options": "nosniff"})

    async def letter(self, request: Request) -> Response:
        """The HTML of a mail, for a frame without scripts, without an origin, and without the network."""
        part = self._all.part(request.path_params["part"])
        letter = self._all.postbox.letter(part, request.path_params["id"]) if part else None
        if letter is None or not letter.html:
            return problem(404, "there is no such mail")
        return HTMLResponse(_LETTER.format(html=letter.html), headers=_LETTER_HEADERS)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise RefusedInput("shape", f"`{name}` is text")
    return value


def _photo(told: Mapping[str, Any]) -> tuple[bytes, str] | None:
    """The photo of a message. Raises RefusedInput for anything that is none."""
    encoded, kind = _text(told, "photo"), _text(told, "type")
    if not encoded:
        return None
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise RefusedInput("photo", "the photo is not in Base64") from None
    if kind not in _PICTURES:
        raise RefusedInput("photo", "send a PNG, JPEG, WebP or GIF")
    return data, kind


def _channel(told: Mapping[str, Any]) -> Any:
    name = _text(told, "channel")
    if name not in CHANNELS:
        raise RefusedInput("channel", "the phone has WhatsApp and text messages")
    return name


async def _send(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    await all_.phone.send(part, _channel(told), _text(told, "text"), picture=_photo(told))


async def _choose(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    await all_.phone.choose(part, _channel(told), _text(told, "sid"), _text(told, "choice"))


async def _look(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    if mail := _text(told, "mail"):
        all_.postbox.look(part, mail)
    else:
        await all_.phone.look(part, _channel(told))


async def _write(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    await all_.postbox.write(
        part, _text(told, "subject"), _text(told, "text"), answers=_text(told, "answers"),
        authenticated=told.get("authenticated") is not False,
    )  # fmt: skip


async def _dial(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    all_.telephone.dial(part)


async def _answer(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    all_.telephone.answer(part)


async def _say(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    all_.telephone.say(part, _text(told, "text"))


async def _speak(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    all_.telephone.speaks(part)


async def _press(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    all_.telephone.press(part, _text(told, "key"))


async def _colleague(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    all_.telephone.colleague(part, takes=told.get("takes") is True)


async def _hang_up(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    await all_.telephone.hang_up(part)


async def _later(all_: Simulators, part: Part, told: Mapping[str, Any]) -> None:
    hours = told.get("hours")
    if not isinstance(hours, int) or not 0 < hours <= 24 * 7:
        raise RefusedInput("hours", "turn the clock on by 1 to 168 hours")
    all_.later(hours)


_DOES: Final[Mapping[str, _Done]] = {
    "send": _send,
    "choose": _choose,
    "look": _look,
    "write": _write,
    "dial": _dial,
    "answer": _answer,
    "say": _say,
    "speak": _speak,
    "press": _press,
    "colleague": _colleague,
    "hang-up": _hang_up,
    "later": _later,
}
