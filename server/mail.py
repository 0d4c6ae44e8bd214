"""E-mail as the settings name it: opened once, with the shop's keys. Its words come from `mail_words`."""

from pathlib import Path
from typing import Final

from channels.email import tokens
from channels.email.addresses import normalised
from channels.email.composing import Letterhead
from channels.email.mailbox import OwnMailbox
from channels.email.provider import EmailProvider, Trust
from channels.email.sending import Dkim, Sender, exit_of
from server.clock import Clock
from server.errors import SettingsError
from server.services import Services
from server.settings import EmailSettings, Settings

_A_CONVERSATION: Final = "c_" + "0" * 26


def open_mail(settings: Settings, clock: Clock) -> EmailProvider | None:
    """The provider, None where no address is named. Raises SettingsError: half a connection would lose mail."""
    named = settings.email
    if not named.address and not named.smtp_url:
        if named != EmailSettings():
            raise SettingsError("email.address is not set: enter the support address, or leave all of [email] out")
        return None
    if not named.address or not named.smtp_url:
        missing = "smtp_url" if named.address else "address"
        raise SettingsError(f"email.{missing} is not set: mail needs both email.address and email.smtp_url")
    mailbox, keys = _mailbox(named, settings.server.secret_keys), settings.server.secret_keys
    try:
        way_out = exit_of(named.smtp_url)
    except ValueError as error:
        raise SettingsError(f"email.smtp_url: {error}") from None
    head = Letterhead(mailbox, settings.shop.name, settings.shop.assistant, settings.shop.url, settings.widget.accent)
    own = frozenset(each for address in (mailbox.address, *named.aliases) if (each := normalised(address)))
    trust = Trust(keys, named.authserv_id, own)
    return EmailProvider(head, Sender(way_out, mailbox.domain, _dkim(named, mailbox)), trust, clock.now)


def connected(services: Services) -> EmailProvider | None:
    """The provider of this process, None where no mail is connected."""
    provider = services.lines.providers.get("email")
    return provider if isinstance(provider, EmailProvider) else None


def _mailbox(named: EmailSettings, keys: tuple[str, ...]) -> OwnMailbox:
    try:
        mailbox = OwnMailbox(named.address)
        tokens.bounce_address(keys, mailbox.address, _A_CONVERSATION, "9999-email")
        tokens.reply_address(keys, mailbox.address, _A_CONVERSATION, "")
    except ValueError as error:
        raise SettingsError(f"email.address: {error}") from None
    return mailbox


def _dkim(named: EmailSettings, mailbox: OwnMailbox) -> Dkim | None:
    if not named.dkim_selector and not named.dkim_key:
        return None
    if not named.dkim_selector or not named.dkim_key:
        raise SettingsError("email.dkim_selector and email.dkim_key belong together: set both, or neither")
    try:
        key = Path(named.dkim_key).read_bytes()
        signer = Dkim(named.dkim_selector, mailbox.domain, key)
        signer.signed(b"From: a@example.com\r\n\r\n")
    except OSError as error:
        raise SettingsError(f"email.dkim_key cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"email.dkim_key: {error}; it must be a PEM file with an RSA private key") from None
    return signer
