"""The committed moods are what the lines make."""

from pathlib import Path

import numpy as np
import pytest

from server.answering.understand import moods, weights

build = pytest.importorskip(
    "server.answering.understand.build_moods", reason="needs the `train` extra", exc_type=ImportError
)
LINES = build.read()
FEW = build.Lines(LINES.felt[::30], LINES.risky[::16], LINES.ordinary[::100])


def test_committed_moods_belong_to_the_lines() -> None:
    committed = moods.read_manifest(weights.PACKAGED)
    assert committed["lines_sha256"] == LINES.digest()
    assert committed["outputs"] == list(moods.OUTPUTS)
    assert committed["encoder_sha256"] == weights.read_manifest(weights.PACKAGED)["encoder_sha256"]


@pytest.mark.long
@pytest.mark.timeout(300)
def test_training_twice_gives_the_same_moods(tmp_path: Path) -> None:
    for name in ("first", "second"):
        build.make(FEW).write(tmp_path / name)
    for name in (moods.FILE, moods.MANIFEST):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    assert moods.read_from(tmp_path / "first").words.stored.shape == (moods.BUCKETS, len(moods.OUTPUTS))


@pytest.mark.long
@pytest.mark.timeout(600)
def test_committed_moods_are_what_the_build_makes() -> None:
    """Words count alike everywhere, to a step of an int8. What is learnt from vectors follows the processor's arithmetic in the
    encoder: on one where these sources never changed, 0.65 % of it differed by more than a step, none by more than seven."""
    made, committed = build.make(LINES).heads(), moods.read_from(weights.PACKAGED)
    assert np.abs(made.words.stored.astype(int) - committed.words.stored).max() <= 1
    for ours, theirs in ((made.words, committed.words), (made.meaning, committed.meaning)):
        steps = np.abs(ours.stored.astype(int) - theirs.stored)
        assert (steps > 1).mean() < 0.01
        assert steps.max() <= 8
        assert np.corrcoef(ours.stored.ravel(), theirs.stored.ravel())[0, 1] > 0.999
        apart = np.abs(ours.meaning - theirs.meaning)
        assert apart.max(initial=0.0) < 0.3
        assert apart.sum() <= 0.005 * apart.size
        for name in moods.RISKS:
            assert abs(ours.limits.take[name] - theirs.limits.take[name]) <= 0.02


@pytest.mark.parametrize(("name", "row"), [("feelings", "4\tlow\tneutral\thi"), ("feelings", "0\tlow\tsad\thi")])
def test_a_line_of_another_form_is_refused(tmp_path: Path, name: str, row: str) -> None:
    (tmp_path / f"{name}.en.txt").write_text(f"# said\n{row}\n", "utf-8")
    with pytest.raises(ValueError, match=r"feelings\.en\.txt:2"):
        build.read_felt(tmp_path / "feelings.en.txt")


def test_an_unknown_risk_is_refused(tmp_path: Path) -> None:
    (tmp_path / "risk.en.txt").write_text("leagl\tI will sue\n", "utf-8")
    with pytest.raises(ValueError, match=r"risk\.en\.txt:1"):
        build.read_risky(tmp_path / "risk.en.txt")
