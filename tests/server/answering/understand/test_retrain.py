"""A shop's own heads: they learn what was corrected, and never take the place of better ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server.answering.understand import measuring, understand, weights
from server.answering.understand.authored import read_heldout, read_lines
from server.answering.understand.measuring import Heldout
from tests.support.weights import packaged_again

if TYPE_CHECKING:
    from server.answering.understand.retrain import Outcome

training = pytest.importorskip(
    "server.answering.understand.retrain", reason="needs the `train` extra", exc_type=ImportError
)
MOODS = training.build_moods.read()
LINES = [line for line in read_lines() if line.language == "en"][::8]
EASY = Heldout(
    [("en", frozenset({"order_status"}), "where is my order"), ("en", frozenset({"thanks"}), "thanks a lot")],
    [(0, "neutral", "which sizes are left")],
    [(frozenset({"legal"}), "my lawyer will sue you")],
)
STOCK = training.Stock(
    LINES,
    read_heldout()[::8],
    training.build_moods.Lines(MOODS.felt[::30], MOODS.risky[::16], MOODS.ordinary[::100]),
    EASY,
)
HUMS = "the kelvinator hums like mad"


def silent(_text: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture(autouse=True)
def own_no_longer() -> Iterator[None]:
    yield
    packaged_again()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "Outcome", list[str]]:
    """A data folder whose shop taught that humming kelvinators are under warranty, what came of it, and the progress told."""
    data, told = tmp_path_factory.mktemp("data"), list[str]()
    said = [f"my kelvinator hums {end}" for end in ("", "at night", "and hums", "like a truck", "louder each day")]
    labels = [training.Label(text, "en", "intent", "warranty") for text in said]
    labels.append(training.Label("my kelvinator hums at night", "en", "sentiment", "negative"))
    return data, training.retrain(data, training.lesson(labels), STOCK, told.append), told


def test_what_was_corrected_is_learnt(trained: tuple[Path, "Outcome", list[str]]) -> None:
    data, outcome, _ = trained
    weights.use(None)
    before = understand(HUMS).intent
    assert weights.use(data)
    assert (before == "warranty", understand(HUMS).intent) == (False, "warranty")
    assert outcome.is_kept
    assert outcome.before["first"] == outcome.after["first"] == 1.0


def test_progress_is_told(trained: tuple[Path, "Outcome", list[str]]) -> None:
    assert [line.split()[0] for line in trained[2]] == ["training", "training", "reading", "reading"]


def test_only_the_weights_are_left_behind(trained: tuple[Path, "Outcome", list[str]]) -> None:
    assert [path.name for path in trained[0].iterdir()] == [weights.OWN]
    assert weights.state(trained[0]) == "own"


def test_worse_heads_are_refused_and_change_nothing(trained: tuple[Path, "Outcome", list[str]]) -> None:
    data = trained[0]
    kept = (data / weights.OWN / weights.MANIFEST).read_bytes()
    weights.use(data)
    labels = [training.Label("thanks a lot lamp", "en", "intent", "complaint")]
    stock = replace(STOCK, heldout=Heldout([("en", frozenset({"warranty"}), HUMS)], [], []))
    outcome = training.retrain(data, training.lesson(labels), stock, silent)
    assert not outcome.is_kept
    assert {"first", "first en"} <= set(outcome.worse)
    assert (data / weights.OWN / weights.MANIFEST).read_bytes() == kept
    assert understand(HUMS).intent == "warranty"


def test_labels_go_to_the_head_that_they_teach() -> None:
    taught = training.lesson(
        [
            training.Label("wo ist es", "de", "intent", "order_status"),
            training.Label("argh", "en", "sentiment", "negative"),
            training.Label("by tomorrow!", "en", "priority", "urgent"),
            training.Label("dove sta", "it", "intent", "order_status"),
            training.Label("hm", "en", "intent", "gone_since"),
            training.Label("", "en", "intent", "thanks"),
        ]
    )
    assert [(line.language, line.intent) for line in taught.asked] == [("de", "order_status")]
    assert [(each.frustration, each.urgency, each.sentiment) for each in taught.felt] == [
        (None, None, "negative"),
        (None, "high", None),
    ]
    assert taught.skipped == 3


def test_what_nobody_said_of_a_feeling_teaches_nothing() -> None:
    """The heads of urgency are the same with and without a line of which only the sentiment is known."""
    few = training.build_moods.Lines(MOODS.felt[::30], MOODS.risky[::16], MOODS.ordinary[::100])
    more = replace(few, felt=(*few.felt, training.Felt("en", "what a joyless purple teapot", None, None, "negative")))
    plain, taught = (training.build_moods._head(lines, False) for lines in (few, more))
    outputs = training.build_moods.OUTPUTS
    moved = {name for at, name in enumerate(outputs) if abs(plain["bias"][at] - taught["bias"][at]) > 1e-4}
    assert moved <= {"negative", "positive"}
    assert "negative" in moved


def test_measures_fall_by_chance_within_their_slack_only() -> None:
    before = {"first": 0.9, "first de": 0.9, "answered": 0.8}
    assert measuring.worse(before, {"first": 0.896, "first de": 0.885, "answered": 0.9}) == []
    assert measuring.worse(before, {"first": 0.89, "first de": 0.87, "answered": 0.8}) == ["first", "first de"]


def test_every_language_is_measured() -> None:
    held = measuring.heldout()
    assert {code for code, _, _ in held.asked} == {"en", "es", "fr", "de", "pt", "hi-en"}
    assert len(held) > 2000
