"""What adding a channel takes, and no more: a module, a line, a payload as its provider makes it, and a row in the documents."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

from channels.channel import Channel
from channels.message import RawCall
from server.channel_settings import EmailSettings, InboundSettings, MetaSettings, TwilioSettings
from server.clock import HandClock
from server.providers import OPENERS, Lines, open_lines
from server.settings import ServerSettings, Settings
from tests.support.databases import NOW

ROOT = Path(__file__).parents[2]
PAYLOADS = Path(__file__).parent / "payloads"
HEADERS = {"envelope-from": "ana@example.com", "envelope-to": "help@shop.example"}
SERVER = ServerSettings(public_url="https://chat.example", secret_keys=("k" * 40,))
TWILIO = TwilioSettings(
    account_sid="AC" + "a" * 32, auth_token="token", whatsapp_from="+15550199", sms_from="+15550198",
    voice_from="+14025550199",
)  # fmt: skip
META = MetaSettings(
    app_secret="s" * 32, verify_token="v" * 16, access_token="t", phone_number_id="106540352242922", page_id="page-1",
    instagram_id="17841400000000001",
)  # fmt: skip
EMAIL = EmailSettings(address="help@shop.example", smtp_url="smtp://127.0.0.1:25", authserv_id="mx.shop.example")
INBOUND = InboundSettings(secrets=(f"marketplace={'m' * 40}",))


def lines(**settings: object) -> Lines:
    """Everybody whom these settings connect."""
    return open_lines(Settings(server=SERVER, **settings), HandClock(NOW))  # type: ignore[arg-type]  # sections by name


@contextmanager
def everybody() -> Iterator[Lines]:
    """Every provider; Meta carries WhatsApp only where Twilio does not."""
    first = lines(twilio=TWILIO, email=EMAIL, inbound=INBOUND)
    second = lines(meta=META)
    opened = Lines({**first.providers, **second.providers})
    try:
        yield opened
    finally:
        asyncio.run(opened.close())


def all_channels(opened: Lines) -> dict[str, tuple[str, Channel]]:
    """(provider, channel) by `provider.channel`; what a source of the inbound door is called is the operator's."""
    found = {}
    for name, provider in opened.providers.items():
        for channel in provider.channels.values():
            kind = channel.name.partition(":")[0]
            found[f"{name}.{kind}"] = (name, channel)
    return found


def test_every_provider_has_a_module_a_line_a_payload_and_a_row() -> None:
    with everybody() as opened:
        assert set(opened.providers) == set(OPENERS)
        page = (ROOT / "docs/channels/index.md").read_text()
        for key, (provider, channel) in all_channels(opened).items():
            import_module(f"channels.{provider}")
            assert list(PAYLOADS.glob(f"{provider}.*.{key.rpartition('.')[2]}.*")), f"no payload of {key}"
            title = channel.title if ":" not in channel.name else "Everything else"
            assert re.search(rf"^\| {re.escape(title)}\b", page, re.MULTILINE), (
                f"docs/channels/index.md has no row {title}"
            )


@pytest.mark.parametrize("path", sorted(PAYLOADS.iterdir()), ids=lambda path: path.name)
def test_a_payload_becomes_one_message_of_its_channel(path: Path) -> None:
    with everybody() as opened:
        provider, door, kind, _ = path.name.split(".")
        parsed = opened.providers[provider].parse(RawCall(door, HEADERS, path.read_bytes(), NOW))
        assert parsed.faults == ()
        (message,) = parsed.messages
        assert message.channel.partition(":")[0] == kind
        assert message.external_id
        assert message.sender.key
        assert kind == "voice" or message.text == "where is my order 1042?"
