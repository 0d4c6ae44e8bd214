"""The demo's pages over HTTP: the shop front at `/`, the control room at `/demo`, their pictures, styles and scripts.

Only the `demo` command mounts these routes. They read and push through `DemoShop`, and know neither the store behind it
nor the assistant. A push needs a header that no other site can send, and comes from our own pages only.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from server.demo import art, views
from server.demo.devices.cast import Part
from server.demo.documents import Document
from server.demo.guarding import NO_STORE, is_ours, problem
from server.demo.mailbox import Mailbox
from server.errors import RefusedInput, StoreUnavailable
from server.web import PERMISSIONS

PAGES: Final = Path(__file__).parent / "pages"
_WINDOW: Final = (
    "merino-scarf",
    "stoneware-mugs",
    "fisherman-crew",
    "field-jacket",
    "linen-duvet",
    "wool-beanie",
    "chelsea-boots",
    "table-lamp",
    "breton-top",
    "enamel-kettle",
    "wrap-dress",
    "soy-candle",
)
"""What lies in the window: the products that the shop page shows before somebody asks for all of them."""
_SHOP_STORIES: Final = ("ord_1042", "ord_1016", "ord_1044")
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Final = {
    **NO_STORE,
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin",
    "x-frame-options": "DENY",
    "permissions-policy": PERMISSIONS.replace("microphone=()", "microphone=(self)"),
}
_PICTURE_HEADERS: Final = {
    "cache-control": "public, max-age=300",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
}


class DemoShop(Protocol):
    """The running demo, as its pages see it."""

    @property
    def shop_name(self) -> str:
        """The name over the door."""
        ...

    @property
    def logins(self) -> Sequence[tuple[str, str, str]]:
        """The console's demo agents: e-mail, password, name."""
        ...

    @property
    def products(self) -> Sequence[Document]:
        """The product documents, in the order of the catalogue."""
        ...

    async def story_orders(self) -> list[Document]:
        """The order documents of the stories, as the store holds them now."""
        ...

    async def push(self, order_id: str, event: str) -> Document:
        """Let the carrier report `event` (a `carrier.Push`) for an order; returns the order after it.

        Raises RefusedInput where the event makes no sense, StoreUnavailable where the store does not answer."""
        ...


def routes(
    demo: DemoShop, mailbox: Mailbox | None = None, parts: Sequence[Part] = (), numbers: Mapping[str, str] | None = None
) -> list[Route | Mount]:
    """The demo's routes; `mailbox` is where codes arrive, `parts` are those who may hold the devices, `numbers` the shop's own.

    Reads templates and drawings now, so that no request does."""
    art.load()
    pages = _Pages(demo, _templates(), mailbox, parts, numbers or {})
    return [
        Route("/", pages.shop),
        Route("/demo", pages.control),
        Route("/demo/orders", pages.orders),
        Route("/demo/mailbox", pages.mailbox),
        Route("/demo/orders/{order_id}/{event}", pages.push, methods=["POST"]),
        Route("/demo/products/{product_id}", pages.product),
        Route("/demo/cart", pages.cart),
        Route("/demo/art/harbour.svg", pages.harbour),
        Route("/demo/art/{product_id}.svg", pages.picture),
        Mount("/demo/static", StaticFiles(directory=PAGES / "static")),
    ]


