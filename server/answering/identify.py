"""Which order is meant, and is it the asker's to see: by number, by what they can prove, or because there is only one.

A wrong guess and a right one are answered alike; the number of tries is limited for the order, for the asker and for the
network that they write from. Nothing here words an answer beyond asking one question.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from server.answering import persons, seeing
from server.answering.context import Guess, Option
from server.answering.turn import Turn, short_hash
from server.answering.understand import yesno
from server.answering.words.which_order import described, not_taken_back
from server.answering.words.wishes import mentioned
from server.commerce.model import CustomerRecord, OrderSnapshot
from server.commerce.store import normalise_number
from server.policies import identity
from server.policies.identity import Given

UNREADABLE: Final = "unreadable"
_SEVERAL: Final = 2
_MINE: Final = re.compile(
    r"\b(?:mine|my one|the one i (?:have|got|ordered)|el m[ií]o|la m[ií]a|le mien|la mienne|mein(?:e|en|s|es)|o meu|a minha)\b",
    re.IGNORECASE,
)
"""The customer's own one of what was just spoken of."""
"""Stands in `Dialogue.refused` for each time in a row that the order system did not answer."""

_ORDER_TRIES: Final = 5
_ASKER_TRIES: Final = 5
_NUMBERS_AT_ONCE: Final = 5
_ASKED_ENOUGH: Final = 3
_WAS_ASKED: Final = "identify"
"""The note in a thread that number and address were asked for, and not given yet."""
_BARE_NUMBER: Final = re.compile(
    r"(?<![\w.,$€£-])#?[A-Za-z]{0,4}-?\d{3,10}(?!\w|[.,]\d|\s?(?:[%$€£]|(?:usd|dollars?|bucks|eur(?:os?)?|pounds?|percent|m?l|[gt]b|[cm]m|inch(?:es)?|k?g|hz|mah|mp|pieces|pcs)\b))",
    re.IGNORECASE,
)
_JUST_SAID_S: Final = 3600
_LAST_SAID: Final = 4
_RECENT: Final = timedelta(days=45)
_CHANNEL_KINDS: Final = frozenset({"email", "phone", "whatsapp", "sms"})


@dataclass(frozen=True, slots=True)
class Found:
    """An order that the asker may see, with the proof words they have for it."""

    order: OrderSnapshot
    proofs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Who:
    """A customer of the order system whom the asker may be, with the proof words they have for that."""

    customer: CustomerRecord
    proofs: frozenset[str]


Fits = Callable[[OrderSnapshot], bool]


async def find_order(turn: Turn, *, delivered: bool = False, fits: Fits | None = None) -> Found | None:
    """The one order that is meant; None when a question was asked, or a person must help.

    `delivered` prefers orders that have arrived (returns), otherwise those on their way. `fits` says of which orders the
    message can speak at all (they hold what it names). Raises StoreUnavailable."""
    numbers = _numbers(turn)
    if numbers:
        return await _by_numbers(turn, numbers)
    held = await _in_focus(turn)
    if held is not None and (fits is None or fits(held.order)):
        return held
    own = await my_orders(turn)
    told = described(turn.text, own)
    if told:
        return await _the_one(turn, told, delivered, is_named=True)
    own = _told_beside(turn, own) if fits is None else own
    if fits is not None:
        own = tuple(order for order in own if fits(order)) or (() if held else own)
    if own:
        return await _the_one(turn, own, delivered, is_named=fits is not None)
    if held is not None:
        return held
    if _may_be_customer(turn) and not turn.reason:
        _miss(turn)
        _remember_miss(turn, "", given_by(turn))
    else:
        await _ask_who(turn)
    return None


def _told_beside(turn: Turn, own: tuple[OrderSnapshot, ...]) -> tuple[OrderSnapshot, ...]:
    """Of several orders, the one whose goods a wish beside this names, or what was asked of goods before it: "then change mine"."""
    talk = turn.dialogue.goods
    if talk and talk.product_id and _MINE.search(turn.text):
        holding = tuple(order for order in own if any(line.product_id == talk.product_id for line in order.lines))
        return holding if len(holding) == 1 else own
    beside = "\n".join(each.text for each in turn.dialogue.todo)
    if not beside or len(own) < _SEVERAL or any(mentioned(turn.text, order.lines) for order in own):
        return own
    named = tuple(order for order in own if mentioned(beside, order.lines))
    return named if len(named) == 1 else own


