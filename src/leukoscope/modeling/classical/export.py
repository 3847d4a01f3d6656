"""From fitted decisions to one ONNX graph: columns in, probabilities and the space of novelty out; no pickle."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from leukoscope.errors import RecipeError
from leukoscope.modeling.classical.deciding import Decider, Distance
from leukoscope.modeling.classical.fitting import FittedStage

OPSET = 18
_IR_VERSION = 9
_INPUT = "columns"


@dataclass(slots=True)
class _Parts:
    """Pieces of a graph as they are put together."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    domains: dict[str, int] = field(default_factory=lambda: {"": OPSET})

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output


def export_onnx(decider: Decider, width: int) -> bytes:
    """The graph of a bundle: `columns`, float32 (n, width), to `probabilities` (n, classes) and `embedding` (n, d).

    Args:
        decider: What was learned.
        width: Columns of the table.

    Raises:
        RecipeError: A classifier cannot be converted.
    """
    parts = _Parts()
    told = [_add_stage(parts, stage, f"stage{number}_") for number, stage in enumerate(decider.stages)]
    _join(parts, decider, told)
    _add_distance(parts, decider.distance)
    outputs = (("probabilities", decider.classes), ("embedding", len(decider.distance.places)))
    graph = helper.make_graph(
        parts.nodes,
        "measurements",
        [helper.make_tensor_value_info(_INPUT, TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in outputs],
        parts.constants,
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in parts.domains.items()]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = _IR_VERSION
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _add_stage(parts: _Parts, stage: FittedStage, prefix: str) -> str:
    """A decision: its columns, what scikit-learn fitted, and the calibration."""
    own = parts.constant(f"{prefix}places", stage.places)
    given = parts.add("Gather", [_INPUT, own], f"{prefix}given", axis=1)
    scores = _add_converted(parts, stage, f"{prefix}sklearn_", given)
    if stage.floor is None:
        scores = _margins(parts, stage, prefix, scores)
    else:
        floor = parts.constant(f"{prefix}floor", np.array(stage.floor, np.float32))
        scores = parts.add("Log", [parts.add("Add", [scores, floor], f"{prefix}floored")], f"{prefix}logs")
    matrix = parts.constant(f"{prefix}matrix", stage.calibration.matrix.astype(np.float32))
    offset = parts.constant(f"{prefix}offset", stage.calibration.offset.astype(np.float32))
    logits = parts.add("Gemm", [scores, matrix, offset], f"{prefix}logits")
    return parts.add("Softmax", [logits], f"{prefix}probabilities", axis=1)


def _add_converted(parts: _Parts, stage: FittedStage, prefix: str, given: str) -> str:
    """What scikit-learn fitted, converted, its names made its own; the name of its scores."""
    converted = _converted(stage)
    for opset in converted.opset_import:
        parts.domains[opset.domain] = max(parts.domains.get(opset.domain, 0), opset.version)
    inside = converted.graph.input[0].name
    renamed = onnx.compose.add_prefix_graph(converted.graph, prefix)
    parts.constants.extend(renamed.initializer)
    parts.nodes.append(helper.make_node("Identity", [given], [f"{prefix}{inside}"]))
    parts.nodes.extend(renamed.node)
    return str(renamed.output[1].name)


def _converted(stage: FittedStage) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    wish = {"zipmap": False} | ({"raw_scores": True} if stage.floor is None else {})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return to_onnx(
                stage.pipeline,
                initial_types=[("inside", FloatTensorType([None, len(stage.places)]))],
                options={id(stage.pipeline): wish},
                target_opset={"": OPSET, "ai.onnx.ml": 3},
            )
    except Exception as fault:  # skl2onnx raises a dozen unrelated classes
        raise RecipeError(
            f"skl2onnx cannot convert {type(stage.pipeline[-1]).__name__}: {fault}",
            hint="Choose another classifier.kind.",
        ) from fault


def _margins(parts: _Parts, stage: FittedStage, prefix: str, scores: str) -> str:
    """Margins as scikit-learn gives them: of two classes one column, where the graph has it with both signs."""
    wanted = len(stage.calibration.matrix)
    first = parts.constant(f"{prefix}pairs", np.arange(wanted, dtype=np.int64))
    return parts.add("Gather", [scores, first], f"{prefix}margins", axis=1)


def _join(parts: _Parts, decider: Decider, told: Sequence[str]) -> None:
    if not decider.told:
        parts.add("Identity", [told[0]], "probabilities")
        return
    count = len(decider.told)
    own = parts.constant("told_places", np.arange(count, dtype=np.int64))
    left = parts.constant("left_place", np.array([count], dtype=np.int64))
    named = parts.add("Gather", [told[0], own], "named", axis=1)
    remainder = parts.add("Gather", [told[0], left], "remainder", axis=1)
    shared = parts.add("Mul", [remainder, told[1]], "shared_out")
    joined = parts.add("Concat", [named, shared], "joined", axis=1)
    order = np.argsort(np.array([*decider.told, *decider.rest]))
    parts.add("Gather", [joined, parts.constant("order", order.astype(np.int64))], "probabilities", axis=1)


def _add_distance(parts: _Parts, distance: Distance) -> None:
    own = parts.constant("distance_places", distance.places)
    given = parts.add("Gather", [_INPUT, own], "distance_given", axis=1)
    gaps = parts.add("IsNaN", [given], "distance_gaps")
    medians = parts.constant("distance_medians", distance.medians.astype(np.float32))
    filled = parts.add("Where", [gaps, medians, given], "distance_filled")
    center = parts.constant("distance_center", distance.whitening.center.astype(np.float32))
    moved = parts.add("Sub", [filled, center], "distance_moved")
    matrix = parts.constant("distance_matrix", distance.whitening.matrix.astype(np.float32))
    parts.add("MatMul", [moved, matrix], "embedding")
