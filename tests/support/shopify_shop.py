"""The shop behind the stand-in for Shopify: orders, customers, products in memory, and what mutations do to them.

It answers with plain dictionaries in Shopify's shape and knows neither HTTP nor tokens. Its search is as loose as
Shopify's: it gives what merely resembles the question, so that a client that believes it gives away foreign orders.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from babel.numbers import get_currency_precision

from server.clock import HandClock
from tests.server.commerce.orders import NOW
from tests.support import shopify_rendering as rendering

Node = dict[str, Any]
Raw = Mapping[str, Any]

ALL_SCOPES = frozenset(
    {
        "read_orders",
        "read_all_orders",
        "write_orders",
        "read_customers",
        "read_fulfillments",
        "read_products",
        "read_returns",
        "write_returns",
        "read_merchant_managed_fulfillment_orders",
        "write_merchant_managed_fulfillment_orders",
        "read_third_party_fulfillment_orders",
        "read_store_credit_account_transactions",
        "write_store_credit_account_transactions",
    }
)
_TERM = r"""(?:(?:(?:name|email|customer_id|confirmation_number|sku):)?"(?:[^"\\]|\\.)*"|updated_at:>='[0-9T:Z-]+')"""
_QUERY = re.compile(rf"{_TERM}(?: OR {_TERM})*")
_SIXTY_DAYS = timedelta(days=60)
_REASONS = ("size-too-small", "size-too-large", "unwanted", "defective", "wrong-item", "not-as-described", "other")


class Misuse(Exception):
    """A client asked for something that no careful client asks for."""


class IdempotencyError(Exception):
    """A top-level error about an idempotency key; its text is the code."""


