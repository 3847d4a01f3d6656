"""From a graph of 32-bit numbers to one that mostly reckons with 8 bits, at a third of the size or less.

Weights get 7 of their 8 bits: on processors without instructions for 8-bit dot products (most laptops before 2019)
ONNX Runtime's sums of two products would overflow otherwise, and the same bundle would answer differently there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx

from leukoscope.domain.images import Pixels
from leukoscope.errors import InvalidBundleError

_BATCH = 16
_QUANTIZED = ("Conv", "Gemm", "MatMul")
_ANSWER = "probabilities"
_IN_8_BITS = "_quantized"
"""What ONNX Runtime's tools put after the name of a weight."""


def quantize_graph(model: bytes, pictures: Pixels) -> bytes:
    """Quantize the convolutions and dense layers of a graph, statically: ranges are those of given pictures.

    What the probabilities do not rest on stays in 32 bits: the whitening of the embedding, which makes small
    differences large on purpose, and the activation map where it is reckoned apart.

    Args:
        model: Bytes of `model.onnx`.
        pictures: Training pictures at the input's size, uint8, shape (n, height, width, 3); a few hundred do.

    Returns:
        Bytes of a graph with the same input and outputs, in standard operators (QuantizeLinear, DequantizeLinear).

    Raises:
        InvalidBundleError: ONNX Runtime cannot quantize the graph.

    References:
        Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
        Inference", section 2; ONNX Runtime's manual, "Quantize ONNX Models", on `reduce_range`.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in inference/session.py: the import already writes a device id
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as name:
        given, prepared, made = (Path(name, f"{step}.onnx") for step in ("given", "prepared", "made"))
        given.write_bytes(model)
        try:
            quant_pre_process(given, prepared, skip_symbolic_shape=True)
            quantize_static(
                prepared,
                made,
                _Batches(pictures),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(_QUANTIZED),
                nodes_to_exclude=_kept(onnx.load(prepared)),
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        except Exception as fault:  # onnxruntime and onnx raise a dozen unrelated classes
            raise InvalidBundleError(
                f"The graph cannot be quantized: {fault}", hint="Keep the bundle in 32 bits."
            ) from fault
        return bytes(_with_each_weight_once(onnx.load(made)).SerializeToString())


class _Batches:
    """Pictures as ONNX Runtime's calibration asks for them: one batch a call, then None."""

    def __init__(self, pictures: Pixels) -> None:
        self._rest: Iterator[Pixels] = (pictures[start : start + _BATCH] for start in range(0, len(pictures), _BATCH))

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._rest, None)
        return None if batch is None else {"images": batch}


def _kept(model: onnx.ModelProto) -> list[str]:
    """Names of layers that stay in 32 bits: those without weights, and those that the answer does not rest on."""
    weights = {one.name for one in model.graph.initializer}
    wanted = {_ANSWER}
    kept = []
    for node in reversed(model.graph.node):  # nodes stand after what they read
        if wanted & set(node.output):
            wanted.update(node.input)
            if weights & set(node.input):
                continue
        if node.op_type in _QUANTIZED:
            kept.append(node.name)
    return kept


def _with_each_weight_once(model: onnx.ModelProto) -> onnx.ModelProto:
    """Layers in 32 bits that read a quantized weight get it back from its 8 bits, so that it is not kept twice."""
    again = {
        node.input[0].removesuffix(_IN_8_BITS): node.output[0]
        for node in model.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0].endswith(_IN_8_BITS)
    }
    doubled = [one for one in model.graph.initializer if one.name in again]
    names = {one.name for one in doubled}
    for one in doubled:
        model.graph.initializer.remove(one)
    restoring = [node for node in model.graph.node if node.output and node.output[0] in again.values()]
    others = [node for node in model.graph.node if node not in restoring]
    for node in others:
        for place, name in enumerate(node.input):
            if name in names:
                node.input[place] = again[name]
    del model.graph.node[:]
    model.graph.node.extend([*restoring, *others])
    return model
