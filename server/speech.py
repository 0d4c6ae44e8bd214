"""The one module that speaks to a speech server: audio/transcriptions over any compatible base URL.

Whatever the server does becomes a text or one `Unheard` with a word for why. Loaded only where one is configured.
"""

import asyncio
import io
import logging
import wave
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import httpx2

from server import telemetry
from server.commerce.outside import Breaker
from server.hearing import Unheard
from server.settings import SpeechSettings

Finding: TypeAlias = tuple[Literal["ok", "warn", "mend"], str]
_VENDOR: Final = "https://api.openai.com/v1"
_CONNECT_S: Final = 2.0
_MOST_BYTES: Final = 200_000
_SUFFIXES: Final = {
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
}
_log = logging.getLogger("onethread.speech")


class Speech:
    """A speech server; after failures in a row it is left alone for a while."""

    def __init__(self, settings: SpeechSettings) -> None:
        self._settings = settings
        self._breaker = Breaker(failures=3, within_s=60.0, pause_s=20.0)

    async def text(self, body: bytes, kind: str, until: float) -> str:
        """The words in a recording, by a time of the loop. Raises Unheard."""
        loop = asyncio.get_running_loop()
        began, outcome = loop.time(), "failed"
        if not self._breaker.admit(began):
            raise Unheard("the speech server has failed several times just now")
        try:
            async with asyncio.timeout_at(until):
                text = await self._asked(body, kind)
            self._breaker.succeeded()
            outcome = "ok"
        except (TimeoutError, httpx2.HTTPError, Unheard) as error:
            self._breaker.failed(loop.time())
            _log.warning("a voice note was not transcribed", extra={"error": type(error).__name__})
            raise Unheard(self._why(error)) from None
        finally:
            telemetry.outside.labels("speech", outcome).inc()
            telemetry.outside_seconds.labels("speech").observe(loop.time() - began)
        if not text:
            raise Unheard("no words were heard in it")
        return text

    async def examine(self) -> list[Finding]:
        """What `onethread doctor` says: whether a second of silence is taken."""
        until = asyncio.get_running_loop().time() + self._settings.deadline_s
        try:
            async with asyncio.timeout_at(until):
                await self._asked(await asyncio.to_thread(_silence), "audio/wav")
        except (TimeoutError, httpx2.HTTPError, Unheard) as error:
            mend = "check speech.base_url (it ends in /v1), speech.api_key and speech.model"
            return [("mend", f"voice notes are not transcribed: {self._why(error)}; {mend}")]
        return [("ok", f"voice notes are transcribed by {self._settings.model}")]

    async def _asked(self, body: bytes, kind: str) -> str:
        settings = self._settings
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        async with await asyncio.to_thread(self._client) as client:  # it reads certificates
            answer = await client.post(
                f"{(settings.base_url or _VENDOR).rstrip('/')}/audio/transcriptions",
                headers=headers,
                data={"model": settings.model, "response_format": "json"},
                files={"file": (f"note.{_SUFFIXES.get(kind, 'ogg')}", body, kind)},
            )
        if answer.status_code != 200:
            raise Unheard(f"the speech server answered with {answer.status_code}")
        return _read(answer)

    def _client(self) -> httpx2.AsyncClient:
        timeout = httpx2.Timeout(self._settings.deadline_s, connect=_CONNECT_S)
        return httpx2.AsyncClient(trust_env=False, timeout=timeout, follow_redirects=False)

    def _why(self, error: Exception) -> str:
        if isinstance(error, Unheard):
            return str(error)
        if isinstance(error, TimeoutError | httpx2.TimeoutException):
            return f"the speech server did not answer within {self._settings.deadline_s:g} s"
        return f"the speech server at {urlsplit(self._settings.base_url or _VENDOR).netloc} could not be reached"


def _read(answer: httpx2.Response) -> str:
    """The text of an answer. Raises Unheard."""
    try:
        said = answer.json() if len(answer.content) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("text"), str):
        raise Unheard("the speech server's answer could not be read")
    return " ".join(said["text"].replace("\x00", "").split())


def _silence() -> bytes:
    """A second of it, as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(32_000))
    return out.getvalue()
