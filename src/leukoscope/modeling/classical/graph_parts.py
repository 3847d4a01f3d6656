"""What is an ONNX graph while it is put together?  Nodes and constants, added one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

OPSET = 18


@dataclass(slots=True)
class GraphParts:
    """Pieces of a graph."""

    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    domains: dict[str, int] = field(default_factory=lambda: {"": OPSET})

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant; its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add a node; the name of its output."""
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def cast(self, given: str, output: str, *, to: int) -> str:
        """Add a change of the number type, such as `TensorProto.DOUBLE`; the name of its output."""
        return self.add("Cast", [given], output, to=to)
