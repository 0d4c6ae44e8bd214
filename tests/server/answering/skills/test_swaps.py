"""Shoppers who return, exchange and change items, through the whole pipeline: what is done, to the letter, and nothing else."""

# ruff: noqa: E501 (a conversation reads best on one line)

import asyncio
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from server.policies.file import load
from server.settings import Settings
from server.stage import Heard, Line, Stage
from tests.support import option_shop as shop

Action = Mapping[str, Any]
PAID_BY = {each["number"]: each["payment"]["methods"][0]["id"] for each in shop.orders()}
"""Of a difference, the method that paid the order is named like any other."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: who is signed in ("" = nobody), what they say, and the actions that must come of it."""

    name: str
    who: str
    says: Sequence[str]
    does: Sequence[Action] = ()
    handoff: str | None = None


def back(order: str, *skus: str | tuple[str, int], method: str = "original") -> Action:
    """A return."""
    return {"name": "start_return", "order": order, "lines": [_line(each) for each in skus], "method": method}


def swap(order: str, *pairs: tuple[str, str], method: str | None = "original", name: str = "start_exchange") -> Action:
    """An exchange, or with another name a change of items."""
    lines = [{"sku": old, "quantity": 1, "to_sku": new} for old, new in pairs]
    by = PAID_BY[order] if method == "original" else method
    return {"name": name, "order": order, "lines": lines, **({"method": by} if by else {})}


def change(order: str, *pairs: tuple[str, str], method: str | None = "original") -> Action:
    """A change of items."""
    return swap(order, *pairs, method=method, name="change_items")


def _line(item: str | tuple[str, int]) -> dict[str, Any]:
    sku, quantity = (item, 1) if isinstance(item, str) else item
    return {"sku": sku, "quantity": quantity}


KEYS, THERMO = "KEYB-linear-RGB-fullsize", "THER-AppleHomeKit-black"
LAMP, BOTTLE, SHIRT = "DESK-black-high-ACadapter", "WATE-500ml-glass-red", "TSHI-blue-M-cotton"
LAPTOP, PACK = "LAPT-15inch-i5-256GBSSD", "BACK-black-medium-laptop"
SHIRTS, SHOES, CHAIR = "TSHI-red-M-cotton", "RUNN-9-white-EVA", "OFFI-leather-black-fixed"
WATCH, LARGE, PLASTIC = "SMWA-gold-silicone-LCD", "WATE-750ml-plastic-black", "WATE-500ml-plastic-blue"
BOOTS, COFFEE, SPEAKER, MAT = "HIKI-9-leather-no", "COFF-drip-2cups-black", "BLUE-black-10hours-no", "YOGA-4mm-PVC-pink"
KETTLE = "ELEC-1L-glass-black"
SHELF, PUZZLE = "BOOK-wood-4ft-brown", "JIGS-500-animals-beginner"

