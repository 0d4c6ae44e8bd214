"""How many sentences are counted."""

import pytest

from server.answering.words.brevity import count


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "The scarf costs €49.00. It is in stock! Shall I?", 3),
        ("de", "Die Bestellung R-1 ist mit DHL unterwegs. Sie wird am 3. März erwartet.", 2),
        ("en", "You can choose:\n• a refund. Free.\n• credit. Free.\nTell me which.", 1),
        ("en", "“Wrapping costs $5.00. It is recycled paper.”\n\nAnything else?", 1),
        ("en", "", 0),
    ],
)
def test_lists_steps_and_quotations_are_left_aside(language: str, text: str, said: int) -> None:
    assert count(text, language) == said
