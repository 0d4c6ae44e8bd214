"""A shop of 142 products written by hand, and 110 questions in five languages with the products that answer them.

Half `a` of the questions was looked at while the words were collected; half `b` was only counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product as every
from pathlib import Path
from typing import Any

from server.commerce.documents import decode_product
from server.commerce.goods import Product
from server.commerce.parse_goods import product_record
from tests.server.commerce.orders import NOW

HERE = Path(__file__).parent
Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """A question with the products that answer it."""

    half: str
    language: str
    text: str
    answers: frozenset[str]


@cache
def documents() -> tuple[Raw, ...]:
    """The products as documents."""
    return tuple(_document(line) for line in _lines("goods.tsv"))


@cache
def products() -> tuple[Product, ...]:
    """The products."""
    return tuple(product_record(decode_product(dict(each))[0], as_of=NOW, source="store") for each in documents())


@cache
def questions() -> tuple[Question, ...]:
    """The questions."""
    parts = [line.split("\t") for line in _lines("queries.tsv")]
    return tuple(Question(half, language, text, frozenset(ids.split())) for half, language, text, ids in parts)


def _lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _document(line: str) -> Raw:
    id, title, category, price, options, attributes, description = line.split("\t")
    named = [(name, [each.strip() for each in values.split(",")]) for name, values in _pairs(options)]
    return {
        "id": id,
        "title": title,
        "description": description,
        "category": category,
        "currency": "EUR",
        "attributes": dict(_pairs(attributes)),
        "variants": [
            {
                "sku": "-".join((id, *chosen)).replace(" ", "").upper(),
                "options": dict(zip([name for name, _ in named], chosen, strict=True)),
                "price": int(price),
                "stock": 7,
                "available": True,
            }
            for chosen in every(*(values for _, values in named))
        ],
    }


def _pairs(text: str) -> list[tuple[str, str]]:
    parts = (part.strip().partition(": ") for part in text.split(";") if part.strip())
    return [(name, value) for name, _, value in parts]
