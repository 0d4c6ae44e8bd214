"""Where the stand-ins are reached and where the shop is: free ports for a demo, those of the settings for a server that runs."""

import errno
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from server.demo.devices.account import Account
from server.errors import OperatorError
from server.settings import Settings
from server.web import LOOPBACK

HOST: Final = "127.0.0.1"


@dataclass(slots=True)
class Places:
    """`api` = the bound socket of the messaging API, None = somebody else serves it; `smtp` = the port of the customers' mail
    server, 0 = a free one, None = somebody else has it; `listen` = the shop's own mail listener."""

    api: socket.socket | None
    api_url: str
    smtp: int | None
    listen: tuple[str, int]

    def close(self) -> None:
        """Let go of what was bound."""
        if self.api is not None:
            self.api.close()


def free_places() -> Places:
    """Free ports of 127.0.0.1; the listener's was free a moment ago."""
    api, ours = _bound(HOST, 0), _bound(HOST, 0)
    listen = int(ours.getsockname()[1])
    ours.close()
    return Places(api, f"http://{HOST}:{api.getsockname()[1]}", 0, (HOST, listen))


def reached(settings: Settings, channel: str) -> tuple[Account, Places]:
    """The account and the places that a server's settings name, for a channel of `simulate`. Raises OperatorError.

    Everything must be on loopback: else the shop's answers would leave for real people."""
    twilio, mail = settings.twilio, settings.email
    if channel == "email":
        _need(mail.address and mail.listen and mail.smtp_url, "email.address, email.listen and email.smtp_url")
    else:
        number = {"whatsapp": "whatsapp_from", "sms": "sms_from", "call": "voice_from"}[channel]
        named = twilio.account_sid and twilio.auth_token and twilio.api_url and getattr(twilio, number)
        _need(named, f"twilio.account_sid, twilio.auth_token, twilio.api_url and twilio.{number}")
    for name, url in (("twilio.api_url", twilio.api_url), ("email.smtp_url", mail.smtp_url)):
        if url and urlsplit(url).hostname not in LOOPBACK:
            raise OperatorError(f"{name} is not on loopback: the shop's answers would leave for real people")
    account = Account(
        settings.public_url, twilio.account_sid, twilio.auth_token, twilio.whatsapp_from.removeprefix("whatsapp:"),
        twilio.sms_from, twilio.voice_from, mail.address,
    )  # fmt: skip
    smtp = urlsplit(mail.smtp_url).port if mail.smtp_url and channel == "email" else None
    return account, Places(_api(twilio.api_url), twilio.api_url, _unless_taken(smtp), _listener(mail.listen))


def _need(named: object, names: str) -> None:
    if not named:
        raise OperatorError(f"this channel is not connected here: set {names}, or name a demo with --demo URL")


def _api(url: str) -> socket.socket | None:
    port = urlsplit(url).port if url else None
    if port is None:
        return None
    try:
        return _bound(HOST, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return None


def _unless_taken(port: int | None) -> int | None:
    """The port, None where somebody listens there already."""
    if port is None:
        return None
    try:
        _bound(HOST, port).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return port


def _listener(listen: str) -> tuple[str, int]:
    """The first SMTP listener that `email.listen` names."""
    found = [each.strip() for each in listen.split(",") if each.strip() and not each.strip().startswith("lmtp")]
    host, _, port = (found[0] if found else f"{HOST}:25").removeprefix("smtp://").rpartition(":")
    return host or HOST, int(port) if port.isdigit() else 25


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket()
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made
