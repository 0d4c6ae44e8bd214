"""The one module that speaks to a model server: chat.completions over any compatible base URL.

Whatever the server does (hang, cut, answer with a login page, break the protocol) becomes one `Failed`; nothing is raised and no
connection is left open. The package is imported when a client is made, so that without a model nothing of it is loaded.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from server import telemetry
from server.answering.model.assembly import Assembly, Malformed
from server.answering.model.events import OUTAGES, Done, Event, Failed, Message, TextDelta, Usage
from server.commerce.outside import Breaker
from server.settings import LlmSettings

_log = logging.getLogger("onethread.model")
_VENDOR: Final = "https://api.openai.com/v1"
_CONNECT_S: Final = 2.0
_GAP_SHARE: Final = 0.6
_RETRY_WITHIN_S: Final = 0.5
_RETRY_NEEDS_S: Final = 2.0
_BROKEN: Final = (httpx2.HTTPError, httpx2.StreamError, ValueError, TypeError, AttributeError, LookupError)
"""What the package lets through when a server breaks the protocol, beside its own errors."""
_OPTIONAL: Final = ("safety_identifier", "stream_options", "temperature", "parallel_tool_calls", "tool_choice")
_ADAPTATIONS: Final = 4


class Client:
    """A model behind an OpenAI-compatible server."""

    def __init__(self, settings: LlmSettings, breaker: Breaker | None = None) -> None:
        """Reads files (the package): not in a coroutine."""
        import openai

        self._openai = openai
        self._settings = settings
        self._breaker = breaker or Breaker(failures=4, within_s=60.0, pause_s=20.0)
        self._refused_keys: set[str] = set()
        base_url = settings.base_url or _VENDOR
        self._is_vendor = settings.vendor_fields or urlsplit(base_url).hostname == urlsplit(_VENDOR).hostname
        gap = max(1.0, settings.deadline_s * _GAP_SHARE)
        self._http = httpx2.AsyncClient(
            trust_env=False, timeout=httpx2.Timeout(settings.deadline_s, connect=_CONNECT_S, read=gap)
        )
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key or "none",
            admin_api_key="",
            base_url=base_url,
            timeout=self._http.timeout,
            max_retries=0,
            default_headers={},
            http_client=self._http,
        )
        # The package reads the environment for these; here only settings do.
        self._client.organization = self._client.project = None
        self._client._custom_headers = {}

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()

    async def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[Message],
        *,
        until: float,
        user: str = "",
        max_tokens: int = 0,
    ) -> AsyncGenerator[Event, None]:
        """As `LLM.stream`. Calls of tools come only when the stream has ended well, all at once."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        if not self._breaker.admit(began):
            yield Failed("circuit_open")
            return
        ended: Event = Failed("cut", "nobody listened to the end")
        try:
            async with aclosing(self._answered(messages, tools, until, user, max_tokens)) as events:
                async for event in events:
                    ended = event
                    yield event
        finally:
            self._note(ended, began, loop.time())

    def _note(self, ended: Event, began: float, now: float) -> None:
        outcome = ended.why if isinstance(ended, Failed) else "ok" if isinstance(ended, Done) else "abandoned"
        telemetry.outside.labels("model", outcome).inc()
        telemetry.outside_seconds.labels("model").observe(now - began)
        if isinstance(ended, Done):
            self._breaker.succeeded()
        elif isinstance(ended, Failed) and ended.why in OUTAGES:
            self._breaker.failed(now)
            _log.warning("the model failed", extra={"why": ended.why, "detail": ended.detail})
        telemetry.breaker.labels("model").set(self._breaker.refuses(now))

    async def _answered(
        self, messages: Sequence[Message], tools: Sequence[Message], until: float, user: str, max_tokens: int
    ) -> AsyncGenerator[Event, None]:
        opened = await self._opened(messages, tools, until, user, max_tokens)
        if isinstance(opened, Failed):
            yield opened
            return
        assembly = Assembly()
        try:
            async with aclosing(self._pieces(opened, assembly, until)) as pieces:
                async for piece in pieces:
                    yield piece
        except (TimeoutError, self._openai.OpenAIError, Malformed, *_BROKEN) as error:
            if not assembly.finished or isinstance(error, Malformed):
                yield self._failure(error)
                return
        finally:
            await _closed(opened)
        for event in assembly.end():
            yield event

    async def _pieces(self, stream: Any, assembly: Assembly, until: float) -> AsyncGenerator[TextDelta | Usage, None]:
        """Text and usage as they come. Raises TimeoutError, Malformed and whatever the package raises."""
        chunks = aiter(stream)
        while True:
            async with asyncio.timeout_at(until):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            for event in assembly.feed(chunk):
                if isinstance(event, Usage):
                    telemetry.model_tokens.labels("prompt").inc(event.prompt)
                    telemetry.model_tokens.labels("completion").inc(event.completion)
                    telemetry.model_tokens.labels("cached").inc(event.cached)
                if isinstance(event, TextDelta | Usage):
                    yield event

    async def _opened(
        self, messages: Sequence[Message], tools: Sequence[Message], until: float, user: str, max_tokens: int
    ) -> Any:
        """The open stream, or Failed. One more try where the server asks for it and the time allows, and where it knows a key not."""
        loop, retried = asyncio.get_running_loop(), False
        for _ in range(2 + _ADAPTATIONS):
            try:
                async with asyncio.timeout_at(until):
                    stream = await self._client.chat.completions.create(**self._body(messages, tools, user, max_tokens))
            except (TimeoutError, self._openai.OpenAIError, *_BROKEN) as error:
                if self._adapted(error):
                    continue
                pause = None if retried else self._pause(error)
                if pause is None or loop.time() + pause + _RETRY_NEEDS_S > until:
                    return self._failure(error)
                retried = True
                await asyncio.sleep(pause)
                continue
            if not isinstance(stream, self._openai.AsyncStream):
                return Failed("malformed", f"not a stream: {type(stream).__name__}")
            return stream
        return Failed("bad_request", "the server refuses every form of the request")

    def _body(
        self, messages: Sequence[Message], tools: Sequence[Message], user: str, max_tokens: int
    ) -> Mapping[str, Any]:
        settings, most = self._settings, max_tokens or self._settings.max_tokens
        known = "max_completion_tokens" if self._is_vendor != ("max_tokens" in self._refused_keys) else "max_tokens"
        body: dict[str, Any] = {"model": settings.model, "messages": list(messages), "stream": True, known: most}
        optional: dict[str, Any] = {
            "temperature": settings.temperature,
            "stream_options": {"include_usage": True},
        }
        if tools:
            body["tools"] = list(tools)
        if self._is_vendor and user:
            optional["safety_identifier"] = user
        return body | {key: value for key, value in optional.items() if key not in self._refused_keys}

    def _adapted(self, error: Exception) -> bool:
        """Whether the server named a key that it does not know, and the next request is made without."""
        if not isinstance(error, self._openai.BadRequestError | self._openai.UnprocessableEntityError):
            return False
        named = f"{error.param or ''} {error.message}"
        lengths = ("max_tokens", "max_completion_tokens")
        found = next((key for key in (*_OPTIONAL, *lengths) if key in named), None)
        if found is None or len(self._refused_keys) >= _ADAPTATIONS:
            return False
        key = "max_tokens" if found in lengths else found
        if key in self._refused_keys:
            return False
        self._refused_keys.add(key)
        return True

    def _pause(self, error: Exception) -> float | None:
        """How long to wait before the one more try; None = none is worth it."""
        if isinstance(error, self._openai.APITimeoutError) or not isinstance(error, self._openai.APIError):
            return None
        if isinstance(error, self._openai.RateLimitError):
            wait = _seconds(error.response.headers.get("retry-after"))
            return wait if wait <= _RETRY_WITHIN_S and error.code != "insufficient_quota" else None
        is_theirs = isinstance(error, self._openai.InternalServerError | self._openai.APIConnectionError)
        return _RETRY_WITHIN_S / 2 if is_theirs else None

    def _failure(self, error: Exception) -> Failed:
        openai = self._openai
        match error:
            case TimeoutError() | openai.APITimeoutError():
                return Failed("timeout")
            case openai.APIConnectionError():
                return Failed("connection", type(error.__cause__).__name__)
            case openai.RateLimitError():
                return Failed("quota" if error.code == "insufficient_quota" else "rate_limited")
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                return Failed("auth", str(error.status_code))
            case openai.APIStatusError(status_code=status) if status >= 500:
                return Failed("server", str(status))
            case openai.APIStatusError():
                said = f"{error.code or ''} {error.message}"
                return Failed("context_length" if "context" in said else "bad_request", str(error.status_code))
            case openai.APIError():
                return Failed("error_chunk", str(error.code or ""))
            case httpx2.TimeoutException():
                return Failed("timeout")
            case httpx2.HTTPError():
                return Failed("connection", type(error).__name__)
            case _:
                return Failed("malformed", type(error).__name__)


async def _closed(stream: Any) -> None:
    """Close a stream whatever state it is in: an open one keeps the server writing."""
    try:
        await stream.close()
    except (httpx2.HTTPError, httpx2.StreamError, RuntimeError):
        _log.debug("a stream was closed already")


def _seconds(retry_after: str | None) -> float:
    """Seconds of a Retry-After header; a date or nonsense counts as long."""
    try:
        return float(retry_after) if retry_after is not None else 0.25
    except ValueError:
        return float("inf")
