"""The sentence encoder: short texts in, 384 numbers each out, so that texts of like meaning have a high dot product.

all-MiniLM-L6-v2 in 8 bits, in the package under `minilm/`, run by ONNX Runtime on one thread. English; other languages
come out far from everything. `encode` runs at once, `embed` runs in a thread of its own together with whatever else waits.
Loaded once, at first use; a text has the same vector alone and among others. Recent vectors are remembered.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One row a text, each of length 1."""

FOLDER: Final = Path(__file__).parent / "minilm"
WIDTH: Final = 384
EARLY_LAYERS: Final = 4
"""Of six. What a message asks for shows after these already, at two thirds of the work."""
MAX_TOKENS: Final = 128
"""Longer texts are cut here; about 90 English words."""
_TOKENS_A_RUN: Final = 256
_REMEMBERED: Final = 2048


def encode(texts: Sequence[str]) -> Vectors:
    """The vectors of `texts`, [len(texts), 384]. Blocks for some 3 ms a new text; safe from any thread."""
    return load().encode(texts)


async def embed(texts: Sequence[str]) -> Vectors:
    """The vectors of `texts`, [len(texts), 384], without blocking the loop; what waits meanwhile goes in one batch."""
    return await _embedder().embed(texts)


class Encoder:
    """A loaded model with its tokenizer and the vectors it gave last, of all layers and of the early ones."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Raises OSError when the files are missing."""
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options())
        self._known: dict[bool, OrderedDict[str, Vectors]] = {True: OrderedDict(), False: OrderedDict()}
        self._lock = Lock()

    def encode(self, texts: Sequence[str], *, deep: bool = True) -> Vectors:
        """The vectors of `texts`; without `deep` those after `EARLY_LAYERS`, which compare only with each other."""
        found = self.remembered(texts, deep=deep)
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            made = dict(zip(new, self._run(new, deep), strict=True))
            self._remember(made, deep)
            found.update(made)
        return np.array([found[text] for text in texts], np.float32).reshape(len(texts), WIDTH)

    def remembered(self, texts: Sequence[str], *, deep: bool = True) -> dict[str, Vectors]:
        """Those of `texts` whose vectors need no work, [384] each."""
        known = self._known[deep]
        with self._lock:
            found = {text: known[text] for text in texts if text in known}
            for text in found:
                known.move_to_end(text)
        return found

    def _remember(self, made: dict[str, Vectors], deep: bool) -> None:
        known = self._known[deep]
        with self._lock:
            known.update(made)
            while len(known) > _REMEMBERED:
                known.popitem(last=False)

    def _run(self, texts: Sequence[str], deep: bool) -> list[Vectors]:
        tokens = [self._tokenizer.encode(text).ids for text in texts]
        rows: list[Vectors] = []
        for batch in _batches(tokens):
            rows += [row.copy() for row in self._session.run(["vectors"], feed(batch, deep=deep))[0]]
        return rows


def _batches(tokens: Sequence[list[int]]) -> list[list[list[int]]]:
    """Runs of bounded size in order, so that one long request costs no more memory than a short one."""
    made: list[list[list[int]]] = []
    room = 0
    for each in tokens:
        if len(each) > room:
            made.append([])
            room = _TOKENS_A_RUN
        made[-1].append(each)
        room -= len(each)
    return made


def feed(tokens: Sequence[list[int]], *, deep: bool = True) -> dict[str, NDArray[Any]]:
    """The model's inputs for one batch: words lie end to end without padding, and are spread out for attention only."""
    lengths = np.array([len(each) for each in tokens])
    width, total = int(lengths.max()), int(lengths.sum())
    columns = np.arange(width)
    is_word = columns < lengths[:, None]
    starts = lengths.cumsum() - lengths
    rows, positions = np.nonzero(is_word)
    pool = np.zeros((len(tokens), total), np.float32)
    pool[rows, np.arange(total)] = 1.0
    return {
        "ids": np.fromiter((token for each in tokens for token in each), np.int64, total),
        "positions": positions,
        "spread": np.where(is_word, columns + starts[:, None], 0),
        "mask": is_word.astype(np.int32),
        "pack": np.flatnonzero(is_word),
        "pool": pool,
        "deep": np.array(deep),
    }


