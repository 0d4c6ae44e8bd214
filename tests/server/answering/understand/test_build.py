"""The committed heads are what the lines make, and the lines are what was promised."""

from pathlib import Path

import numpy as np
import pytest

from server.answering.understand import INTENTS, head, weights
from server.answering.understand.authored import Line, read_heldout, read_lines
from server.answering.understand.encoder import encode_early
from tests.support.weights import packaged_again

build = pytest.importorskip("server.answering.understand.build", reason="needs the `train` extra", exc_type=ImportError)
LINES = read_lines()
HELDOUT = read_heldout()
FEW = [line for line in LINES if line.language in ("en", "pt")][::8]
FEW_HELDOUT = HELDOUT[::5]


def test_committed_heads_belong_to_the_lines() -> None:
    committed = weights.read_manifest(weights.PACKAGED)
    made = build.make(FEW, FEW_HELDOUT)
    assert committed["lines"] == len(LINES)
    assert committed["lines_sha256"] == build.digest(LINES)
    assert [committed[key] for key in ("format", "encoder_sha256", "classes")] == [
        made.manifest[key] for key in ("format", "encoder_sha256", "classes")
    ]
    known, _ = build.vocabulary_of([line.worded for line in LINES])
    assert "".join(f"{name}\n" for name in known) == (weights.PACKAGED / "vocabulary.txt").read_text("utf-8")
    assert build.lexicon_of(LINES) == (weights.PACKAGED / "lexicon.txt").read_text("utf-8")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_committed_heads_are_what_the_build_makes() -> None:
    """Steps of an int8: another machine's arithmetic may tip one over the edge, never further."""
    made = build.make(LINES, HELDOUT)
    committed = weights.read_manifest(weights.PACKAGED)
    assert made.vocabulary == (weights.PACKAGED / "vocabulary.txt").read_text("utf-8")
    assert made.lexicon == (weights.PACKAGED / "lexicon.txt").read_text("utf-8")
    for key in ("format", "lines", "lines_sha256", "encoder_sha256", "classes"):
        assert made.manifest[key] == committed[key]
    ours, theirs = made.heads(), head.load()
    assert np.abs(ours.words.stored.astype(int) - theirs.words.stored).max() <= 1
    _assert_judge_alike(ours, theirs, [line for line in HELDOUT if line.language == "en"][::6])


def _assert_judge_alike(ours: head.Heads, theirs: head.Heads, lines: list[Line]) -> None:
    vectors = encode_early([line.plain for line in lines])
    chances = []
    for heads in (ours, theirs):
        logs = np.array([heads.by_words(line.worded)[1] for line in lines])
        chances.append(heads.by_both(logs, vectors, ["both"] * len(lines))[0])
    assert np.abs(chances[0] - chances[1]).max() < 0.05


def test_training_twice_gives_the_same_heads(tmp_path: Path) -> None:
    for name in ("first", "second"):
        build.make(FEW, FEW_HELDOUT).write(tmp_path / name)
    files = {path.name for path in (tmp_path / "first").iterdir()}
    assert files == {"heads.json", "heads.npz", "vocabulary.txt", "lexicon.txt", "grams.txt"}
    assert all((tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes() for name in files)


def test_own_weights_count_while_they_fit_the_release(tmp_path: Path) -> None:
    own = tmp_path / "understanding"
    try:
        assert not weights.use(tmp_path)
        build.make(FEW, FEW_HELDOUT, base="1:of another:release").write(own)
        assert not weights.use(tmp_path)
        build.make(FEW, FEW_HELDOUT, base=weights.release()).write(own)
        assert weights.use(tmp_path)
        assert head.load().words.stored.shape[0] < 20_000
    finally:
        packaged_again()
    assert head.load().classes == INTENTS


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
        read_lines(tmp_path)


def test_no_held_out_message_was_trained_on() -> None:
    from tests.server.answering.understand.heldout import HERE, read

    trained = {line.text.lower() for line in LINES}
    names = [path.name for path in HERE.glob("*.txt") if not path.stem.startswith(("feelings", "risk"))]
    leaked = [text for name in names for _, text in read(name) if text.lower() in trained and len(text) > 30]
    assert leaked == []