class ShopifyShop:
    """One shop. Change its attributes to set a scene."""

    def __init__(self) -> None:
        self.clock = HandClock(NOW)
        self.domain = "demo.myshopify.com"
        self.currency = "USD"
        self.orders: dict[str, Node] = {}
        self.customers: dict[str, Node] = {}
        self.products: dict[str, Node] = {}
        self.hooks: list[Node] = []
        self.scopes = ALL_SCOPES
        self.hides_contacts = False
        self.job_polls: int | None = 1
        self.refund_status = "PENDING"
        self.exchange_difference = 0
        self.ignores_addresses = False
        self.loses_returns = False
        self.user_errors: dict[str, list[Node]] = {}
        self.idempotency_errors: list[str] = []
        self._jobs: dict[str, tuple[str, int]] = {}
        self._keys: dict[str, tuple[str, Node]] = {}
        self._numbers = 9000

    def put(self, document: Raw) -> Node:
        """Take an order in our own raw format and show it as Shopify would."""
        found = rendering.order(document)
        buyer = rendering.customer(document["customer"], document["currency"])
        known = self.customers.setdefault(buyer["id"], buyer)
        known["orders"] = [each for each in known["orders"] if each["id"] != found["id"]] + [found]
        self.orders[found["id"]] = {**found, "customer": known}
        return self.orders[found["id"]]

    def of(self, order_id: str) -> Node:
        """The order with this id of ours."""
        return self.orders[rendering.global_id("Order", order_id)]

    def next_id(self, kind: str) -> str:
        """A new id."""
        self._numbers += 1
        return rendering.global_id(kind, self._numbers)

    def touch(self, order: Node) -> None:
        """Something of it changed now."""
        order["updatedAt"] = self.now()

    def now(self) -> str:
        """The time as Shopify writes it."""
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    # Queries

    def root(self) -> Node:
        """The query root: fields that are functions of their arguments."""
        return {
            "orders": self._search,
            "order": lambda id: self._visible(self.orders.get(id)),
            "fulfillment": self._fulfillment,
            "returnableFulfillments": self._returnable,
            "returnReasonDefinitions": lambda **_: [self._reason(each) for each in _REASONS],
            "return": self._return,
            "job": self._job,
            "customerByIdentifier": self._customer_by,
            "customer": lambda id: self._shown_customer(self.customers.get(id)),
            "products": self._listed_products,
            "product": lambda id: self.products.get(id),
            "productVariants": self._variants,
            "webhookSubscriptions": lambda **_: list(self.hooks),
            "currentAppInstallation": {"accessScopes": [{"handle": each} for each in sorted(self.scopes)]},
            "shop": {
                "name": "Demo",
                "ianaTimezone": "America/Chicago",
                "currencyCode": self.currency,
                "myshopifyDomain": self.domain,
            },
            **{name: self._mutation(name) for name in _MUTATIONS},
        }

    def _visible(self, order: Node | None) -> Node | None:
        if order is None or (self._is_old(order) and "read_all_orders" not in self.scopes):
            return None
        if not self.hides_contacts:
            return order
        return {
            **order,
            "email": None,
            "phone": None,
            "customer": None,
            "shippingAddress": None,
            "billingAddress": None,
        }

    def _is_old(self, order: Node) -> bool:
        return datetime.fromisoformat(order["processedAt"]) < self.clock.now() - _SIXTY_DAYS

    def _shown_customer(self, customer: Node | None) -> Node | None:
        if customer is None or not self.hides_contacts:
            return customer
        return {**customer, "defaultEmailAddress": None, "defaultPhoneNumber": None}

    def _search(self, query: str | None = None, **_: Any) -> list[Node]:
        shown = [order for each in self.orders.values() if (order := self._visible(each)) is not None]
        if not query:
            return shown
        if not _QUERY.fullmatch(query):
            raise Misuse(f"a search that is not fully quoted: {query!r}")
        terms = re.findall(r"(?:(\w+):)?(?:\"((?:[^\"\\]|\\.)*)\"|>='([^']+)')", query)
        return [order for order in shown if any(_resembles(order, *term) for term in terms)]

    def _fulfillment(self, id: str) -> Node | None:
        listed = (each for order in self.orders.values() for each in order["fulfillments"])
        return next((each for each in listed if each["id"] == id), None)

    def _returnable(self, orderId: str, **_: Any) -> list[Node]:
        order = self.orders.get(orderId)
        found = []
        for each in order["fulfillments"] if order else ():
            pieces = [
                {"quantity": left, "fulfillmentLineItem": piece}
                for piece in each["fulfillmentLineItems"]
                if (left := piece["quantity"] - self._returning(order, piece["id"])) > 0
            ]
            if pieces:
                found.append({"id": each["id"], "fulfillment": each, "returnableFulfillmentLineItems": pieces})
        return found

    def _returning(self, order: Node | None, piece: str) -> int:
        assert order is not None
        live = (each for each in order["returns"] if each["status"] not in ("DECLINED", "CANCELED"))
        lines = (line for each in live for line in each["returnLineItems"])
        return sum(line["quantity"] for line in lines if line["fulfillmentLineItem"]["id"] == piece)

    def _reason(self, handle: str) -> Node:
        identifier = rendering.global_id("ReturnReasonDefinition", handle)
        return {"id": identifier, "handle": handle, "name": handle.replace("-", " ").title(), "deleted": False}

    def _return(self, id: str) -> Node | None:
        for order in self.orders.values():
            for each in order["returns"]:
                if each["id"] == id:
                    return {**each, "suggestedFinancialOutcome": partial(self._outcome, order)}
        return None

    def _outcome(self, order: Node, **_: Any) -> Node:
        currency = order["presentmentCurrencyCode"]
        difference = self.exchange_difference
        transfer: Node | None = None
        if difference:
            kind = "InvoiceReturnOutcome" if difference > 0 else "RefundReturnOutcome"
            amount = rendering.bag(abs(difference), currency)
            transfer = {"__typename": kind, "amount": amount, "suggestedTransactions": []}
        zero = rendering.bag(0, currency)
        return {"discountedSubtotal": zero, "totalTax": zero, "maximumRefundable": zero, "financialTransfer": transfer}

    def _job(self, id: str) -> Node | None:
        if id not in self._jobs:
            return None
        order, polls = self._jobs[id]
        self._jobs[id] = (order, polls + 1)
        is_done = self.job_polls is not None and polls + 1 >= self.job_polls
        if is_done:
            self._finish_cancellation(self.orders[order])
        return {"id": id, "done": is_done}

    def _customer_by(self, identifier: Node) -> Node | None:
        if len(identifier) != 1:
            raise Misuse("an identifier names exactly one thing")
        for each in map(self._shown_customer, self.customers.values()):
            assert each is not None
            email, phone = each["defaultEmailAddress"], each["defaultPhoneNumber"]
            known = {
                "id": each["id"],
                "emailAddress": email and email["emailAddress"].lower(),
                "phoneNumber": phone and phone["phoneNumber"],
            }
            name, wanted = next(iter(identifier.items()))
            if known[name] == (wanted.lower() if name == "emailAddress" else wanted):
                return each
        return None

    def _listed_products(self, query: str | None = None, **_: Any) -> list[Node]:
        if query and not _QUERY.fullmatch(query):
            raise Misuse(f"a search that is not fully quoted: {query!r}")
        since = query.split("'")[1] if query else ""
        return [each for each in self.products.values() if each["updatedAt"] >= since]

    def _variants(self, query: str | None = None, **_: Any) -> list[Node]:
        if not query or not _QUERY.fullmatch(query):
            raise Misuse(f"a search that is not fully quoted: {query!r}")
        wanted = query.partition('"')[2].rstrip('"').lower()[:4]
        variants = (variant for each in self.products.values() for variant in each["variants"])
        return [each for each in variants if (each["sku"] or "").lower().startswith(wanted)]

    # Mutations

    def _mutation(self, name: str) -> Any:
        def apply(**given: Any) -> Node:
            errors = self.user_errors.get(name)
            if errors is not None:
                field, listed = _MUTATIONS[name]
                return {field: None, "order": None, "fulfillmentOrder": None, listed: errors}
            result: Node = getattr(self, f"_{name}")(**given)
            return {"order": None, "fulfillmentOrder": None, _MUTATIONS[name][1]: [], **result}

        return apply

    def _refused(self, name: str, code: str | None, *field: str) -> Node:
        error = {"code": code, "field": list(field), "message": "Nicht möglich."}
        return {_MUTATIONS[name][0]: None, _MUTATIONS[name][1]: [error]}

    def _returnCreate(self, returnInput: Node) -> Node:
        order = self.orders.get(returnInput["orderId"])
        if order is None:
            return self._refused("returnCreate", "NOT_FOUND", "returnInput", "orderId")
        left = {
            piece["fulfillmentLineItem"]["id"]: piece
            for each in self._returnable(order["id"])
            for piece in each["returnableFulfillmentLineItems"]
        }
        lines = []
        for each in returnInput["returnLineItems"]:
            piece = left.get(each["fulfillmentLineItemId"])
            if each["quantity"] < 1 or len(each["returnReasonNote"]) > 255:
                raise Misuse("a return line with no pieces, or with a note that is too long")
            if piece is None or piece["quantity"] < each["quantity"]:
                return self._refused("returnCreate", "TOO_BIG", "returnInput", "returnLineItems")
            lines.append(self._new_return_line(each, piece["fulfillmentLineItem"]))
        made = self._new_return(order, lines, returnInput.get("exchangeLineItems") or [])
        if not self.loses_returns:
            order["returns"].append(made)
        self.touch(order)
        return {"return": made}

    def _new_return_line(self, given: Node, piece: Node) -> Node:
        definition = given.get("returnReasonDefinitionId")
        return {
            "__typename": "ReturnLineItem",
            "id": self.next_id("ReturnLineItem"),
            "quantity": given["quantity"],
            "processedQuantity": 0,
            "refundedQuantity": 0,
            "customerNote": None,
            "returnReasonNote": given["returnReasonNote"],
            "returnReasonDefinition": self._reason(definition.rpartition("/")[2]) if definition else None,
            "fulfillmentLineItem": piece,
        }

    def _new_return(self, order: Node, lines: list[Node], items: Sequence[Node]) -> Node:
        known = {each["id"] for product in self.products.values() for each in product["variants"]}
        if any(each["variantId"] not in known or each["quantity"] < 1 for each in items):
            raise Misuse("an exchange for a variant that is not there")
        exchange = [{**each, "id": self.next_id("ExchangeLineItem")} for each in items]
        return {
            "id": self.next_id("Return"),
            "name": f"{order['name']}-R{len(order['returns']) + 1}",
            "status": "OPEN",
            "createdAt": self.now(),
            "requestApprovedAt": None,
            "closedAt": None,
            "totalQuantity": sum(each["quantity"] for each in lines),
            "decline": None,
            "exchangeLineItems": exchange,
            "returnLineItems": lines,
            "reverseFulfillmentOrders": [self._new_way_back(lines)],
        }

    def _new_way_back(self, lines: list[Node]) -> Node:
        pieces = [
            {
                "id": self.next_id("ReverseFulfillmentOrderLineItem"),
                "totalQuantity": each["quantity"],
                "fulfillmentLineItem": each["fulfillmentLineItem"],
                "dispositions": [],
            }
            for each in lines
        ]
        name = self.next_id("ReverseFulfillmentOrder")
        return {"id": name, "status": "OPEN", "lineItems": pieces, "reverseDeliveries": []}

    def _reverseDeliveryCreateWithShipping(
        self,
        reverseFulfillmentOrderId: str,
        labelInput: Node,
        trackingInput: Node | None = None,
        **_: Any,
    ) -> Node:
        returns = (each for order in self.orders.values() for each in order["returns"])
        work = (way for each in returns for way in each["reverseFulfillmentOrders"])
        way = next(each for each in work if each["id"] == reverseFulfillmentOrderId)
        number = (trackingInput or {}).get("number")
        carried = {
            "__typename": "ReverseDeliveryShippingDeliverable",
            "tracking": {"carrierName": None, "number": number, "url": None} if number else None,
            "label": {"publicFileUrl": "https://cdn.shopify.test/label.pdf"},
        }
        made = {"id": self.next_id("ReverseDelivery"), "deliverable": carried}
        way["reverseDeliveries"].append(made)
        return {"reverseDelivery": made}

    def _tagsAdd(self, id: str, tags: list[str]) -> Node:
        tagged = self.orders.get(id) or self.customers[id]
        tagged["tags"] += [each for each in tags if each not in tagged["tags"]]
        return {"node": {"__typename": "Order", "id": id}}

    def suggested(self, order: Node) -> Node:
        """The most that can go back for an order, to the payments that bear it."""
        currency = order["presentmentCurrencyCode"]
        paid = [each for each in order["transactions"] if each["kind"] == "SALE" and each["status"] == "SUCCESS"]
        left = sum(map(_minor, paid)) - sum(map(_refunded, order["refunds"]))
        back = [
            {
                "gateway": each["gateway"],
                "kind": "SUGGESTED_REFUND",
                "parentTransaction": each,
                "amountSet": rendering.bag(left, currency),
            }
            for each in paid[:1]
        ]
        most = rendering.bag(left, currency)
        names = ("amountSet", "subtotalSet", "totalTaxSet", "totalCartDiscountAmountSet", "maximumRefundableSet")
        return {**dict.fromkeys(names, most), "suggestedTransactions": back}

    def _refundCreate(self, input: Node) -> Node:
        key = self.key
        if self.idempotency_errors:
            raise IdempotencyError(self.idempotency_errors.pop(0))
        written = json.dumps(input, sort_keys=True, default=str)
        if key in self._keys:
            if self._keys[key][0] != written:
                raise IdempotencyError("IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            return {"refund": self._keys[key][1], "order": self.orders[input["orderId"]]}
        order = self.orders[input["orderId"]]
        if order["currencyCode"] != order["presentmentCurrencyCode"] and not input.get("currency"):
            raise Misuse("a refund in another currency than the shop's must name it")
        amount = self._asked(order, input)
        if amount > _minor({"amountSet": self.suggested(order)["maximumRefundableSet"]}):
            return self._refused("refundCreate", None, "input", "transactions")
        made = self._new_refund(order, amount, input.get("note"))
        self._keys[key] = (written, made)
        return {"refund": made, "order": order}

    key = ""
    """The idempotency key of the mutation that runs now."""

    def _asked(self, order: Node, given: Node) -> int:
        payments = {each["id"] for each in order["transactions"] if each["kind"] in ("SALE", "CAPTURE")}
        asked = [each["storeCreditRefund"]["amount"]["amount"] for each in given["refundMethods"]]
        for each in given.get("transactions") or []:
            if each["parentId"] not in payments or each["orderId"] != order["id"] or each["kind"] != "REFUND":
                raise Misuse("a refund to what is no payment of this order")
            asked.append(each["amount"])
        return int(sum(map(Decimal, asked)) * 10 ** get_currency_precision(order["presentmentCurrencyCode"]))

    def _new_refund(self, order: Node, amount: int, note: str | None) -> Node:
        currency = order["presentmentCurrencyCode"]
        name = self.next_id("Refund")
        made = {
            "id": name,
            "createdAt": self.now(),
            "processedAt": self.now(),
            "note": note,
            "totalRefundedSet": rendering.bag(amount, currency),
            "return": None,
            "refundLineItems": [],
            "transactions": [rendering.transaction(f"t{name[-4:]}", "REFUND", self.refund_status, amount, currency)],
        }
        order["refunds"].append(made)
        order["totalRefundedSet"] = rendering.bag(sum(map(_refunded, order["refunds"])), currency)
        order["displayFinancialStatus"] = "PARTIALLY_REFUNDED"
        self.touch(order)
        return made

    def _orderCancel(self, orderId: str, staffNote: str | None = None, **_: Any) -> Node:
        order = self.orders[orderId]
        if order["cancelledAt"]:
            return self._refused("orderCancel", "INVALID", "orderId")
        job = self.next_id("Job")
        order["cancellation"] = {"staffNote": staffNote}
        self._jobs[job] = (orderId, 0)
        if self.job_polls == 0:
            self._finish_cancellation(order)
        return {"job": {"id": job, "done": self.job_polls == 0}}

    def _finish_cancellation(self, order: Node) -> None:
        if order["cancelledAt"]:
            return
        order["cancelledAt"], order["cancelReason"] = self.now(), "CUSTOMER"
        left = _minor({"amountSet": self.suggested(order)["maximumRefundableSet"]})
        if left:
            self._new_refund(order, left, None)
        self.touch(order)

    def _orderUpdate(self, input: Node) -> Node:
        if set(input) != {"id", "shippingAddress"}:
            raise Misuse("tags and note are overwritten by what is sent")
        order, given = self.orders[input["id"]], input["shippingAddress"]
        if any(not each["fulfillmentHolds"] for each in order["fulfillmentOrders"]):
            raise Misuse("an address changes only while the warehouse is held")
        name = f"{given.pop('firstName', '')} {given.pop('lastName', '')}".strip()
        changed = {**given, "name": name, "countryCodeV2": given.pop("countryCode")}
        order["shippingAddress"] = {**order["shippingAddress"], **changed}
        for each in order["fulfillmentOrders"]:
            if not self.ignores_addresses:
                there = {field: changed.get(field) for field in ("address1", "address2", "city", "zip")}
                each["destination"] = {**there, "countryCode": changed["countryCodeV2"]}
        self.touch(order)
        return {"order": order}

    def work(self, identifier: str) -> Node:
        """The fulfilment order with this id."""
        listed = (each for order in self.orders.values() for each in order["fulfillmentOrders"])
        return next(each for each in listed if each["id"] == identifier)

    def _fulfillmentOrderHold(self, id: str, fulfillmentHold: Node) -> Node:
        work = self.work(id)
        if any(each["handle"] == fulfillmentHold["handle"] for each in work["fulfillmentHolds"]):
            return self._refused("fulfillmentOrderHold", "DUPLICATE_FULFILLMENT_HOLD_HANDLE", "handle")
        made = rendering.hold(self.next_id("x").rpartition("/")[2], "address", fulfillmentHold["handle"])
        made["reasonNotes"] = fulfillmentHold["reasonNotes"]
        work["fulfillmentHolds"].append(made)
        work["status"] = "ON_HOLD"
        return {"fulfillmentHold": made, "fulfillmentOrder": work}

    def _fulfillmentOrderReleaseHold(self, id: str, holdIds: list[str]) -> Node:
        work = self.work(id)
        work["fulfillmentHolds"] = [each for each in work["fulfillmentHolds"] if each["id"] not in holdIds]
        work["status"] = "ON_HOLD" if work["fulfillmentHolds"] else "OPEN"
        return {"fulfillmentOrder": work}

    def _webhookSubscriptionCreate(self, topic: str, webhookSubscription: Node) -> Node:
        made = {"id": self.next_id("WebhookSubscription"), "topic": topic, "uri": webhookSubscription["uri"]}
        self.hooks.append(made)
        return {"webhookSubscription": made}

    def _storeCreditAccountCredit(self, id: str, creditInput: Node) -> Node:
        customer = self.customers[id]
        made = {
            "__typename": "StoreCreditAccountCreditTransaction",
            "id": self.next_id("StoreCreditAccountCreditTransaction"),
            "amount": dict(creditInput["creditAmount"]),
            "createdAt": self.now(),
        }
        if not customer["storeCreditAccounts"]:
            account = {"id": self.next_id("StoreCreditAccount"), "balance": made["amount"], "transactions": []}
            customer["storeCreditAccounts"] = [account]
        customer["storeCreditAccounts"][0]["transactions"].append(made)
        return {"storeCreditAccountTransaction": made}


_MUTATIONS = {
    "returnCreate": ("return", "userErrors"),
    "refundCreate": ("refund", "userErrors"),
    "orderCancel": ("job", "orderCancelUserErrors"),
    "orderUpdate": ("order", "userErrors"),
    "fulfillmentOrderHold": ("fulfillmentHold", "userErrors"),
    "fulfillmentOrderReleaseHold": ("fulfillmentOrder", "userErrors"),
    "webhookSubscriptionCreate": ("webhookSubscription", "userErrors"),
    "reverseDeliveryCreateWithShipping": ("reverseDelivery", "userErrors"),
    "tagsAdd": ("node", "userErrors"),
    "storeCreditAccountCredit": ("storeCreditAccountTransaction", "userErrors"),
}
"""By mutation: the field of what it made, and that of its errors."""


def _minor(transaction: Node) -> int:
    amount = transaction["amountSet"]["presentmentMoney"]
    return int(Decimal(amount["amount"]) * 10 ** get_currency_precision(amount["currencyCode"]))


def _refunded(refund: Node) -> int:
    return _minor({"amountSet": refund["totalRefundedSet"]})


_SEARCHED = {"email": "email", "confirmation_number": "confirmationNumber", "": "phone"}
"""Where Shopify looks for a word; what names no field is looked for everywhere, here among phones."""


def _resembles(order: Node, field: str, phrase: str, since: str) -> bool:
    """Shopify's search splits words: it also gives what shares one of them."""
    if field == "updated_at":
        return bool(order["updatedAt"] >= since)
    if field == "customer_id":
        return order["customer"] is not None and order["customer"]["id"].rpartition("/")[2] == phrase
    there = str(order[_SEARCHED.get(field, "name")]).lower()
    words = [each for each in re.split(r"[^\w]+", phrase.lower()) if each]
    return bool(words) and any(word in there for word in words)
