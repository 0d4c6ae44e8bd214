"""What a channel without buttons says in their place."""

import pytest

from channels.degrading import in_text, needs_list

ORDERS = (("#20007 · Desk lamp", "order:20007"), ("#20006 · Rain jacket", "order:20006"))


def test_choices_of_a_question_follow_it_as_a_numbered_list() -> None:
    assert in_text("Which of your orders do you mean?", ORDERS) == (
        "Which of your orders do you mean?\n1. #20007 · Desk lamp\n2. #20006 · Rain jacket"
    )


def test_a_person_stands_in_the_list_of_a_question_that_needs_one() -> None:
    listed = in_text("Which is it?", (*ORDERS, ("Talk to a person", "human")))
    assert listed.splitlines()[-1] == "3. Talk to a person"


@pytest.mark.parametrize(
    "text, choices",
    [
        ("Order #1 arrives tomorrow.", (("Tell me when it moves", "do:notify"), ("Talk to a person", "human"))),
        ("Shall I cancel it?", (("Yes, do it", "yes"), ("No", "no"))),
        (
            "It came today. Did that solve it?",
            (("Yes", "solved:yes"), ("No", "solved:no"), ("Return something", "do:return")),
        ),
        ("Shall it be red or blue?", (("Red", "option:red"), ("blue", "option:blue"))),
        ("Which one?", ()),
    ],
)
def test_what_can_be_answered_without_a_list_gets_none(text: str, choices: tuple[tuple[str, str], ...]) -> None:
    assert in_text(text, choices) == text
    assert not needs_list(text, choices)
