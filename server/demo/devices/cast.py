"""Who may hold the demo's devices: the customers of the stories, each with number and mailbox, and somebody unknown. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.demo.devices.account import COLLEAGUE
from server.demo.documents import Document
from server.demo.stories import STORIES

STRANGER: Final = "stranger"


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody who writes and calls. `phone` is in E.164, `order` the number of the story's order; empty = none."""

    id: str
    name: str
    phone: str
    email: str
    order: str = ""
    title: str = ""
    asks: tuple[str, ...] = ()


def cast(orders: Sequence[Document]) -> tuple[Part, ...]:
    """Everybody in the order of the stories who has a telephone and a mailbox; then a colleague of the shop and a stranger."""
    by_id = {order["id"]: order for order in orders}
    known = [
        Part(
            order["customer"]["id"], order["customer"]["name"], order["customer"]["phones"][0],
            order["customer"]["emails"][0], order["number"], story.title, tuple(story.asks),
        )
        for story in STORIES
        if (order := by_id.get(story.order_id)) and order["customer"]["phones"] and order["customer"]["emails"]
    ]  # fmt: skip
    colleague = Part("colleague", "Kim's telephone", COLLEAGUE, "kim.private@example.org", title="Whom the shop rings")
    return (
        *known,
        colleague,
        Part(STRANGER, "Robin", "+12015550177", "robin@example.org", title="Nobody whom the shop knows"),
    )
