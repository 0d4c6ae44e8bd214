"""What the desk decides beside its words, over HTTP: consents, and labels that are set right."""

from typing import Any

from memory import corrections, threads
from tests.server.console import consenting, people
from tests.server.console.conftest import House

SEEN: dict[str, Any] = {"amount_minor": 15000, "currency": "USD", "screen": "/console"}


async def is_cancelled(house: House) -> bool:
    order = await house.services.store.order("ord_8")
    assert order is not None
    return order.cancelled_at is not None


async def kinds(house: House, thread_id: int) -> list[str]:
    return [event.type for event in await house.services.database.read(lambda tx: threads.events(tx, thread_id))]


async def test_one_agreement_carries_out_what_waits(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    key = await consenting.cancellation(house.services, thread)
    async with house.program(kim) as api:
        panel = (await api.get(f"/api/v1/threads/{thread.public_id}")).json()
        shown = panel["approvals"][0]
        listed = (await api.get("/api/v1/approvals")).json()["approvals"]
        answer = await api.post(f"/api/v1/approvals/{key}/approve", json=SEEN)
        after = (await api.get(f"/api/v1/approvals?conv={thread.public_id}")).json()["approvals"]
    assert (shown["amount"], shown["who"], shown["action"]["name"]) == ("$150.00", "any agent", "cancel_order")
    assert shown["why"].startswith("The amount")
    assert [each["key"] for each in listed] == [key]
    assert (answer.status_code, answer.json()["done"]) == (200, True)
    assert after == []
    assert await is_cancelled(house)
    assert (await kinds(house, thread.id))[-3:] == ["approved", "executed", "message"]


async def test_an_amount_that_was_not_shown_is_not_agreed_to(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    key = await consenting.cancellation(house.services, thread)
    async with house.program(kim) as api:
        answer = await api.post(f"/api/v1/approvals/{key}/approve", json={**SEEN, "amount_minor": 100})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "changed")
    assert not await is_cancelled(house)


async def test_who_may_only_read_is_told_so_in_words(house: House) -> None:
    viewer, thread = await house.kim("viewer"), await people.handed_off(house.services)
    key = await consenting.cancellation(house.services, thread)
    async with house.program(viewer) as api:
        answers = [
            await api.post(f"/api/v1/approvals/{key}/approve", json=SEEN),
            await api.post(f"/api/v1/approvals/{key}/refuse", json={}),
        ]
    assert [each.status_code for each in answers] == [403, 403]
    assert {each.json()["error"]["message"] for each in answers} == {"your role may not decide this"}
    assert not await is_cancelled(house)


async def test_a_refusal_ends_it_for_good(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    key = await consenting.cancellation(house.services, thread)
    async with house.program(kim) as api:
        no = await api.post(f"/api/v1/approvals/{key}/refuse", json={"reason": "already packed"})
        late = await api.post(f"/api/v1/approvals/{key}/approve", json=SEEN)
        unknown = await api.post("/api/v1/approvals/nothing/refuse", json={})
    assert (no.status_code, late.status_code, unknown.status_code) == (200, 409, 409)
    assert not await is_cancelled(house)


async def test_a_label_set_right_counts_at_once_and_teaches_once_accepted(house: House) -> None:
    kim, lead, thread = await house.kim(), await house.lee("supervisor"), await people.handed_off(house.services)
    conv = thread.public_id
    async with house.program(kim) as api:
        done = await api.post(f"/api/v1/threads/{conv}/correct", json={"field": "intent", "value": "delivery_problem"})
        await api.post(f"/api/v1/threads/{conv}/correct", json={"field": "priority", "value": "urgent"})
        wrong = await api.post(f"/api/v1/threads/{conv}/correct", json={"field": "intent", "value": "nonsense"})
        mine = await api.get("/api/v1/corrections")
    assert (done.status_code, done.json()["thread"]["category"]) == (201, "delivery_problem")
    assert done.json()["body"]["was"] == "complaint"
    assert (wrong.status_code, mine.status_code) == (422, 403)
    read = house.services.database.read
    assert await read(corrections.examples) == []
    async with house.program(lead) as api:
        waiting = (await api.get("/api/v1/corrections")).json()["corrections"]
        for each, verdict in zip(waiting, ("accepted", "discarded"), strict=True):
            assert (await api.post(f"/api/v1/corrections/{each['id']}", json={"verdict": verdict})).status_code == 200
        again = await api.post(f"/api/v1/corrections/{waiting[0]['id']}", json={"verdict": "discarded"})
        row = (await api.get(f"/api/v1/threads/{conv}")).json()["thread"]
    assert (row["priority"], row["priority_reason"]) == ("urgent", "set by Kim Reyes")
    assert again.status_code == 404
    (taught,) = await read(corrections.examples)
    assert (taught.text, taught.field, taught.label) == (waiting[0]["text"], "intent", "delivery_problem")
    assert {"Kim Reyes"} < taught.names
    assert waiting[0]["text"]


async def test_a_viewer_corrects_nothing(house: House) -> None:
    viewer, thread = await house.kim("viewer"), await people.handed_off(house.services)
    async with house.program(viewer) as api:
        answer = await api.post(
            f"/api/v1/threads/{thread.public_id}/correct", json={"field": "priority", "value": "low"}
        )
    assert answer.status_code == 403


async def test_an_agent_promises_a_day_for_an_order_that_there_is(house: House) -> None:
    kim, thread = await house.kim(), await people.handed_off(house.services)
    await consenting.cancellation(house.services, thread)
    where = f"/api/v1/threads/{thread.public_id}/promise"
    async with house.program(kim) as api:
        unknown = await api.post(where, json={"order": "#9999", "until": "2026-12-24"})
        bad = await api.post(where, json={"order": "#1043", "until": "soon"})
        over = await api.post(where, json={"order": "#1043", "until": "2020-12-24"})
        made = await api.post(where, json={"order": "#1043", "until": "2031-12-24"})
    assert [each.status_code for each in (unknown, bad, over, made)] == [422, 422, 422, 201]
    assert "that day is over" in over.json()["error"]["message"]
    assert (await kinds(house, thread.id))[-1] == "promised"
