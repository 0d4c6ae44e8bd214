"""A demo shop whose orders lie in a dictionary: what the pages need of the real one, without a store."""

from collections.abc import Sequence
from datetime import datetime

from server.demo import carrier
from server.demo.documents import SHOP_NAME, Document
from server.demo.seed import seed
from server.demo.stories import STORIES
from server.errors import StoreUnavailable


class InMemoryShop:
    """The seed at `now`; pushes are dated `now`. `is_open = False` makes it answer like a store that is down."""

    def __init__(self, now: datetime) -> None:
        made = seed(now)
        self.now = now
        self.is_open = True
        self.orders = {order["id"]: order for order in made.orders}
        self._products = made.products

    @property
    def shop_name(self) -> str:
        return SHOP_NAME

    @property
    def logins(self) -> Sequence[tuple[str, str, str]]:
        return (
            ("kim@harbourandpine.example", "harbour-demo-kim", "Kim Ellis"),
            ("sam@harbourandpine.example", "harbour-demo-sam", "Sam <i>Ortiz</i>"),
        )

    @property
    def products(self) -> Sequence[Document]:
        return self._products

    async def story_orders(self) -> list[Document]:
        return [self.orders[story.order_id] for story in STORIES]

    async def push(self, order_id: str, event: str) -> Document:
        if not self.is_open:
            raise StoreUnavailable("closed")
        order = self.orders[order_id] = carrier.push(self.orders[order_id], event, self.now)
        return order
