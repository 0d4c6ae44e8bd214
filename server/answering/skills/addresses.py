"""Another address: of an order that has not left, of the customer's own record, or of both, one after the other.

The new address is read out of free text or taken from another record of the same customer; what is missing is asked for by its name;
it is read back whole before anything changes. Whether it may change is the policy's to say.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from server.answering import weighing
from server.answering.context import Task
from server.answering.drafts.changes import ChangeDraft
from server.answering.identify import Found, find_customer, my_orders, proofs_for
from server.answering.skills import changing, confirming
from server.answering.skills.confirming import Performed
from server.answering.skills.order_status import say_unreadable
from server.answering.skills.proving import may
from server.answering.turn import Turn
from server.answering.understand.normalise import fold
from server.answering.words import address_words, change_words, postal
from server.answering.words.postal_names import country_code, region_code
from server.commerce.model import Address, CustomerRecord, Fact, OrderSnapshot
from server.commerce.store import normalise_number
from server.errors import StoreUnavailable
from server.policies import identity

ACTION: Final = "change_address"
KIND: Final = "address"
SKILL: Final = "change_address"
_WHERE = "new_address"
rest_of: Final = address_words.rest_of
is_about_address: Final = address_words.is_about_address


async def begin(turn: Turn) -> None:
    """Start a change of address, or go on with one; what the message itself says is not asked again."""
    draft = changing.draft_of(turn, KIND)
    try:
        await _read(turn, draft)
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return
    await again(turn)


async def again(turn: Turn) -> None:
    """Take the change of address up where it stands."""
    draft = changing.draft_of(turn, KIND)
    if draft.is_dropped:
        changing.drop(turn, SKILL)
    elif draft.is_profile:
        if changing.can(turn, "change_customer_address"):
            await _on_profile(turn, draft)
    elif changing.can(turn, ACTION):
        await changing.on_order(turn, draft, ACTION, _advance)


async def _read(turn: Turn, draft: ChangeDraft) -> bool:
    """Take out of the message what it says about the new address and where it is for; whether it says anything."""
    folded, before = fold(turn.text), (dict(draft.address), draft.is_profile, draft.and_profile)
    _read_target(draft, folded, names_order=bool(turn.understood.entities.order_number))
    home = await _home(turn, draft)
    written = postal.find(turn.text, home)
    if written is not None:
        draft.address = dict(written.parts)
        _leave_out(turn, written)
    elif (done := changing.last_done(turn, ACTION)) and not draft.address:
        draft.address = {key: str(value) for key, value in dict(done.get("address") or {}).items() if key != "name"}
    elif (taken := await _from_record(turn, folded)) is not None:
        draft.address = {key: value for key, value in postal.of(taken).items() if key != "name"}
        number = address_words.source_number(turn.text)
        if number:
            _without(turn, number)
    elif not draft.address and turn.dialogue.asked != _WHERE and address_words.SLIP.search(folded):
        draft.address = postal.details(turn.text, home)
        _blank(turn, draft.address)
    return before != (draft.address, draft.is_profile, draft.and_profile)


def _read_target(draft: ChangeDraft, folded: str, *, names_order: bool) -> None:
    """Whether it is for the customer's own record, for an order, or for both."""
    is_source = address_words.AS_TARGET.search(folded) is None
    spoken = address_words.AS_SOURCE.sub(" ", folded) if is_source else folded
    is_profile = address_words.PROFILE.search(spoken) is not None
    if not is_profile:
        return
    if draft.order_id or names_order or address_words.ORDER_WORD.search(address_words.PROFILE.sub(" ", folded)):
        draft.and_profile = True
    elif not address_words.TOO.search(folded) or not draft.address:
        draft.is_profile = True


async def _home(turn: Turn, draft: ChangeDraft) -> str:
    """The country of an address that does not name its own: that of the order in question."""
    order_id = draft.order_id or turn.dialogue.order_id
    order = await turn.order(order_id) if order_id else None
    country = order.ship_to.country if order is not None else ""
    return country_code(country) or turn.context.shop.region


