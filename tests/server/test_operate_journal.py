"""`onethread journal erase`: an address's stored calls go, everybody else's and the conversations stay."""

import asyncio
from pathlib import Path

import pytest

from memory import journal
from memory.engines import connect
from memory.engines.base import Tx
from memory.migrations import migrate
from server.__main__ import main
from tests.support.databases import NOW


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ONETHREAD_SERVER__DATA", str(tmp_path))
    return tmp_path


def stored(folder: Path, *subjects: str) -> None:
    """Calls of these addresses, in the installation's database."""

    async def act() -> None:
        database = await connect(f"sqlite:///{folder / 'onethread.db'}")
        try:
            await migrate(database, NOW)

            async def unit(tx: Tx) -> None:
                for number, subject in enumerate(subjects):
                    await journal.add_raw(tx, "somebody/messages", f"k{number}", {}, b"x", NOW, subject=subject)

            await database.write(unit)
        finally:
            await database.close()

    asyncio.run(act())


@pytest.mark.parametrize(
    ("address", "count"), [("Ana@example.com", 2), ("(402) 555-0100", 3), ("+14025550100", 3), ("bob@example.com", 0)]
)
def test_what_is_stored_of_an_address_goes(
    folder: Path, capsys: pytest.CaptureFixture[str], address: str, count: int
) -> None:
    number = "+14025550100"
    stored(
        folder,
        "email:ana@example.com",
        "from:ana@example.com",
        f"whatsapp:{number}",
        f"sms:{number}",
        f"caller:{number}",
    )
    assert main(["journal", "erase", address]) == 0
    assert capsys.readouterr().out == f"{count} stored calls are erased; the conversations stay\n"
