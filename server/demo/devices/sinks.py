"""The mail server of the demo's customers: takes the shop's mail by SMTP on loopback and puts it into their mailboxes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from server.demo.devices.postbox import Postbox

_LARGEST: Final = 33_554_432


class _Handler:
    """Keeps what arrives; mail to several people at once is a mistake of ours and is refused, as customers never share one."""

    def __init__(self, postbox: Postbox) -> None:
        self._postbox = postbox

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        if len(envelope.rcpt_tos) != 1:
            return "554 5.7.1 one recipient a mail"
        self._postbox.arrive(raw, envelope.rcpt_tos)
        return "250 2.0.0 taken"


@asynccontextmanager
async def mail_server(postbox: Postbox, listener: socket.socket) -> AsyncIterator[None]:
    """Take mail on a bound socket while the block runs."""
    loop = asyncio.get_running_loop()
    handler = _Handler(postbox)
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="mail.example.com", data_size_limit=_LARGEST, enable_SMTPUTF8=True, loop=loop),
        sock=listener,
    )
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