async def find_customer(turn: Turn) -> Who | None:
    """The customer who asks, as the order system knows them; None when a question was asked, or a person must help."""
    given, store = given_by(turn), turn.context.store
    held = await _in_focus(turn)
    records = [await store.customer(given.signed_in)] if given.signed_in else []
    if given.channel:
        key = given.channel[0]
        records += await (store.customers_by(email=key) if "@" in key else store.customers_by(phone=key))
    if held is not None:
        records.append(await turn.record(held.order))
    records += await _typed_customers(turn)
    proven = [key.removeprefix("customer:") for key in _by_code(turn) if key.startswith("customer:")]
    records += [await store.customer(customer_id) for customer_id in proven]
    for record in records:
        if record is not None:
            proofs = await proofs_of_customer(turn, record.id)
            if identity.allows(turn.context.policy, identity.SEEING, proofs):
                turn.proven[f"customer:{record.id}"] = proofs
                return Who(record, proofs)
    if _may_be_customer(turn):
        _miss(turn)
        _remember_miss(turn, "", given)
    else:
        await _ask_who(turn)
    return None


async def my_orders(turn: Turn) -> tuple[OrderSnapshot, ...]:
    """Every order that the asker may see without naming it, newest first."""
    given, store = given_by(turn), turn.context.store
    if given.signed_in:
        return await store.orders_of(customer_id=given.signed_in)
    found: dict[str, OrderSnapshot] = {}
    if given.channel:
        key = given.channel[0]
        orders = await (store.orders_of(email=key) if "@" in key else store.orders_of(phone=key))
        found |= {order.id: order for order in orders}
    if _may_be_customer(turn):
        found |= {order.id: order for order in await _typed_orders(turn, given)}
    found |= {order.id: order for order in await _orders_by_code(turn)}
    allowed = []
    for order in found.values():
        if identity.allows(turn.context.policy, identity.SEEING, await proofs_for(turn, order)):
            allowed.append(order)
    allowed = await persons.of_one(turn, allowed)
    return tuple(sorted(allowed, key=lambda each: each.placed_at, reverse=True))


def _by_code(turn: Turn) -> list[str]:
    """Order ids, and `customer:ID`, that a one-time code proved in this thread."""
    return [key for key, words in turn.context.proofs.items() if words & identity.CODES]


async def _orders_by_code(turn: Turn) -> list[OrderSnapshot]:
    store, keys = turn.context.store, _by_code(turn)
    customers = [key.removeprefix("customer:") for key in keys if key.startswith("customer:")]
    found = [order for customer_id in customers for order in await store.orders_of(customer_id=customer_id)]
    known = {order.id for order in found}
    alone = [await store.order(key) for key in keys if not key.startswith("customer:") and key not in known]
    return found + [order for order in alone if order is not None]


async def orders_named(turn: Turn) -> list[str]:
    """The orders that the answer to "which one?" means, by place in the list or by what is in them, as choices' values."""
    options = turn.dialogue.options
    picked = yesno.choice(turn.text, [option.label for option in options]) or ()
    listed = [options[at].value for at in picked if at < len(options)]
    if listed:
        return listed
    named = [order for order in await my_orders(turn) if mentioned(turn.text, order.lines)]
    return [f"order:{normalise_number(named[0].number)}"] if len(named) == 1 else []


async def order_ids(turn: Turn, values: Sequence[str]) -> list[str]:
    """The store's ids of orders that choices' values name."""
    found = [await turn.context.store.order_by_number(each.removeprefix("order:")) for each in values]
    return [order.id for order in found if order is not None]


def _may_be_customer(turn: Turn) -> bool:
    """Whether what was typed would prove a customer under this policy, if it is true."""
    given = given_by(turn)
    typed = (("email", given.emails), ("name", given.names), ("zip", given.zips), ("phone", given.phones))
    words = frozenset(word for word, values in typed if values)
    return identity.takes_for_customer(turn.context.policy, identity.SEEING, words)


async def _typed_orders(turn: Turn, given: Given) -> list[OrderSnapshot]:
    """Orders on which a typed address or name stands; none for somebody who guessed too often."""
    if not turn.context.proofs:
        turn.is_first_proof = True
        if await _is_blocked(turn, ""):
            return []
    store = turn.context.store
    found = [order for email in given.emails[-2:] for order in await store.orders_of(email=email)]
    found += [order for phone in given.phones[-2:] for order in await store.orders_of(phone=phone)]
    pairs = [(name, code) for name in given.names for code in given.zips[-2:]]
    return found + [order for pair in pairs for order in await store.orders_by_name(*pair)]


