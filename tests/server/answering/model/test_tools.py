"""The tools: nothing but what they ask for is taken."""

import inspect

import pytest

from server.actions.gate import Gate
from server.answering.model import tools
from server.answering.model.looking import TiedGate
from server.answering.model.tools import BY_NAME, Rejected


@pytest.mark.parametrize("text", ['{"order_number": "1042"}', '{"order_number": null}'])
def test_arguments_that_fit_are_taken(text: str) -> None:
    assert tools.arguments(BY_NAME["order_status"], text).keys() == {"order_number"}


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("order_status", '{"order_number": "1', "the arguments are no JSON"),
        ("order_status", "[" * 100_000, "the arguments are no JSON"),
        ("order_status", '["1042"]', "the arguments must be an object"),
        ("order_status", "{}", "missing argument: order_number"),
        ("order_status", "", "missing argument: order_number"),
        ("order_status", '{"order_number": 1042}', "order_number must be a text"),
        ("order_status", '{"order_number": ""}', None),
        ("order_status", '{"order_number": "' + "1" * 41 + '"}', "order_number is too short or too long"),
        ("order_status", '{"order_number": null, "customer_id": "c1"}', "unknown argument: customer_id"),
        ("begin_cancellation", '{"order_number": null, "confirmed": true}', "unknown argument: confirmed"),
        ("search_products", '{"query": null}', "query must be a text"),
        ("search_products", '{"query": " x "}', "query is too short or too long"),
        ("hand_to_person", '{"to": "boss@evil.example"}', "unknown argument: to"),
    ],
)
def test_arguments_that_do_not_fit_are_told(name: str, text: str, error: str | None) -> None:
    if error is None:
        assert tools.arguments(BY_NAME[name], text)
        return
    with pytest.raises(Rejected, match=error):
        tools.arguments(BY_NAME[name], text)


def test_schemas_are_strict() -> None:
    for tool in tools.offered(list(BY_NAME)):
        parameters = tool["function"]["parameters"]
        assert parameters["additionalProperties"] is False
        assert set(parameters["required"]) == set(parameters["properties"])


def test_the_tied_gate_lets_nothing_through_but_looks() -> None:
    harmless = {"consider", "past", "done", "awaiting", "kept", "is_risky", "lately_changed", "waits_in", "fetching"}
    doors = {name for name, value in vars(Gate).items() if inspect.isfunction(value) and not name.startswith("_")}
    assert doors - harmless == {name for name in vars(TiedGate) if name in doors}


def test_no_tool_names_a_customer_an_amount_or_a_confirmation() -> None:
    named = {name for tool in tools.TOOLS for name, _ in tool.parameters}
    assert named == {"order_number", "query"}