def _leave_out(turn: Turn, written: postal.Written) -> None:
    """Go on with the rest of the message: a house number is no order, a new postal code proves nothing."""
    said = postal.plain(turn.text)
    address = said[written.start : written.end]
    _without_text(turn, f"{said[: written.start]} {said[written.end :]}", address)


def _blank(turn: Turn, parts: Mapping[str, str]) -> None:
    """Go on without single parts of an address: a postal code is no order."""
    rest = turn.text
    for value in parts.values():
        rest = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", " ", rest, flags=re.IGNORECASE)
    if parts:
        _without_text(turn, rest, " ".join(parts.values()))


def _without(turn: Turn, number: str) -> None:
    """Go on without the number of the order that the address is taken from."""
    bare = re.escape(number.lstrip("#"))
    _without_text(turn, re.sub(rf"#?{bare}(?!\w)", " ", turn.text, flags=re.IGNORECASE), "")
    turn.dialogue.slots.order_numbers = [
        each for each in turn.dialogue.slots.order_numbers if normalise_number(each) != number
    ]


def _without_text(turn: Turn, rest: str, address: str) -> None:
    before = turn.understood.entities
    if turn.dialogue.task is None:
        return
    turn.work_on(turn.dialogue.task, rest)
    after, slots = turn.understood.entities, turn.dialogue.slots
    for kept, had, has in (
        (slots.order_numbers, before.order_number, after.order_number),
        (slots.zips, before.zips, after.zips),
        (slots.names, before.names, after.names),
    ):
        gone = {each for each in had if each not in has and each.casefold() in address.casefold()}
        kept[:] = [each for each in kept if each not in gone]


async def _from_record(turn: Turn, folded: str) -> Address | None:
    """The address of another record of the customer's that the message points at; only of one that they may change."""
    number = address_words.source_number(turn.text)
    if number:
        order = await turn.context.store.order_by_number(number)
        return order.ship_to if order is not None and await _may_copy(turn, order) else None
    if address_words.AS_SOURCE.search(folded):
        found = await my_orders(turn)
        focus = await turn.order(turn.dialogue.order_id) if turn.dialogue.order_id else None
        owner = focus or (found[0] if found else None)
        if owner is None or not await _may_copy(turn, owner):
            return None
        record = await turn.record(owner)
        return record.addresses[0] if record is not None and record.addresses else None
    if address_words.OTHER_ORDER.search(folded):
        others = [order for order in await my_orders(turn) if order.id != turn.dialogue.order_id]
        allowed = [order for order in others if await _may_copy(turn, order)]
        places = {postal.one_line(postal.of(order.ship_to)): order.ship_to for order in allowed}
        return next(iter(places.values())) if len(places) == 1 else None
    return None


async def _may_copy(turn: Turn, order: OrderSnapshot) -> bool:
    """Whether the asker may hear an order's whole address: who may change it may."""
    return identity.allows(turn.context.policy, ACTION, await proofs_for(turn, order))


# The order's address