async def _typed_customers(turn: Turn) -> list[CustomerRecord]:
    """Customers with a typed address or name; none where the policy takes nothing of it for a proof, or after many guesses."""
    given, store = given_by(turn), turn.context.store
    if not _may_be_customer(turn) or (not turn.context.proofs and await _is_blocked(turn, "")):
        return []
    turn.is_first_proof = turn.is_first_proof or not turn.context.proofs
    found = [record for email in given.emails[-2:] for record in await store.customers_by(email=email)]
    pairs = [(name, code) for name in given.names for code in given.zips[-2:]]
    return found + [record for pair in pairs for record in await store.customers_by_name(*pair)]


def given_by(turn: Turn) -> Given:
    """Everything that the asker typed or that their channel proves."""
    slots, sender = turn.dialogue.slots, turn.context.identity
    proven = sender.proof in ("channel", "verified")
    return Given(
        order_numbers=tuple(slots.order_numbers),
        emails=tuple(slots.emails),
        phones=tuple(slots.phones),
        names=tuple(slots.names),
        zips=tuple(slots.zips),
        channel=(sender.key,) if sender.kind in _CHANNEL_KINDS and proven else (),
        signed_in=turn.context.customer.store_id if sender.kind == "store" and proven else None,
    )


async def proofs_for(turn: Turn, order: OrderSnapshot) -> frozenset[str]:
    """The proof words that hold for an order: earned now, or earlier in this thread."""
    now = turn.context.now
    earned = identity.matching(order, given_by(turn), await turn.record(order), now=now)
    of_customer = turn.context.proofs.get(f"customer:{order.customer.id}", frozenset())
    earned |= identity.carried(turn.context.policy, order, of_customer, now)
    return earned | turn.context.proofs.get(order.id, frozenset()) | turn.proven.get(order.id, frozenset())


async def proofs_of_customer(turn: Turn, customer_id: str) -> frozenset[str]:
    """The proof words that hold for a customer as such: earned now, or earlier in this thread."""
    record = await turn.context.store.customer(customer_id) if customer_id else None
    earned = identity.matching_customer(record, given_by(turn)) if record else frozenset[str]()
    key = f"customer:{customer_id}"
    return earned | turn.context.proofs.get(key, frozenset()) | turn.proven.get(key, frozenset())


def numbers_in(turn: Turn) -> tuple[str, ...]:
    """Order numbers of this burst; a bare number counts beside an e-mail address or when we asked for one."""
    found = turn.understood.entities
    if _completes_a_name(turn):
        return ()
    if found.order_number or not (found.email or turn.dialogue.asked == "identify"):
        return not_taken_back(turn.text, found.order_number)
    rest = re.sub(r"\S+@\S+|(?<!\w)\d{4}(?:[ -]?\d{4}){2,4}(?!\w)", " ", turn.text)
    taken = {*found.zips, *found.phone, *found.tracking_number}
    return tuple(each for each in _BARE_NUMBER.findall(rest) if each not in taken)[:2]


def _completes_a_name(turn: Turn) -> bool:
    """Whether a bare number is the postal code that was asked for beside a name."""
    found = turn.understood.entities
    is_bare = bool(found.zips) and turn.text.strip(" .!").casefold() == found.zips[0].casefold()
    if not is_bare or turn.dialogue.asked != "identify" or _is_shaped_as_number(turn, found.zips[0]):
        return False
    return identity.takes_for_customer(turn.context.policy, identity.SEEING, frozenset({"name", "zip"}))


def _is_shaped_as_number(turn: Turn, code: str) -> bool:
    """Whether this shop's order numbers look like a postal code, and no name was given that it could belong to."""
    example = turn.context.shop.number_example.lstrip("#")
    return not turn.dialogue.slots.names and example.isdigit() and len(example) == len(code)


def _numbers(turn: Turn) -> list[str]:
    """Order numbers of this burst, else those that a question is still open about, or that could not be read before."""
    fresh = [normalise_number(number) for number in numbers_in(turn)]
    if fresh:
        return list(dict.fromkeys(fresh))
    if turn.choice and turn.choice.startswith("order:"):
        return [turn.choice.removeprefix("order:")]
    if turn.dialogue.asked == "identify" or _was_unreadable(turn):
        return [normalise_number(number) for number in turn.dialogue.slots.order_numbers[-1:]]
    return []


def _was_unreadable(turn: Turn) -> bool:
    """Whether the order system did not answer about the order that was named: nobody has to name it again."""
    return UNREADABLE in turn.dialogue.refused and not turn.dialogue.order_id


async def _in_focus(turn: Turn) -> Found | None:
    if not turn.dialogue.order_id:
        return None
    order = await turn.order(turn.dialogue.order_id)
    if order is None:
        return None
    proofs = await proofs_for(turn, order)
    return Found(order, proofs) if identity.allows(turn.context.policy, identity.SEEING, proofs) else None


