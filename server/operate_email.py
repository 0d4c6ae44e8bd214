"""`onethread email parse`: what the server reads in a mail, for an operator who wonders and for whoever measures it.

Pure: nothing is stored, nobody is asked. The configured addresses and the name of the border mail server count, as in the server.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from channels.email.addresses import normalised
from channels.email.mail import Mail, parse
from server.lines import dumped
from server.mail_words import words
from server.operate import say, settings_of
from server.settings import EmailSettings

_NO_BYTE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def parse_file(config: str | None, path: Path) -> int:
    """Print what one mail says, as JSON. Raises OSError when the file cannot be read."""
    say(dumped(_read(path.read_bytes(), settings_of(config).email)))
    return 0


def parse_lines(config: str | None) -> int:
    """Read `{"id","raw"}` lines and print one line for each, at once; a line that cannot be read has an `error`."""
    for document in documents(sys.stdin.buffer, settings_of(config).email):
        say(dumped(document))
        sys.stdout.flush()
    return 0


def documents(lines: Iterable[bytes], settings: EmailSettings) -> Iterator[dict[str, Any]]:
    """What each line's mail says, under the line's id."""
    for line in lines:
        identifier: Any = None
        try:
            document = json.loads(line)
            identifier = document.get("id") if isinstance(document, dict) else None
            raw = document["raw"]
            yield {"id": identifier, **_read(_bytes(raw), settings)}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            yield {"id": identifier, "error": _why(error)}


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return "the line is no JSON"
    return 'the line is not {"id","raw"} with the whole message as a text in "raw"'


def _bytes(raw: Any) -> bytes:
    if not isinstance(raw, str):
        raise TypeError("raw is no text")
    # Bytes that are no UTF-8 travel in JSON as lone surrogates U+DC80 to U+DCFF, as Python writes them; others mean nothing.
    return _NO_BYTE.sub("?", raw).encode("utf-8", "surrogateescape")


def _read(raw: bytes, settings: EmailSettings) -> dict[str, Any]:
    own = frozenset(filter(None, (normalised(each) for each in (settings.address, *settings.aliases))))
    return document_of(parse(raw, authserv_id=settings.authserv_id, own_addresses=own, known=_markers()))


@cache
def _markers() -> tuple[str, ...]:
    """The lines above which our mails ask to be answered."""
    return tuple(dict.fromkeys(each["marker"] for each in words().values()))


def document_of(mail: Mail) -> dict[str, Any]:
    """A mail as a public document. `to` holds the addresses with a comma between; `fault` is there only where there is one."""
    document = {
        "from": mail.from_address,
        "to": ", ".join(mail.to),
        "subject": mail.subject,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "reply_text": mail.reply_text,
        "full_text": mail.full_text,
        "automatic": mail.automatic,
        "authenticated": mail.authenticated,
        "signature": mail.signature,
        "attachments": [
            {
                "name": each.name,
                "type": each.type,
                "size": len(each.data),
                "content_id": each.content_id,
                "inline": each.is_inline,
            }
            for each in mail.attachments
        ],
    }
    return {**document, "fault": mail.fault} if mail.fault else document
