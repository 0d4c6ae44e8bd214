"""The demo's pages over HTTP: what they show, what they refuse, and under which headers."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from xml.etree import ElementTree

import httpx2
import pytest
from starlette.applications import Starlette

from server.clock import HandClock
from server.demo import art
from server.demo.mailbox import Mailbox
from server.demo.routes import PAGES, routes
from server.demo.stories import STORIES
from tests.server.demo.in_memory import InMemoryShop

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
OURS = {"x-onethread-demo": "1", "origin": "http://demo.test", "sec-fetch-site": "same-origin"}


@pytest.fixture
def shop() -> InMemoryShop:
    return InMemoryShop(NOW)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox(HandClock(NOW))


@pytest.fixture
def app(shop: InMemoryShop, mailbox: Mailbox) -> Starlette:
    return Starlette(routes=routes(shop, mailbox))


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://demo.test") as made:
        yield made


async def test_the_shop_page_loads_the_chat_and_shows_the_goods(client: httpx2.AsyncClient, shop: InMemoryShop) -> None:
    page = (await client.get("/")).text
    assert '<script async src="/widget/loader.js" data-site="demo"></script>' in page
    assert all(product["title"] in page for product in shop.products)


async def test_the_shop_page_hands_out_an_order_to_ask_about(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/")).text
    assert "#1042" in page
    assert 'data-copy="ana.lopez@example.com"' in page
    assert 'data-copy="Where is my order 1042?"' in page


async def test_the_control_room_tells_every_story_and_the_logins(client: httpx2.AsyncClient) -> None:
    page = (await client.get("/demo")).text
    assert all(f'id="{story.order_id}"' in page for story in STORIES)
    assert "kim@harbourandpine.example" in page
    assert "harbour-demo-kim" in page


async def test_the_control_room_opens_the_shoppers_mailboxes(client: httpx2.AsyncClient, mailbox: Mailbox) -> None:
    assert (await client.get("/demo/mailbox")).json() == {"letters": []}
    for number in range(25):
        mailbox.keep("email", "ana.lopez@example.com", f"Your code is {number:06}.")
    answer = await client.get("/demo/mailbox")
    letters = answer.json()["letters"]
    assert [letters[0]["text"], len(letters)] == ["Your code is 000024.", 20]
    assert {letter["to"] for letter in letters} == {"ana.lopez@example.com"}
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_shown_is_text_and_never_markup(client: httpx2.AsyncClient) -> None:
    assert "Sam &lt;i&gt;Ortiz&lt;/i&gt;" in (await client.get("/demo")).text


@pytest.mark.parametrize("path", ["/", "/demo"])
async def test_pages_run_under_a_policy_without_anything_inline(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|https?://(?!www\.w3\.org)", answer.text)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/demo"])
async def test_everything_that_a_page_points_at_is_there(client: httpx2.AsyncClient, path: str) -> None:
    page = (await client.get(path)).text
    wanted = {found.replace("&amp;", "&") for found in re.findall(r'(?:src|srcset|href)="(/demo/[^"#]+)"', page)}
    assert len(wanted) > 20
    for url in sorted(wanted):
        assert (await client.get(url)).status_code == 200, url


async def test_scripts_and_styles_hold_no_foreign_address(client: httpx2.AsyncClient) -> None:
    for path in (PAGES / "static").iterdir():
        text = (await client.get(f"/demo/static/{path.name}")).text
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), path.name


async def test_a_push_changes_the_order_and_answers_with_it(client: httpx2.AsyncClient, shop: InMemoryShop) -> None:
    answer = await client.post("/demo/orders/ord_1042/out_for_delivery", headers=OURS)
    assert answer.status_code == 200
    assert answer.json()["order"]["state"] == "Out for delivery"
    assert shop.orders["ord_1042"]["shipments"][0]["events"][-1]["code"] == "out_for_delivery"


async def test_after_a_push_the_list_of_orders_shows_it(client: httpx2.AsyncClient) -> None:
    await client.post("/demo/orders/ord_1042/lost", headers=OURS)
    orders = {order["id"]: order for order in (await client.get("/demo/orders")).json()["orders"]}
    assert orders["ord_1042"]["state"] == "Lost"
    assert not any(push["allowed"] for push in orders["ord_1042"]["pushes"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-onethread-demo": "1", "origin": "https://evil.test"},
        {"x-onethread-demo": "1", "origin": "null"},
        {"x-onethread-demo": "1", "sec-fetch-site": "cross-site"},
        {"origin": "http://demo.test", "sec-fetch-site": "same-origin"},
    ],
    ids=["bare", "foreign origin", "null origin", "cross-site", "without the header"],
)
async def test_a_push_from_elsewhere_is_refused(
    client: httpx2.AsyncClient, shop: InMemoryShop, headers: dict[str, str]
) -> None:
    before = shop.orders["ord_1042"]
    answer = await client.post("/demo/orders/ord_1042/lost", headers=headers)
    assert answer.status_code == 403
    assert shop.orders["ord_1042"] is before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("ord_1042/teleport", 409),
        ("ord_1063/deliver", 409),
        ("ord_1016/lost", 409),
        ("ord_99/lost", 404),
        ("ord_700/lost", 404),
    ],
)
async def test_a_push_that_makes_no_sense_is_refused_in_words(
    client: httpx2.AsyncClient, path: str, status: int
) -> None:
    answer = await client.post(f"/demo/orders/{path}", headers=OURS)
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_a_store_that_is_down_is_said_to_be_down(client: httpx2.AsyncClient, shop: InMemoryShop) -> None:
    shop.is_open = False
    assert (await client.post("/demo/orders/ord_1042/lost", headers=OURS)).status_code == 503


async def test_a_product_is_given_whole(client: httpx2.AsyncClient, shop: InMemoryShop) -> None:
    answer = await client.get("/demo/products/merino-scarf")
    assert answer.json()["product"] == shop.products[0]


@pytest.mark.parametrize("path", ["/demo/products/unicorn", "/demo/art/unicorn.svg", "/demo/static/../routes.py"])
async def test_what_is_not_there_is_not_found(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


def test_every_product_has_a_drawing_of_its_own_in_every_colour(shop: InMemoryShop) -> None:
    for product in shop.products:
        colours = {variant["options"].get("color", "") for variant in product["variants"]}
        drawn = {art.picture(product["id"], colour) for colour in colours}
        assert len(drawn) == len(colours), product["id"]
        for drawing in drawn:
            assert "$" not in drawing
            assert ElementTree.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_harbour_is_another_one_by_night() -> None:
    assert art.harbour(night=True) != art.harbour()
    assert ElementTree.fromstring(art.harbour(night=True)) is not None


async def test_a_link_from_the_chat_fills_a_cart(client: httpx2.AsyncClient, shop: InMemoryShop) -> None:
    product = shop.products[0]
    page = (await client.get("/demo/cart", params={"sku": product["variants"][0]["sku"], "quantity": "2"})).text
    assert product["title"] in page
    assert "× 2" in page


@pytest.mark.parametrize("query", ["", "?sku=none", "?sku=%3Cscript%3E&quantity=-1"])
async def test_a_cart_of_nothing_is_empty(client: httpx2.AsyncClient, query: str) -> None:
    answer = await client.get(f"/demo/cart{query}")
    assert (answer.status_code, "Your cart is empty" in answer.text) == (200, True)