class _Pages:
    """The endpoints over one demo."""

    def __init__(
        self,
        demo: DemoShop,
        templates: Environment,
        mailbox: Mailbox | None,
        parts: Sequence[Part],
        numbers: Mapping[str, str],
    ) -> None:
        self._demo = demo
        self._templates = templates
        self._mailbox = mailbox
        self._parts = parts
        self._numbers = numbers

    async def shop(self, request: Request) -> Response:
        """The shop front with the chat."""
        shown = {
            order["id"]: views.order_view(order) for order in views.in_story_order(await self._demo.story_orders())
        }
        products = sorted(map(_card, self._demo.products), key=lambda card: _place(card["id"]))
        return self._page(
            "shop.html",
            stories=[shown[order_id] for order_id in _SHOP_STORIES if order_id in shown],
            products=products,
            categories=list(dict.fromkeys(product["category"] for product in self._demo.products)),
        )

    async def control(self, request: Request) -> Response:
        """The control room."""
        shown = [views.order_view(order) for order in views.in_story_order(await self._demo.story_orders())]
        return self._page("demo.html", orders=shown, logins=self._demo.logins, parts=self._parts, numbers=self._numbers)

    async def orders(self, request: Request) -> Response:
        """The stories' orders as the pages show them, for refreshing."""
        shown = [views.order_view(order) for order in views.in_story_order(await self._demo.story_orders())]
        return JSONResponse({"orders": shown}, headers=NO_STORE)

    async def mailbox(self, request: Request) -> Response:
        """The messages that went to shoppers' own addresses, newest first."""
        return JSONResponse({"letters": self._mailbox.letters if self._mailbox else []}, headers=NO_STORE)

    async def push(self, request: Request) -> Response:
        """One carrier event for one story's order."""
        if not is_ours(request):
            return problem(403, "this request does not come from the control room")
        order_id = str(request.path_params["order_id"])
        if views.story_of(order_id) is None:
            return problem(404, "there is no story about this order")
        try:
            order = await self._demo.push(order_id, str(request.path_params["event"]))
        except RefusedInput as refusal:
            return problem(409, str(refusal))
        except StoreUnavailable:
            return problem(503, "the order store does not answer")
        return JSONResponse({"order": views.order_view(order)}, headers=NO_STORE)

    async def product(self, request: Request) -> Response:
        """One product with everything that the catalogue says about it."""
        wanted = request.path_params["product_id"]
        product = next((each for each in self._demo.products if each["id"] == wanted), None)
        if product is None:
            return problem(404, "there is no such product")
        return JSONResponse({"product": product}, headers=NO_STORE)

    async def cart(self, request: Request) -> Response:
        """A cart that a link from the chat has filled; it is kept nowhere, and nothing can be bought."""
        found = _bought(self._demo.products, request.query_params.get("sku", ""))
        if found is None:
            return self._page("cart.html", product=None, options="", art="", quantity=0, price=0)
        product, variant = found
        wanted = request.query_params.get("quantity", "1")
        quantity = min(9, max(1, int(wanted))) if wanted.isdecimal() and len(wanted) < 3 else 1
        options = ", ".join(map(str, variant["options"].values()))
        drawing = views.art_url(product["id"], variant["options"])
        return self._page(
            "cart.html", product=product, options=options, art=drawing, quantity=quantity, price=variant["price"]
        )

    async def picture(self, request: Request) -> Response:
        """The drawing of a product in a colour."""
        try:
            drawing = art.picture(request.path_params["product_id"], request.query_params.get("color", "")[:40])
        except KeyError:
            return problem(404, "there is no such product")
        return Response(drawing, media_type="image/svg+xml", headers=_PICTURE_HEADERS)

    async def harbour(self, request: Request) -> Response:
        """The picture at the head of the shop page."""
        drawing = art.harbour(request.query_params.get("at") == "night")
        return Response(drawing, media_type="image/svg+xml", headers=_PICTURE_HEADERS)

    def _page(self, name: str, **values: object) -> Response:
        html = self._templates.get_template(name).render(shop_name=self._demo.shop_name, **values)
        return HTMLResponse(html, headers=_PAGE_HEADERS)


def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"money": _money, "moment": _moment, "day": _day, "art": _art}
    for name in ("shop.html", "demo.html", "devices.html", "cart.html"):
        templates.get_template(name)
    return templates


def _bought(products: Sequence[Document], sku: str) -> tuple[Document, Document] | None:
    """The product and the variant with this sku."""
    pairs = ((product, variant) for product in products for variant in product["variants"])
    return next(((product, variant) for product, variant in pairs if variant["sku"] == sku), None)


def _card(product: Document) -> Document:
    """What the shop page shows of a product."""
    colours = list(dict.fromkeys(variant["options"].get("color", "") for variant in product["variants"]))
    prices = [variant["price"] for variant in product["variants"]]
    return {
        "id": product["id"],
        "title": product["title"],
        "category": product["category"],
        "price": min(prices),
        "from": min(prices) != max(prices),
        "swatches": [{"name": name, "paint": art.colour_of(name)} for name in colours if name],
        "badge": _badge(product),
        "later": product["id"] not in _WINDOW,
    }


def _place(product_id: str) -> int:
    """Where on the page a product stands: the window first, the rest in the order of the catalogue."""
    return _WINDOW.index(product_id) if product_id in _WINDOW else len(_WINDOW)


def _badge(product: Document) -> str:
    if "preorder" in product["tags"]:
        return "Pre-order"
    if not any(variant["available"] for variant in product["variants"]):
        return "Sold out"
    return "Last pieces" if "final-sale" in product["tags"] and product["category"] != "gift cards" else ""


def _money(cents: int) -> str:
    return f"${cents // 100}" if cents % 100 == 0 else f"${cents / 100:.2f}"


def _moment(text: str) -> str:
    """A stamp in the wall time of its own place."""
    at = datetime.fromisoformat(text)
    return f"{at:%b} {at.day}, {at:%H:%M}"


def _day(text: str) -> str:
    at = date.fromisoformat(text)
    return f"{at:%a %b} {at.day}"


def _art(product: Mapping[str, str]) -> str:
    return views.art_url(product["id"], {})
