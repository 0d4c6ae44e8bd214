"""The demo's mailbox through the whole application: SMTP in, checked SMTP out, replies threaded by the signed address."""

from pathlib import Path
from typing import Any

from tests.server.demo.opened import ANA, opened_demo


def theirs(world: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in world["mail"]["mails"] if not each["mine"]]


async def test_a_mail_is_answered_and_its_reply_stays_in_the_thread(tmp_path: Path) -> None:
    async with opened_demo(tmp_path) as demo:
        await demo.do("write", subject="My order", text="Where is order 1042?\n\nAna")
        world = await demo.until(theirs)
        answer = theirs(world)[0]
        headers = dict(answer["headers"])
        assert (answer["subject"], "#1042" in answer["text"]) == ("Re: My order", True)
        assert headers["Reply-To"].startswith("help+")
        page = await demo.client.get(f"/demo/devices/mails/{ANA}/{answer['id']}")
        assert "#1042" in page.text
        policy = page.headers["content-security-policy"]
        assert ("sandbox" in policy, "default-src 'none'" in policy, "script-src" in policy) == (True, True, False)
        await demo.do("write", text="Thanks. Which carrier is it?", answers=answer["id"])
        world = await demo.until(lambda world: len(theirs(world)) == 2)
        assert world["mail"]["mails"][2]["to"] == headers["Reply-To"]
        assert len(world["threads"]) == 1
        assert world["faults"] == []


async def test_a_mail_that_nobody_vouches_for_learns_nothing(tmp_path: Path) -> None:
    """email.md section 6: a From line alone proves nothing, even with the order's own number."""
    async with opened_demo(tmp_path) as demo:
        await demo.do("write", subject="Mine", text="Where is order 1042?", authenticated=False)
        world = await demo.until(theirs)
        assert not any("UPS" in each["text"] or "1ZH4" in each["text"] for each in theirs(world))


async def test_an_empty_mail_or_an_answer_to_nothing_is_refused(tmp_path: Path) -> None:
    async with opened_demo(tmp_path) as demo:
        assert (await demo.do("write", subject="x", text=" ")).status_code == 409
        assert (await demo.do("write", text="hello", answers="gone")).status_code == 409
        assert (await demo.client.get(f"/demo/devices/mails/{ANA}/gone")).status_code == 404
        assert (await demo.look())["mail"]["mails"] == []
