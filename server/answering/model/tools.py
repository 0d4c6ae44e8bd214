"""What a model may ask for: the assistant's own skills, and searches over what is public. Nothing here changes anything.

A tool that begins a change ends, at most, in the skill's own question or in a proposal that is read back: what is done needs the
customer's clear yes, which our own code reads. Who asks and what they have proven comes from the session, never from arguments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from server.answering.model.events import Message

_NUMBER: Final = {
    "type": ["string", "null"],
    "maxLength": 40,
    "description": "An order number that the customer wrote; null when the conversation is about one order.",
}
_QUERY: Final = {"type": "string", "minLength": 2, "maxLength": 200, "description": "What to look for, in a few words."}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it is offered. `task` is the skill that serves it, empty for the searches and the person."""

    name: str
    description: str
    task: str = ""
    parameters: tuple[tuple[str, Mapping[str, Any]], ...] = ()


class Rejected(Exception):
    """Arguments that do not fit; the message is for the model."""


def _skill(name: str, task: str, description: str) -> Tool:
    return Tool(name, description, task, (("order_number", _NUMBER),))


TOOLS: Final[tuple[Tool, ...]] = (
    _skill("begin_cancellation", "cancel", "The customer wants to cancel an order. Asks or reads back; cancels nothing."),
    _skill("begin_change_of_address", "change_address", "Another delivery address is wanted. Asks or reads back; changes nothing."),
    _skill("begin_change_of_items", "change_order", "Other items, sizes or quantities are wanted before shipping. Changes nothing."),
    _skill("begin_claim", "damaged_or_wrong_item", "Something arrived damaged, wrong or incomplete."),
    _skill("begin_exchange", "exchange", "The customer wants another size, colour or item for one that they have."),
    _skill("begin_return", "return", "The customer wants to send something back. Asks or reads back; opens nothing."),
    _skill("begin_warranty", "warranty", "Something broke after a while of use."),
    _skill("delivery_problem", "delivery_problem", "Marked as delivered but not there, a failed attempt, a stuck or lost parcel."),
    Tool("hand_to_person", "Nothing else fits, or the customer wants a person."),
    _skill("order_status", "order_status", "Where an order is and when it comes, live."),
    _skill("payment_trouble", "payment", "A payment failed, was charged twice, or should go another way."),
    _skill("policy", "policy_question", "What the shop's rules say, such as on returns."),
    Tool("product_answer", "Answers what the customer asks about goods: price, stock, size, comparison.", "product_question"),
    _skill("refund_status", "refund_status", "Where a refund is."),
    Tool("search_articles", "Searches the shop's help articles: how things work, are set up, used or mended.", "", (("query", _QUERY),)),
    Tool("search_products", "Searches the goods on sale.", "", (("query", _QUERY),)),
    _skill("subscription", "subscription", "A subscription is to be skipped, changed or ended."),
)  # fmt: skip
"""Every tool, by name: the order is fixed, so that the beginning of each request is the same bytes."""

BY_NAME: Final[Mapping[str, Tool]] = {tool.name: tool for tool in TOOLS}


def offered(names: Sequence[str]) -> list[Message]:
    """These tools as the protocol wants them, in their fixed order."""
    return [_described(tool) for tool in TOOLS if tool.name in names]


def _described(tool: Tool) -> Message:
    parameters = {
        "additionalProperties": False,
        "properties": {name: dict(schema) for name, schema in tool.parameters},
        "required": [name for name, _ in tool.parameters],
        "type": "object",
    }
    function = {"description": tool.description, "name": tool.name, "parameters": parameters}
    return {"function": function, "type": "function"}


def arguments(tool: Tool, text: str) -> dict[str, str | None]:
    """The arguments of a call, if they are what the tool asks for. Raises Rejected."""
    try:
        given = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        raise Rejected("the arguments are no JSON") from None
    if not isinstance(given, dict):
        raise Rejected("the arguments must be an object")
    known = dict(tool.parameters)
    unknown = sorted(str(name) for name in given.keys() - known.keys())
    if unknown:
        raise Rejected(f"unknown argument: {unknown[0][:40]}")
    missing = sorted(known.keys() - given.keys())
    if missing:
        raise Rejected(f"missing argument: {missing[0]}")
    for name, schema in known.items():
        _check(name, schema, given[name])
    return given


def _check(name: str, schema: Mapping[str, Any], value: object) -> None:
    if value is None and "null" in schema["type"]:
        return
    if not isinstance(value, str):
        raise Rejected(f"{name} must be a text")
    if not schema.get("minLength", 0) <= len(value.strip()) <= schema["maxLength"]:
        raise Rejected(f"{name} is too short or too long")
