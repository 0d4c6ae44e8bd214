"""What `onethread doctor` says of e-mail, with the mend for each."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory import journal
from memory.engines.base import Database
from server.clock import HandClock
from server.examine_mail import findings
from server.settings import EmailSettings, ServerSettings, Settings
from tests.support.databases import NOW, opened
from tests.support.imap import imap_server
from tests.support.mail import BORDER, KEYS, SHOP, mail_server


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database:
        yield database


async def found(database: Database, **changes: Any) -> list[str]:
    """Level and text of every finding; the mail server takes mail unless `smtp_url` says otherwise."""
    async with mail_server() as server:
        named = {"address": SHOP, "smtp_url": server.url, "listen": "127.0.0.1:2525", "authserv_id": BORDER, **changes}
        settings = Settings(server=ServerSettings(secret_keys=("k" * 40,)), email=EmailSettings(**named))
        return [f"{level}: {text}" for level, text in await findings(settings, database, HandClock(NOW))]


async def test_what_is_not_named_is_not_spoken_of(database: Database) -> None:
    assert await findings(Settings(), database, HandClock(NOW)) == []


async def test_all_is_well(database: Database) -> None:
    await database.write(lambda tx: journal.add_raw(tx, "email/imap", "1", {}, b"", NOW))
    told = await found(database, dkim_selector="mail", dkim_key=str(KEYS / "dkim.key"))
    assert [each.partition(":")[0] for each in told] == ["ok"] * 4
    assert told[-1] == "ok: e-mail: the last mail came 0 minutes ago"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"smtp_url": "smtp://127.0.0.1:1"}, "mend: e-mail: the mail server is not reached"),
        ({"smtp_url": ""}, "mend: email.smtp_url is not set"),
        ({"address": ""}, "mend: email.address is not set"),
        ({"address": "nobody"}, "mend: email.address: 'nobody' is no e-mail address"),
        ({"smtp_url": "mail.example"}, "mend: email.smtp_url: write smtp://"),
        ({"listen": ""}, "mend: e-mail: no mail can come in"),
        ({"listen": "2525"}, "mend: email.listen: '2525' is no listener"),
        ({"listen": "0.0.0.0:25"}, "warn: email.listen: 0.0.0.0:25 can be reached by others"),
        ({"authserv_id": ""}, "warn: email.authserv_id is not set: no sender is believed"),
        ({"dkim_selector": "mail"}, "mend: email.dkim_selector and email.dkim_key belong together"),
        ({"dkim_selector": "mail", "dkim_key": "/nowhere"}, "mend: email.dkim_key cannot be read"),
        (
            {"dkim_selector": "m", "dkim_key": str(KEYS / "server.crt")},
            "mend: email.dkim_key: the DKIM key cannot sign",
        ),
        ({"imap_url": "imap.example"}, "mend: email.imap_url: write imaps://"),
        ({"imap_url": "imap://a:b@127.0.0.1:1"}, "mend: email.imap_url: the mail server is not reached"),
        ({}, "warn: e-mail: no mail has come yet"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_told_with_its_mend(database: Database, changes: dict[str, Any], told: str) -> None:
    assert [each for each in await found(database, **changes) if each.startswith(told)]


async def test_a_mailbox_is_looked_at_and_left_as_it_is(database: Database) -> None:
    async with imap_server() as server:
        assert "ok: e-mail: the mailbox INBOX can be read" in await found(database, imap_url=server.url)
        wrong = server.url.replace("p%22ss", "wrong")
        refused = await found(database, imap_url=wrong)
        assert "mend: email.imap_url: the mail server refuses our login" in refused
    assert {"LOGIN", "SELECT", "CAPABILITY"} == set(server.commands)
