"""A shop system that speaks the REST contract of docs/connect.md, as a real server on loopback, strict about what it is sent.

It has its own opinion of the signature and of every body, finds orders as loosely as real searches do, gives pages, and
remembers writes by their key. What it did not expect is kept in `unexpected`, which a test should find empty at its end. It
knows nothing of our code.
"""

import asyncio
import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json: TypeAlias = dict[str, Any]
SECRET: Final = "rest_secret_1"
EVERYTHING: Final = (
    "start_return", "start_exchange", "cancel_order", "refund", "change_address", "change_customer_address",
    "change_items", "change_payment", "store_credit", "reship", "open_claim",
)  # fmt: skip
_ASKED: Final = {"name", "email", "phone", "customer", "updated_since", "after", "limit"}
_MONEY: Final = {"amount_minor": int, "currency": str}

# What each write must be sent: (path, {field: type}, fields that may be null).
_BODIES: Final[Mapping[str, tuple[str, Mapping[str, type], set[str]]]] = {
    "start_return": ("returns", {"lines": list, "reason": str, "outcome": str, "method": str}, {"method"}),
    "start_exchange": ("exchanges", {"lines": list, "reason": str, "method": str}, {"method"}),
    "refund": ("refunds", {"amount": dict, "lines": list, "reason": str, "method": str}, {"method"}),
    "cancel_order": ("cancel", {"reason": str, "method": str}, {"method"}),
    "change_address": ("address", {"address": dict}, set()),
    "change_items": ("items", {"lines": list, "method": str}, {"method"}),
    "change_payment": ("payment", {"method": str}, set()),
    "reship": ("reships", {"lines": list, "reason": str, "address": dict}, {"address"}),
    "open_claim": ("claims", {"shipment": str, "kind": str, "statement": str}, {"shipment"}),
    "store_credit": ("credits", {"amount": dict, "reason": str, "order": str}, {"order"}),
    "change_customer_address": ("address", {"address": dict}, set()),
}


