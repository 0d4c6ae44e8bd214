"""Talks whose lines are fixed before: who is asking, what is wished, what would be asked, then a yes and one more, and one to spare.

A line that answers what was not asked is kept; a spare yes does nothing and brings nobody.
"""

# ruff: noqa: E501 (a conversation reads best on one line)

import asyncio
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from server.policies.file import load
from server.settings import Settings
from server.stage import Line, Stage
from tests.support import varied_shop
from tests.support.errands import Action, Told, back, beside, cancel, change, move, pay, plain, profiles, swap
from tests.support.varied_shop import (
    BACKPACK,
    BLACK_SNEAKERS,
    BROWN_BED,
    CAMERA,
    CLOCK,
    FRESH_PERFUME,
    HELMET,
    HOSE,
    NAVY_JACKET,
    PERFUME,
    PHONE,
    PURIFIER,
    PURPLE_SHIRT,
    RED_SHIRT,
    SILVER_SUNGLASSES,
    SKATEBOARD,
    SUNGLASSES,
    sku,
)

_YES: Final = ("yes", "Yes, please go ahead.", "yes")
TALKS: Final[Sequence[tuple[str, Sequence[str], Sequence[Action]]]] = (
    (
        "where the money goes is said at the read-back",
        [
            "My e-mail is omar.haddad77@mailbox.example",
            "Please cancel my order W6200033. I ordered it by mistake.",
            "Refund to the gift card I paid with please.",
            *_YES,
        ],
        [cancel("#W6200033", "ordered by mistake")],
    ),
    (
        "both of two, the money told for both",
        [
            "Hello, Mei Tanaka, 92108",
            "I want to cancel two orders: #W7300019 and #W7300028. I no longer need either of them.",
            "Refund both to the cards I used.",
            *_YES,
        ],
        [cancel("#W7300019"), cancel("#W7300028")],
    ),
    (
        "the same reason once more",
        [
            "Hi, I'm Omar Haddad, zip 43085",
            "I want to cancel the garden hose order #W6200047, no longer needed.",
            "If that is not possible, cancel order #W6200033 instead, same reason.",
            "Refund to the original payment method.",
            *_YES,
        ],
        [cancel("#W6200033")],
    ),
    (
        "everything after a bare proof",
        [
            "My email is mei_tanaka@mailbox.example",
            "I'd like to return everything in order #W7300002.",
            "Refund it to the Mastercard I paid with.",
            *_YES,
        ],
        [back("#W7300002", HELMET, CAMERA, PURIFIER)],
    ),
    (
        "lives in a postal code",
        [
            "Hello! I'm Omar Haddad and I live in zip 43085.",
            "I'd like to return the perfume from order #W6200010 and get the refund on my gift card.",
            "No, nothing else, only the perfume. I don't like the smell.",
            *_YES,
        ],
        [back("#W6200010", PERFUME, method="gift_card_712")],
    ),
    (
        "both are refunds, no more items",
        [
            "Nia Okafor 77004",
            "I would like to return the sunglasses in #W2700009 and the fleece jacket in #W2700031.",
            "Refund to PayPal for both.",
            *_YES,
        ],
        [back("#W2700009", SILVER_SUNGLASSES), back("#W2700031", NAVY_JACKET)],
    ),
    (
        "everything but one should go back",
        [
            "I'm Lena Ortiz from 80218",
            "Everything except the notebook in order #W5100021 should go back.",
            "Refund to PayPal as I paid with it. No particular reason.",
            *_YES,
        ],
        [back("#W5100021", SKATEBOARD, CLOCK)],
    ),
    (
        "a street called court",
        [
            "Hello, Raj Mehta, 78705",
            "I have moved. Please update my default address to 9 Spring Court, Apt 2, Dallas, TX 75204.",
            "Only the profile, not my orders.",
            *_YES,
        ],
        [move("raj", "9 Spring Court", "Dallas", "TX", "75204", line2="Apt 2")],
    ),
    (
        "the same as the profile",
        [
            "lena.ortiz4410@mailbox.example",
            "The address of order #W5100063 is wrong. It should go to 212 Cedar Street, Apt 4, Denver, CO 80218, same as my profile.",
            *_YES,
        ],
        [move("#W5100063", "212 Cedar Street", "Denver", "CO", "80218", line2="Apt 4")],
    ),
    (
        "one card rather than another",
        [
            "mei_tanaka@mailbox.example",
            "Please pay order #W7300028 with my Mastercard ending in 1840 instead of the Visa.",
            *_YES,
        ],
        [pay("#W7300028", "credit_card_721")],
    ),
    (
        "two wishes in a line after the proof",
        [
            "Hi, Lena Ortiz, 80218",
            "I'd like to return the wall clock from order #W5100021 to PayPal, and cancel order #W5100063 because I no longer need it.",
            "Refunds go to the original payment methods.",
            *_YES,
        ],
        [back("#W5100021", CLOCK), cancel("#W5100063")],
    ),
    (
        "one after the other",
        [
            "Tom Silva, 85033",
            "First, return the perfume from #W3800012 to my Visa.",
            "yes",
            "Second, please change the T-shirt in #W3800020 to red, size L, cotton, v-neck. PayPal for the difference.",
            *_YES,
        ],
        [
            back("#W3800012", FRESH_PERFUME),
            change("#W3800020", (PURPLE_SHIRT, sku("T-Shirt", "red", "L", "cotton", "v-neck"))),
        ],
    ),
    (
        "each money of its own",
        [
            "zoe.laurent@mailbox.example",
            "I want to exchange the sunglasses in #W9500001 for ones with brown frame, brown lenses, polarized and metal, and return the hose in #W9500008.",
            "Mastercard for the exchange difference, PayPal for the return.",
            *_YES,
        ],
        [
            swap("#W9500001", (SUNGLASSES, sku("Sunglasses", "brown", "brown", "polarized", "metal"))),
            back("#W9500008", HOSE),
        ],
    ),
    (
        "es cancel",
        [
            "Mi correo es omar.haddad77@mailbox.example",
            "Quiero cancelar el pedido #W6200033, lo pedí por error.",
            "El reembolso a la tarjeta regalo.",
            "sí",
            "sí, adelante",
            "sí",
        ],
        [cancel("#W6200033", "ordered by mistake")],
    ),
    (
        "es a yes with a please",
        [
            "Soy Nia Okafor, 77004",
            "Quiero cambiar la dirección del pedido #W2700038 a 18 Palm Street, Austin, TX 78701.",
            "sí",
            "sí, por favor",
            "sí",
        ],
        [move("#W2700038", "18 Palm Street", "Austin", "TX", "78701")],
    ),
    (
        "de cancel",
        [
            "Hallo, ich bin Raj Mehta, Postleitzahl 78705.",
            "Ich möchte die Bestellung #W8400011 stornieren, ich brauche sie nicht mehr.",
            "Erstattung auf die ursprüngliche Zahlungsart.",
            "ja",
            "ja, bitte",
            "ja",
        ],
        [cancel("#W8400011")],
    ),
    (
        "pt return",
        [
            "Olá, sou Tom Silva, CEP 85033.",
            "Quero devolver o perfume do pedido #W3800012.",
            "Reembolso no cartão original, por favor.",
            "sim",
            "sim, pode fazer",
            "sim",
        ],
        [back("#W3800012", FRESH_PERFUME)],
    ),
    (
        "pt cancel",
        [
            "Meu e-mail é lena.ortiz4410@mailbox.example",
            "Quero cancelar o pedido #W5100063, não preciso mais dele.",
            "Reembolso no método de pagamento original.",
            "sim",
            "sim",
            "sim",
        ],
        [cancel("#W5100063")],
    ),
    (
        "two cancelled, one cannot be",
        [
            "My name is Nia Okafor, zip 77004.",
            "Could you cancel order #W2700038 and also #W2700031? No longer needed, both.",
            "Okay, just the one that is possible then.",
            "Refund to PayPal.",
            *_YES,
        ],
        [cancel("#W2700038")],
    ),
    (
        "asked as a question",
        [
            "Mei Tanaka, zip 92108",
            "For #W7300002, can I exchange the air purifier for the large one with HEPA filter and smart sensors?",
            "Difference on the Visa ending in 6652.",
            *_YES,
        ],
        [
            swap(
                "#W7300002", (PURIFIER, sku("Air Purifier", "large", "HEPA", "smart sensors")), method="credit_card_722"
            )
        ],
    ),
    (
        "no cancelling after all",
        [
            "zoe.laurent@mailbox.example",
            "Cancel order #W9500023 please, no longer needed.",
            "Wait, before you do that: don't cancel. Only change the color to gold. PayPal for the difference.",
            *_YES,
        ],
        [change("#W9500023", (PHONE, sku("Smartphone", "gold", "128GB", "6GB", "6.1-inch")))],
    ),
    (
        "paid otherwise, asked",
        ["Tom Silva, zip 85033", "Can I pay order #W3800020 with my Visa instead of PayPal?", *_YES],
        [pay("#W3800020", "credit_card_771")],
    ),
    (
        "return and then an address",
        [
            "Nia Okafor, 77004",
            "Return the sunglasses from #W2700009.",
            "PayPal refund.",
            "yes",
            "Then please change the address of order #W2700038 to 77 Sunset Blvd, Houston, TX 77007.",
            *_YES,
        ],
        [back("#W2700009", SILVER_SUNGLASSES), move("#W2700038", "77 Sunset Blvd", "Houston", "TX", "77007")],
    ),
    (
        "all of two orders",
        [
            "Zoe Laurent, zip: 60641",
            "I'd like to return all items from both of my delivered orders, #W9500001 and #W9500008.",
            "Refund each to its original payment method.",
            *_YES,
        ],
        [
            back("#W9500001", sku("Indoor Security Camera", "1080p", "110 degrees", "Wi-Fi"), SUNGLASSES),
            back("#W9500008", HOSE, BROWN_BED),
        ],
    ),
    (
        "nothing that is on its way",
        ["Omar Haddad, 43085", "Please return the hose in #W6200047, I changed my mind. PayPal.", *_YES],
        [],
    ),
    (
        "no new address for what has left",
        ["Tom Silva 85033", "Please change the address of order #W3800003 to 1 Main Street, Mesa, AZ 85201.", *_YES],
        [],
    ),
    (
        "de another version",
        [
            "Guten Tag, Tom Silva, PLZ 85033",
            "Bitte ändern Sie das T-Shirt in Bestellung #W3800020 auf Größe L in schwarz, sonst alles gleich.",
            "Die Differenz über PayPal.",
            "ja",
            "ja bitte",
        ],
        [change("#W3800020", (PURPLE_SHIRT, sku("T-Shirt", "black", "L", "polyester", "v-neck")))],
    ),
    (
        "pt a colour",
        [
            "Oi, meu e-mail é raj.mehta1@mailbox.example",
            "Quero devolver a camiseta vermelha do pedido #W8400005.",
            "Reembolso no cartão de crédito.",
            "sim",
            "sim, por favor",
        ],
        [back("#W8400005", RED_SHIRT)],
    ),
    (
        "a change instead of a cancellation",
        [
            "raj.mehta1@mailbox.example",
            "Please cancel order #W8400066, no longer needed.",
            "Actually no, don't cancel it. Just change the backpack to green, everything else the same, difference to my Visa.",
            *_YES,
        ],
        [change("#W8400066", (BACKPACK, sku("Backpack", "green", "small", "nylon", "laptop")))],
    ),
    (
        "a gift card that holds too little",
        [
            "Zoe Laurent, 60641",
            "I'd like to pay for order #W9500023 with my gift card.",
            "In that case use the Mastercard instead.",
            *_YES,
        ],
        [pay("#W9500023", "credit_card_742")],
    ),
    (
        "no second exchange",
        [
            "Nia Okafor 77004",
            "Please exchange the sneakers in #W2700009 to size 9, same color and material. PayPal.",
            "yes",
            "yes",
            "Now also exchange the sunglasses from the same order #W2700009 to brown frame, other options the same. PayPal again.",
            *_YES,
        ],
        [swap("#W2700009", (BLACK_SNEAKERS, sku("Sneakers", "9", "black", "leather")))],
    ),
)


