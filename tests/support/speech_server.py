"""An OpenAI-compatible speech server on loopback that plays a script, strict about what it is sent.

Each recording gets the next step, then `otherwise` for ever. What it was sent is kept; what a real server would refuse (no key, no
file, no model) is answered with 400 and kept in `unexpected`. It knows nothing of our code and hears nothing: it says its lines.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

KEY: Final = "sk-test-speech"
MODEL: Final = "scripted-speech"


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer; `wait_s` comes before it, a `cut` one ends in the middle."""

    body: str
    status: int = 200
    kind: str = "application/json"
    wait_s: float = 0.0
    cut: bool = False


def words(text: str) -> Heard:
    """A transcript."""
    return Heard(json.dumps({"text": text}))


FAULTS: Final[Mapping[str, Heard]] = {
    "hang": Heard("", wait_s=30.0),
    "server_error": Heard('{"error": {"message": "oh"}}', 500),
    "unauthorised": Heard('{"error": {"message": "no"}}', 401),
    "redirect": Heard("", 302),
    "page": Heard("<html>Sign in</html>", kind="text/html"),
    "no_json": Heard("{not json"),
    "no_text": Heard('{"words": []}'),
    "text_number": Heard('{"text": 5}'),
    "a_list": Heard("[1]"),
    "nothing_heard": words("  "),
    "endless": words("word " * 100_000),
    "cut": Heard(json.dumps({"text": "where is my order"}), cut=True),
}
"""Everything that can go wrong."""


class SpeechServer:
    """The server and its script. Serve `app`; give `base_url` = its URL + "/v1"."""

    def __init__(self, *steps: Heard, otherwise: Heard | None = None) -> None:
        self.steps = list(steps)
        self.otherwise = otherwise
        self.files: list[tuple[str, str, bytes]] = []
        self.unexpected: list[str] = []
        self.app = Starlette(routes=[Route("/v1/audio/transcriptions", self._transcribe, methods=["POST"])])

    async def _transcribe(self, request: Request) -> Response:
        async with request.form() as form:
            file = form.get("file")
            named = form.get("model"), form.get("response_format"), request.headers.get("authorization")
            if not isinstance(file, UploadFile) or named != (MODEL, "json", f"Bearer {KEY}"):
                self.unexpected.append(f"not what the protocol asks for: {named[:2]}")
                return Response("{}", 400)
            self.files.append((file.filename or "", file.content_type or "", await file.read()))
        step = self.steps.pop(0) if self.steps else self.otherwise
        if step is None:
            self.unexpected.append("asked once more than the script says")
            return Response("{}", 400)
        await asyncio.sleep(step.wait_s)
        if step.cut:
            length = {"content-length": str(len(step.body))}
            return StreamingResponse(_half(step.body), step.status, length, step.kind)
        return Response(step.body, step.status, media_type=step.kind)


async def _half(body: str) -> AsyncIterator[str]:
    yield body[: len(body) // 2]
    raise ConnectionResetError("as the script says")
