"""Subscriptions: what comes and when, and what the customer wants changed: skip, another day or interval, pause, resume, cancel.

The customer is proven as such first. A delivery whose cut-off has passed comes as planned: that is said, with what is possible
instead. Every change is read back, and made through the gate after a clear yes.
"""

from datetime import date
from typing import Any, Final

from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.services import SubscriptionDraft
from server.answering.identify import Who, find_customer, find_order, given_by, proofs_of_customer
from server.answering.skills import changing, confirming
from server.answering.skills.confirming import Performed
from server.answering.skills.order_status import note_read, say_unreadable
from server.answering.skills.proving import may
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import service_words
from server.answering.words.tokens import tokens
from server.commerce.model import Fact
from server.commerce.subscriptions import KeepsSubscriptions, Subscription, after, every
from server.errors import StoreUnavailable
from server.policies import identity

ACTION: Final = "change_subscription"
_WHICH, _WHAT, _DAY, _INTERVAL = "subscription_which", "subscription_what", "subscription_day", "subscription_interval"
_QUESTIONS: Final = frozenset({_WHICH, _WHAT, _DAY, _INTERVAL})
_OFFERED: Final = ("skip", "interval", "pause", "cancel")
_NEEDS: Final = {"date": _DAY, "interval": _INTERVAL}


async def begin(turn: Turn) -> None:
    """Start with what the message says about a subscription."""
    draft = _draft(turn)
    _read(turn, draft)
    await again(turn)


async def again(turn: Turn) -> None:
    """Take it up where it stands."""
    draft, store = _draft(turn), turn.context.store
    if not isinstance(store, KeepsSubscriptions):
        turn.say("person.subscription")
        turn.hand_off("out_of_scope")
        return
    try:
        who = await _who(turn)
        if who is None:
            return
        note_read(turn)
        draft.customer_id = who.customer.id
        await _advance(turn, draft, who, await store.subscriptions_of(who.customer.id))
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _who(turn: Turn) -> Who | None:
    """The customer, proven as such: an order's own proof tells nothing of their subscriptions. None when something was asked."""
    given = given_by(turn)
    if given.signed_in or given.channel or not given.order_numbers:
        who = await find_customer(turn)
    else:
        found = await find_order(turn)
        record = await turn.record(found.order) if found else None
        who = Who(record, found.proofs | await proofs_of_customer(turn, record.id)) if found and record else None
        if found is not None and record is None:
            turn.say("person.subscription")
            turn.hand_off("out_of_scope")
    if who is None or not await may(turn, ACTION, None, who.proofs, who.customer):
        return None
    if identity.scope(turn.context.policy, ACTION, who.proofs) != "customer":
        turn.say("identify.more_proof")
        turn.hand_off("identity")
        return None
    return who


def _draft(turn: Turn) -> SubscriptionDraft:
    draft = turn.draft if isinstance(turn.draft, SubscriptionDraft) else SubscriptionDraft()
    turn.draft = draft
    return draft


def _read(turn: Turn, draft: SubscriptionDraft) -> bool:
    """Take the change and its day or interval out of the message; whether it says one."""
    choice = turn.choice or ""
    said = choice.removeprefix("change:") if choice.startswith("change:") else service_words.change_in(turn.text)
    interval = service_words.interval_in(turn.text)
    day = service_words.day_in(turn.text, turn.context.now.date(), turn.voice.language)
    if said and said != draft.change:
        draft.change, draft.value = said, ""
    if draft.change == "interval" and interval:
        draft.value = interval
    elif draft.change in ("date", "pause") and day:
        draft.value = day
    elif draft.change == "date" and interval and not day:
        draft.change, draft.value = "interval", interval
    return bool(said or (draft.value and draft.value in (interval, day)))


async def _advance(turn: Turn, draft: SubscriptionDraft, who: Who, held: tuple[Subscription, ...]) -> None:
    """Say how it stands, ask what is open, refuse, or read the change back."""
    live = [each for each in held if not each.is_ended]
    if not live:
        turn.settle()
        turn.leaves_open = True
        turn.say("subscription.none")
        turn.options = [turn.option("choice.human", "human")]
        return
    if not draft.change:
        _show(turn, live)
        return
    one = _meant(turn, draft, live)
    if one is None:
        turn.say("subscription.ask_which")
        turn.ask(_WHICH, [Option(service_words.label(each), f"subscription:{each.id}") for each in live])
        return
    draft.subscription_id = one.id
    if _objects(turn, draft, one) or _asks(turn, draft, one):
        return
    await _propose(turn, draft, who, one)


