"""What was said and given before counts for what is asked now, as far as the policy's lines say: through the whole pipeline."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from server.actions.gate import Gate, Waiting
from server.desk import work
from server.stage import Heard, Line, Stage
from tests.server.answering.skills import claims_shop
from tests.server.answering.skills.claims_shop import Shop, done, dropped, names, text
from tests.server.core import someone

BY_LINES = "version: lines-1\nidentity: {write: {any_of: [[signed_in]]}}\nhuman_only: [safety]\n"
"""Nobody is called for words alone: only the approval lines bring a person."""
COMPLAINT = "I want to complain, your shop is awful"
AGAIN = "another complaint about you: awful service"
RETURN = "please return one scarf from C-201, too small, refund to the original card"
TWO_DAYS, FORTY_DAYS = timedelta(days=2), timedelta(days=40)


class Days:
    """Mara's conversation over days."""

    def __init__(self, shop: Shop) -> None:
        self._runner, self._stage = shop.runner, shop.stage

    def over(self, *steps: str | timedelta) -> list[Heard]:
        """What comes of her lines on a fresh store; a timedelta lets time pass."""
        return self._runner.run(self._over(steps))

    def waiting(self) -> list[Waiting]:
        """What waits for consent."""
        return self._runner.run(Gate(self._stage.services).awaiting())

    async def _over(self, steps: Sequence[str | timedelta]) -> list[Heard]:
        await self._stage.reset()
        heard = []
        for step in steps:
            if isinstance(step, timedelta):
                await self._stage.advance(step)
            else:
                heard.append(await self._stage.say(claims_shop.spoken(step, "k_mara")))
        return heard


@contextmanager
def under(folder: Path, policy: str) -> Iterator[Days]:
    """Mara's shop under a policy."""
    with claims_shop.opened(folder, policy) as shop:
        yield Days(shop)


@pytest.mark.parametrize(
    ("lines", "between", "need"),
    [
        ("", TWO_DAYS, "senior"),
        ("", FORTY_DAYS, ""),
        ("", timedelta(hours=1), ""),
        ("approval: [{when: complaint_no_30d >= 3, need: senior}]\n", TWO_DAYS, ""),
        ("approval: [{when: complaint_no_30d >= 2, need: agent}]\n", TWO_DAYS, "agent"),
    ],
    ids=["second in 30 days", "forty days apart", "one sitting", "from the third on", "another need"],
)
def test_a_second_complaint_brings_a_person_where_the_line_says_so(
    tmp_path: Path, lines: str, between: timedelta, need: str
) -> None:
    ask = RETURN if between != FORTY_DAYS else "cancel my House coffee subscription"
    with under(tmp_path, BY_LINES + lines) as shop:
        *_, last = shop.over(COMPLAINT, between, AGAIN, ask)

        assert last.handoff == ("over_limit" if need else None)
        assert [each.need for each in shop.waiting()] == ([need] if need else [])
        assert done([last]) == []
        assert bool(last.proposed) is not bool(need)


@pytest.mark.parametrize("is_named", [True, False])
def test_what_an_earlier_message_threatened_with_counts_as_the_line_says(tmp_path: Path, is_named: bool) -> None:
    lines = "approval: [{when: legal_signal, need: senior}]\n" if is_named else "approval: []\n"
    with under(tmp_path, BY_LINES + lines) as shop:
        *_, last = shop.over("where is C-201? my lawyer will hear of this and I will sue you", TWO_DAYS, RETURN)

        assert (last.handoff == "over_limit") is is_named
        assert [each.need for each in shop.waiting()] == (["senior"] if is_named else [])


def test_a_threat_in_the_wish_itself_counts_at_once(tmp_path: Path) -> None:
    with under(tmp_path, BY_LINES) as shop:
        (last,) = shop.over(f"{RETURN} or my lawyer will sue you")

        assert last.handoff == "over_limit"
        assert [each.need for each in shop.waiting()] == ["senior"]


KEEPING = f"{BY_LINES}approval: []\nfault: {{keep_item_max: 5000, photo_over: 10000}}\n"


@pytest.mark.parametrize(("most", "second"), [(1, "start_return"), (2, "refund")])
def test_faulty_goods_stay_with_the_customer_so_often_as_the_policy_says(
    tmp_path: Path, most: int, second: str
) -> None:
    with under(tmp_path, f"{KEEPING}keep_item: {{most: {most}}}\n") as shop:
        mug = ("the mug arrived broken, order C-201", "my money back", "[photo]", "yes")
        scarf = ("one scarf of order C-201 arrived torn", "my money back", *(["[photo]"] if most > 1 else []), "yes")
        talk = shop.over(*mug, TWO_DAYS, *scarf)

        assert "nothing has to come back" in text(talk[2])
        assert names(talk) == ["refund", second]
        assert dropped(talk) == []


OLD = "please return the desk lamp from C-205, I don't need it any more, refund to the original card"


@pytest.mark.parametrize(("promised", "days_later"), [(None, 0), (date(2027, 3, 20), 0), (date(2027, 3, 20), 6)])
def test_a_window_that_an_agent_promised_holds_until_its_day(
    tmp_path: Path, promised: date | None, days_later: int
) -> None:
    async def talk(stage: Stage) -> Heard:
        await stage.say(Line("hello, about my order C-205", customer="k_olga"))
        thread = await stage.latest()
        assert thread is not None
        kim = await someone(stage.services, "Kim")
        if promised is not None:
            await work.promise(stage.services, thread.public_id, kim, "C-205", promised)
        await stage.advance(timedelta(days=days_later))
        return await stage.say(Line(OLD, customer="k_olga"))

    with claims_shop.opened(tmp_path, f"{BY_LINES}approval: []\n") as shop:
        heard = shop.runner.run(talk(shop.stage))
        is_kept = promised is not None and promised > (claims_shop.NOW + timedelta(days=days_later)).date()

        assert [each["name"] for each in heard.proposed] == (["start_return"] if is_kept else [])


def test_a_promise_about_one_order_opens_no_other(tmp_path: Path) -> None:
    async def talk(stage: Stage) -> Heard:
        await stage.say(Line("hello, about my order C-205", customer="k_olga"))
        thread = await stage.latest()
        assert thread is not None
        kim = await someone(stage.services, "Kim")
        await work.promise(stage.services, thread.public_id, kim, "C-206", date(2027, 3, 20))
        return await stage.say(Line(OLD, customer="k_olga"))

    with claims_shop.opened(tmp_path, f"{BY_LINES}approval: []\n") as shop:
        assert shop.runner.run(talk(shop.stage)).proposed == []
