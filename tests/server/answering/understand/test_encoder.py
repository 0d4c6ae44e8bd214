"""The packaged encoder is the one that was built, a text has one vector, and waiting callers share a batch."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from typing_extensions import override

from server.answering.understand import encoder
from server.answering.understand.encoder import FOLDER, MAX_TOKENS, WIDTH, Embedder, Encoder, Vectors, embed, encode

TEXTS = ("where is my parcel", "I want my money back", "how do I reset my password", "the mug came broken")


def test_packaged_files_are_those_of_the_manifest() -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    found = {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in manifest["sha256"]}
    assert found == manifest["sha256"]
    assert manifest["cosine_to_full_precision"]["mean"] > 0.99


def test_licence_and_notice_lie_beside_the_weights() -> None:
    assert "Apache License" in (FOLDER / "LICENSE").read_text()
    assert "all-MiniLM-L6-v2" in (FOLDER / "NOTICE").read_text()


def test_like_meanings_lie_near_each_other() -> None:
    asked, like, unlike = encode(
        ("I want to send these shoes back", "how do i return the sneakers", "do you sell gift cards")
    )
    assert float(asked @ like) > float(asked @ unlike) + 0.3


def test_vectors_have_length_one() -> None:
    made = encode(TEXTS)
    assert made.shape == (len(TEXTS), WIDTH)
    assert made.dtype == np.float32
    assert np.linalg.norm(made, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_text_has_the_same_vector_alone_and_among_others() -> None:
    fresh = Encoder()
    among = fresh.encode([*TEXTS, "a much longer message " * 12])[: len(TEXTS)]
    alone = np.concatenate([Encoder().encode([text]) for text in TEXTS[:2]])
    assert np.abs(among[:2] - alone).max() < 1e-5


def test_nothing_and_the_empty_text_are_allowed() -> None:
    assert encode(()).shape == (0, WIDTH)
    assert np.isfinite(encode(("", "\u200b", "x" * 5000, "word " * (3 * MAX_TOKENS)))).all()


def test_early_vectors_are_others_and_kept_apart() -> None:
    fresh = Encoder()
    early, whole = fresh.encode(TEXTS, deep=False), fresh.encode(TEXTS)
    assert np.linalg.norm(early, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.abs(early - whole).max() > 0.05
    assert (fresh.encode(TEXTS, deep=False) == early).all()


def test_remembered_vectors_cost_no_run() -> None:
    fresh = Encoder()
    first = fresh.encode(TEXTS)
    assert set(fresh.remembered(TEXTS)) == set(TEXTS)
    assert (fresh.encode(TEXTS) == first).all()


async def test_embed_gives_what_encode_gives() -> None:
    assert np.abs(await embed(TEXTS) - encode(TEXTS)).max() < 1e-5


class _Counted(Encoder):
    """Tells how many texts each batch had, and on which thread it ran."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.threads: set[int] = set()

    @override
    def encode(self, texts: Sequence[str], *, deep: bool = True) -> Vectors:
        self.batches.append(len(texts))
        self.threads.add(threading.get_ident())
        return super().encode(texts, deep=deep)


async def test_callers_that_wait_share_a_batch_off_the_loop() -> None:
    counted = _Counted()
    embedder = Embedder(counted)
    many = [f"order {number} has not come" for number in range(12)]
    made = await asyncio.gather(*(embedder.embed([text]) for text in many))
    assert sum(counted.batches) == len(many)
    assert len(counted.batches) <= 2
    assert threading.get_ident() not in counted.threads
    assert np.abs(np.concatenate(made) - encode(many)).max() < 1e-5


async def test_early_and_whole_vectors_wait_in_one_queue() -> None:
    embedder = Embedder(Encoder())
    early, whole = await asyncio.gather(embedder.embed(TEXTS, deep=False), embedder.embed(TEXTS))
    assert np.abs(early - encoder.encode_early(TEXTS)).max() < 1e-5
    assert np.abs(whole - encode(TEXTS)).max() < 1e-5


async def test_a_large_request_holds_nobody_up() -> None:
    embedder = Embedder(Encoder())
    large = asyncio.create_task(embedder.embed([f"article {number} of the help centre" for number in range(200)]))
    await asyncio.sleep(0)
    await embedder.embed(["where is my order"])
    assert not large.done()
    assert (await large).shape == (200, WIDTH)


async def test_cancelled_callers_and_failures_stop_nobody_else() -> None:
    fresh = Encoder()
    embedder = Embedder(fresh)
    gone = asyncio.create_task(embedder.embed(["never mind"]))
    kept = asyncio.create_task(embedder.embed(["still here"]))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await kept).shape == (1, WIDTH)

    with pytest.raises(TypeError):
        await embedder.embed(["something new", "half a character: \ud800"])
    assert (await embedder.embed(["something new"])).shape == (1, WIDTH)


def test_loops_that_come_and_go_each_have_their_embedder() -> None:
    for number in range(2):
        assert asyncio.run(encoder.embed([f"loop {number}"])).shape == (1, WIDTH)