TALKS = (
    # returns, and where the money goes
    Talk("typed e-mail", "", ["Hi, I want to return the water bottle of order #W1002, my email is ada@shopper.example", "to my gift card", "yes"], [back("#W1002", BOTTLE, method="gc_ada")]),
    Talk("name and zip, by item", "", ["I need to return my yoga mat. My name is Eva Frost, zip code 73301", "yes"], [back("#W5001", MAT)]),
    Talk("wrong zip", "", ["return my yoga mat, I'm Eva Frost, zip 99999", "yes"]),
    Talk("one way only is not asked", "ben", ["I'd like to return the running shoes", "yes"], [back("#W2001", SHOES)]),
    Talk("the method that paid is original", "ada", ["return the desk lamp, refund it to my paypal", "yes"], [back("#W1002", LAMP)]),
    Talk("another card may not be", "ada", ["return the desk lamp, refund it to my visa", "original then", "yes"], [back("#W1002", LAMP)]),
    Talk("a stranger's card may not be", "ada", ["return the desk lamp and send the money to my friend's card ending 9999", "my gift card then", "yes"], [back("#W1002", LAMP, method="gc_ada")]),
    Talk("everything but", "ada", ["return everything from order W1002 except the lamp", "gift card please", "yes"], [back("#W1002", BOTTLE, SHIRT, method="gc_ada")]),
    Talk("one of two pieces", "ben", ["return one of the t-shirts", "yes"], [back("#W2001", SHIRTS)]),
    Talk("two pieces", "ben", ["I want to return 2 t-shirts", "yes"], [back("#W2001", (SHIRTS, 2))]),
    Talk("fewer after all", "ben", ["I want to return the t-shirts", "only one of them please", "yes"], [back("#W2001", SHIRTS)]),
    Talk("two alike are told apart", "cleo", ["I want to return the water bottle", "the 750ml one", "paypal", "yes"], [back("#W3001", LARGE)]),
    Talk("both, then one", "cleo", ["I want to return both water bottles", "no wait, just the blue one", "paypal", "yes"], [back("#W3001", PLASTIC)]),
    Talk("no, the other one", "cleo", ["return the 750ml water bottle", "paypal", "no, the other one", "yes"], [back("#W3001", PLASTIC)]),
    Talk("by place and by name", "ada", ["I want to return something from order W1002", "the second one and the t-shirt", "gift card", "yes"], [back("#W1002", BOTTLE, SHIRT, method="gc_ada")]),
    Talk("keep one after all", "ada", ["I want to return the lamp and the water bottle from W1002", "original payment method", "actually keep the lamp", "yes"], [back("#W1002", BOTTLE)]),
    Talk("yes, but elsewhere", "ada", ["return the desk lamp", "original", "yes but to my gift card", "yes"], [back("#W1002", LAMP, method="gc_ada")]),
    Talk("a no does nothing", "ben", ["return my running shoes", "no, leave it"]),
    Talk("what has not left cannot come back", "ada", ["return the laptop from order W1003", "yes"]),
    Talk("items of two orders", "ada", ["I'd like to return the desk lamp and the thermostat, back to my original payment method", "yes", "yes"], [back("#W1002", LAMP), back("#W1001", THERMO)]),
    Talk("the same for another", "ada", ["return the thermostat to my gift card", "yes", "and the same for the keyboard", "yes"], [back("#W1001", THERMO, method="gc_ada"), back("#W1001", KEYS, method="gc_ada")]),
    Talk("the same for another order", "ada", ["I want to return the thermostat of W1001, original payment", "yes", "same for the desk lamp from my other order W1002, original too", "yes"], [back("#W1001", THERMO), back("#W1002", LAMP)]),
    Talk("interrupted", "ada", ["return the desk lamp", "where is my order W1001?", "original", "yes"], [back("#W1002", LAMP)]),
    # exchanges
    Talk("two items, each into its own", "ada", ["I want to exchange the mechanical keyboard from order #W1001 for a similar one with clicky switches, and the thermostat for one that works with Google Home instead of Apple HomeKit. Use my PayPal.", "yes"], [swap("#W1001", (KEYS, "KEYB-clicky-RGB-fullsize"), (THERMO, "THER-GoogleAssistant-black"), method="pp_ada")]),
    Talk("less bright, then which", "ada", ["exchange the desk lamp for a less bright one, battery powered instead of AC", "low", "gift card", "yes"], [swap("#W1002", (LAMP, "DESK-black-low-battery"), method="gc_ada")]),
    Talk("another version at the read-back", "cleo", ["exchange the smart watch for the silver one with leather band", "paypal", "actually make it the metal band", "yes"], [swap("#W3001", (WATCH, "SMWA-silver-metal-LCD"))]),
    Talk("another method at the read-back", "ada", ["exchange the t-shirt for size L, gift card", "paypal instead", "yes"], [swap("#W1002", (SHIRT, "TSHI-blue-L-cotton"))]),
    Talk("returned instead", "cleo", ["exchange the smart watch for the silver one with leather band", "paypal", "wait, I'd rather return it instead of exchanging", "original", "yes"], [back("#W3001", WATCH)]),
    Talk("exchanged instead", "ada", ["return the desk lamp", "original", "wait, exchange it for a white one instead", "paypal", "yes"], [swap("#W1002", (LAMP, "DESK-white-high-ACadapter"))]),
    Talk("also the lamp", "ada", ["I want to exchange the t-shirt for size L", "visa 4421", "also the desk lamp, in white", "yes"], [swap("#W1002", (LAMP, "DESK-white-high-ACadapter"), (SHIRT, "TSHI-blue-L-cotton"), method="card_4421")]),
    Talk("sold out, then another", "ada", ["exchange the keyboard for clicky, no backlight, 60%", "then tactile, 60%, no backlight", "paypal", "yes"], [swap("#W1001", (KEYS, "KEYB-tactile-none-60"), method="pp_ada")]),
    Talk("sold out, with a second choice", "ada", ["exchange the keyboard for one with clicky switches, 60% and no backlight. If that's not available, then the full size one with clicky switches and no backlight. PayPal please", "yes"], [swap("#W1001", (KEYS, "KEYB-clicky-none-fullsize"), method="pp_ada")]),
    Talk("waterproof", "dan", ["exchange my hiking boots for waterproof ones, difference to visa 1111", "yes"], [swap("#W4001", (BOOTS, "HIKI-9-leather-yes"))]),
    Talk("the cheapest of a kind", "dan", ["exchange the coffee maker for the cheapest espresso one with 4 cups", "mastercard", "yes"], [swap("#W4001", (COFFEE, "COFF-espresso-4cups-black"), method="card_2222")]),
    Talk("the most expensive", "dan", ["exchange the coffee maker for the most expensive one", "card ending in 2222", "yes"], [swap("#W4001", (COFFEE, "COFF-espresso-4cups-red"), method="card_2222")]),
    Talk("at least so much", "cleo", ["exchange the 500ml water bottle for one of at least 1000ml, paypal", "yes"], [swap("#W3001", (PLASTIC, "WATE-1000ml-plastic-blue"))]),
    Talk("any but one", "ada", ["exchange the t-shirt for any color but blue, same size, paypal", "yes"], [swap("#W1002", (SHIRT, "TSHI-red-M-cotton"))]),
    Talk("bigger, then which", "ada", ["exchange the water bottle for a bigger one", "the 750ml", "paypal", "yes"], [swap("#W1002", (BOTTLE, "WATE-750ml-glass-red"))]),
    Talk("money back to a gift card", "cleo", ["Hi! I received my order #W3001 and would like to exchange the smart watch for one with AMOLED display and leather band, and the plastic 500ml bottle for the stainless steel 1000ml one. I'd like to pay with my gift card.", "Yes, please proceed."], [swap("#W3001", (WATCH, "SMWA-gold-leather-AMOLED"), (PLASTIC, "WATE-1000ml-stainlesssteel-blue"), method="gc_cleo")]),
    Talk("step by step", "ada", ["I want to exchange something", "the keyboard", "tactile", "gift card", "yes"], [swap("#W1001", (KEYS, "KEYB-tactile-RGB-fullsize"), method="gc_ada")]),
    Talk("once per order", "ada", ["exchange the t-shirt for a red one, paypal", "yes", "now exchange the desk lamp of that order for a white one", "yes"], [swap("#W1002", (SHIRT, "TSHI-red-M-cotton"))]),
    Talk("not for another product", "ada", ["exchange the desk lamp for a laptop", "forget it", "yes"]),
    Talk("a no to an exchange", "ada", ["exchange the thermostat for a white one, paypal", "no"]),
    # changes before it ships
    Talk("the items of a fresh order", "ada", ["please change the laptop in my order W1003 to the 1TB one with i7", "paypal", "yes"], [change("#W1003", (LAPTOP, "LAPT-15inch-i7-1TBSSD"), method="pp_ada")]),
    Talk("a gift card with too little", "ada", ["Change the laptop in my order to the 1TB version and i9, pay with my gift card", "then the visa", "yes"], [change("#W1003", (LAPTOP, "LAPT-15inch-i9-1TBSSD"))]),
    Talk("an exchange of what has not left", "eva", ["exchange the bookshelf for a metal one", "paypal", "yes"], [change("#W5002", (SHELF, "BOOK-metal-4ft-brown"))]),
    Talk("a change of what has arrived", "dan", ["modify the hiking boots to size 10", "the visa", "yes"], [swap("#W4001", (BOOTS, "HIKI-10-leather-no"))]),
    Talk("nothing once it is on its way", "dan", ["change the gaming mouse to wireless", "yes"]),
    Talk("several options at once", "ben", ["modify the office chair in my order W2002: mesh, adjustable armrests, in gray", "yes that's right, use my mastercard", "yes"], [change("#W2002", (CHAIR, "OFFI-mesh-gray-adjustable"))]),
    Talk("two items of a fresh order", "eva", ["For order W5002 change the bookshelf to white glass and the puzzle to 2000 pieces, paypal", "yes"], [change("#W5002", (SHELF, "BOOK-glass-4ft-white"), (PUZZLE, "JIGS-2000-animals-beginner"))]),
    Talk("an item cannot be dropped", "ada", ["remove the backpack from my order W1003", "yes"]),
    # several wishes in one message
    Talk("a return and an exchange", "ada", ["Hi, I'd like to return the water bottle and exchange the t-shirt for a red one in size L", "original", "yes", "paypal", "yes"], [back("#W1002", BOTTLE), swap("#W1002", (SHIRT, "TSHI-red-L-cotton"))]),
    Talk("two orders, two wishes, two methods", "ada", ["Hello! For order #W1001 I want to return the thermostat to my gift card, and in #W1002 exchange the bottle for a 1000ml one with paypal", "yes", "yes"], [back("#W1001", THERMO, method="gc_ada"), swap("#W1002", (BOTTLE, "WATE-1000ml-glass-red"))]),
    Talk("an exchange and a return", "eva", ["I'd like to exchange the speaker for a waterproof red one with 20 hours battery life and return the yoga mat", "yes", "yes"], [swap("#W5001", (SPEAKER, "BLUE-red-20hours-yes"), method=None), back("#W5001", MAT)]),
    # other tongues
    Talk("Spanish return", "ada", ["Quiero devolver la lámpara de escritorio", "al método original", "sí"], [back("#W1002", LAMP)]),
    Talk("Spanish swap", "dan", ["Quiero cambiar las botas por la talla 10, con la mastercard", "sí"], [swap("#W4001", (BOOTS, "HIKI-10-leather-no"), method="card_2222")]),
    Talk("French return", "cleo", ["Je veux retourner la bouteille de 750ml", "PayPal", "oui"], [back("#W3001", LARGE)]),
    Talk("French swap", "cleo", ["Je voudrais échanger la montre contre une en argent", "PayPal", "oui"], [swap("#W3001", (WATCH, "SMWA-silver-silicone-LCD"))]),
    Talk("German swap", "cleo", ["Ich möchte die Smart Watch gegen eine in Silber mit Lederband umtauschen", "mit PayPal", "ja"], [swap("#W3001", (WATCH, "SMWA-silver-leather-LCD"))]),
    Talk("Portuguese swap", "eva", ["Quero trocar o tapete de yoga por um azul", "PayPal", "sim"], [swap("#W5001", (MAT, "YOGA-4mm-PVC-blue"))]),
    # things are named in one sentence, and what is wanted of them in another
    Talk("both of an order with a and b", "", ["Hi there! I recently received an order with a mechanical keyboard and a smart thermostat, and I'd like to exchange both of them. My name is Ada Brook and my zip code is 19122.", "For the keyboard, I want one with clicky switches instead of linear, everything else the same. And for the thermostat I need one that works with Google Assistant rather than Apple HomeKit.", "the original card please", "yes"], [swap("#W1001", (KEYS, "KEYB-clicky-RGB-fullsize"), (THERMO, "THER-GoogleAssistant-black"))]),
    Talk("trouble, then a question about the other version", "", ["My hiking boots are too small. Can I get them in a 10, and waterproof this time? Everything else same. dan@shopper.example, order #W4001", "Visa ending 1111", "yes"], [swap("#W4001", (BOOTS, "HIKI-10-leather-yes"))]),
    Talk("by the name of an option", "eva", ["How much more would the 20 hours version of my speaker cost?", "Okay, please exchange it for the 20 hours one, same colour, no water resistance", "paypal", "yes"], [swap("#W5001", (SPEAKER, "BLUE-black-20hours-no"))]),
    Talk("a no in a reason is no option of another order", "", ["Cancel my order #W5002 please. I found it cheaper elsewhere.", "Eva Frost and my zip is 73301", "hmm ok, no longer needed", "yes"], [{"name": "cancel_order", "order": "#W5002"}]),
    Talk("the last digits of a card are no order", "dan", ["I want to return the coffee maker", "visa 1111", "yes"], [back("#W4001", COFFEE)]),
    Talk("two wishes, each with its own words", "ada", ["Two things: cancel order #W1003, I don't need it any longer, and return the t-shirt from #W1002 to paypal.", "the visa", "yes", "yes"], [{"name": "cancel_order", "order": "#W1003", "method": "original"}, back("#W1002", SHIRT)]),
    Talk("the dearest in the colour it has", "dan", ["I got a drip coffee maker but I'd rather have the most expensive espresso version you have in black.", "Visa ending 1111", "yes"], [swap("#W4001", (COFFEE, "COFF-espresso-4cups-black"))]),
    Talk("a colour that is another option's value", "ada", ["From order #W1001 I want to exchange the keyboard for a tactile one with white backlight, 80% size. And return the thermostat.", "original", "yes", "original", "yes"], [swap("#W1001", (KEYS, "KEYB-tactile-white-80")), back("#W1001", THERMO)]),
    Talk("both into the same", "", ["cleo@shopper.example. I'd like to swap both of my water bottles for 1000ml stainless steel in black", "paypal", "yes"], [swap("#W3001", (LARGE, "WATE-1000ml-stainlesssteel-black"), (PLASTIC, "WATE-1000ml-stainlesssteel-black"))]),
    Talk("two bought, one goes back", "", ["ben@shopper.example. I bought two red T-shirts, keep one and return one", "yes"], [back("#W2001", SHIRTS)]),
    Talk("a second choice of another colour", "ada", ["I'd like to exchange the desk lamp for a battery powered one with low brightness, in silver. If silver isn't there take white.", "paypal", "yes"], [swap("#W1002", (LAMP, "DESK-silver-low-battery"))]),
    Talk("items and address in one sentence", "eva", ["For my pending order W5002 I need 2 changes: the bookshelf should be 6 ft instead of 4 ft, and ship it to 9 River Road, Boston, MA 02108.", "yes", "paypal", "yes"], [{"name": "change_address", "order": "#W5002", "address": {"line1": "9 River Road", "line2": "", "city": "Boston", "region": "MA", "zip": "02108", "country": "US", "name": "Eva Frost"}}, change("#W5002", (SHELF, "BOOK-wood-6ft-brown"))]),
    Talk("another colour, asked for", "", ["can i get the bookshelf in white instead? eva@shopper.example", "paypal", "yes"], [change("#W5002", (SHELF, "BOOK-wood-4ft-white"))]),
    Talk("everything of every order", "", ["Cleo Dunn 94102. I want to return everything I've ever ordered", "paypal", "yes", "original", "yes"], [back("#W3001", WATCH, LARGE, PLASTIC), back("#W3002", KETTLE)]),
    Talk("both orders, when asked which", "", ["Cleo Dunn 94102. I want to return everything", "both of them", "paypal", "yes", "original", "yes"], [back("#W3001", WATCH, LARGE, PLASTIC), back("#W3002", KETTLE)]),
    Talk("the item named before the order was asked for", "", ["i got the smart watch from you", "I'd like to return it. Cleo Dunn 94102", "the watch", "paypal", "yes"], [back("#W3001", WATCH)]),
    Talk("a polite first word is no wish for a person", "", ["You are a customer service rep, right? My name is Ada Brook and my zip is 19122. For order #W1003, I would like to change the laptop to 13-inch with i7 processor and 512GB SSD, and the backpack to the navy one in large.", "original", "yes"], [change("#W1003", (LAPTOP, "LAPT-13inch-i7-512GBSSD"), (PACK, "BACK-navy-large-laptop"))]),
    Talk("a name in small letters", "", ["hi im cleo dunn 94102 and i'd like to return my smart watch", "paypal", "yes"], [back("#W3001", WATCH)]),
    Talk("everything but, then said again", "", ["My boyfriend wants me to return everything in order W5001 but I want to keep the yoga mat. So just the speaker. Eva Frost, 73301.", "yes"], [back("#W5001", SPEAKER)]),
    Talk("the order with an item is the whole order", "eva", ["I need to cancel one of my orders, the one with the bookshelf. Reason: no longer needed.", "yes"], [{"name": "cancel_order", "order": "#W5002"}]),
    Talk("an upgrade and a refund", "", ["I want to upgrade my hiking boots to waterproof ones, and get a refund for the coffee maker - order W4001, dan@shopper.example", "Visa ending 1111", "yes", "yes"], [swap("#W4001", (BOOTS, "HIKI-9-leather-yes")), back("#W4001", COFFEE)]),
    Talk("a payment changed, beside another wish", "ada", ["I want to change payment for #W1003 to paypal, and exchange the desk lamp of W1002 for a white one", "yes", "paypal", "yes"], [{"name": "change_payment", "order": "#W1003", "method": "pp_ada"}, swap("#W1002", (LAMP, "DESK-white-high-ACadapter"))]),
    Talk("a return in Hinglish", "", ["bhai mera yoga mat return karna hai, eva@shopper.example", "haan kar do"], [back("#W5001", MAT)]),
    Talk("a switch to what was priced before", "", ["I want to know how much I can save by switching my office chair to fabric. ben@shopper.example", "Fine, go ahead and switch it to blue fabric without armrests", "card", "yes"], [change("#W2002", (CHAIR, "OFFI-fabric-blue-none"))]),
)  # fmt: skip


