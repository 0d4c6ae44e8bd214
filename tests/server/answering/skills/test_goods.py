"""Questions before a purchase through the whole pipeline: what follows on what, what is asked back, and links to the cart."""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.commerce.embedded import EmbeddedStore
from server.policies.file import load
from server.settings import CatalogueSettings, Settings
from server.stage import Heard, Line, Stage

SCENARIOS = Path(__file__).parents[3] / "story" / "scenarios"
FILES = {"orders": SCENARIOS / "orders.jsonl", "products": SCENARIOS / "catalogue-products.jsonl"}
CART = "https://shop.example/cart/{variant_id}:{quantity}"


def talk(*lines: str | Line, cart: str = CART, currency: str = "", products: bool = True) -> list[Heard]:
    """What comes of a conversation; a line that begins with @ is a tapped reply."""
    return asyncio.run(
        _talk(lines, Settings(catalogue=CatalogueSettings(currency=currency, cart_url=cart)), products=products)
    )


async def _talk(lines: Sequence[str | Line], settings: Settings, *, products: bool) -> list[Heard]:
    files = FILES if products else {"orders": FILES["orders"]}
    async with await Stage.open(settings, load(None), datetime(2027, 3, 16, 16, tzinfo=UTC), files) as stage:
        return [await stage.say(_line(each)) for each in lines]


def _line(said: str | Line) -> Line:
    if isinstance(said, Line):
        return said
    return Line(said[1:], choice=said[1:]) if said.startswith("@") else Line(said)


def text(heard: Heard) -> str:
    return "\n".join(reply["text"] for reply in heard.replies)


def choices(heard: Heard) -> list[str]:
    return [label for reply in heard.replies for label in reply["choices"]]


def test_the_cart_gets_the_version_that_was_spoken_of() -> None:
    *_, heard = talk("do you have the merino scarf in blue?", "put it in my cart please")

    assert "https://shop.example/cart/9002:1" in text(heard)


def test_an_open_version_is_asked_once_and_then_linked_in_the_number_wanted() -> None:
    asked, done = talk("I'd like to put 2 of the merino scarf in my cart", "@variant:SC-RED")

    assert (text(asked), choices(asked)) == ("Which version of Merino scarf shall it be?", ["Red", "Blue"])
    assert "https://shop.example/cart/9001:2" in text(done)


def test_a_version_may_be_typed() -> None:
    *_, heard = talk("put the merino scarf in my basket", "the blue one")

    assert "https://shop.example/cart/9002:1" in text(heard)


def test_what_is_sold_out_gets_no_link() -> None:
    *_, heard = talk("do you have the merino scarf in green?", "put it in my cart")

    assert "sold out" in text(heard)
    assert "https://" not in text(heard)


def test_without_a_way_to_the_cart_the_page_is_named() -> None:
    *_, heard = talk("is the merino scarf in stock in red?", "add it to my basket", cart="")

    assert text(heard).endswith("on its page: https://shop.example/merino-scarf")


def test_the_cart_is_offered_and_the_offer_works() -> None:
    told, done = talk("is the merino scarf in stock in red?", "@goods:cart")

    assert "Put it in my cart" in choices(told)
    assert "https://shop.example/cart/9001:1" in text(done)


def test_the_shops_currency_counts_where_a_product_names_none() -> None:
    assert "€89.00" in text(talk("how much is the desk lamp?", currency="EUR")[0])


def test_a_tapped_product_is_asked_what_was_asked_before() -> None:
    asked, told = talk("how much are the harbour ones?", "@product:p_boots")

    assert choices(asked)[:-1] == ["Harbour boots", "Harbour wool coat"]
    assert "Harbour boots costs €149.00." in text(told)


def test_a_second_question_of_its_own_ends_the_first() -> None:
    _, heard = talk("do you have something nice", Line("where is my order R-102? mara@lindholm.example"))

    assert "Lincoln" in text(heard)


def test_nobody_needs_to_prove_anything_and_nothing_of_orders_is_said() -> None:
    heard = talk("does the merino scarf come in red?")[0]

    assert heard.internal == []
    assert {fact["source"] for reply in heard.replies for fact in reply["evidence"]} <= {"store", "shop"}


