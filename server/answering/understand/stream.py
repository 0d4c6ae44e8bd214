"""JSON Lines in, JSON Lines out: what `onethread understand --json` does with its standard input.

One line out for every line in, in order; a bad line is answered with its error and stops nothing.
"""

from collections.abc import Iterable, Iterator

import msgspec

from server.answering.understand.reading import understand


class _Line(msgspec.Struct):
    text: str
    id: str | int | None = None
    channel: str | None = None
    lang: str | None = None


class _Named(msgspec.Struct):
    id: str | int | None = None


_LINE = msgspec.json.Decoder(_Line)
_NAMED = msgspec.json.Decoder(_Named)
_ENCODER = msgspec.json.Encoder()


def jsonl(lines: Iterable[str]) -> Iterator[str]:
    """Each `{"id","text","channel"?,"lang"?}` becomes `{"id", ...understanding}`; a bad line `{"id","error"}`."""
    for line in lines:
        yield _ENCODER.encode(_answer(line)).decode()


def _answer(line: str) -> dict[str, object]:
    try:
        asked = _LINE.decode(line)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        return {"id": _id_of(line), "error": str(error)}
    read = understand(asked.text, channel=asked.channel, lang=asked.lang)
    return {"id": asked.id, **read.to_json()}


def _id_of(line: str) -> str | int | None:
    try:
        return _NAMED.decode(line).id
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
