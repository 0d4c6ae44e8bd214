"""What we may send to Shopify: single documents that fit the schema."""

import graphql
import pytest

from server.commerce.connectors.shopify.operations import ENRICHMENTS, OPERATIONS, Operation, split
from server.commerce.connectors.shopify.topics import TOPICS
from tests.support.shopify import SCHEMA
from tests.support.shopify_documents import VALIDATED, is_validated


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_each_document_holds_one_operation_that_fits_the_schema(operation: Operation) -> None:
    document = graphql.parse(operation.document)
    (definition,) = document.definitions
    assert isinstance(definition, graphql.OperationDefinitionNode)
    assert definition.name is not None
    assert definition.name.value == operation.name
    assert (definition.operation is graphql.OperationType.MUTATION) == operation.is_mutation
    assert graphql.validate(SCHEMA, document) == []


def test_what_everything_stands_on_was_validated_byte_for_byte() -> None:
    needful = [each for key, each in OPERATIONS.items() if key not in ENRICHMENTS]
    assert len(VALIDATED) == 31
    assert [each.key for each in needful if not is_validated(each.name, each.document)] == []
    assert not {each.name for each in ENRICHMENTS.values()} & set(VALIDATED)


def test_an_enrichment_only_reads() -> None:
    assert [each.key for each in ENRICHMENTS.values() if each.is_mutation] == []


def test_no_operation_may_cost_more_than_one_query_can() -> None:
    assert max(each.cost for each in OPERATIONS.values()) < 1000


def test_only_the_refund_carries_an_idempotency_key() -> None:
    assert [each.key for each in OPERATIONS.values() if "@idempotent(key: $key)" in each.document] == ["refundCreate"]


def test_every_topic_is_one_of_shopifys() -> None:
    known = SCHEMA.type_map["WebhookSubscriptionTopic"]
    assert isinstance(known, graphql.GraphQLEnumType)
    assert set(TOPICS) <= set(known.values)


def test_a_file_is_split_at_its_headings() -> None:
    found = split(
        "## About.\n\n# one — first; about 40 points\nquery One($id: ID!, $after: String) { a }\n## More.\n# two\nmutation Two {\n  b\n}\n"
    )
    assert [(each.key, each.name, each.cost, each.is_mutation, each.variables) for each in found.values()] == [
        ("one", "One", 40, False, ("id", "after")),
        ("two", "Two", 25, True, ()),
    ]
    assert found["two"].document == "mutation Two {\n  b\n}"


@pytest.mark.parametrize("text", ["# one\nquery A { a }\n# one\nquery B { b }", "# one\nfragment A on B { c }"])
def test_what_is_no_single_operation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one"):
        split(text)
