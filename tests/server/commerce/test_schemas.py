"""The published schemas are those of the Structs, and they accept what the decoder accepts."""

import json
from pathlib import Path

import jsonschema
import pytest

from server.commerce.schemas import DOCUMENTS, rendered, schema
from tests.server.commerce.test_documents import CUSTOMER, FULL, PRODUCT, PROMOTION, SUBSCRIPTION

FOLDER = Path(__file__).parents[3] / "docs" / "schemas"
EXAMPLES = {
    "order": FULL,
    "product": PRODUCT,
    "customer": CUSTOMER,
    "subscription": SUBSCRIPTION,
    "promotion": PROMOTION,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_schema_is_the_generated_one(name: str) -> None:
    committed = (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")

    assert committed == rendered(name), "run: python -m server.commerce.schemas"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_accepts_its_example_and_unknown_fields(name: str) -> None:
    jsonschema.validate({**EXAMPLES[name], "x_extra": 1}, schema(name))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_refuses_an_empty_document(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, schema(name))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_our_own_place_for_unknown_fields_is_not_published(name: str) -> None:
    assert "unknown_fields" not in json.dumps(schema(name))
