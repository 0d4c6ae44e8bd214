"""What one message means: whole messages through the one door."""

import pytest

from server.answering.understand import understand


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("where is my order 1042? ana@example.com", "order_status"),
        ("tracking says delivered but nothing here", "delivery_problem"),
        ("how do I reset my pasword", "account"),
        ("dónde está mi pedido 1042?", "order_status"),
        ("hi", "greeting"),
        ("hello!", "greeting"),
        ("thanks a lot!!", "thanks"),
        ("ok bye", "goodbye"),
        ("I want to talk to a human", "human_request"),
    ],
)
def test_clear_message_has_its_intent(text: str, intent: str) -> None:
    read = understand(text)
    assert (read.intent, read.abstain) == (intent, False)
