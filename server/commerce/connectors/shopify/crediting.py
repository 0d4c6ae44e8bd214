"""Store credit for a customer of Shopify's.

A credit carries no note: the order that it is for is tagged once it was given. A lost answer can only be told by
comparison: what the customer's accounts list now and did not list before, where the shop shows that. Where it does not tell
for certain, a person must look; it is never given twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.commerce.connectors.shopify.acting import Acting, accepted, mark_of, require
from server.commerce.connectors.shopify.values import Json, decimal, gid, minor, nodes, part, tail
from server.commerce.model import Money
from server.commerce.store import CreditResult
from server.errors import StoreRefused, StoreUnavailable


@dataclass(frozen=True, slots=True)
class _Plan:
    """The credits that were there before; None where we cannot read them."""

    before: frozenset[str] | None


class Crediting:
    """Gives store credit."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._client = acting.client

    async def store_credit(
        self, key: str, customer_id: str, amount: Money, order_id: str | None, at: datetime
    ) -> CreditResult:
        """Give credit for a later purchase. Raises StoreRefused, StoreUnavailable."""
        customer = require("Customer", customer_id)
        order = gid("Order", order_id or "")
        if amount.amount_minor <= 0:
            raise StoreRefused("a credit needs an amount")

        async def prepare() -> _Plan:
            listed = await self._listed(customer)
            return _Plan(None if listed is None else frozenset(str(each.get("id")) for each in listed))

        async def effect(plan: _Plan | None) -> CreditResult | None:
            if order and await self._acting.is_tagged(order, key):
                return CreditResult(mark_of(key), amount)
            if plan is None or plan.before is None:
                return None
            listed = await self._listed(customer) or []
            added = [each for each in listed if each.get("id") not in plan.before and _amount(each) == amount]
            return CreditResult(tail(added[0].get("id")), amount) if len(added) == 1 else None

        async def send(_: _Plan) -> CreditResult:
            given = await self._give(customer, amount)
            await self._acting.tag(order or customer, key)
            return given

        return await self._acting.once(
            key,
            "store_credit",
            customer_id,
            at,
            prepare=prepare,
            send=send,
            effect=effect,
            to_raw=lambda result: {"id": result.credit_id},
            from_raw=lambda raw: CreditResult(str(raw["id"]), amount),
        )

    async def _give(self, customer: str, amount: Money) -> CreditResult:
        money: dict[str, Any] = {
            "amount": decimal(amount.amount_minor, amount.currency),
            "currencyCode": amount.currency,
        }
        answer = await self._client.write("credit", {"id": customer, "in": {"creditAmount": money}})
        created = accepted(part(answer, "storeCreditAccountCredit"), "the credit")
        transaction = part(created, "storeCreditAccountTransaction")
        if not transaction.get("id"):
            raise StoreUnavailable("Shopify does not say whether it gave the credit")
        return CreditResult(tail(transaction["id"]), amount)

    async def _listed(self, customer: str) -> list[Json] | None:
        answer = await self._client.more("credits", {"id": customer})
        if answer is None:
            return None
        accounts = nodes(part(answer, "customer").get("storeCreditAccounts"))
        return [each for account in accounts for each in nodes(account.get("transactions")) if each.get("id")]


def _amount(raw: Json) -> Money | None:
    money = part(raw, "amount")
    amount = minor(money.get("amount"), money.get("currencyCode"))
    return None if amount is None else Money(amount, str(money["currencyCode"]))