async def _advance(turn: Turn, draft: ChangeDraft, found: Found) -> None:
    """Ask for what is missing, refuse, or read the new address back."""
    order = found.order
    if not draft.address and _shows_an_address(turn) and not await may(turn, ACTION, order, found.proofs):
        return
    if not draft.address:
        taken = await _from_record(turn, fold(turn.text))
        draft.address = {key: value for key, value in postal.of(taken).items() if key != "name"} if taken else {}
    parts = postal.completed(_told(turn, draft, order.ship_to), order.ship_to) if draft.address else {}
    action: dict[str, Any] = {"name": ACTION, "order": order.number}
    if parts:
        action["address"] = parts
    if not parts and address_words.only_asks(turn.text):
        turn.settle()
        _say_address(turn, "addresses.goes_to", postal.of(order.ship_to), number=change_words.number(order))
        turn.options = [turn.option("choice.change_address", "do:change_address")]
        return
    ruling = await weighing.consider(turn, action, order, await turn.record(order))
    if ruling.verdict == "deny":
        changing.refuse(turn, ACTION, ruling, found)
    elif not _has_all(turn, parts, order) or not await _may_send(turn, action, order, None):
        return
    elif postal.is_same(parts, postal.of(order.ship_to)):
        _nothing_to_do(turn, draft, order)
    elif not ruling.is_open:
        await changing.by_person(turn, action, ruling, order)
    else:
        _say_box(turn, parts)
        turn.speech.line("", change_words.state(order))
        _say_address(turn, "addresses.back_order", parts, number=change_words.number(order))
        confirming.propose(turn, action, order, ruling)


def _shows_an_address(turn: Turn) -> bool:
    """Whether the answer would tell, or copy, an address that the shop holds."""
    folded = fold(turn.text)
    asks = (address_words.AS_SOURCE.search(folded), address_words.OTHER_ORDER.search(folded))
    return address_words.only_asks(turn.text) or bool(address_words.source_number(turn.text)) or any(asks)


async def _may_send(
    turn: Turn, action: dict[str, Any], order: OrderSnapshot | None, record: CustomerRecord | None
) -> bool:
    """Whether what was proven opens a change to this very address; else a code for it is on its way."""
    owner = order.id if order else f"customer:{record.id if record else ''}"
    proofs = await weighing.proofs_of(turn, action, order, record.id if record else "")
    return await may(turn, ACTION, order, proofs, record, subject=weighing.address_subject(owner, action["address"]))


def _told(turn: Turn, draft: ChangeDraft, present: Address) -> dict[str, str]:
    """The parts as they were told; of a country that the order's own tells, states are written its way."""
    told = dict(draft.address)
    country = told.get("country") or country_code(present.country)
    if told.get("region"):
        told["region"] = region_code(told["region"], country) or told["region"]
    return told


def _has_all(turn: Turn, parts: dict[str, str], order: OrderSnapshot | None) -> bool:
    """Whether the address is whole; asks for what is not."""
    lacking = postal.missing(parts) if parts else ()
    if parts and not lacking:
        return True
    if not parts:
        if order is not None:
            turn.say("addresses.ask", number=change_words.number(order))
        else:
            turn.say("addresses.ask_profile")
    else:
        names = ", ".join(turn.voice.text(f"address_part.{key}") for key in lacking)
        turn.say("addresses.ask_missing", parts=Fact("parts", "text", names, "policy", turn.context.now))
    turn.ask(_WHERE, [turn.option("cancelling.option_keep", "no")])
    return False


def _nothing_to_do(turn: Turn, draft: ChangeDraft, order: OrderSnapshot) -> None:
    turn.settle()
    turn.speech.line("", change_words.state(order))
    turn.say("addresses.same", number=change_words.number(order))
    _go_on_with_profile(turn, draft)
    turn.draft = None


def _say_address(turn: Turn, key: str, parts: dict[str, str], **values: Fact) -> None:
    whole, *single = change_words.address(parts, turn.voice)
    turn.say(key, address=whole, **values)
    turn.speech.line("", *single)


def _say_box(turn: Turn, parts: dict[str, str]) -> None:
    if postal.is_box(parts):
        turn.say("addresses.box")


# The customer's own address