def options() -> Any:
    """One thread that never spins, and no memory kept between runs."""
    import onnxruntime

    chosen = onnxruntime.SessionOptions()
    chosen.intra_op_num_threads = chosen.inter_op_num_threads = 1
    chosen.enable_cpu_mem_arena = False
    chosen.enable_mem_pattern = False
    chosen.log_severity_level = 3
    chosen.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return chosen


@cache
def load() -> Encoder:
    """The packaged encoder; read from disk once."""
    return Encoder()


@dataclass(slots=True)
class _Request:
    """What one caller still waits for; large ones are done in shares, so that they hold nobody up."""

    texts: list[str]
    deep: bool
    done: asyncio.Future[None]
    at: int = 0
    found: dict[str, Vectors] = field(default_factory=dict)

    def share(self) -> list[str]:
        """What the next batch takes of it."""
        return self.texts[self.at : self.at + _SHARE]


class Embedder:
    """Encodes for the coroutines of one loop in one worker thread: while a batch runs, the next one gathers."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._waiting: list[_Request] = []
        self._is_running = False
        self._was_deep = True

    async def embed(self, texts: Sequence[str], *, deep: bool = True) -> Vectors:
        """As `Encoder.encode`. Whoever is cancelled is dropped from the queue."""
        found = self._encoder.remembered(texts, deep=deep)
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            loop = asyncio.get_running_loop()
            request = _Request(new, deep, loop.create_future())
            self._waiting.append(request)
            self._go_on(loop)
            await request.done
            found.update(request.found)
        return np.array([found[text] for text in texts], np.float32).reshape(len(texts), WIDTH)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a batch, unless one is running; early and deep ones take turns where both wait."""
        self._waiting = [request for request in self._waiting if not request.done.done()]
        if self._is_running or not self._waiting:
            return
        kinds = {request.deep for request in self._waiting}
        self._was_deep = kinds.pop() if len(kinds) == 1 else not self._was_deep
        shares = [(request, request.share()) for request in self._waiting if request.deep is self._was_deep]
        texts = [text for _, share in shares for text in share]
        self._is_running = True
        batch = loop.run_in_executor(_THREAD, partial(self._encoder.encode, texts, deep=self._was_deep))
        batch.add_done_callback(partial(self._take, loop, shares))

    def _take(
        self, loop: asyncio.AbstractEventLoop, shares: list[tuple[_Request, list[str]]], batch: asyncio.Future[Vectors]
    ) -> None:
        """Give everybody their vectors, or the error that there was, and begin the next batch."""
        self._is_running = False
        error = asyncio.CancelledError() if batch.cancelled() else batch.exception()
        row = 0
        for request, share in shares:
            if error is not None:
                _settle(request, error)
                continue
            request.found.update(zip(share, batch.result()[row : row + len(share)], strict=True))
            row += len(share)
            request.at += len(share)
            if request.at >= len(request.texts):
                _settle(request)
        self._go_on(loop)


def _settle(request: _Request, error: BaseException | None = None) -> None:
    if request.done.done():
        return
    if error is None:
        request.done.set_result(None)
    else:
        request.done.set_exception(error)


_SHARE: Final = 16
_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="encoder")
_EMBEDDERS: WeakKeyDictionary[asyncio.AbstractEventLoop, Embedder] = WeakKeyDictionary()


def _embedder() -> Embedder:
    """The one of the running loop."""
    loop = asyncio.get_running_loop()
    embedder = _EMBEDDERS.get(loop)
    if embedder is None:
        embedder = _EMBEDDERS[loop] = Embedder(load())
    return embedder


def encode_early(texts: Sequence[str]) -> Vectors:
    """As `encode`, after the early layers: what the intent heads read."""
    return load().encode(texts, deep=False)


async def embed_early(texts: Sequence[str]) -> Vectors:
    """As `embed`, after the early layers."""
    return await _embedder().embed(texts, deep=False)
