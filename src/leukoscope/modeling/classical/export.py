"""From fitted decisions to one ONNX graph: columns in, probabilities and the space of novelty out; no pickle."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from leukoscope.errors import RecipeError
from leukoscope.modeling.classical.deciding import Decider, Distance
from leukoscope.modeling.classical.fitting import FittedStage
from leukoscope.modeling.classical.graph_parts import OPSET, GraphParts
from leukoscope.modeling.classical.support_vectors import add_margins

_IR_VERSION = 9
_INPUT = "columns"


def export_onnx(decider: Decider, width: int) -> bytes:
    """The graph of a bundle: `columns`, float32 (n, width), to `probabilities` (n, classes) and `embedding` (n, d).

    Args:
        decider: What was learned.
        width: Columns of the table.

    Raises:
        RecipeError: A classifier cannot be converted.
    """
    parts = GraphParts()
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


def _add_stage(parts: GraphParts, stage: FittedStage, prefix: str) -> str:
    """A decision: its columns, what scikit-learn fitted, and the calibration."""
    own = parts.constant(f"{prefix}places", stage.places)
    given = parts.add("Gather", [_INPUT, own], f"{prefix}given", axis=1)
    scores = _margins(parts, stage, prefix, given) if stage.floor is None else _logs(parts, stage, prefix, given)
    matrix = parts.constant(f"{prefix}matrix", stage.calibration.matrix)
    offset = parts.constant(f"{prefix}offset", stage.calibration.offset)
    logits = parts.add("Gemm", [scores, matrix, offset], f"{prefix}logits")
    shares = parts.add("Softmax", [logits], f"{prefix}shares", axis=1)
    return parts.cast(shares, f"{prefix}probabilities", to=TensorProto.FLOAT)


def _margins(parts: GraphParts, stage: FittedStage, prefix: str, given: str) -> str:
    """Margins of support vectors, float64: gaps, scaling and selection converted, the rest written out."""
    *_, last = stage.pipeline
    prepared = _add_converted(parts, stage.pipeline[:-1], len(stage.places), f"{prefix}sklearn_", given, output=0)
    return add_margins(parts, last, prepared, f"{prefix}svm_")


def _logs(parts: GraphParts, stage: FittedStage, prefix: str, given: str) -> str:
    """Logarithms of probabilities, float64."""
    told = _add_converted(parts, stage.pipeline, len(stage.places), f"{prefix}sklearn_", given, output=1)
    scores = parts.cast(told, f"{prefix}scores", to=TensorProto.DOUBLE)
    floor = parts.constant(f"{prefix}floor", np.array(stage.floor))
    return parts.add("Log", [parts.add("Add", [scores, floor], f"{prefix}floored")], f"{prefix}logs")


def _add_converted(parts: GraphParts, pipeline: Any, width: int, prefix: str, given: str, *, output: int) -> str:
    """What scikit-learn fitted, converted, its names made its own; the name of one of its outputs."""
    converted = _converted(pipeline, width)
    for opset in converted.opset_import:
        parts.domains[opset.domain] = max(parts.domains.get(opset.domain, 0), opset.version)
    inside = converted.graph.input[0].name
    renamed = onnx.compose.add_prefix_graph(converted.graph, prefix)
    parts.constants.extend(renamed.initializer)
    parts.nodes.append(helper.make_node("Identity", [given], [f"{prefix}{inside}"]))
    parts.nodes.extend(renamed.node)
    return str(renamed.output[output].name)


def _converted(pipeline: Any, width: int) -> Any:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    decides = hasattr(pipeline[-1], "predict_proba")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return to_onnx(
                pipeline,
                initial_types=[("inside", FloatTensorType([None, width]))],
                options={id(pipeline): {"zipmap": False}} if decides else None,
                target_opset={"": OPSET, "ai.onnx.ml": 3},
            )
    except Exception as fault:  # skl2onnx raises a dozen unrelated classes
        raise RecipeError(
            f"skl2onnx cannot convert {type(pipeline[-1]).__name__}: {fault}",
            hint="Choose another classifier.kind.",
        ) from fault


def _join(parts: GraphParts, decider: Decider, told: Sequence[str]) -> None:
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


def _add_distance(parts: GraphParts, distance: Distance) -> None:
    own = parts.constant("distance_places", distance.places)
    given = parts.add("Gather", [_INPUT, own], "distance_given", axis=1)
    gaps = parts.add("IsNaN", [given], "distance_gaps")
    medians = parts.constant("distance_medians", distance.medians.astype(np.float32))
    filled = parts.add("Where", [gaps, medians, given], "distance_filled")
    center = parts.constant("distance_center", distance.whitening.center.astype(np.float32))
    moved = parts.add("Sub", [filled, center], "distance_moved")
    matrix = parts.constant("distance_matrix", distance.whitening.matrix.astype(np.float32))
    parts.add("MatMul", [moved, matrix], "embedding")
