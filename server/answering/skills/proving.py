"""More proof: whether what the asker has proven opens an action, and a one-time code where it does not.

The code goes to an address that the order or its customer's record holds, never to one that was typed. While it is on its way the
task stays at work; once it was answered (at the door, see server/codes.py), the task is begun again. The evidence decides, never the
word that it came.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import phonenumbers

from server.answering import seeing
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.codes import QUESTION, Kind, Wanted
from server.commerce.model import CustomerRecord, Fact, OrderSnapshot
from server.policies import identity
from server.policies.shape import Policy

_ASKED_ENOUGH: Final = 5
_NO_TASK: Final = frozenset({"other", "greeting", "thanks", "goodbye", "account", "promo"})
"""What a message about a code may be taken for, beside nothing."""
_COSTLY: Final = frozenset(
    {
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.PAGER,
    }
)


@dataclass(frozen=True, slots=True)
class Contact:
    """An address that a code may go to."""

    kind: Kind
    address: str

    @property
    def masked(self) -> str:
        """As much of it as its owner needs to know it by."""
        mask = identity.mask_email if self.kind == "email" else identity.mask_phone
        return mask(self.address)


async def may(
    turn: Turn,
    action: str,
    order: OrderSnapshot | None,
    proofs: frozenset[str],
    customer: CustomerRecord | None = None,
    *,
    subject: str = "",
) -> bool:
    """Whether these proofs open an action on an order, or on the customer's own record.

    With `subject` a code that has to be sent proves that alone, and nothing else about the order.

    When it returns False everything was said and asked, or a person was called: the caller just returns, and its task is begun
    again with the proof. Raises StoreUnavailable."""
    policy = turn.context.policy
    owner = order.customer.id if order else (customer.id if customer else "")
    is_risky = await turn.gate.is_risky(action, order, owner, turn.context.thread_id)
    opens = identity.allows_risky if is_risky else identity.allows
    if opens(policy, action, proofs):
        return True
    contacts: list[Contact] = []
    record = customer
    if turn.context.codes is not None and opens(policy, action, proofs | {identity.CODE}):
        record = customer or (await turn.record(order) if order else None)
        new = await turn.gate.lately_changed(owner)
        contacts = [each for each in contacts_for(policy, order, record, turn) if (each.kind, each.address) not in new]
    if contacts:
        await _send(turn, action, order, record, contacts, subject)
    else:
        _to_person(turn, "identify.more_proof")
    return False


async def continues(turn: Turn) -> bool:
    """Take the answer to the question for a code; False when the message is about something else."""
    dialogue, task = turn.dialogue, turn.dialogue.task
    if dialogue.asked != QUESTION or task is None:
        return False
    if turn.choice == "code:lost":
        _to_person(turn, "codes.lost")
    elif turn.choice in ("code:wrong", "code:void"):
        turn.say(f"codes.{turn.choice.removeprefix('code:')}")
        turn.ask(QUESTION, dialogue.options)
    elif turn.choice in ("code:right", "code:resend", "code:phone"):
        await _begin_again(turn)
    elif turn.choice == "no" or yesno.answer(turn.text, turn.voice.language) == "no":
        turn.settle()
        dialogue.task = dialogue.proposal = None
        turn.say("confirm.dropped")
    elif _asks_else(turn, task.skill):
        return False
    elif dialogue.asked_times >= _ASKED_ENOUGH:
        _to_person(turn, "identify.more_proof")
    else:
        turn.say("codes.waiting")
        turn.ask(QUESTION, dialogue.options)
    return True


def contacts_for(
    policy: Policy, order: OrderSnapshot | None, record: CustomerRecord | None, turn: Turn
) -> list[Contact]:
    """Where a code may go, best first: e-mail before phone; the customer's own only where the order holds neither.

    A phone number counts for orders of the last months only, and only where the shop ships to."""
    home = turn.context.shop.region
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    if order is not None and (order.customer.emails or order.customer.phones):
        emails, phones = order.customer.emails, order.customer.phones
    elif record is not None:
        emails, phones = record.emails, record.phones
    if order is not None and turn.context.now - order.placed_at > timedelta(days=policy.channel.phone_days):
        phones = ()
    places = [order.ship_to.country] if order else [each.country for each in (record.addresses if record else ())]
    country = next((each for each in places if each), home)
    numbers = [identity.normal_phone(each, country) for each in phones]
    found = [Contact("email", identity.normal_text(each)) for each in emails if "@" in each]
    found += [Contact("phone", each) for each in numbers if _is_reachable(policy, each, home)]
    return list(dict.fromkeys(found))


def _is_reachable(policy: Policy, number: str, home: str) -> bool:
    """Whether a text message may go to a number: somewhere that the shop ships to, at an ordinary price."""
    if not number:
        return False
    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    named = {country for zone in policy.zones for country in zone.match.country if zone.verdict == "allow"}
    return bool({region, "*"} & (named | {home})) and phonenumbers.number_type(parsed) not in _COSTLY


async def _send(
    turn: Turn,
    action: str,
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
    contacts: list[Contact],
    subject: str,
) -> None:
    """Send a code and ask for it; what cannot be sent goes to a person."""
    phones = [each for each in contacts if each.kind == "phone"]
    contact = phones[0] if phones and turn.choice == "code:phone" else contacts[0]
    wanted = _wanted(turn, action, order, customer, contact, subject)
    outcome = await turn.context.codes.send(wanted) if turn.context.codes else "failed"
    if outcome in ("limit", "failed"):
        _to_person(turn, f"codes.{outcome}")
        return
    now = turn.context.now
    turn.speech.line("", Fact("done", "status", "send_code", f"codes:{context_key(turn)}", now))
    where = Fact("contact", "text", contact.masked, (order or customer or turn.context.store).source, now)
    turn.say(f"codes.{'soon' if outcome == 'soon' else 'sent'}_{contact.kind}", contact=where)
    options = [turn.option("codes.resend", "code:resend")]
    if phones and contact.kind == "email":
        options.append(turn.option("codes.by_phone", "code:phone"))
    turn.ask(QUESTION, [*options, turn.option("choice.human", "human")])


def context_key(turn: Turn) -> str:
    """The conversation and the message that a code was asked for by."""
    return f"{turn.context.conv}:{turn.context.answers}"


def _wanted(
    turn: Turn,
    action: str,
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
    contact: Contact,
    subject: str,
) -> Wanted:
    context = turn.context
    subjects = [order.id] if order else []
    if customer is not None and (order is None or _is_mailbox_of(customer, contact)):
        subjects.append(f"customer:{customer.id}")
    subjects = [subject] if subject else subjects
    return Wanted(
        context.thread_id, context.identity.id, context.answers, context.net, f"{action}:{subjects[0]}",
        "otp", tuple(subjects), contact.kind, contact.address, seeing.message(turn, action, order.number if order else ""),
        is_again=turn.choice in ("code:resend", "code:phone"),
    )  # fmt: skip


def _is_mailbox_of(customer: CustomerRecord, contact: Contact) -> bool:
    """Whether an address proves the customer, beyond the one order on which it stands."""
    return contact.kind == "email" and contact.address in map(identity.normal_text, customer.emails)


def _asks_else(turn: Turn, skill: str) -> bool:
    """Whether the message surely asks for something other than what the code is for."""
    understood = turn.understood
    return not understood.abstain and understood.intent not in _NO_TASK and understood.intent != skill


async def _begin_again(turn: Turn) -> None:
    """Take up the task that waits for the code."""
    from server.answering.skills.registry import SKILLS  # which knows this module

    task = turn.dialogue.task
    if task is None:
        return
    turn.settle()
    turn.work_on(task, task.text)
    await SKILLS[task.skill](turn)


def _to_person(turn: Turn, key: str) -> None:
    turn.settle()
    turn.say(key)
    turn.hand_off("identity")