BY_NAME = {name: (lines, does) for name, lines, does in TALKS}
NAMES = list(BY_NAME)


async def _play_all(names: Sequence[str]) -> dict[str, Told]:
    played = {}
    with tempfile.TemporaryDirectory() as folder:
        files = varied_shop.write(Path(folder))
        policy = load(str(Path(folder) / "policy.yaml"))
        async with await Stage.open(Settings(), policy, varied_shop.NOW, files) as stage:
            for name in names:
                lines = BY_NAME[name][0]
                await stage.reset()
                played[name] = told = Told()
                for line in lines:
                    heard = await stage.say(Line(line))
                    text = " / ".join(reply["text"] for reply in heard.replies)
                    told.script += f"> {line}\n  {text}\n"
                    told.done += [plain(each) for each in heard.actions]
                    told.dropped += heard.dropped
    return played


@cache
def played(first: str) -> dict[str, Told]:
    """Every talk of a profile, named by its first, played once."""
    return asyncio.run(_play_all(beside(NAMES, first)))


@pytest.mark.parametrize("name", profiles(NAMES))
def test_exactly_what_was_wished_is_done(name: str) -> None:
    told, does = played(beside(NAMES, name)[0])[name], BY_NAME[name][1]
    assert sorted(told.done) == sorted(plain(each) for each in does), told.script
    assert told.dropped == [], told.script
