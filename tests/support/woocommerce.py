"""A WooCommerce site for tests: the REST API v3 over orders in memory, as a real HTTP server, and its webhooks.

It refuses what a site refuses, and what its owner would regret: see `woocommerce_checks`. Whatever was wrong is kept in
`complaints`, which every test that uses it must find empty. Serve it with `tests.support.servers.serve(stand_in)`.
"""

import asyncio
import base64
import copy
import hashlib
import hmac
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.support import woocommerce_checks as checks
from tests.support.woocommerce_shapes import Raw, Shapes, decimals, money, refund_line
from tests.support.woocommerce_shelves import Answer, Call, Faults, Handler, Refused, Shelves, Site, update_meta


class WooCommerceStandIn(Shelves):
    """The site: an ASGI application. `now` tells the time at which it writes."""

    def __init__(self, now: Callable[[], datetime], site: Site | None = None) -> None:
        super().__init__(now, site or Site())
        self.faults = Faults()
        self.calls: list[Call] = []
        self._shapes = Shapes(self.site.zone)
        self._failed: set[str] = set()
        self.most_at_once = 0
        self._at_once = 0

    # What a test puts in and looks at

    def put(self, document: Mapping[str, Any]) -> str:
        """Serve an order of our own format as WooCommerce would show it; gives its id there.

        Putting it again replaces it. Its buyer gets an account, unless the id begins with `guest`."""
        order = self._shapes.order(document)
        number = int(order["id"])
        order["number"] = self.site.prefix + str(order["number"])
        self._records.orders[number] = order
        self._records.refunds[number] = self._shapes.refunds(document)
        self._records.fulfilments[number] = self._shapes.fulfilments(document)
        if account := self._shapes.customer(document):
            self._records.customers[account["id"]] = account
        if method := order["payment_method"]:
            self.put_gateway(method)
        self._make_products(order)
        return str(number)

    def put_raw(self, order: Raw, *, refunds: Sequence[Raw] = (), fulfilments: Sequence[Raw] = ()) -> str:
        """Serve an order in WooCommerce's own JSON."""
        self._records.orders[order["id"]] = order
        self._records.refunds[order["id"]] = list(refunds)
        self._records.fulfilments[order["id"]] = list(fulfilments)
        return str(order["id"])

    def put_gateway(self, gateway_id: str, *, refunds: bool = True) -> None:
        """A payment method that is switched on."""
        supports = ["products", *(["refunds"] if refunds else [])]
        self._records.gateways[gateway_id] = {"id": gateway_id, "enabled": True, "method_supports": supports}

    def put_product(self, product: Raw, variations: Sequence[Raw] = ()) -> None:
        """A product in WooCommerce's own JSON."""
        self._records.products[product["id"]] = product
        self._records.variations[product["id"]] = list(variations)

    def put_webhook(self, webhook: Raw) -> None:
        """A webhook that is there already."""
        self._records.webhooks[webhook["id"]] = webhook

    def line_id(self, name: str) -> str:
        """The id here of a line of a document that was put."""
        return str(self._shapes.lines.of(name))

    def customer_id(self, name: str) -> str:
        """The id here of a buyer of a document that was put."""
        return str(self._shapes.customers.of(name))

    def product_id(self, name: str) -> str:
        """The id here of a product of a document that was put."""
        return str(self._shapes.products.of(name))

    def order(self, order_id: str) -> Raw:
        """The order as it is served now; the test may change it."""
        return self._records.orders[int(order_id)]

    def touch(self, order_id: str, at: datetime, **changes: Any) -> None:
        """Change fields of an order at this time, as somebody in the shop's office does."""
        order = self.order(order_id)
        order.update(changes)
        order["date_modified_gmt"] = at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()

    def refunds_of(self, order_id: str) -> list[Raw]:
        """The refunds that were made."""
        return self._records.refunds.get(int(order_id), [])

    def notes_of(self, order_id: str) -> list[str]:
        """The notes for the shop's people."""
        return [str(note["note"]) for note in self._records.notes.get(int(order_id), [])]

    @property
    def coupons(self) -> list[Raw]:
        """The coupons that were made."""
        return self._records.coupons

    @property
    def webhooks(self) -> list[Raw]:
        """The webhooks."""
        return list(self._records.webhooks.values())

    def sent(self, method: str, pattern: str) -> list[Call]:
        """The calls of this method whose path, after the namespace, is like this."""
        return [call for call in self.calls if call.method == method and re.fullmatch(pattern, call.path)]

    def emit(
        self, topic: str, order_id: str, *, secret: str = "cs_test", delivery_id: str = "d1", body: bytes | None = None
    ) -> tuple[dict[str, str], bytes]:
        """A webhook as it would be delivered: headers and body. A deletion has the id alone.

        The secret is HTML-decoded before it signs, as WordPress does."""
        payload = {"id": int(order_id)} if topic.endswith(".deleted") else self._payload(topic, int(order_id))
        raw = json.dumps(payload).encode() if body is None else body
        used = html.unescape(secret).encode()
        headers = {
            "content-type": "application/json",
            "x-wc-webhook-source": "https://shop.example/",
            "x-wc-webhook-topic": topic,
            "x-wc-webhook-resource": topic.partition(".")[0],
            "x-wc-webhook-event": topic.partition(".")[2],
            "x-wc-webhook-signature": base64.b64encode(hmac.new(used, raw, hashlib.sha256).digest()).decode(),
            "x-wc-webhook-id": "7",
            "x-wc-webhook-delivery-id": delivery_id,
        }
        return headers, raw

    @staticmethod
    def ping(webhook_id: int = 7) -> tuple[dict[str, str], bytes]:
        """What is sent, unsigned, when a webhook is made."""
        return {"content-type": "application/x-www-form-urlencoded"}, f"webhook_id={webhook_id}".encode()

    # The server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            await self._lifespan(receive, send)
            return
        request = Request(scope, receive)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            response = await self._respond(request)
        finally:
            self._at_once -= 1
        if self.faults.lost and request.method != "GET":
            self.faults.lost -= 1
            response = JSONResponse({"code": "broken"}, 502)
        await response(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})

    async def _respond(self, request: Request) -> Response:
        body = await request.body()
        await asyncio.sleep(self.faults.slow_s)
        if (fault := self._fault(request.url.path)) is not None:
            return fault
        try:
            found, pages = self._handle(request, body)
        except Refused as refused:
            return JSONResponse(
                {"code": refused.code, "message": "…", "data": {"status": refused.status}}, refused.status
            )
        content = self.site.starts_with + json.dumps(found).encode()
        headers = {"X-WP-TotalPages": str(pages)} if pages is not None else {}
        status = 201 if request.method == "POST" else 200
        return Response(content, status, headers, media_type="application/json; charset=UTF-8")

    def _fault(self, path: str) -> Response | None:
        if self.faults.busy:
            self.faults.busy -= 1
            return Response(b"", 429, {"Retry-After": str(self.faults.retry_after_s)})
        is_broken = bool(self.faults.broken) and re.search(self.faults.broken, path) is not None
        if self.faults.html or is_broken:
            self.faults.html -= 0 if is_broken else 1
            return Response(b"<html>Error establishing a database connection</html>", 200, media_type="text/html")
        if self.faults.down:
            self.faults.down -= 1
            return Response(b"", 503)
        return None

    def _handle(self, request: Request, body: bytes) -> Answer:
        query = dict(request.query_params.multi_items())
        path = self._path(request, query)
        if path == "/":  # the index is public
            return {"namespaces": ["wp/v2", "wc/v3"]}, None
        self._check_key(request, query)
        if request.method != "GET" and not self.site.may_write:
            raise Refused(401, "woocommerce_rest_authentication_error")
        parsed = json.loads(body) if body else None
        self.calls.append(Call(request.method, path, query, parsed))
        if not self.site.may_read:
            raise Refused(403, "woocommerce_rest_cannot_view")
        return self._route(request.method, path, query, parsed)

    def _path(self, request: Request, query: dict[str, str]) -> str:
        """The path after the namespace, in whichever style this site has."""
        if self.site.is_query_style:
            route = query.pop("rest_route", "")
            path = route if request.url.path == "/" else ""
        else:
            path = request.url.path.removeprefix("/wp-json")
            path = path if path != request.url.path else ""
        if path == "/":
            return "/"
        if not path.startswith("/wc/v3/"):
            raise Refused(404, "rest_no_route")
        return path.removeprefix("/wc/v3")

    def _check_key(self, request: Request, query: dict[str, str]) -> None:
        given = (query.pop("consumer_key", None), query.pop("consumer_secret", None))
        if any(given) and not self.site.keys_in_query:
            self._complain("keys in the query end up in access logs")
        basic = base64.b64encode(f"{self.site.key}:{self.site.secret}".encode()).decode()
        is_basic = request.headers.get("authorization") == f"Basic {basic}"
        is_query = given == (self.site.key, self.site.secret)
        if not (is_query if self.site.keys_in_query else is_basic):
            raise Refused(401, "woocommerce_rest_cannot_view")

    def _route(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:
        for pattern, handler in self._routes(method):
            if found := re.fullmatch(pattern, path):
                return handler(query, body, *found.groups())
        self.complaints.append(f"nobody expected {method} {path}")
        raise Refused(404, "rest_no_route")

    def _routes(self, method: str) -> list[tuple[str, Handler]]:
        number = r"(\d+)"
        reads: list[tuple[str, Handler]] = [
            ("/orders", self._list_orders),
            (f"/orders/{number}", self._get_order),
            (f"/orders/{number}/refunds", self._list_refunds),
            (f"/orders/{number}/fulfillments", self._list_fulfilments),
            ("/products", self._list_products),
            (f"/products/{number}", self._get_product),
            (f"/products/{number}/variations", self._list_variations),
            ("/customers", self._list_customers),
            (f"/customers/{number}", self._get_customer),
            ("/coupons", lambda query, body: self._page(list(reversed(self._records.coupons)), query)),
            ("/webhooks", lambda query, body: self._page(self.webhooks, query)),
            ("/payment_gateways", lambda query, body: (list(self._records.gateways.values()), None)),
            ("/payment_gateways/([a-z_-]+)", self._get_gateway),
            ("/data/currencies/current", self._get_currency),
        ]
        writes: list[tuple[str, Handler]] = [
            ("/orders", self._make_order),
            ("/orders/batch", lambda query, body: ([], None)),
            (f"/orders/{number}/refunds", self._make_refund),
            (f"/orders/{number}/notes", self._make_note),
            ("/coupons", self._make_coupon),
            ("/webhooks", self._make_webhook),
        ]
        changes: list[tuple[str, Handler]] = [
            (f"/orders/{number}", self._change_order),
            (f"/customers/{number}", self._change_customer),
            (f"/webhooks/{number}", self._change_webhook),
        ]
        return {"GET": reads, "POST": writes, "PUT": changes}.get(method, [])

    # Orders

    def _list_orders(self, query: Mapping[str, str], body: Any) -> Answer:
        self._require(checks.query_problems("orders", query))
        if "modified_after" in query and not self.site.lists_by_change:
            raise Refused(400, "rest_invalid_param")
        orders = [
            each for each in self._records.orders.values() if each["status"] != "trash" and _is_listed(each, query)
        ]
        by = "date_modified_gmt" if query.get("orderby") == "modified" else "date_created_gmt"
        orders.sort(key=lambda each: (each[by], each["id"]), reverse=query.get("order", "desc") == "desc")
        return self._page([self._shown(each) for each in orders], query)

    def _get_order(self, query: Mapping[str, str], body: Any, order_id: str) -> Answer:
        return self._shown(self._known(order_id)), None

    def _known(self, order_id: str) -> Raw:
        if int(order_id) not in self._records.orders:
            raise Refused(404, "woocommerce_rest_shop_order_invalid_id")
        return self._records.orders[int(order_id)]

    def _shown(self, order: Raw) -> Raw:
        """The order with a summary of its refunds."""
        refunds = [
            {"id": each["id"], "reason": each["reason"], "total": f"-{each['amount']}"}
            for each in self._records.refunds.get(order["id"], [])
        ]
        return {**copy.deepcopy(order), "refunds": refunds or order["refunds"]}

    def _list_refunds(self, query: Mapping[str, str], body: Any, order_id: str) -> Answer:
        self._known(order_id)
        return self._page(self._records.refunds.get(int(order_id), []), query)

    def _list_fulfilments(self, query: Mapping[str, str], body: Any, order_id: str) -> Answer:
        if not self.site.has_fulfilments:
            raise Refused(404, "rest_no_route")
        if not self.site.is_manager:
            raise Refused(403, "woocommerce_rest_cannot_view")
        self._known(order_id)
        return self._records.fulfilments.get(int(order_id), []), None

    def _change_order(self, query: Mapping[str, str], body: Any, order_id: str) -> Answer:
        order = self._known(order_id)
        self._require(checks.change_problems(body, self.site.statuses))
        update_meta(order, body.get("meta_data", []))
        if "shipping" in body:
            order["shipping"] = {**order["shipping"], **body["shipping"]}
            shifted = Decimal(order["total"]) + Decimal(money(self.faults.shift_minor, order["currency"]))
            order["total"], self.faults.shift_minor = str(shifted), -self.faults.shift_minor
        order["status"] = body.get("status", order["status"])
        if body.get("set_paid") is True:
            order["date_paid_gmt"] = self._stamp()
        order["date_modified_gmt"] = self._stamp()
        return self._shown(order), None

    def _make_note(self, query: Mapping[str, str], body: Any, order_id: str) -> Answer:
        self._known(order_id)
        self._require(checks.note_problems(body))
        self._records.notes.setdefault(int(order_id), []).append(body)
        return {"id": self._new_id(), **body}, None

    def _make_refund(self, query: Mapping[str, str], body: Any, order_id: str) -> Answer:
        order = self._known(order_id)
        made = self._records.refunds.setdefault(order["id"], [])
        self._require(checks.refund_problems(body, order, made))
        mark = json.dumps(body["meta_data"])
        if mark in self._failed:
            self._complain("a refund that failed was sent again")
        gateway = self._records.gateways.get(order["payment_method"])
        if body["api_refund"] and (gateway is None or "refunds" not in gateway["method_supports"]):
            self._complain("this gateway cannot refund")
        fault, self.faults.refund = self.faults.refund, ""
        if fault != "none":
            made.append(self._refund(order, body, is_marked=fault != "unmarked"))
        if fault:
            self._failed.add(mark)
            raise Refused(500, "woocommerce_rest_cannot_create_order_refund")
        return made[-1], None

    def _refund(self, order: Raw, body: Raw, *, is_marked: bool) -> Raw:
        known = {each["id"] for each in order["line_items"]}
        lines = [(each, self._refunded(each, order)) for each in body["line_items"]]
        return {
            "id": self._new_id(),
            "date_created_gmt": self._stamp(),
            "amount": body["amount"],
            "reason": body["reason"],
            "refunded_payment": body["api_refund"],
            "meta_data": body["meta_data"] if is_marked else [],
            "line_items": [line for each, line in lines if each["id"] in known],
            "shipping_lines": [line for each, line in lines if each["id"] not in known],
        }

    def _refunded(self, item: Raw, order: Raw) -> Raw:
        amount = int(Decimal(str(item["refund_total"])).scaleb(decimals(order["currency"])))
        return refund_line(item["id"], item.get("quantity", 0), amount, order["currency"])

    def _make_order(self, query: Mapping[str, str], body: Any) -> Answer:
        self._require(checks.new_order_problems(body))
        number, currency = self._new_id(), self.site.currency
        items = [self._new_item(each) for each in body["line_items"]]
        fees = sum((Decimal(each["total"]) for each in body.get("fee_lines", [])), Decimal(0))
        net = max(Decimal(0), sum((Decimal(item["total"]) for item in items), Decimal(0)) + fees)
        tax = (net * self.site.tax_bp / 10_000).quantize(Decimal(money(1, currency)))
        fields = dict.fromkeys(("first_name", "last_name", "email", "phone"), "")
        order: Raw = {
            **dict.fromkeys(("discount_total", "discount_tax", "shipping_total", "shipping_tax"), "0"),
            **body,
            "id": number,
            "number": str(number),
            "currency": currency,
            "prices_include_tax": False,
            "billing": {**fields, **body["billing"]},
            "date_created_gmt": self._stamp(),
            "date_modified_gmt": self._stamp(),
            "date_paid_gmt": self._stamp() if body["status"] == "processing" else None,
            "date_completed_gmt": None,
            "total": str(net + tax),
            "total_tax": str(tax),
            "payment_method": "",
            "line_items": items,
            "shipping_lines": [],
            "refunds": [],
            "payment_url": f"https://shop.example/pay/{number}?key=wc_order_secret{number}",
            "needs_payment": body["status"] == "pending" and net > 0,
            "needs_processing": True,
        }
        self._records.orders[number] = order
        return self._shown(order), None

    def _new_item(self, item: Raw) -> Raw:
        sold = self._sold(item.get("variation_id") or item["product_id"])
        if sold.get("manage_stock"):
            sold["stock_quantity"] -= item["quantity"]
            sold["stock_status"] = "instock" if sold["stock_quantity"] > 0 else "outofstock"
        total = item.get("total", str(Decimal(sold["price"]) * item["quantity"]))
        tax: Raw = {"total_tax": "0", "taxes": [], "meta_data": []}
        named = {"id": self._new_id(), "name": sold["name"], "sku": sold["sku"], "variation_id": 0}
        return {**named, **tax, **item, "subtotal": total, "total": total}

    def _payload(self, topic: str, number: int) -> Raw:
        if topic.startswith("order."):
            return self._shown(self._records.orders[number])
        return {"id": number, "date_modified_gmt": self._stamp()}


def _is_listed(order: Raw, query: Mapping[str, str]) -> bool:
    """Whether a list with these parameters shows the order; the search is one for words, wherever they stand."""
    words = query.get("search", "").lower()
    searched = [order["billing"], order["shipping"], order["number"], order.get("customer_note"), order["line_items"]]
    return (
        (not words or words in json.dumps(searched).lower())
        and str(order.get("customer_id")) == query.get("customer", str(order.get("customer_id")))
        and order["date_modified_gmt"] > query.get("modified_after", "")
        and order["date_created_gmt"] > query.get("after", "")
    )


__all__ = ["Call", "Faults", "Refused", "Site", "WooCommerceStandIn"]