@dataclass(frozen=True, slots=True)
class Emitted:
    """A signed call to us: where to, with which headers, and the body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class RestShopStandIn:
    """The shop. `can` are its capabilities (None = it has no such page); `sells`, `lists_changes`, `has_customers` switch pages off.

    `broken` answers the next calls with a status or raw bytes, `delay_s` makes it slow, `loses_answers` does a write and fails."""

    secret: str = SECRET
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    page_size: int = 2
    can: Sequence[str] | None = EVERYTHING
    sells: bool = True
    lists_changes: bool = True
    has_customers: bool = True
    refuses: str = ""
    delay_s: float = 0.0
    loses_answers: int = 0
    broken: list[int | bytes] = field(default_factory=list)
    orders: dict[str, Any] = field(default_factory=dict)
    products: dict[str, Any] = field(default_factory=dict)
    customers: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Json] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    sent: dict[str, Json] = field(default_factory=dict)
    _answered: dict[str, tuple[str, bytes, Json]] = field(default_factory=dict)

    @property
    def app(self) -> Starlette:
        """The server's application; `/shop` stands for a system that does not live at the root."""
        paths = [f"{prefix}/{{rest:path}}" for prefix in ("/shop", "")]
        return Starlette(routes=[Route(path, self._answer, methods=["GET", "POST"]) for path in paths])

    def put(self, document: Mapping[str, Any]) -> None:
        """Have this order, in place of one with the same id."""
        self.orders[document["id"]] = document

    # Calls to us

    def emit(self, path: str = "/webhooks/orders/generic", secret: str = "", **event: Any) -> Emitted:
        """A webhook with this event."""
        body = json.dumps(event, ensure_ascii=False).encode()
        stamp = str(int(self.now().timestamp()))
        signature = _hmac(secret or self.secret, stamp, "POST", path, body)
        return Emitted(path, {"x-signature": f"t={stamp},v1={signature}", "content-type": "application/json"}, body)

    def emit_warehouse(self, *events: Json, secret: str = "") -> Emitted:
        """What the warehouse tells."""
        return self.emit("/webhooks/warehouse/generic", secret, **_one_or_many(events))

    def emit_payment(self, *events: Json, secret: str = "") -> Emitted:
        """What the payment provider tells."""
        return self.emit("/webhooks/payments/generic", secret, **_one_or_many(events))

    # Calls by us

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        whole = _whole_path(request)
        path = re.sub("^/shop", "", request.scope["path"])
        self.calls.append(f"{request.method} {path}" + (f"?{request.url.query}" if request.url.query else ""))
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.broken:
            return _broken(self.broken.pop(0))
        if not self._is_signed(request.headers.get("x-signature", ""), request.method, whole, body):
            return JSONResponse({"error": "signature"}, 401)
        if request.method == "POST":
            return self._write(path, request.headers.get("idempotency-key", ""), body)
        return self._read(path, dict(request.query_params))

    def _is_signed(self, header: str, method: str, path: str, body: bytes) -> bool:
        found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", header)
        if not found or abs(self.now().timestamp() - int(found[1])) > 300:
            return False
        return hmac.compare_digest(found[2], _hmac(self.secret, found[1], method, path, body))

    def _read(self, path: str, asked: Mapping[str, str]) -> Response:
        if set(asked) - _ASKED:
            self.unexpected.append(f"asked for {sorted(set(asked) - _ASKED)}")
            return JSONResponse({"error": "unknown parameter"}, 400)
        if path == "/capabilities":
            return _not_there() if self.can is None else JSONResponse({"capabilities": list(self.can)})
        if path == "/orders":
            return self._orders(asked)
        if path == "/products" and self.sells:
            return self._page("products", list(self.products.values()), asked)
        kind, _, name = path.removeprefix("/").partition("/")
        shelves = {"orders": self.orders, "products": self.products, "customers": self.customers}
        shelf = shelves.get(kind)
        if shelf is None or (kind == "products" and not self.sells):
            self.unexpected.append(f"GET {path}")
            return _not_there()
        return JSONResponse(shelf[name]) if name in shelf else _not_there()

    def _orders(self, asked: Mapping[str, str]) -> Response:
        if not set(asked) - {"after", "limit"}:
            self.unexpected.append("asked for every order")
            return JSONResponse({"error": "what for?"}, 400)
        if "updated_since" in asked and not self.lists_changes:
            return JSONResponse({"error": "unknown parameter updated_since"}, 400)
        found = [order for order in self.orders.values() if _fits(order, asked)]
        return self._page("orders", found, asked)

    def _page(self, name: str, found: list[Any], asked: Mapping[str, str]) -> Response:
        start = int(asked.get("after", 0))
        size = int(asked.get("limit", self.page_size))
        after = start + size
        return JSONResponse({name: found[start:after], "next": str(after) if after < len(found) else None})

    def _write(self, path: str, key: str, body: bytes) -> Response:
        match = re.fullmatch(r"/(orders|customers)/([^/]+)/([a-z]+)", path)
        wanted = {(_shelf(name), path): name for name, (path, _, _) in _BODIES.items()}
        name = wanted.get((match[1], match[3])) if match else None
        if match is None or name is None or not key:
            self.unexpected.append(f"POST {path}" + ("" if key else " without Idempotency-Key"))
            return JSONResponse({"error": "no such write"}, 404)
        wrong = _wrong(name, body)
        if wrong:
            self.unexpected.append(f"{name}: {wrong}")
            return JSONResponse({"error": wrong}, 400)
        if key in self._answered:
            return self._again(key, path, body)
        if self.refuses:
            return JSONResponse({"error": self.refuses}, 422)
        self.done[name] += 1
        self.sent[name] = json.loads(body)
        answer = self.results.get(name) or _RESULTS[name]
        self._answered[key] = (path, body, answer)
        return self._lost() or JSONResponse(answer, 201)

    def _again(self, key: str, path: str, body: bytes) -> Response:
        first_path, first_body, answer = self._answered[key]
        if (first_path, first_body) != (path, body):
            self.unexpected.append(f"key {key} used for something else")
            return JSONResponse({"error": "key was used for something else"}, 422)
        return self._lost() or JSONResponse(answer)

    def _lost(self) -> Response | None:
        if self.loses_answers <= 0:
            return None
        self.loses_answers -= 1
        return JSONResponse({"error": "oops"}, 500)


