"""A code for seeing orders, where somebody gave an e-mail address and nothing else.

The answer is the same whether anybody is known by that address or not, and so is the work; only the message goes out or not. The
order number stays the other way in, and is asked for in the same breath.
"""

import re
from datetime import timedelta
from typing import Final

from server.answering.context import Option
from server.answering.turn import Turn
from server.codes import PLACE, Wanted
from server.commerce.model import OrderSnapshot
from server.policies import identity

DAILY: Final = 3
_MOST_ORDERS: Final = 20
_AGAIN: Final = re.compile(
    r"\b(?:re-?send|send (?:it|me|another|a new|the code)|(?:another|a new|new) code|again|"
    r"(?:did ?n[o']?t|have ?n[o']?t|never|not) (?:get|got|received?|arrived?|come)|no code|nothing (?:came|arrived)|"
    r"(?:otra vez|de nuevo|otro c[oó]digo|nuevo c[oó]digo|no (?:me )?(?:ha )?lleg\w+|no recib\w+|reenv[ií]\w+)|"
    r"(?:renvoy\w+|autre code|nouveau code|pas re[cç]u|rien re[cç]u|encore une fois)|"
    r"(?:noch ?mal|erneut|neuen? code|anderen? code|nicht (?:bekommen|erhalten|angekommen)|kein(?:en)? code|nichts bekommen)|"
    r"(?:outra vez|novamente|outro c[oó]digo|novo c[oó]digo|n[aã]o (?:recebi|chegou)|reenvi\w+))\b",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(
    r"\b(?:sms|text (?:me|message)|(?:by|to my|on my|via) (?:phone|cell|mobile)|tel[eé]fono|m[oó]vil|t[eé]l[eé]phone|portable|"
    r"handy|telefon|telefone|celular|telem[oó]vel)\b",
    re.IGNORECASE,
)
_LOST: Final = re.compile(
    r"(?:\b(?:lost|no (?:longer|more)|don'?t (?:have|use)|do not have|can(?:'?t|not) (?:get|open|access|reach|log)|"
    r"no access|old) .{0,30}\b(?:e-?mail|mail ?box|inbox|account|address|phone|number|access)|"
    r"\b(?:ya no|perd[ií]|sin acceso|no tengo|no puedo) .{0,30}\b(?:correo|e-?mail|cuenta|buz[oó]n|tel[eé]fono|n[uú]mero|acceso|entrar)|"
    r"\b(?:plus (?:acc[eè]s|cette)|perdu|je n'ai plus|pas acc[eè]s) .{0,30}\b(?:e-?mail|mail|adresse|bo[iî]te|t[eé]l[eé]phone|num[eé]ro)|"
    r"\b(?:kein(?:en)? zugriff|nicht mehr|verloren|alte) .{0,30}\b(?:e-?mail\w*|mail\w*|postfach|adresse|konto|nummer|handy|zugriff)|"
    r"\b(?:perdi|n[aã]o tenho mais|j[aá] n[aã]o tenho|sem acesso) .{0,30}\b(?:e-?mail|conta|caixa|telefone|n[uú]mero|acesso))",
    re.IGNORECASE,
)


async def offer(turn: Turn) -> bool:
    """Answer the question of who is asking by a code to the address that was given; False where that is no way.

    Raises StoreUnavailable."""
    codes, slots = turn.context.codes, turn.dialogue.slots
    if codes is None or not slots.emails or slots.order_numbers:
        return False
    if not identity.allows(turn.context.policy, identity.SEEING, frozenset({identity.CODE_TO_SEE})):
        return False
    example = turn.context.shop.number_example
    if turn.choice == "code:lost":
        return False
    if turn.choice in ("code:wrong", "code:void"):
        turn.say(f"codes.{turn.choice.removeprefix('code:')}_see", example=example)
    else:
        outcome = await codes.send(await _wanted(turn, slots.emails[-1]))
        if outcome in ("limit", "failed"):
            return False
        turn.is_first_proof = turn.is_first_proof or not turn.context.proofs
        turn.say("codes.soon_see" if outcome == "soon" else "codes.see", example=example)
    turn.ask("identify", _ways_on(turn))
    return True


def _ways_on(turn: Turn) -> list[Option]:
    return [turn.option("codes.resend", "code:resend"), turn.option("choice.human", "human")]


async def _wanted(turn: Turn, email: str) -> Wanted:
    """The code for an address: it proves every customer and order that is known by it.

    An order with this address may be of somebody whose own address is another: their other orders stay closed."""
    context, store = turn.context, turn.context.store
    customers = await store.customers_by(email=email)
    orders = await store.orders_of(email=email)
    people = {each.id for each in customers}
    subjects = [f"customer:{each}" for each in sorted(people)]
    subjects += [order.id for order in orders if _stands_alone(turn, order, people)][:_MOST_ORDERS]
    key = identity.normal_text(email)
    return Wanted(
        context.thread_id, context.identity.id, context.answers, context.net, f"{identity.SEEING}:{key}",
        "otp_see", tuple(subjects), "email", key, message(turn, identity.SEEING, ""), is_known=bool(subjects),
        is_again=turn.choice == "code:resend", is_quiet=True, daily=DAILY,
    )  # fmt: skip


def _stands_alone(turn: Turn, order: OrderSnapshot, people: set[str]) -> bool:
    """Whether the proof of these people does not reach an order: somebody else's, or from long ago."""
    age = turn.context.now - order.placed_at
    return order.customer.id not in people or age > timedelta(days=turn.context.policy.channel.phone_days)


def meant(text: str) -> str | None:
    """What words without a tap say about a code: `code:resend`, `code:phone` or `code:lost`."""
    plain = text.replace("’", "'")
    if _LOST.search(plain):
        return "code:lost"
    if _PHONE.search(plain):
        return "code:phone"
    return "code:resend" if _AGAIN.search(plain) else None


def message(turn: Turn, purpose: str, number: str) -> str:
    """The text that goes out: whose shop, what for, and that nobody calls to ask for it."""
    voice = turn.voice
    key = f"codes.purpose.{purpose}"
    if not voice.has(key):
        key = "codes.purpose.order" if number else "codes.purpose.account"
    return voice.text("codes.message", shop=turn.context.shop.name, code=PLACE, purpose=voice.text(key, number=number))
