"""What is missing between us and a WooCommerce site, in the site's own terms, and the webhooks that we need there.

A key says what it may do only when it is used: an empty batch shows whether it may write, and changes nothing. Webhooks
that failed five times in a row are switched off by WooCommerce; they are switched on again here. Nothing here raises.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from server.commerce.connectors.platform import Finding
from server.commerce.connectors.woocommerce.client import ReadRefused, WooClient
from server.commerce.connectors.woocommerce.plain import Json, text
from server.errors import StoreError

TOPICS: Final = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.updated",
    "product.deleted",
    "customer.updated",
)
_KEY_PAGE: Final = "WooCommerce > Settings > Advanced > REST API"
_HOOK_PAGE: Final = "WooCommerce > Settings > Advanced > Webhooks"


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, and what follows for the writes."""

    findings: tuple[Finding, ...]
    may_write: bool
    can_refund: bool


async def examine(client: WooClient) -> Examined:
    """Look at address, key, webhooks, parcels and payment methods, in this order; without an answer to one, go on."""
    reached = await _attempt(lambda: _address(client))
    if reached.level == "mend":
        return Examined((reached,), may_write=True, can_refund=True)
    key = await _attempt(lambda: _key(client))
    permission = await _attempt(lambda: _permission(client))
    hooks = await _attempt(lambda: _hooks(client))
    parcels = await _attempt(lambda: _parcels(client))
    payments = await _attempt(lambda: _payments(client))
    findings = (reached, key, permission, hooks, parcels, payments)
    return Examined(findings, permission.level != "mend", payments.level != "mend")


async def subscribe(client: WooClient, delivery_url: str, secret: str) -> Sequence[Finding]:
    """Make the webhooks that are missing towards this address, and switch on those that are off."""
    try:
        existing = await _all_hooks(client)
    except StoreError as error:
        return (Finding("mend", f"The webhooks cannot be read: {error}"),)
    ours = {text(each.get("topic")): each for each in existing if text(each.get("delivery_url")) == delivery_url}
    return tuple([await _one_hook(client, topic, ours.get(topic), delivery_url, secret) for topic in TOPICS])


async def _one_hook(client: WooClient, topic: str, found: Json | None, delivery_url: str, secret: str) -> Finding:
    try:
        if found is None:
            body = {"name": f"Onethread {topic}", "topic": topic, "delivery_url": delivery_url, "secret": secret}
            await client.write("POST", "/webhooks", {**body, "status": "active"})
            return Finding("ok", f"Webhook {topic}: made")
        if text(found.get("status")) == "active":
            return Finding("ok", f"Webhook {topic}: active")
        changed = {"status": "active", "secret": secret}
        await client.write("PUT", f"/webhooks/{text(found.get('id'))}", changed)
        return Finding("ok", f"Webhook {topic}: was {text(found.get('status'))}, switched on again")
    except StoreError as error:
        return Finding("mend", f"Webhook {topic} could not be made: {error}")


async def _attempt(look: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await look()
    except StoreError as error:
        return Finding("mend", str(error))


async def _address(client: WooClient) -> Finding:
    index = await client.index()
    if "wc/v3" in list(index.get("namespaces") or ()):
        return Finding("ok", "The site answers, and has the WooCommerce REST API (wc/v3)")
    return Finding("mend", "The site answers, but its REST API has no wc/v3: is WooCommerce active there?")


async def _key(client: WooClient) -> Finding:
    await client.many("/orders", [("per_page", "1")])
    return Finding("ok", "The key may read orders")


async def _permission(client: WooClient) -> Finding:
    try:
        await client.write("POST", "/orders/batch", {})
    except StoreError as error:
        return Finding("mend", f"The key may not write; {_KEY_PAGE}, permission Read/Write. {error}")
    return Finding("ok", "The key may write orders")


async def _hooks(client: WooClient) -> Finding:
    existing = await _all_hooks(client)
    active = {text(each.get("topic")) for each in existing if text(each.get("status")) == "active"}
    stopped = [each for each in existing if text(each.get("status")) != "active" and text(each.get("topic")) in TOPICS]
    off = [f"{text(each.get('topic'))} is {text(each.get('status'))}" for each in stopped]
    missing = [
        f"{topic} is missing" for topic in TOPICS if topic not in active | {text(e.get("topic")) for e in stopped}
    ]
    off = [each for each in off if each.partition(" ")[0] not in active]
    if off or missing:
        return Finding("warn", f"Webhooks ({_HOOK_PAGE}): {', '.join([*off, *missing])}")
    return Finding("ok", "All webhooks are active")


async def _parcels(client: WooClient) -> Finding:
    newest = await client.many("/orders", [("per_page", "1")])
    if not newest.items:
        return Finding("ok", "There is no order yet, so that fulfillments could not be looked at")
    try:
        await client.many(f"/orders/{text(newest.items[0].get('id'))}/fulfillments")
    except ReadRefused as refused:
        if refused.code == "rest_no_route" or refused.status == 404:
            return Finding("warn", "The fulfillments feature is off: parcels are read from tracking plug-ins alone")
        return Finding("warn", f"Fulfillments cannot be read: {refused}")
    return Finding("ok", "Parcels are read from fulfillments")


async def _payments(client: WooClient) -> Finding:
    gateways = [each for each in (await client.many("/payment_gateways")).items if each.get("enabled") is True]
    unable = [text(each.get("id")) for each in gateways if "refunds" not in list(each.get("method_supports") or ())]
    if not gateways or len(unable) == len(gateways):
        return Finding("mend", "No payment method can refund through WooCommerce: people must send money back")
    if unable:
        return Finding("warn", f"A person must send money back for orders paid by: {', '.join(unable)}")
    return Finding("ok", "All payment methods can refund through WooCommerce")


async def _all_hooks(client: WooClient) -> list[Json]:
    found = await client.many("/webhooks", [("per_page", "100")])
    return list(found.items)