def _show(turn: Turn, live: list[Subscription]) -> None:
    """What comes, how often, for how much and when next."""
    shop = turn.context
    for one in live[:4]:
        facts = service_words.facts_of(one, turn.voice, shop.policy.currency, shop.shop.tz)
        names = ("subscribed", "rhythm", "subscription_state", "price")
        turn.say("subscription.is", **{name: facts[name] for name in names})
        if "next_delivery" in facts and not one.is_paused:
            turn.say("subscription.next", next_delivery=facts["next_delivery"])
        if one.is_cut_off(shop.now):
            turn.say("subscription.cut_off", change_until=facts["change_until"])
        elif "change_until" in facts and not one.is_paused:
            turn.say("subscription.until", change_until=facts["change_until"])
    resume = [turn.option("subscription.option_resume", "change:resume")] if any(one.is_paused for one in live) else []
    offered = [turn.option(f"subscription.option_{change}", f"change:{change}") for change in _OFFERED]
    turn.ask(_WHAT, [*resume, *offered])


def _meant(turn: Turn, draft: SubscriptionDraft, live: list[Subscription]) -> Subscription | None:
    """The subscription that is meant: the only one, the chosen one, or the one whose goods the message names."""
    chosen = draft.subscription_id or (turn.choice or "").removeprefix("subscription:")
    by_id = next((each for each in live if each.id == chosen), None)
    if by_id is not None or len(live) == 1:
        return by_id or live[0]
    task = turn.dialogue.task
    said = {each.stem for each in tokens(f"{task.text if task else ''} {turn.text}")}
    scored = [(len(said & {each.stem for each in tokens(service_words.label(one))}), one) for one in live]
    best = max(score for score, _ in scored)
    fitting = [one for score, one in scored if score == best and best > 0]
    if len(fitting) == 1:
        return fitting[0]
    picked = (
        yesno.choice(turn.text, [service_words.label(one) for one in live]) if turn.dialogue.asked == _WHICH else None
    )
    return live[picked[0]] if picked and len(picked) == 1 and picked[0] < len(live) else None


def _objects(turn: Turn, draft: SubscriptionDraft, one: Subscription) -> bool:
    """Say why a change is not made, and what is possible instead; whether anything speaks against it."""
    now = turn.context.now
    facts = service_words.facts_of(one, turn.voice, turn.context.policy.currency, turn.context.shop.tz)
    key = ""
    if draft.change == "pause" and one.is_paused:
        key = "subscription.no_pause"
    elif draft.change == "resume" and not one.is_paused:
        key = "subscription.no_resume"
    elif draft.change == "skip" and (one.is_paused or one.next_at is None or one.every is None):
        key = "subscription.no_skip"
    if key:
        _refuse(turn, key, {"subscribed": facts["subscribed"]})
        return True
    if draft.change in ("skip", "date") and one.is_cut_off(now) and "next_delivery" in facts:
        _refuse(turn, "subscription.too_late", {name: facts[name] for name in ("next_delivery", "change_until")})
        return True
    return False


def _refuse(turn: Turn, key: str, facts: dict[str, Fact]) -> None:
    turn.settle()
    turn.say(key, **facts)
    if key in turn.dialogue.refused:
        turn.say("changing.person")
        turn.hand_off("policy_exception")
        return
    turn.dialogue.refused.append(key)
    options = [turn.option(f"subscription.option_{change}", f"change:{change}") for change in ("pause", "cancel")]
    if key == "subscription.too_late":
        turn.say("subscription.instead")
        turn.draft = SubscriptionDraft()
        turn.ask(_WHAT, [*options, turn.option("choice.human", "human")])
        return
    turn.options = [turn.option("choice.human", "human")]


def _asks(turn: Turn, draft: SubscriptionDraft, one: Subscription) -> bool:
    """Ask for the day or the interval that a change needs."""
    question = _NEEDS.get(draft.change)
    if question is None or draft.value:
        return False
    turn.say(f"subscription.ask_{'day' if question == _DAY else 'interval'}")
    steps = ((1, "M"), (2, "M"), (3, "M")) if question == _INTERVAL else ()
    turn.ask(
        question,
        [
            Option(service_words.every_words(step, turn.voice), f"every:P{step[0]}{step[1]}")
            for step in steps
            if step != one.every
        ],
    )
    return True


def _action(draft: SubscriptionDraft) -> dict[str, Any]:
    action = {
        "name": ACTION,
        "subscription": draft.subscription_id,
        "customer": draft.customer_id,
        "change": draft.change,
    }
    names = {"interval": "interval", "pause": "until", "date": "at"}
    return action | ({names[draft.change]: draft.value} if draft.value and draft.change in names else {})


