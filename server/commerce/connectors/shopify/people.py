"""Orders and customers of a Shopify shop by what a person knows: a number, a code, an address, a phone, a customer's id.

Shopify's hits are candidates only and are compared exactly here. Every shop finds orders by search and customers by e-mail;
what goes beyond that is asked where the shop answers it, and done by way of the person's orders elsewhere.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from server.commerce.connectors.shopify import searching
from server.commerce.connectors.shopify.client import Client
from server.commerce.connectors.shopify.values import Json, gid, next_page, nodes, part, tail, text
from server.commerce.contacts import email_key
from server.commerce.outside import Priority

_MANY: Final = 10


class People:
    """Searches in one shop. Hits of orders have contacts, except those that came with a customer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    # Orders

    async def named(self, number: str) -> list[Json]:
        """The orders whose number is exactly this one."""
        return await self._hits(searching.by_number(number), lambda each: searching.has_number(each, number), 1)

    async def confirmed(self, code: str) -> list[Json]:
        """The order with exactly this confirmation code."""
        return await self._hits(searching.by_code(code), lambda each: searching.has_code(each, code), 1)

    async def hit_of(self, order: Json, priority: Priority) -> Json:
        """This order with its contacts, found by its name; empty while the search does not know it yet."""
        query = searching.by_name(str(order.get("name") or ""))
        found = await self._hits(query, lambda each: each.get("id") == order.get("id"), 1, priority)
        return found[0] if found else {}

    async def orders_of(self, customer_id: str | None, email: str | None, phone: str | None) -> list[Json]:
        """The newest orders that match all given arguments exactly, newest first."""
        found: list[list[Json]] = []
        if customer_id is not None:
            found.append(await self._of_customer(customer_id))
        if email is not None:
            query = searching.by_email(email)
            found.append(await self._hits(query, lambda each: searching.has_email(each.get("email"), email)))
        if phone is not None:
            found.append(await self._of_phone(phone))
        return _in_all(found)

    async def _of_customer(self, customer_id: str) -> list[Json]:
        query = searching.by_customer(customer_id)
        return await self._hits(query, lambda each: searching.is_customers(each, customer_id))

    async def _of_phone(self, phone: str) -> list[Json]:
        customers = await self._asked_by_phone(phone)
        if customers is None:
            return await self._with_phone(phone)
        return [order for each in customers for order in nodes(each.get("orders"))]

    async def _with_phone(self, phone: str) -> list[Json]:
        return await self._hits(searching.by_phone(phone), lambda each: searching.has_phone(each.get("phone"), phone))

    async def _hits(
        self, query: str | None, fits: Callable[[Json], bool], enough: int = _MANY, priority: Priority = "chat"
    ) -> list[Json]:
        """What fits on the first page; on the second too, where there is one and the first does not hold enough."""
        if query is None:
            return []
        page = part(await self._client.read("order_lookup", {"q": query}, priority), "orders")
        found, after = list(filter(fits, nodes(page))), next_page(page)
        if after is not None and len(found) < enough:
            more = await self._client.more("order_search", {"q": query, "after": after}, priority)
            found += filter(fits, nodes(part(more, "orders")))
        return found

    # Customers

    async def customer(self, customer_id: str) -> Json | None:
        """The customer with this id."""
        whole_id = gid("Customer", customer_id)
        if whole_id is None:
            return None
        found = await self._asked({"id": whole_id})
        if found is None:
            found = await self._through(await self._of_customer(customer_id))
        return next((each for each in found if each.get("id") == whole_id), None)

    async def customers(self, email: str | None, phone: str | None) -> list[Json]:
        """The customers with exactly this e-mail (any case) and phone."""
        found: list[list[Json]] = []
        if email is not None:
            found.append(await self._by_email(email))
        if phone is not None:
            found.append(await self._by_phone(phone))
        return _in_all(found)

    async def _by_email(self, email: str) -> list[Json]:
        if searching.by_email(email) is None:
            return []
        plain = email.strip()
        asking = self._client.read("customer", {"email": plain})
        answer, more = await self._client.beside(asking, "customer_find", {"identifier": {"emailAddress": plain}})
        known, other = part(answer, "customerByIdentifier"), part(more, "customerByIdentifier")
        if not searching.has_email(part(known, "defaultEmailAddress").get("emailAddress"), email):
            return []
        return [{**other, **known} if other.get("id") == known.get("id") else known]

    async def _by_phone(self, phone: str) -> list[Json]:
        found = await self._asked_by_phone(phone)
        if found is None:
            found = await self._through(await self._with_phone(phone))
        return [
            each for each in found if searching.has_phone(part(each, "defaultPhoneNumber").get("phoneNumber"), phone)
        ]

    async def _asked_by_phone(self, phone: str) -> list[Json] | None:
        if not searching.has_phone(phone, phone):
            return []
        found = await self._asked({"phoneNumber": phone.strip()})
        return found and [
            each for each in found if searching.has_phone(part(each, "defaultPhoneNumber").get("phoneNumber"), phone)
        ]

    async def _asked(self, identifier: dict[str, str]) -> list[Json] | None:
        """The customer behind an identifier; None where the shop does not answer that."""
        answer = await self._client.more("customer_find", {"identifier": identifier})
        if answer is None:
            return None
        found = part(answer, "customerByIdentifier")
        return [found] if found else []

    async def _through(self, orders: Sequence[Json]) -> list[Json]:
        """The customers of these orders, by the address of each."""
        emails = dict.fromkeys(email_key(found) for each in orders if (found := text(each.get("email"))))
        return [customer for email in emails for customer in await self._by_email(email)]


def _in_all(found: Sequence[Sequence[Any]]) -> list[Any]:
    """What is in each of the lists, by id, in the order of the first; the first list's pieces."""
    first, *others = found or [[]]
    ids = [{tail(each.get("id")) for each in other} for other in others]
    return [each for each in first if all(tail(each.get("id")) in other for other in ids)]
