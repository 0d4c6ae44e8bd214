"""`onethread understand` beyond reading: looks through what agents corrected, and trains the shop's own heads with it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from memory import corrections
from memory.corrections import Correction, Example, Verdict
from memory.engines.base import Database, Tx
from server.answering.understand import masking, weights
from server.answering.understand.authored import LANGUAGES
from server.errors import OperatorError
from server.lines import dumped
from server.operate import say, settings_of, with_database
from server.settings import Settings

if TYPE_CHECKING:
    from server.answering.understand.retrain import Outcome, Stock

_BY_COMMAND: Final = 0
"""The reviewer of what an operator decided at the command line, where nobody is signed in."""
_SHOWN: Final = (
    "first", "first two", "answered", "right of answered", "sentiment", "frustration", "risk recall", "risk precision",
)  # fmt: skip
_NO_EXTRA: Final = (
    "--retrain needs scikit-learn, the extra `train`: pip install 'onethread[train]' (of a checkout: -e '.[train]')"
)
_NOTHING: Final = (
    "no correction was accepted yet: agents correct labels beside a thread, `onethread understand --corrections` lists "
    "what waits, and --accept ID takes one in"
)


def findings(settings: Settings) -> list[tuple[str, str]]:
    """What `doctor` says of the weights."""
    if trouble := weights.trouble(settings.data):
        return [("warn", trouble)]
    whose = "the shop itself" if weights.state(settings.data) == "own" else "the package"
    return [("ok", f"messages are read with the weights of {whose}")]


def list_corrections(config: str | None, *, is_json: bool) -> int:
    """What agents corrected and nobody has looked at yet."""

    async def act(database: Database, _settings: Settings) -> Sequence[Correction]:
        return await database.read(corrections.to_review)

    waiting = with_database(config, act)
    if is_json:
        say(dumped({"corrections": [_document(each) for each in waiting]}))
        return 0
    for each in waiting:
        text = " / ".join(part.strip() for part in each.text.splitlines())
        say(f"{each.id}  {each.language:5}  {each.field}: {each.was or '-'} -> {each.becomes}  {text}")
    if not waiting:
        say("nothing waits")
    return 0


def _document(each: Correction) -> dict[str, str]:
    named = {"id": str(each.id), "text": each.text, "language": each.language, "field": each.field}
    return {**named, "was": each.was, "now": each.becomes}


def review(config: str | None, ids: Sequence[int], verdict: Verdict) -> int:
    """Accept or discard corrections; 1 when one of them did not wait."""

    async def unit(tx: Tx) -> list[int]:
        now = datetime.now(UTC)
        return [each for each in ids if not await corrections.review(tx, each, verdict, _BY_COMMAND, now)]

    async def act(database: Database, _settings: Settings) -> list[int]:
        return await database.write(unit)

    missing = with_database(config, act)
    say(f"{len(ids) - len(missing)} {verdict}")
    for each in missing:
        sys.stderr.write(f"onethread: no correction {each} waits\n")
    return 1 if missing else 0


def retrain(config: str | None, *, is_json: bool, stock: "Stock | None" = None) -> int:
    """Fold the accepted corrections into the shop's own weights; 1 when that would make reading worse, which changes nothing,
    2 when the packages to train with are not installed.

    `stock` = what to train and measure with, by default all that the package brings."""
    try:
        from server.answering.understand import retrain as training
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] in ("sklearn", "scipy"):
            sys.stderr.write(f"onethread: {_NO_EXTRA}\n")
            return 2
        raise
    settings = settings_of(config)
    accepted = with_database(config, _accepted)
    if not accepted:
        if not training.forget(settings.data):
            raise OperatorError(_NOTHING)
        say(dumped({"kept": False, "examples": 0}) if is_json else "no correction is left: the package's weights count")
        return 0
    stock = stock or training.stock()
    lesson = training.lesson(_labels(accepted, {word for line in stock.lines for word in line.tokens}, training.Label))
    outcome = training.retrain(settings.data, lesson, stock, _teller(is_json=is_json))
    taught = {"intent": len(lesson.asked), "feeling": len(lesson.felt), "skipped": lesson.skipped}
    say(dumped(_outcome_document(outcome, taught)) if is_json else _told(outcome, taught, settings.data))
    return 0 if outcome.is_kept else 1


async def _accepted(database: Database, _settings: Settings) -> Sequence[Example]:
    return await database.read(corrections.examples)


def _labels(accepted: Sequence[Example], known: set[str], label: Callable[[str, str, str, str], Any]) -> list[Any]:
    texts = masking.masked([masking.Said(each.text, each.thread_id, each.names) for each in accepted], known)
    pairs = zip(accepted, texts, strict=True)
    return [label(text, each.language, each.field, each.label) for each, text in pairs]


def _teller(*, is_json: bool) -> Callable[[str], None]:
    def tell(text: str) -> None:
        if not is_json:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    return tell


def _outcome_document(outcome: "Outcome", taught: Mapping[str, int]) -> dict[str, Any]:
    measures = {"before": dict(outcome.before), "after": dict(outcome.after)}
    return {"kept": outcome.is_kept, "examples": dict(taught), **measures, "worse": list(outcome.worse)}


def _told(outcome: "Outcome", taught: Mapping[str, int], data: Path) -> str:
    lines = [f"{'of held-out messages':30} before  after"]
    for name in dict.fromkeys([*_SHOWN, *(f"first {code}" for code in LANGUAGES), *outcome.worse]):
        mark = "  worse" if name in outcome.worse else ""
        lines.append(f"{name:30}  {outcome.before[name]:.3f}  {outcome.after[name]:.3f}{mark}")
    lines.append(f"trained on {taught['intent']} intents and {taught['feeling']} feelings; {taught['skipped']} skipped")
    if outcome.is_kept:
        lines.append(f"kept in {data / weights.OWN}: restart the server, and it reads with them")
    else:
        lines.append("refused: messages would be read worse, so nothing was changed; discard what misleads")
    return "\n".join(lines)