async def _by_numbers(turn: Turn, numbers: list[str]) -> Found | None:
    """The first of the named orders that the asker may see; else a question, or the one answer to a miss."""
    given = given_by(turn)
    seen = await _first_allowed(turn, numbers, given)
    if seen is not None:
        return seen
    if _is_another(turn):
        turn.say("ask.email")
        turn.ask("identify")
    elif _has_second(given) and _is_complete(turn, given):
        _miss(turn)
    else:
        await _ask_who(turn)
    return None


def _is_another(turn: Turn) -> bool:
    """Whether a further order is named without a new proof: what proved the last one was only tried."""
    found = turn.understood.entities
    gives = bool(found.email or found.phone or found.zips)
    return bool(turn.dialogue.order_id) and not gives and turn.dialogue.asked != "identify" and _is_typed(turn)


def _is_typed(turn: Turn) -> bool:
    """Whether proof is what the asker types, not their channel or sign-in."""
    given = given_by(turn)
    return not (given.channel or given.signed_in)


async def known_order(turn: Turn) -> Found | None:
    """The order that is meant, if what was said already proves it; asks nothing."""
    numbers, given = _numbers(turn), given_by(turn)
    if numbers:
        return await _first_allowed(turn, numbers, given) if _has_second(given) else None
    return await _in_focus(turn)


def _has_second(given: Given) -> bool:
    """Whether something was given beside an order number."""
    return bool(given.emails or given.phones or given.names or given.zips or given.channel or given.signed_in)


async def _first_allowed(turn: Turn, numbers: list[str], given: Given) -> Found | None:
    """The first of the named orders that the asker may see; misses are counted."""
    has_second = _has_second(given)
    seen: Found | None = None
    for number in numbers[:_NUMBERS_AT_ONCE]:
        order = await turn.context.store.order_by_number(number)
        if order is not None:
            turn.orders[order.id] = order
        proofs = await proofs_for(turn, order) if order else frozenset[str]()
        allowed = order is not None and identity.allows(turn.context.policy, identity.SEEING, proofs)
        allowed = allowed and order is not None and not await persons.is_of_another(turn, order)
        held = order is not None and order.id in turn.context.proofs
        if has_second and not held:
            turn.is_first_proof = True
            allowed = not await _is_blocked(turn, number) and allowed
        if order is not None and allowed:
            seen = seen or _take(turn, Found(order, proofs))
        elif has_second:
            _remember_miss(turn, number, given)
    return seen


def _is_complete(turn: Turn, given: Given) -> bool:
    """Whether what was given could have proven an order: then not finding it is a miss, not a gap."""
    words = {"order_number"}
    words |= {name for name, values in (("email", given.emails), ("name", given.names), ("zip", given.zips)) if values}
    words |= {name for name, values in (("phone", given.phones), ("channel", given.channel)) if values}
    words |= {"signed_in"} if given.signed_in else set()
    return identity.allows(turn.context.policy, identity.SEEING, frozenset(words))


def _take(turn: Turn, found: Found) -> Found:
    turn.proven[found.order.id] = found.proofs
    turn.focus(found.order)
    if turn.dialogue.asked in ("identify", "which_order"):
        turn.settle()
    turn.dialogue.refused = [note for note in turn.dialogue.refused if note != _WAS_ASKED]
    turn.dialogue.misses = 0
    return found


async def _the_one(turn: Turn, orders: tuple[OrderSnapshot, ...], delivered: bool, *, is_named: bool) -> Found | None:
    """The only order that fits; several are asked about by name. `is_named` = they hold what the message names."""
    fitting = [order for order in orders if _fits(order, delivered, turn)] or list(orders if is_named else orders[:1])
    if len(fitting) > 1:
        fitting = _spoken_of(turn, fitting) or fitting
    if len(fitting) == 1:
        return _take(turn, Found(fitting[0], await proofs_for(turn, fitting[0])))
    turn.say("ask.which_order")
    turn.ask("which_order", [Option(_named(order), f"order:{normalise_number(order.number)}") for order in fitting[:6]])
    return None


def _spoken_of(turn: Turn, orders: Sequence[OrderSnapshot]) -> list[OrderSnapshot]:
    """Those with something that the customer named a little earlier in this thread."""
    number = next((normalise_number(each) for each in reversed(turn.dialogue.slots.order_numbers)), "")
    told = [order for order in orders if normalise_number(order.number) == number]
    return told or [order for order in orders if any(mentioned(text, order.lines) for text in lately_said(turn))]