def test_stock_is_read_at_the_moment_of_answering() -> None:
    async def sold_meanwhile() -> list[Heard]:
        settings = Settings()
        async with await Stage.open(settings, load(None), datetime(2027, 3, 16, 16, tzinfo=UTC), FILES) as stage:
            before = await stage.say(Line("is the wool beanie in stock?"))
            store = stage.services.store
            assert isinstance(store, EmbeddedStore)
            await store.put_product(
                {"id": "p_beanie", "title": "Wool beanie", "variants": [{"sku": "BN-GREY", "price": 3200, "stock": 0}]}
            )
            return [before, await stage.say(Line("and now, is it still available?"))]

    before, after = asyncio.run(sold_meanwhile())

    assert ("is in stock" in text(before), "sold out" in text(after)) == (True, True)


def test_a_shop_without_a_catalogue_brings_a_person() -> None:
    heard = talk("does the merino scarf come in blue?", products=False)[0]

    assert heard.handoff == "out_of_scope"


@pytest.mark.parametrize(
    "say",
    [
        "compare the merino scarf and the wool beanie",
        "merino scarf vs wool beanie",
        "was ist der Unterschied zwischen Merino scarf und Wool beanie?",
    ],
)
def test_two_are_held_side_by_side(say: str) -> None:
    assert "merino wool – lambswool" in text(talk(say)[0])


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        ("what size jacket do I need?", "M", "size M is meant for"),
        ("what size jacket do I need?", "chest 90 cm", "that is size S"),
        ("what size do I need in the rain jacket, chest 90 cm", "and 103 cm?", "that is size L"),
        ("is the speaker compatible with iphone 15", "and the galaxy s24?", "compatible with Galaxy S24"),
        ("how much is the merino scarf", "and the wool beanie?", "Wool beanie costs €32.00"),
        ("what colours does the rain jacket come in", "what sizes are left in blue?", "Blue S, L"),
        ("tell me about the wool coat", "which sizes are there?", "comes in: M, L"),
    ],
)
def test_what_was_left_out_is_taken_from_before(first: str, then: str, said: str) -> None:
    assert said in text(talk(first, then)[1])


@pytest.mark.parametrize(
    ("say", "said"),
    [
        ("is the rain jacket in green?", "isn't listed in that colour"),
        ("do you have the rain jacket in XXL?", "isn't listed in that size"),
        ("rain jacket", "costs €129.00, reduced from €159.00"),
        ("gift for my sister under 30", "Knitted mittens"),
        ("RJ-BLUE-L still there?", "Drizzle rain jacket"),
        ("how long is the battery of the speaker going to last", "battery: 12 h"),
        ("link to the merino scarf please", "https://shop.example/merino-scarf"),
        ("what size is right for me in the wool coat?", "no size chart for Harbour wool coat"),
        ("what is the difference between the speaker and the mug", "Price"),
        ("does the merino scarf come in blue or red, and what size is it?", "You can have Merino scarf in: Red, Blue."),
        (
            "wie viel kosten die Stiefel und gibt es sie in 39?",
            "Harbour boots (39) kostet 149,00\u00a0€. Harbour boots (39) ist im Moment ausverkauft.",
        ),
        ("Wann ist die Jacke in Blau M wieder da?", "Drizzle rain jacket (Blue, M) ist im Moment ausverkauft"),
    ],
)
def test_a_single_question_is_answered(say: str, said: str) -> None:
    assert said in text(talk(say)[0])


def test_an_answer_that_names_nothing_does_not_hold_the_question_open_for_ever() -> None:
    *_, last = talk("is it waterproof?", "hmm", "no idea", "whatever", "where is my order R-102? mara@lindholm.example")

    assert "Lincoln" in text(last) or last.handoff is not None


@pytest.mark.parametrize(
    "say",
    [
        "the jacket is too small",
        "the speaker won't turn on",
        "still waiting for the boots",
        "jacket doesn't fit, what now",
        "boots broke",
        "la chaqueta me queda pequeña",
        "die Stiefel drücken",
        "wrong size boots",
    ],
)
def test_trouble_with_something_bought_is_no_question_before_a_purchase(say: str) -> None:
    heard = talk(say)[0]

    told = {each["source"] for reply in heard.replies for each in reply["evidence"]}
    assert heard.replies
    assert told <= {"shop"}  # how an order number looks, and nothing out of the catalogue


def test_several_questions_about_several_goods_are_all_answered() -> None:
    heard = talk(
        "Which is warmer, the merino scarf or the wool beanie? Also what colours does the rain jacket come in? And where is my order R-102?"
    )[0]

    assert "merino wool – lambswool\nDrizzle rain jacket comes in: Blue, Yellow" in text(heard)
    assert "e-mail" in text(heard)


def test_nobody_knows_what_this_is_before_something_was_named() -> None:
    assert text(talk("do you have this in a medium")[0]) == "Which product do you mean?"


