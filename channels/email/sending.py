"""Hands finished mail to the shop's own mail server, and says truthfully what came of it.

One connection for each mail. What was refused before the data is known not to be sent; a connection that is lost after DATA may have
carried the mail out, so the same mail may only be sent again under the same Message-ID. Rules: RFC 5321 (replies), RFC 8314 (TLS
from the first byte), RFC 6376 (DKIM).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib
import dkim

from channels.errors import NotNow, OutcomeUnknown, Refused

TIMEOUT_S: Final = 15.0
_GOODBYE_S: Final = 1.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
_NO_LOGIN: Final = frozenset({530, 534, 535, 538})
"""Replies about our login (RFC 4954): the operator mends it, and no customer's mail is lost for it."""
_SIGNED: Final = tuple(
    name.encode()
    for name in (
        "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "mime-version",
        "content-type", "auto-submitted",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exit:
    """The mail server that our mail leaves by. `is_tls` = TLS from the first byte, else STARTTLS beyond this machine."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, where a certificate proves nothing."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


def exit_of(url: str) -> Exit:
    """The mail server that a URL names, its password decoded. Raises ValueError with what to mend."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _PORTS or not parts.hostname or port == -1:
        raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host:465")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Exit(parts.hostname, port or _PORTS[parts.scheme], user, password, parts.scheme == "smtps")


@dataclass(frozen=True, slots=True)
class Dkim:
    """The key that signs our mail. `key` is PEM; `domain` that of From, so that DMARC sees them aligned."""

    selector: str
    domain: str
    key: bytes = field(repr=False)

    def signed(self, raw: bytes) -> bytes:
        """The mail with its signature before it. Slow: some milliseconds of arithmetic. Raises ValueError for a broken key."""
        try:
            header: bytes = dkim.sign(
                raw, self.selector.encode(), self.domain.encode(), self.key, canonicalize=(b"relaxed", b"relaxed"),
                include_headers=[name for name in _SIGNED if _has(raw, name)],
            )  # fmt: skip
        except dkim.DKIMException as error:
            raise ValueError(f"the DKIM key cannot sign: {error}") from None
        return header + raw


def _has(raw: bytes, name: bytes) -> bool:
    head = raw.partition(b"\r\n\r\n")[0].lower()
    return head.startswith(name + b":") or b"\r\n" + name + b":" in head


class Sender:
    """Sends through one mail server. `hostname` is what we call ourselves; `tls` replaces the trusted certificates."""

    def __init__(
        self,
        way_out: Exit,
        hostname: str,
        signer: Dkim | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._exit = way_out
        self._hostname = hostname
        self._signer = signer
        self._tls = tls
        self._timeout_s = timeout_s

    async def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Hand one mail over for one recipient. Raises NotNow, Refused, OutcomeUnknown."""
        if not recipient.isascii():
            raise Refused("the mail server takes plain addresses only")
        if self._signer is not None:
            raw = await asyncio.to_thread(self._signer.signed, raw)
        async with self._connected() as smtp:
            try:
                size = [f"SIZE={len(raw)}"] if smtp.supports_extension("size") else []
                await smtp.mail(sender, options=size)
                await smtp.rcpt(recipient)
            except aiosmtplib.SMTPResponseException as error:
                raise _refusal(error) from None
            except (aiosmtplib.SMTPException, OSError) as error:
                raise NotNow(f"the mail server broke off: {type(error).__name__}") from None
            try:
                await smtp.data(raw)
            except aiosmtplib.SMTPResponseException as error:
                raise _refusal(error) from None
            except (aiosmtplib.SMTPException, OSError) as error:
                raise OutcomeUnknown(f"the connection was lost with the mail: {type(error).__name__}") from None

    async def check(self) -> None:
        """Connect and log in, send nothing. Raises NotNow with the cause."""
        async with self._connected():
            pass

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        smtp = self._client()
        try:
            await self._open(smtp)
            yield smtp
        finally:
            with suppress(aiosmtplib.SMTPException, OSError):  # what was said is said: a lost goodbye changes nothing
                if smtp.is_connected:
                    await smtp.quit(timeout=_GOODBYE_S)
            smtp.close()

    def _client(self) -> aiosmtplib.SMTP:
        way = self._exit
        return aiosmtplib.SMTP(
            hostname=way.host,
            port=way.port,
            local_hostname=self._hostname,
            timeout=self._timeout_s,
            use_tls=way.is_tls,
            start_tls=None if way.is_tls or way.is_loopback else True,
            tls_context=self._tls,
            validate_certs=True if self._tls else not way.is_loopback,
        )

    async def _open(self, smtp: aiosmtplib.SMTP) -> None:
        try:
            await smtp.connect()
            if self._exit.user:
                await smtp.login(self._exit.user, self._exit.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise NotNow(f"the mail server refuses our login ({error.code}): check email.smtp_url") from None
        except aiosmtplib.SMTPNotSupported:
            raise NotNow(
                "the mail server offers neither STARTTLS nor a login that we know: check email.smtp_url"
            ) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotNow(f"the mail server is not reached: {type(error).__name__}") from None


def _refusal(error: aiosmtplib.SMTPResponseException) -> NotNow | Refused:
    """What a reply stands for. Its text may hold an address, so only the codes are told."""
    words = error.message.split()
    enhanced = words[0] if words and words[0][:2] in ("4.", "5.") and words[0].count(".") == 2 else ""
    said = f"the mail server said {error.code} {enhanced}".rstrip()
    return Refused(said) if 500 <= error.code < 600 and error.code not in _NO_LOGIN else NotNow(said)