async def _on_profile(turn: Turn, draft: ChangeDraft) -> None:
    try:
        who = await find_customer(turn)
        if who is not None:
            await _advance_profile(turn, draft, who.customer)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _advance_profile(turn: Turn, draft: ChangeDraft, record: CustomerRecord) -> None:
    present = record.addresses[0] if record.addresses else Address(name=record.name)
    parts = postal.completed(_told(turn, draft, present), present) if draft.address else {}
    if parts and not parts["country"]:
        parts["country"] = turn.context.shop.region
    action: dict[str, Any] = {"name": ACTION, "customer": record.id}
    if parts:
        action["address"] = parts
    ruling = await weighing.consider(turn, action, None, record)
    if ruling.verdict == "deny":
        changing.refuse(turn, ACTION, ruling, None)
    elif not _has_all(turn, parts, None) or not await _may_send(turn, action, None, record):
        return
    elif postal.is_same(parts, postal.of(present)):
        turn.settle()
        turn.say("addresses.same_profile")
        turn.draft = None
    elif not ruling.is_open:
        await changing.by_person(turn, action, ruling, None)
    else:
        _say_box(turn, parts)
        _say_address(turn, "addresses.back_profile", parts)
        confirming.propose(turn, action, None, ruling)


def _go_on_with_profile(turn: Turn, draft: ChangeDraft) -> None:
    """The customer's own address comes next, when it was asked for beside the order's."""
    if draft.and_profile:
        again_for = ChangeDraft(KIND, address=dict(draft.address), is_profile=True)
        turn.dialogue.todo.insert(0, Task(SKILL, draft=again_for))


# Answers


async def continues(turn: Turn) -> bool:
    """Take the answer to "which address?"; whether this message is one."""
    draft = turn.draft
    if not isinstance(draft, ChangeDraft) or draft.kind != KIND or turn.dialogue.asked != _WHERE:
        return False
    if changing.says_no(turn):
        changing.drop(turn, SKILL)
        return True
    if await _read(turn, draft) or await _completes(turn, draft):
        turn.settle()
        await again(turn)
        return True
    if changing.names_another(turn, None) or changing.asks_else(turn, SKILL, "order_status", "account"):
        return False
    return changing.ask_again(turn, _WHERE, "addresses.again")


async def _completes(turn: Turn, draft: ChangeDraft) -> bool:
    """Whether a message gives single parts of the address: those that were asked for, or a unit, a code, a town."""
    present = await _present(turn, draft)
    known = postal.completed(_told(turn, draft, present), present) if draft.address else {}
    asked = postal.missing(known) if known and turn.dialogue.asked == _WHERE else ()
    found = postal.details(turn.text, country_code(present.country) or turn.context.shop.region, asked)
    if not found or all(draft.address.get(key) == value for key, value in found.items()):
        return False
    draft.address = {**draft.address, **found}
    _blank(turn, found)
    return True


async def _present(turn: Turn, draft: ChangeDraft) -> Address:
    order = await turn.order(draft.order_id) if draft.order_id else None
    return order.ship_to if order is not None else Address(country=turn.context.shop.region)


async def corrects(turn: Turn) -> bool:
    """Read another address, single parts of it, or another order, out of the answer to a read-back."""
    draft = turn.draft
    if not isinstance(draft, ChangeDraft) or draft.kind != KIND:
        return False
    if changing.would_rather_not(turn):
        draft.is_dropped = True
        return True
    if await _read(turn, draft):
        return True
    order = await turn.order(draft.order_id) if draft.order_id else None
    if changing.names_another(turn, order):
        draft.order_id, draft.is_profile = "", False
        return True
    return await _completes(turn, draft)


async def tell(turn: Turn, performed: Performed) -> None:
    """Say where it goes now; the customer's own address is next when that was asked for too."""
    parts = {key: str(value) for key, value in dict(performed.arguments["address"]).items()}
    turn.speech.line("", Fact("done", "status", ACTION, performed.source, turn.context.now))
    if performed.proposal.order_id and performed.order is not None:
        _say_address(turn, "addresses.done_order", parts, number=change_words.number(performed.order))
        draft = turn.draft
        if isinstance(draft, ChangeDraft) and draft.kind == KIND:
            _go_on_with_profile(turn, draft)
    else:
        _say_address(turn, "addresses.done_profile", parts)
