"""Two products side by side: only what the data says of both. What one page says and the other does not is no difference.

Pure.
"""

from dataclasses import dataclass

from server.commerce.catalogue.words import fold
from server.commerce.goods import Product


@dataclass(frozen=True, slots=True)
class Shared:
    """An attribute that both products have."""

    name: str
    left: str
    right: str

    @property
    def is_same(self) -> bool:
        """Whether both say the same."""
        return fold(self.left) == fold(self.right)


def compare(left: Product, right: Product) -> tuple[Shared, ...]:
    """The attributes of both products, in the order of the first."""
    other = {fold(name): value for name, value in right.attributes.items()}
    pairs = ((name, value, other.get(fold(name))) for name, value in left.attributes.items())
    return tuple(Shared(name, value, there) for name, value, there in pairs if there is not None)


def prices(product: Product) -> tuple[int, int] | None:
    """Lowest and highest price in minor units; None without variants."""
    found = [variant.price_minor for variant in product.variants]
    return (min(found), max(found)) if found else None