async def _propose(turn: Turn, draft: SubscriptionDraft, who: Who, one: Subscription) -> None:
    """Say exactly what will happen, and ask for a clear yes."""
    if ACTION not in turn.context.store.capabilities:
        turn.say("person.subscription")
        turn.hand_off("out_of_scope")
        return
    action = _action(draft)
    ruling = await weighing.consider(turn, action, None, who.customer)
    if not ruling.is_open:
        turn.settle()
        await weighing.let_wait(turn, action, None, ruling)
        turn.say("changing.person")
        turn.hand_off("over_limit" if ruling.verdict == "allow" else "policy_exception")
        return
    _read_back(turn, draft, one)
    confirming.propose(turn, action, None, ruling)


def _read_back(turn: Turn, draft: SubscriptionDraft, one: Subscription) -> None:
    context = turn.context
    facts = service_words.facts_of(one, turn.voice, context.policy.currency, context.shop.tz)
    told: dict[str, Fact] = {"subscribed": facts["subscribed"]}
    key = f"subscription.back_{draft.change}"
    if draft.change == "skip" and one.every is not None and one.next_at is not None:
        told["next_delivery"] = facts["next_delivery"]
        following = after(one.next_at, one.every)
        told["following"] = service_words.day_fact(
            "following", following, facts["rhythm"].source, one.as_of, context.shop.tz
        )
    elif draft.change == "interval":
        step = every(draft.value)
        told |= {"rhythm": service_words.step_fact(step, turn.voice, context.now)} if step else {}
    elif draft.value:
        key = "subscription.back_pause_until" if draft.change == "pause" else key
        told["wished_day"] = _day(turn, draft.value)
    if draft.change in ("cancel", "pause") and one.is_cut_off(context.now) and "next_delivery" in facts:
        turn.say("subscription.still_comes", next_delivery=facts["next_delivery"])
    turn.say(key, **told)


def _day(turn: Turn, value: str) -> Fact:
    return Fact("wished_day", "date", date.fromisoformat(value), "customer", turn.context.now)


async def continues(turn: Turn) -> bool:
    """Take the answer to a question about a subscription; whether this message is one."""
    draft, asked = turn.draft, turn.dialogue.asked
    if not isinstance(draft, SubscriptionDraft) or asked not in _QUESTIONS:
        return False
    if _takes(turn, draft, asked):
        await again(turn)
        return True
    if asked == _WHAT or changing.asks_else(turn, "subscription"):
        return False
    if changing.says_no(turn):
        changing.leave(turn)
        return True
    return changing.ask_again(turn, asked, _ASKED_WITH[asked])


_ASKED_WITH: Final = {
    _WHICH: "subscription.ask_which", _DAY: "subscription.ask_day", _INTERVAL: "subscription.ask_interval",
}  # fmt: skip


def _takes(turn: Turn, draft: SubscriptionDraft, asked: str) -> bool:
    choice = turn.choice or ""
    if choice.startswith("every:"):
        draft.value = choice.removeprefix("every:")
    elif asked == _INTERVAL:
        draft.value = service_words.interval_in(turn.text)
    elif asked == _DAY:
        draft.value = service_words.day_in(turn.text, turn.context.now.date(), turn.voice.language)
    elif asked == _WHICH:
        return choice.startswith("subscription:") or not changing.asks_else(turn, "subscription")
    else:
        return _read(turn, draft)
    return bool(draft.value) or _read(turn, draft)


async def corrects(turn: Turn) -> bool:
    """Read a change of mind out of the answer to a read-back: another change, day or interval."""
    draft = turn.draft
    if not isinstance(draft, SubscriptionDraft):
        return False
    before = (draft.change, draft.value)
    _read(turn, draft)
    return before != (draft.change, draft.value)


async def tell(turn: Turn, performed: Performed) -> None:
    """Say what was done, and when the next delivery comes."""
    now, arguments, result = turn.context.now, performed.arguments, performed.result
    change = str(arguments["change"])
    proof = change if change in ("skip", "pause", "resume", "cancel") else "change"
    turn.speech.line("", Fact("done", "status", f"{ACTION}:{proof}", performed.source, now))
    turn.say(f"subscription.done_{change if proof == change else 'change'}")
    store = turn.context.store
    held = await store.subscriptions_of(str(arguments["customer"])) if isinstance(store, KeepsSubscriptions) else ()
    one = next((each for each in held if each.id == arguments["subscription"]), None)
    if one is None or one.next_at is None or str(result.get("status")) == "paused":
        return
    fact = service_words.day_fact("next_delivery", one.next_at, performed.source, now, turn.context.shop.tz)
    turn.say("subscription.next", next_delivery=fact)


confirming.WRITES[ACTION] = confirming.Write(again, corrects, tell)
