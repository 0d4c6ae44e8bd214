"""What a shop sells: products and their variants, with everything that an answer before the purchase may rest on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that can be bought; `price_minor` is in the shop's currency."""

    sku: str
    product_id: str
    options: Mapping[str, str]
    price_minor: int
    stock: int | None
    available: bool
    platform_id: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    was_price_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What a buyer wrote. It is told only as a quotation with its author, never as a fact about the product."""

    text: str
    author: str | None = None
    rating: float | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class SizeChart:
    """What the sizes of a product measure: by size, the measures by name, in `unit` (cm or in)."""

    rows: Mapping[str, Mapping[str, str]]
    unit: str | None = None
    fit: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A product and its variants. `currency` is None where the shop's own applies; `is_on_sale` is false for drafts."""

    id: str
    title: str
    description: str
    category: str | None
    attributes: Mapping[str, str]
    variants: tuple[Variant, ...]
    as_of: datetime
    source: str
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    warranty_months: int | None = None
    reviews: tuple[Review, ...] = ()
    url: str | None = None
    image: str | None = None
    currency: str | None = None
    size_chart: SizeChart | None = None
    compatible_with: tuple[str, ...] = ()
    is_on_sale: bool = True
