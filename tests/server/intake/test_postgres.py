"""The widget's doors over PostgreSQL: the same promises, the other engine."""

from pathlib import Path

import pytest

from memory.engines import connect
from memory.threads import NewEvent
from tests.server.intake.browser import cid, durable
from tests.server.intake.conftest import Running
from tests.server.intake.test_session import token
from tests.server.intake.test_uploads import picture, upload


@pytest.mark.postgres
async def test_the_doors_keep_their_promises_on_postgresql(running: Running, postgres_url: str, tmp_path: Path) -> None:
    database = await connect(postgres_url)
    try:
        async with running(database=database) as house:
            visitor = await house.browser.session()
            async with house.browser.tab(visitor) as tab:
                same = cid()
                assert await tab.say("one", cid=same) == await tab.say("one", cid=same)
                await house.append(
                    visitor.conv, NewEvent("note", {}), NewEvent("message", {"text": "two"}, "all", "agent")
                )
                await tab.until("msg", text="two")
                await tab.send("read", seq=3)
                await tab.until("read", seq=3)
            stored = (await upload(house, visitor, "a.jpg", picture())).json()
            signed = await house.browser.session(visitor=visitor.visitor, identity_token=token("cus_1"))
            assert signed.conv == visitor.conv
            async with house.browser.tab(signed) as tab:
                assert (await tab.say("three", attachments=[stored["id"]]))["t"] == "ack"
                await tab.until("msg", text="three")
                assert [(frame["prev"], frame["seq"]) for frame in durable(tab.frames)] == [(0, 1), (1, 3), (3, 5)]
            left = await house.browser.session(visitor=visitor.visitor)
            assert left.conv != visitor.conv
    finally:
        await database.close()