def lately_said(turn: Turn) -> list[str]:
    """What the customer wrote a little earlier in this thread, the last messages of it in order."""
    since = (turn.context.now.timestamp() - _JUST_SAID_S) * 1000
    said = [
        str(event.body.get("text", ""))
        for event in turn.context.history
        if event.author_type == "customer" and event.type == "message" and event.at >= since
    ]
    return said[-_LAST_SAID:]


def _fits(order: OrderSnapshot, delivered: bool, turn: Turn) -> bool:
    if order.cancelled_at is not None:
        return False
    if order.is_delivered:
        arrived = order.delivered_at or order.updated_at
        return delivered or turn.context.now - arrived < timedelta(days=7)
    return not delivered and turn.context.now - order.placed_at < _RECENT * 4


def _named(order: OrderSnapshot) -> str:
    first = order.lines[0].title if order.lines else ""
    more = f" +{len(order.lines) - 1}" if len(order.lines) > 1 else ""
    return f"{order.number} · {first}{more}"


async def _ask_who(turn: Turn) -> None:
    """Ask for what is missing, in one question that says nothing about what exists."""
    if turn.dialogue.asked == "identify" and turn.dialogue.asked_times >= _ASKED_ENOUGH:
        turn.say("identify.person")
        turn.hand_off("identity")
        return
    slots = turn.dialogue.slots
    if await seeing.offer(turn):
        return
    way = _way_to_customer(turn)
    if way:
        turn.say(f"identify.ask_{way}")
        turn.ask("identify")
        return
    if turn.dialogue.asked == "identify" and not numbers_in(turn) and not turn.understood.entities.email:
        turn.say("ask.where_to_find" if turn.dialogue.asked_times == 1 else "ask.not_without")
        turn.ask("identify", [turn.option("choice.human", "human")])
        return
    if slots.order_numbers and not slots.emails:
        turn.say("ask.email")
    elif slots.emails and not slots.order_numbers:
        turn.say("ask.order_number", example=turn.context.shop.number_example)
    else:
        times = turn.dialogue.refused.count(_WAS_ASKED)
        key = ("ask.order_and_email", "ask.both_again", "ask.not_without")[min(times, 2)]
        turn.say(key, example=turn.context.shop.number_example)
        turn.dialogue.refused.append(_WAS_ASKED)
    turn.ask("identify")


def _way_to_customer(turn: Turn) -> str:
    """What to ask for where the policy proves a customer without an order number: `email`, `name`, or `both`; else empty."""
    if _has_second(given_by(turn)) and not _may_be_customer(turn) and turn.dialogue.slots.order_numbers:
        return ""
    by_email = identity.takes_for_customer(turn.context.policy, identity.SEEING, frozenset({"email"}))
    by_name = identity.takes_for_customer(turn.context.policy, identity.SEEING, frozenset({"name", "zip"}))
    return "both" if by_email and by_name else "email" if by_email else "name" if by_name else ""


def _miss(turn: Turn) -> None:
    """The one answer to every wrong guess, whatever was wrong with it."""
    turn.dialogue.misses += 1
    turn.dialogue.slots.order_numbers.clear()
    turn.dialogue.slots.emails.clear()
    turn.dialogue.slots.zips.clear()
    turn.dialogue.slots.names.clear()
    turn.dialogue.slots.phones.clear()
    turn.say("identify.miss")
    if turn.dialogue.misses >= _ASKED_ENOUGH:
        turn.say("identify.person")
        turn.hand_off("identity")
        return
    turn.ask("identify", [turn.option("choice.human", "human")])


def _remember_miss(turn: Turn, number: str, given: Given) -> None:
    context = turn.context
    buckets = [f"asker:{context.identity.id}"] + ([f"order:{short_hash(number)}"] if number else [])
    if context.net:
        buckets.append(f"net:{context.net}")
    tried = short_hash(number, *given.emails, *given.zips, *given.names, *given.phones)
    turn.guesses.append(Guess(tuple(buckets), tried))


async def _is_blocked(turn: Turn, number: str) -> bool:
    """Whether too many guesses were wrong; then even a right one is answered as wrong."""
    context = turn.context
    count, now = context.guesses.count, context.now
    if number and await count(f"order:{short_hash(number)}", now - timedelta(hours=24)) >= _ORDER_TRIES:
        return True
    if await count(f"asker:{context.identity.id}", now - timedelta(minutes=15)) >= _ASKER_TRIES:
        return True
    limit = context.lookups_per_net
    return bool(limit and context.net) and await count(f"net:{context.net}", now - timedelta(hours=1)) >= limit
