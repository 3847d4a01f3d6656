"""Wraps the graph of a foreign classifier, so that it takes `images` and gives `probabilities` as ours do.

What is put before and after it is plain ONNX of opset 9 on: cast, order of colors, scaling, order of axes; softmax, or
two classes from one output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leukoscope.bundles.graph import check_graph
from leukoscope.errors import InvalidBundleError, require_extra
from leukoscope.modeling.importing.statement import Statement

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

_OLDEST_OPSET = 9
_IR_VERSION = 4  # the first in which weights need not be listed among the inputs
_PREFIX = "imported_"
_FLOAT = 1
_LOOPS = ("Loop", "Scan", "SequenceMap")
_SATURATING = ("Sigmoid", "Softmax")


def wrap_graph(content: bytes, name: str, statement: Statement) -> bytes:
    """A graph from uint8 pictures (n, height, width, 3) to probabilities (n, classes).

    Args:
        content: The foreign graph, an ONNX file with its weights inside.
        name: What to call it in messages.
        statement: What its owner states.

    Raises:
        InvalidBundleError: It is no whole and standard ONNX graph, has several inputs or outputs, or does not fit what
            was stated; the message says in what.
    """
    require_extra("train", "onnx")
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import compose

    check_graph(content, name)
    try:
        model = onnx.load_from_string(content)
    except (DecodeError, ValueError) as fault:
        raise InvalidBundleError(
            f"{name} is no valid ONNX graph: {str(fault).splitlines()[0]}.", hint="Export the model again."
        ) from fault
    _check_opset(model, name)
    try:
        onnx.checker.check_model(model)
        model = compose.add_prefix(model, _PREFIX)
    except (onnx.checker.ValidationError, ValueError) as fault:
        raise InvalidBundleError(
            f"{name} is no valid ONNX graph: {str(fault).splitlines()[0]}.", hint="Export the model again."
        ) from fault
    _refuse_loops(model, name)
    source, output = _only_input(model.graph, name), _only_output(model.graph, name)
    _check_input(source, statement, name)
    _check_output(model.graph, output, statement, name)
    _free_batch(model.graph, source, output)
    before, constants = _before(source.name, statement)
    after, more = _after(output.name, statement)
    _join(model.graph, before, after, [*constants, *more], statement)
    model.ir_version = max(model.ir_version, _IR_VERSION)
    wrapped = bytes(model.SerializeToString())
    check_graph(wrapped, name)
    return wrapped


def _check_opset(model: ModelProto, name: str) -> None:
    from onnx.defs import onnx_opset_version

    versions = {one.domain or "ai.onnx": one.version for one in model.opset_import}
    if versions.get("ai.onnx", 0) < _OLDEST_OPSET:
        raise InvalidBundleError(
            f"{name} uses ONNX opset {versions.get('ai.onnx', 0)}; {_OLDEST_OPSET} or later is needed.",
            hint="Export it with opset 17 or later.",
        )
    newest = onnx_opset_version()
    if versions["ai.onnx"] > newest:
        raise InvalidBundleError(
            f"{name} uses ONNX opset {versions['ai.onnx']}, newer than is known here ({newest}).",
            hint="Export it with opset 17.",
        )


def _refuse_loops(model: ModelProto, name: str) -> None:
    """Nobody can tell whether a loop ends, and no classifier of pictures needs one."""
    waiting = [*model.graph.node, *(node for one in model.functions for node in one.node)]
    while waiting:
        node = waiting.pop()
        if node.op_type in _LOOPS:
            raise InvalidBundleError(
                f"{name} holds the operator {node.op_type}, which is refused: nobody can tell whether it ends.",
                hint="Export the model without loops.",
            )
        for attribute in node.attribute:
            waiting.extend(inner for graph in (attribute.g, *attribute.graphs) for inner in graph.node)


def _only_input(graph: GraphProto, name: str) -> ValueInfoProto:
    weights = {one.name for one in graph.initializer}
    inputs: list[ValueInfoProto] = [one for one in graph.input if one.name not in weights]
    if len(inputs) != 1:
        raise InvalidBundleError(
            f"{name} takes {len(inputs)} inputs; a classifier of pictures takes one.", hint="Export a model of one."
        )
    return inputs[0]


def _only_output(graph: GraphProto, name: str) -> ValueInfoProto:
    if len(graph.output) != 1:
        raise InvalidBundleError(
            f"{name} gives {len(graph.output)} outputs; which of them names the classes is not known.",
            hint="Export the model with the classes as its only output.",
        )
    only: ValueInfoProto = graph.output[0]
    return only


def _check_input(source: ValueInfoProto, statement: Statement, name: str) -> None:
    kind, shape = source.type.tensor_type.elem_type, _shape(source)
    stated = (
        (statement.height, statement.width, 3) if statement.layout == "nhwc" else (3, statement.height, statement.width)
    )
    if kind != _FLOAT:
        raise InvalidBundleError(
            f"{name} does not take 32-bit floating-point numbers.", hint="Export it with float32 inputs."
        )
    fits = len(shape) == 4 and all(there in (0, said) for there, said in zip(shape[1:], stated, strict=True))
    if source.type.tensor_type.HasField("shape") and not fits:
        raise InvalidBundleError(
            f"{name} takes the shape {_told(shape)}, but (n, {', '.join(map(str, stated))}) was stated.",
            hint="Mend --size (width x height) or --layout.",
        )


def _check_output(graph: GraphProto, output: ValueInfoProto, statement: Statement, name: str) -> None:
    shape = _shape(output)
    if output.type.tensor_type.HasField("shape") and (len(shape) != 2 or shape[1] not in (0, statement.units)):
        said = "one output was" if statement.single else f"{len(statement.labels)} labels were"
        raise InvalidBundleError(
            f"{name} gives the shape {_told(shape)}, but {said} stated.",
            hint="Give one label for each output; for a single output say --gives one-probability or one-logit.",
        )
    last = next((node.op_type for node in graph.node if output.name in node.output), "")
    if statement.gives in ("logits", "one-logit") and last in _SATURATING:
        raise InvalidBundleError(
            f"{name} ends in {last}, so it gives no logits.",
            hint="Say --gives one-probability." if statement.single else "Say --gives probabilities.",
        )


def _shape(value: ValueInfoProto) -> tuple[int, ...]:
    """Sizes of the axes; 0 where one is free."""
    return tuple(one.dim_value for one in value.type.tensor_type.shape.dim)


def _told(shape: tuple[int, ...]) -> str:
    return f"({', '.join(str(one) if one else 'n' for one in shape)})"


def _free_batch(graph: GraphProto, *values: ValueInfoProto) -> None:
    """Many exporters write 1 where any number of pictures would do; whether it really does is tried afterwards."""
    for value in values:
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].dim_param = "n"
    del graph.value_info[:]


def _before(target: str, statement: Statement) -> tuple[list[NodeProto], list[TensorProto]]:
    from onnx import helper, numpy_helper

    mean = np.array(statement.scaling.mean, np.float32) * 255
    factor = (1 / (np.array(statement.scaling.std) * 255)).astype(np.float32)
    constants = [
        numpy_helper.from_array(mean, "scaling_mean"),
        numpy_helper.from_array(factor, "scaling_factor"),
    ]
    nodes = [helper.make_node("Cast", ["images"], ["values"], to=_FLOAT)]
    last = "values"
    if statement.colors == "bgr":
        constants.append(numpy_helper.from_array(np.array([2, 1, 0], np.int64), "turned_colors"))
        nodes.append(helper.make_node("Gather", [last, "turned_colors"], ["bgr"], axis=3))
        last = "bgr"
    nodes.append(helper.make_node("Sub", [last, "scaling_mean"], ["centered"]))
    if statement.layout == "nhwc":
        nodes.append(helper.make_node("Mul", ["centered", "scaling_factor"], [target]))
        return nodes, constants
    nodes.append(helper.make_node("Mul", ["centered", "scaling_factor"], ["scaled"]))
    nodes.append(helper.make_node("Transpose", ["scaled"], [target], perm=[0, 3, 1, 2]))
    return nodes, constants


def _after(source: str, statement: Statement) -> tuple[list[NodeProto], list[TensorProto]]:
    from onnx import helper, numpy_helper

    if statement.gives == "probabilities":
        return [helper.make_node("Identity", [source], ["probabilities"])], []
    if statement.gives == "logits":
        return [helper.make_node("Softmax", [source], ["probabilities"], axis=1)], []
    nodes = [helper.make_node("Sigmoid", [source], ["positive"])] if statement.gives == "one-logit" else []
    positive = "positive" if nodes else source
    order = ["negative", positive] if statement.labels.index(statement.positive) else [positive, "negative"]
    nodes.append(helper.make_node("Sub", ["one", positive], ["negative"]))
    nodes.append(helper.make_node("Concat", order, ["probabilities"], axis=1))
    return nodes, [numpy_helper.from_array(np.array(1, np.float32), "one")]


def _join(
    graph: GraphProto,
    before: list[NodeProto],
    after: list[NodeProto],
    constants: list[TensorProto],
    statement: Statement,
) -> None:
    from onnx import TensorProto, helper

    inner = list(graph.node)
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend([*before, *inner, *after])
    graph.initializer.extend(constants)
    size: list[str | int | None] = ["n", statement.height, statement.width, 3]
    graph.input.append(helper.make_tensor_value_info("images", TensorProto.UINT8, size))
    classes: list[str | int | None] = ["n", len(statement.labels)]
    graph.output.append(helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, classes))
