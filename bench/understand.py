"""How well and how fast messages are read: every held-out file, and the CPU of a reading beside a floor of the same run.

The floor is one bare run of the encoder's early layers on a message. `python -m bench.understand` prints, by file, what was right
of those answered, how many were answered and how often the two likeliest hold the truth; of double messages how many had a wish
found; of negated ones how often the wish that is turned down was taken; feelings within one step; risks by recall and precision.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from server.answering.understand import Understanding, read, understand
from server.answering.understand.authored import HELDOUT
from server.answering.understand.encoder import encode_early
from server.answering.understand.measuring import first_two, rows, sections

_RISKS: Final = ("legal", "safety", "chargeback", "vulnerable")
_BATCH: Final = 32
_WARM: Final = 40


def main() -> int:
    """Measure and print; always 0: the bars of accuracy are held by tests."""
    for path in sorted(HELDOUT.glob("*.txt")):
        told = _told(path)
        if told:
            print(f"{path.stem:16} {told}")
    _speed()
    return 0


def _told(path: Path) -> str:
    kind = path.stem.split("_")[0].split(".")[0].rstrip("23")
    if kind in ("calm", "upset"):
        return ""
    if kind == "feelings":
        return _feelings(path)
    if kind == "risk":
        return _risks(path)
    heard = [(section.split(), understand(text)) for section, text in sections(path)]
    count = len(heard)
    if kind == "double":
        either = sum(bool(set(wanted) & _names(each)) for wanted, each in heard) / count
        both = sum(set(wanted) <= _names(each) for wanted, each in heard) / count
        return f"{count:4} messages  either wish {either:.2f}  both {both:.2f}"
    if kind == "negated":
        taken = sum(bool(set(wanted) & _names(each)) for wanted, each in heard) / count
        return f"{count:4} messages  taken {taken:.2f}"
    if kind == "outside":
        refused = sum(each.abstain or each.intent == "other" for _, each in heard) / count
        return f"{count:4} messages  refused {refused:.2f}"
    answered = [(wanted, each) for wanted, each in heard if not each.abstain]
    right = sum(each.intent in wanted for wanted, each in answered) / max(1, len(answered))
    second = sum(bool(set(wanted) & set(first_two(each))) for wanted, each in heard) / count
    return f"{count:4} messages  right of answered {right:.2f}  answered {len(answered) / count:.2f}  in the first two {second:.2f}"


def _names(heard: Understanding) -> set[str]:
    return {each.name for each in heard.intents}


def _feelings(path: Path) -> str:
    told = [(int(row[0]), understand(row[-1]).frustration) for row in rows(path)]
    near = sum(abs(meant - heard) <= 1 for meant, heard in told) / len(told)
    exact = sum(meant == heard for meant, heard in told) / len(told)
    return f"{len(told):4} messages  frustration within one step {near:.2f}  exact {exact:.2f}"


def _risks(path: Path) -> str:
    told = [(set(row[0].split(",")), set(understand(row[-1]).risk)) for row in rows(path)]
    parts = []
    for risk in _RISKS:
        found = sum(risk in heard for _, heard in told)
        right = sum(risk in meant and risk in heard for meant, heard in told)
        meant = sum(risk in each for each, _ in told)
        parts.append(f"{risk} {right / max(1, meant):.2f}/{right / max(1, found):.2f}")
    return f"{len(told):4} messages  recall/precision: {', '.join(parts)}"


def _speed() -> None:
    texts = list(
        dict.fromkeys(text for name in ("en2", "fresh2", "de2", "es2") for _, text in sections(HELDOUT / f"{name}.txt"))
    )
    half = len(texts) // 2
    for text in texts[:_WARM]:
        understand(text)
    read_one, floor = [], []
    for at in range(_WARM, half):  # two texts in turn, so that neither is helped by what the other remembered
        read_one.append(_cpu_ms(understand, f"{texts[at]} ."))
        floor.append(_cpu_ms(lambda text: encode_early([text]), f"{texts[half + at]} ,"))
    batched = asyncio.run(_batched([f"{text} !" for text in texts[: _BATCH * 8]]))
    bare = median(floor)
    print(
        f"one message      {median(read_one):5.2f} ms CPU, median  {median(read_one) / bare:4.1f} x the encoder's run ({bare:.2f} ms)"
    )
    print(f"{_BATCH} at once       {batched:5.2f} ms CPU a message       {batched / bare:4.1f} x")


def _cpu_ms(work: Callable[[str], object], text: str) -> float:
    begin = time.process_time()
    work(text)
    return (time.process_time() - begin) * 1000


async def _batched(texts: list[str]) -> float:
    begin = time.process_time()
    for at in range(0, len(texts), _BATCH):
        await asyncio.gather(*(read(text) for text in texts[at : at + _BATCH]))
    return (time.process_time() - begin) * 1000 / len(texts)


if __name__ == "__main__":
    sys.exit(main())
