"""Logs of the process: one JSON object a line on stderr, or plain lines on a terminal.

They carry ids and codes only. What customers write, addresses, tokens and signatures never get in: `extra` is cut down to
short plain values, and an exception is logged by its type and place, with its message only where this application words it.
"""

import atexit
import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import Any, Final

from typing_extensions import override

from memory.errors import StorageError
from server.errors import OperatorError

_USUAL: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message", "taskName"}
_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_LONGEST: Final = 120


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, logger, event, the ids, and where an error came from."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps({"at": _time(record), "level": record.levelname.lower(), **_fields(record)}, default=str)


class PlainLines(logging.Formatter):
    """A record as a person reads it."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        event, _ = fields.pop("event"), fields.pop("logger")
        words = " ".join(f"{key}={value}" for key, value in fields.items() if key != "trace")
        lines = [f"{_time(record)[11:19]} {record.levelname:<7} {event} {words}".rstrip()]
        return "\n    ".join([*lines, *fields.get("trace", [])])


class _Queued(QueueHandler):
    """Hands records to the writing thread as they are: the event loop never waits for stderr."""

    @override
    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


def configure(level: str = "info", *, plain: bool | None = None) -> None:
    """Send every log of the process to stderr; `plain` None = by whether stderr is a terminal."""
    target = logging.StreamHandler(sys.stderr)
    is_plain = sys.stderr.isatty() if plain is None else plain
    target.setFormatter(PlainLines() if is_plain else JsonLines())
    lines: SimpleQueue[logging.LogRecord] = SimpleQueue()
    listener = QueueListener(lines, target)
    listener.start()
    atexit.register(listener.stop)
    root = logging.getLogger()
    root.handlers[:] = [_Queued(lines)]
    root.setLevel(logging.getLevelName(level.upper()))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets", "httpx2"):
        # They log addresses and paths with queries at `info`.
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.WARNING)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {"logger": record.name, "event": _clean(record.getMessage())}
    for key, value in record.__dict__.items():
        if key not in _USUAL and isinstance(value, (str, int, float, bool)):
            fields[key] = _clean(value) if isinstance(value, str) else value
    if record.exc_info and record.exc_info[1] is not None:
        fields.update(_failure(record.exc_info[1]))
    return fields


def _failure(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    described: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, (OperatorError, StorageError)):
        described["reason"] = _clean(str(error))
    described["trace"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    if isinstance(error, BaseExceptionGroup):
        described["within"] = [type(each).__name__ for each in error.exceptions]
    return described


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def _clean(text: str) -> str:
    return _ADDRESS.sub("(address)", text)[:_LONGEST]
