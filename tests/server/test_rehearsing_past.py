"""`onethread rehearse --policy FILE --since T` as an operator runs it: the past is judged again, and what would differ is told."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import rulings
from memory.rulings import Ruled
from server.__main__ import main
from server.actions import traces
from server.policies.decision import History
from server.policies.file import loads
from server.policies.judge import judge
from tests.server.policies.orders import ARRIVED, customer, line, order
from tests.support.databases import opened

DAY = timedelta(days=1)
BEFORE = """
version: before-1
zones: [{id: all, match: {country: ["*"]}}]
approval: []
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 1000}
"""
STRICTER = f"{BEFORE.replace('before-1', 'after-1').replace('approval: []', '')}approval: [{{when: refund > 5000, need: senior}}]\n"
KINDER = f"{BEFORE.replace('before-1', 'after-2')}outcomes: {{refund: {{label: {{kind: merchant}}}}}}\n"


def decided(price: int, ago: timedelta, thread_id: int) -> Ruled:
    """A return of a thing at this price, as it was judged so long ago."""
    one, policy = order(line(price=price)), loads(BEFORE)
    lines = [{"line": "l1", "sku": "SKU-l1", "quantity": 1}]
    action: dict[str, Any] = {"name": "start_return", "order": "#1042", "lines": lines, "reason": "unwanted"}
    action |= {"outcome": "refund", "method": "original"}
    ruling = judge(policy, action, one, customer(), {}, History(), ARRIVED)
    body = traces.encode(action, one, customer(), {}, History(), ARRIVED, ruling)
    at = datetime.now(UTC) - ago
    return Ruled(thread_id, "", "considered", "start_return", at, policy.version, policy.hash, ruling.hash, body)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A shop's settings, over a database with a dear and a cheap return of this month, and a dear one of long ago."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"

    async def fill() -> None:
        past = [decided(9_000, 2 * DAY, 1), decided(3_000, 3 * DAY, 2), decided(9_000, 60 * DAY, 3)]
        async with opened(url) as database:
            await database.write(lambda tx: rulings.add(tx, past))

    asyncio.run(fill())
    (tmp_path / "onethread.toml").write_text(f'[database]\nurl = "{url}"\n')
    return tmp_path


def rehearsed(shop: Path, text: str, *arguments: str) -> int:
    (shop / "new.yaml").write_text(text)
    asked = ["rehearse", "--config", str(shop / "onethread.toml"), "--policy", str(shop / "new.yaml"), *arguments]
    return main(asked)


def test_a_stricter_rule_shows_whom_it_would_have_met(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearsed(shop, STRICTER, "--since", "30d", "--json") == 0
    *found, counts = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert counts == {"judged": 2, "unreadable": 0, "differ": 1}
    (one,) = found
    assert (one["thread"], one["name"], one["order"], one["policy"]) == (1, "start_return", "#1042", "before-1")
    assert [(one[key]["verdict"], one[key]["need"]) for key in ("was", "becomes")] == [
        ("allow", "none"),
        ("allow", "senior"),
    ]
    assert one["stricter"] is True


def test_a_longer_past_holds_more(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rehearsed(shop, STRICTER, "--since", "90d", "--json")
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"judged": 3, "unreadable": 0, "differ": 2}


def test_in_words_each_difference_is_a_line_and_the_sum_is_last(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearsed(shop, KINDER, "--since", "30d") == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert last == "2 of 2 past decisions would differ"
    assert all(each.startswith("kinder") and "start_return #1042 (considered)" in each for each in lines)
    assert {each.partition(": ")[2] for each in lines} == {
        "allow/none within_window 8501 -> allow/none within_window 9000",
        "allow/none within_window 2501 -> allow/none within_window 3000",
    }


def test_under_the_same_rules_nothing_differs(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearsed(shop, BEFORE, "--since", "30d") == 0
    assert capsys.readouterr().out == "0 of 2 past decisions would differ\n"


def test_what_cannot_be_judged_is_said_in_one_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--since", "30d"]) == 2
    assert "--since needs --policy" in capsys.readouterr().err
    assert rehearsed(shop, BEFORE, "--since", "lately") == 1
    assert '--since is "lately": write 30d' in capsys.readouterr().err
    assert rehearsed(shop, "approval: [{when: refunt > 1, need: agent}]", "--since", "30d") == 1
    assert "refunt" in capsys.readouterr().err
