"""The errors of channels: who may try again, who must ask first, who must stop."""

from channels import errors
from channels.errors import ChannelError, NotNow, OutcomeUnknown, Refused


def test_only_a_refusal_is_permanent() -> None:
    made = [Refused("no such number"), NotNow("busy"), OutcomeUnknown("no answer")]
    assert [error.permanent for error in made] == [True, False, False]


def test_a_provider_may_say_when_to_come_back() -> None:
    assert (NotNow("busy", 30.0).retry_after_s, NotNow("busy").retry_after_s) == (30.0, 0.0)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    leaves = {kind.__name__ for parent in (ChannelError, Refused) for kind in parent.__subclasses__()}
    assert errors.__doc__ is not None
    drawn = {line.split("── ")[1].split()[0] for line in errors.__doc__.splitlines() if "── " in line}
    assert drawn == leaves