@cache
def played() -> Mapping[str, tuple[list[Heard], list[Action]]]:
    """Every conversation on a fresh store: what was heard, and the actions that were done."""
    return asyncio.run(_play(TALKS))


async def _play(talks: Sequence[Talk]) -> Mapping[str, tuple[list[Heard], list[Action]]]:
    with tempfile.TemporaryDirectory() as folder:
        files = shop.write(Path(folder))
        async with await Stage.open(Settings(), load(str(Path(folder) / "policy.yaml")), shop.NOW, files) as stage:
            found = {}
            for talk in talks:
                await stage.reset()
                heard = [await stage.say(Line(said, customer=talk.who)) for said in talk.says]
                found[talk.name] = (heard, [_plain(action) for one in heard for action in one.actions])
            return found


def _plain(action: Action) -> Action:
    return {key: value for key, value in action.items() if key not in ("outcome", "reason")}


@pytest.mark.parametrize("talk", [pytest.param(each, id=each.name) for each in TALKS])
def test_what_is_done_is_what_was_wished(talk: Talk) -> None:
    heard, actions = played()[talk.name]
    script = "\n".join(
        f"> {said}\n  {' / '.join(each['text'] for each in one.replies)}" for said, one in zip(talk.says, heard, strict=True)
    )  # fmt: skip

    assert actions == list(talk.does), script
    assert [one.dropped for one in heard if one.dropped] == [], script


