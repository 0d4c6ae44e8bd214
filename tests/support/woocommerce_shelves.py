"""The shelves of the WooCommerce stand-in: products, customers, coupons, webhooks and payment methods, and its settings.

Orders are in `woocommerce`. Whatever a call does that it must not do is kept in `complaints`, and refused.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from tests.support import woocommerce_checks as checks
from tests.support.woocommerce_shapes import Raw, decimals, meta_of, money

Answer: TypeAlias = tuple[Any, int | None]
Handler: TypeAlias = Callable[..., Answer]

CORE_STATUSES = frozenset({"pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "trash"})


class Refused(Exception):
    """An error of the REST API."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Faults:
    """What goes wrong next. `refund`: `none` = 500 and no refund, `made` = 500 though it was made, `unmarked` = made
    without our mark, too. `shift_minor` changes the total when the address changes. `html`: so many answers are HTML
    pages with status 200. `busy`: so many answers are 429, to be waited for `retry_after_s`. `lost`: the connection of
    the next POST or PUT is broken after it was carried out. `broken`: paths like this give HTML pages until it is mended."""

    refund: str = ""
    shift_minor: int = 0
    html: int = 0
    busy: int = 0
    retry_after_s: float = 2
    slow_s: float = 0
    lost: int = 0
    down: int = 0
    broken: str = ""


@dataclass(slots=True)
class Site:
    """What the site can do."""

    key: str = "ck_test"
    secret: str = "cs_test"
    zone: str = "America/Chicago"
    keys_in_query: bool = False
    is_query_style: bool = False
    has_fulfilments: bool = True
    lists_by_change: bool = True
    may_write: bool = True
    may_read: bool = True
    is_manager: bool = True
    currency: str = "USD"
    tax_bp: int = 0
    prefix: str = ""
    starts_with: bytes = b""
    statuses: frozenset[str] = CORE_STATUSES


@dataclass(slots=True)
class Records:
    orders: dict[int, Raw] = field(default_factory=dict)
    refunds: dict[int, list[Raw]] = field(default_factory=dict)
    fulfilments: dict[int, list[Raw]] = field(default_factory=dict)
    notes: dict[int, list[Raw]] = field(default_factory=dict)
    customers: dict[int, Raw] = field(default_factory=dict)
    products: dict[int, Raw] = field(default_factory=dict)
    variations: dict[int, list[Raw]] = field(default_factory=dict)
    coupons: list[Raw] = field(default_factory=list)
    webhooks: dict[int, Raw] = field(default_factory=dict)
    gateways: dict[str, Raw] = field(default_factory=dict)


class Shelves:
    """The routes of everything but orders. `now` tells the time at which the site writes."""

    def __init__(self, now: Callable[[], datetime], site: Site) -> None:
        self.site = site
        self.complaints: list[str] = []
        self._now = now
        self._records = Records()
        self._next = 40001

    def _complain(self, problem: str) -> None:
        self.complaints.append(problem)
        raise Refused(400, "rest_invalid_param")

    def _require(self, problems: Iterable[str]) -> None:
        for problem in problems:
            self._complain(problem)

    def _sold(self, product_id: int) -> Raw:
        every = [
            *self._records.products.values(),
            *(each for found in self._records.variations.values() for each in found),
        ]
        found = next((each for each in every if each["id"] == product_id), None)
        if found is None:
            raise Refused(400, "woocommerce_rest_invalid_product_id")
        return found

    def _list_products(self, query: Mapping[str, str], body: Any) -> Answer:
        self._require(checks.query_problems("products", query))
        products = list(self._records.products.values())
        if sku := query.get("sku"):
            owned = [
                {**each, "type": "variation", "parent_id": parent}
                for parent, found in self._records.variations.items()
                for each in found
            ]
            products = [each for each in (*products, *owned) if each["sku"] == sku]
        if after := query.get("modified_after"):
            products = [each for each in products if each["date_modified_gmt"] > after]
        return self._page(products, query)

    def _get_product(self, query: Mapping[str, str], body: Any, product_id: str) -> Answer:
        try:
            return self._sold(int(product_id)), None
        except Refused:
            raise Refused(404, "woocommerce_rest_product_invalid_id") from None

    def _list_variations(self, query: Mapping[str, str], body: Any, product_id: str) -> Answer:
        return self._page(self._records.variations.get(int(product_id), []), query)

    def _list_customers(self, query: Mapping[str, str], body: Any) -> Answer:
        self._require(checks.query_problems("customers", query))
        found = list(self._records.customers.values())
        if email := query.get("email"):
            found = [each for each in found if each["email"].lower() == email.lower()]
        if words := query.get("search"):
            found = [each for each in found if words.lower() in json.dumps(each).lower()]
        return self._page(found, query)

    def _get_customer(self, query: Mapping[str, str], body: Any, customer_id: str) -> Answer:
        if int(customer_id) not in self._records.customers:
            raise Refused(404, "woocommerce_rest_invalid_id")
        return self._records.customers[int(customer_id)], None

    def _change_customer(self, query: Mapping[str, str], body: Any, customer_id: str) -> Answer:
        customer, _ = self._get_customer(query, body, customer_id)
        self._require(checks.change_problems(body, self.site.statuses))
        customer["shipping"] = {**customer["shipping"], **body["shipping"]}
        update_meta(customer, body["meta_data"])
        return customer, None

    def _get_gateway(self, query: Mapping[str, str], body: Any, gateway_id: str) -> Answer:
        if gateway_id not in self._records.gateways:
            raise Refused(404, "woocommerce_rest_payment_gateway_invalid_id")
        return self._records.gateways[gateway_id], None

    def _get_currency(self, query: Mapping[str, str], body: Any) -> Answer:
        if not self.site.is_manager:
            raise Refused(403, "woocommerce_rest_cannot_view")
        return {"code": self.site.currency, "name": "…", "symbol": "…"}, None

    def _make_coupon(self, query: Mapping[str, str], body: Any) -> Answer:
        self._require(checks.coupon_problems(body))
        self._records.coupons.append({"id": self._new_id(), **body})
        return self._records.coupons[-1], None

    def _make_webhook(self, query: Mapping[str, str], body: Any) -> Answer:
        self._require(checks.webhook_problems(body))
        webhook = {"id": self._new_id(), **body}
        self._records.webhooks[webhook["id"]] = webhook
        return {name: value for name, value in webhook.items() if name != "secret"}, None

    def _change_webhook(self, query: Mapping[str, str], body: Any, webhook_id: str) -> Answer:
        self._records.webhooks[int(webhook_id)].update(body)
        return self._records.webhooks[int(webhook_id)], None

    def _page(self, found: Sequence[Raw], query: Mapping[str, str]) -> tuple[list[Raw], int]:
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        return list(found[size * (page - 1) : size * page]), -(-len(found) // size)

    def _make_products(self, order: Raw) -> None:
        for item in order["line_items"]:
            price = money(round(item["price"] * 10 ** decimals(order["currency"])), order["currency"])
            product = {
                "id": item["product_id"],
                "name": item["name"],
                "type": "simple",
                "sku": item["sku"],
                "price": price,
            }
            listed = {"stock_status": "instock", "status": "publish", "date_modified_gmt": self._stamp()}
            self._records.products.setdefault(item["product_id"], {**product, **listed})

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()

    def _new_id(self) -> int:
        self._next += 1
        return self._next


def update_meta(owner: Raw, entries: Sequence[Raw]) -> None:
    values = {entry["key"]: entry["value"] for entry in owner["meta_data"]}
    values.update({entry["key"]: entry["value"] for entry in entries})
    owner["meta_data"] = meta_of(values)
