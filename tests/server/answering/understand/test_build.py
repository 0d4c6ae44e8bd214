"""The committed head is what the lines make, and the lines are what was promised."""

import hashlib
import json
from array import array
from pathlib import Path

import pytest

from server.answering.understand import INTENTS
from server.answering.understand.head import WEIGHTS, parse

build = pytest.importorskip("server.answering.understand.build", reason="needs the `train` extra", exc_type=ImportError)
LINES = build.read_lines(build.HERE / "lines")
RARE = {"greeting", "thanks", "goodbye"}


def _committed(name: str) -> bytes:
    return WEIGHTS.joinpath(name).read_bytes()


def test_committed_head_is_what_the_build_makes() -> None:
    """Weights are steps of an int8: another machine's arithmetic may tip one over the edge, never further."""
    manifest = json.loads(_committed("head.json"))
    thresholds = build.Thresholds(**manifest["thresholds"])
    made = build.store(build.fit(LINES), manifest["temperature"], thresholds, LINES)
    assert made.vocabulary.encode() == _committed("vocabulary.txt")
    assert made.lexicon.encode() == _committed("lexicon.txt")
    assert json.loads(made.manifest)["lines_sha256"] == manifest["lines_sha256"]
    ours, theirs = array("B", made.weights), array("B", _committed("head.bin"))
    assert len(ours) == len(theirs)
    assert max(abs(left - right) for left, right in zip(ours, theirs, strict=True)) <= 1


def test_training_twice_gives_the_same_bytes() -> None:
    some = [line for line in LINES if line.language == "hi-en"]
    thresholds = build.Thresholds(0.5, 0.1, 0.4, 0.3)
    first, second = (build.store(build.fit(some), 1.0, thresholds, some) for _ in range(2))
    assert hashlib.sha256(first.weights).digest() == hashlib.sha256(second.weights).digest()


def test_stored_head_scores_like_the_trained_one() -> None:
    some = [line for line in LINES if line.language in ("hi-en", "pt")]
    fitted = build.fit(some)
    made = build.store(fitted, 1.0, build.Thresholds(0.5, 0.1, 0.4, 0.3), some)
    stored = parse(made.manifest, made.vocabulary, made.weights)
    tokens = [line.tokens for line in some[::40]]
    for row, said in zip(fitted.logits(tokens), tokens, strict=True):
        assert stored.logits(said) == pytest.approx(row.tolist(), abs=0.35)


@pytest.mark.parametrize(
    ("language", "least"), [("en", 45), ("es", 12), ("fr", 12), ("de", 12), ("pt", 12), ("hi-en", 3)]
)
def test_every_intent_has_its_lines(language: str, least: int) -> None:
    said = [line.intent for line in LINES if line.language == language]
    assert [intent for intent in INTENTS if said.count(intent) < least] == []


def test_no_line_stands_under_two_intents() -> None:
    seen: dict[tuple[str, str], str] = {}
    clashes = [
        line for line in LINES if seen.setdefault((line.language, line.text.lower()), line.intent) != line.intent
    ]
    assert clashes == []


def test_unknown_intent_in_the_lines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("[order_stauts]\nwhere is it\n", "utf-8")
    with pytest.raises(ValueError, match=r"en\.txt:1: unknown intent order_stauts"):
        build.read_lines(tmp_path)


def test_no_held_out_message_was_trained_on() -> None:
    from tests.server.answering.understand.heldout import read

    trained = {line.text.lower() for line in LINES}
    names = ("fresh", "en", "es", "fr", "de", "pt", "hi-en", "double", "negated", "outside")
    leaked = [text for name in names for _, text in read(f"{name}.txt") if text.lower() in trained and len(text) > 30]
    assert leaked == []