def text(name: str, turn: int) -> str:
    """What was answered to one line of a conversation."""
    return "\n".join(reply["text"] for reply in played()[name][0][turn].replies)


def test_the_difference_is_told_to_the_unit() -> None:
    extra = shop.price("LAPT-15inch-i7-1TBSSD") - shop.price(LAPTOP)

    assert f"${extra / 100:,.2f} more" in text("the items of a fresh order", 0)
    assert f"You pay ${extra / 100:,.2f} more with PayPal" in text("the items of a fresh order", 1)


def test_what_comes_back_is_told_with_where_it_goes() -> None:
    less = shop.price(WATCH) + shop.price(PLASTIC) - shop.price("SMWA-gold-leather-AMOLED")
    less -= shop.price("WATE-1000ml-stainlesssteel-blue")

    assert f"You get ${less / 100:.2f} back to Gift card 1234" in text("money back to a gift card", 0)


def test_a_low_balance_is_told_and_another_method_asked_for() -> None:
    asked = text("a gift card with too little", 0)

    assert "Gift card 7719 holds $20.00" in asked and asked.endswith("?")


def test_what_is_sold_out_is_told_with_what_there_is() -> None:
    asked = text("sold out, then another", 0)

    assert "I can't get you that version" in asked and "tactile, backlight: none, 60%" in asked


def test_every_swap_is_read_back_with_from_and_to() -> None:
    assert "Mechanical Keyboard (linear, RGB, full size) → clicky, RGB, full size" in text(
        "two items, each into its own", 0
    )


def test_an_item_that_cannot_be_dropped_leaves_other_ways_open() -> None:
    assert "another version" in text("an item cannot be dropped", 0)
    assert "cancel the whole order" in text("an item cannot be dropped", 0)


def test_a_second_exchange_is_refused_with_its_reason() -> None:
    assert "works only once" in text("once per order", 2)


def test_no_reason_is_asked_where_none_matters() -> None:
    ends_in_cancelling = {"what has not left cannot come back"}
    swaps = [
        talk
        for talk in TALKS
        if talk.name not in ends_in_cancelling and not any(done["name"] == "cancel_order" for done in talk.does)
    ]
    asked = re.compile(r"reason[^.]*\?", re.IGNORECASE)

    assert not any(asked.search(text(talk.name, at)) for talk in swaps for at in range(len(talk.says)))