def test_a_property_called_real_needs_no_person() -> None:
    *_, heard = talk("do you have the harbour boots in 40?", "is it real leather")

    assert (heard.handoff, "material: leather" in text(heard)) == (None, True)


@pytest.fixture
def rated(tmp_path: Path) -> Path:
    """Three mugs and a lamp: two of the mugs were rated by more than one buyer."""
    goods = {"Stone mug": [5, 4, 5], "Tin mug": [3, 4], "Glass mug": [5], "Brass lamp": []}
    lines = [
        {
            "id": f"p{number}", "title": title, "category": "home", "tags": ["gift"],
            "variants": [{"sku": f"SKU-{number}", "price": 1000 + 100 * number, "stock": 3, "available": True}],
            "reviews": [{"text": "Good enough.", "rating": rating} for rating in ratings],
        }
        for number, (title, ratings) in enumerate(goods.items())
    ]  # fmt: skip
    path = tmp_path / "products.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "question",
    [
        "what is your most popular mug?",
        "which mugs are best rated?",
        "¿cuál es la taza mejor valorada?",
        "welcher Becher ist am beliebtesten?",
    ],
)
def test_what_is_liked_best_is_what_buyers_rated_and_by_how_many(rated: Path, question: str) -> None:
    (heard,) = asyncio.run(_shop(rated, question))

    lines = text(heard).splitlines()
    assert [line.split(",")[0] for line in lines if line.startswith("•")] == ["• Stone mug", "• Tin mug"]
    assert re.search(r"4[.,]7\b.*\b3", lines[1])


def test_what_nobody_rated_is_shown_without_a_rank(rated: Path) -> None:
    (heard,) = asyncio.run(_shop(rated, "what is your best selling lamp?"))

    assert "can't see here how well things sell" in text(heard)
    assert "Brass lamp" in text(heard)
    assert "rating" not in text(heard)


def test_a_budget_is_a_new_question_and_a_gift_is_found_within_it(rated: Path) -> None:
    _, cheap, gift = asyncio.run(
        _shop(rated, "is the brass lamp in stock?", "what do you have under $11.50?", "any gift ideas for my mum, up to 12 dollars?")
    )  # fmt: skip

    assert [line.split(",")[0] for line in text(cheap).splitlines() if line.startswith("•")] == [
        "• Stone mug",
        "• Tin mug",
    ]
    assert {"• Stone mug", "• Tin mug", "• Glass mug"} == {
        line.split(",")[0] for line in text(gift).splitlines() if line.startswith("•")
    }


def test_whether_something_is_sold_here_is_looked_up_however_it_was_asked(rated: Path) -> None:
    (heard,) = asyncio.run(_shop(rated, "Do you guys sell brass lamps at all?"))

    assert heard.handoff is None
    assert "Brass lamp" in text(heard)


async def _shop(products: Path, *lines: str) -> list[Heard]:
    start = datetime(2027, 3, 16, 16, tzinfo=UTC)
    async with await Stage.open(Settings(), load(None), start, {"products": products}) as stage:
        return [await stage.say(Line(each)) for each in lines]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("which is cheaper, the stone mug or the brass lamp?", "the cheaper one please"),
        ("help me choose between the brass lamp and the stone mug", "ok, the cheapest then"),
        ("Steinbecher oder Messinglampe? stone mug oder brass lamp", "die günstigere bitte"),
    ],
)
def test_two_things_are_held_side_by_side_and_the_cheaper_one_is_one_of_them(
    rated: Path, question: str, answer: str
) -> None:
    both, cheaper = asyncio.run(_shop(rated, question, answer))

    assert {"Stone mug", "Brass lamp"} <= {
        each for each in ("Stone mug", "Tin mug", "Brass lamp") if each in text(both)
    }
    assert "Stone mug" in text(cheaper)
    assert "Brass lamp" not in text(cheaper)
    assert cheaper.handoff is None


def test_two_kinds_that_are_both_there_are_found() -> None:
    (heard,) = talk("do you have mugs and lamps?")

    assert text(heard).startswith("Have a look at these:")
    assert {"Stoneware mug", "Brass desk lamp"} <= {
        each for each in ("Stoneware mug", "Brass desk lamp") if each in text(heard)
    }


def test_who_takes_leave_is_let_go_whatever_was_asked(rated: Path) -> None:
    *_, heard = asyncio.run(_shop(rated, "how much is it?", "thanks, bye"))

    assert "?" not in text(heard)