def _hmac(secret: str, stamp: str, method: str, path: str, body: bytes) -> str:
    signed = b".".join([stamp.encode(), method.encode(), path.encode(), body])
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _whole_path(request: Request) -> str:
    path: bytes = request.scope["raw_path"].partition(b"?")[0]
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("ascii")


def _broken(how: int | bytes) -> Response:
    if isinstance(how, bytes):
        return Response(how, media_type="application/json")
    return JSONResponse({"error": "broken"}, how)


def _not_there() -> Response:
    return JSONResponse({"error": "not there"}, 404)


def _shelf(name: str) -> str:
    return "customers" if name in ("store_credit", "change_customer_address") else "orders"


def _fits(order: Any, asked: Mapping[str, str]) -> bool:
    """As loosely as a search: part of a number, the beginning of an address."""
    if not isinstance(order, dict):
        return True
    buyer = order.get("customer") or order.get("contact") or {}
    number = str(order.get("number") or order.get("display_name"))
    emails = [*(buyer.get("emails") or ()), *filter(None, [buyer.get("email")])]
    return (
        (asked.get("name", "").strip("#").lower() in number.lower())
        and (any(asked["email"].lower()[:3] in each.lower() for each in emails) if "email" in asked else True)
        and (bool(buyer.get("phones")) if "phone" in asked else True)
        and str(order.get("updated_at", "9999")) >= asked.get("updated_since", "")[:10]
    )


def _wrong(name: str, body: bytes) -> str:
    """What is wrong with a write's body; nothing, as a rule."""
    sent = json.loads(body)
    _, fields, may_be_null = _BODIES[name]
    if set(sent) != {*fields, "at"}:
        return f"fields are {sorted(sent)}"
    if datetime.fromisoformat(sent["at"]).utcoffset() is None:
        return "at has no offset"
    for field_name, kind in fields.items():
        value = sent[field_name]
        if not isinstance(value, kind) and not (value is None and field_name in may_be_null):
            return f"{field_name} is {value!r}"
    if "amount" in sent and {key: type(value) for key, value in sent["amount"].items()} != _MONEY:
        return f"amount is {sent['amount']!r}"
    lines = sent.get("lines", [])
    return next((f"line {each!r}" for each in lines if set(each) - {"to_sku"} != {"line", "quantity"}), "")


def _one_or_many(events: Sequence[Json]) -> Json:
    return events[0] if len(events) == 1 else {"events": list(events)}


_USD: Final = {"amount_minor": 2500, "currency": "USD"}
_REFUND: Final = {"refund_id": "re_1", "amount": _USD, "status": "pending", "method": "original"}
_RESULTS: Final[Mapping[str, Json]] = {
    "start_return": {"rma": "RMA-1", "label_url": "https://shop.example/labels/1", "due_by": "2026-12-04"},
    "start_exchange": {
        "rma": "RMA-2", "difference": {"amount_minor": 500, "currency": "USD"}, "method": "pm_1",
        "label_url": "https://shop.example/labels/2", "due_by": "2026-12-04T12:00:00+01:00",
    },
    "refund": _REFUND,
    "cancel_order": {"cancelled_at": "2026-11-20T18:00:00Z", "refund": _REFUND},
    "change_address": {"address": {"name": "Ana Souza", "line1": "1 New St", "city": "Omaha", "zip": "68102", "country": "US"}},
    "change_customer_address": {"address": {"line1": "1 New St", "city": "Omaha", "country": "US"}},
    "change_items": {"difference": {"amount_minor": -2500, "currency": "USD"}, "method": None, "total": _USD},
    "change_payment": {"method": "pm_2", "previous": "pm_1", "amount": _USD},
    "store_credit": {"credit_id": "sc_1", "amount": _USD, "balance": {"amount_minor": 4000, "currency": "USD"}},
    "reship": {"replacement_id": "ord_8"},
    "open_claim": {"claim_id": "cl_1", "status": "open"},
}  # fmt: skip
