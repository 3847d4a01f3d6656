"""Is the graph of a bundle self-contained and standard?  Looked at before any runtime loads it.

ONNX lets a graph name files outside of itself (external data) and operators of unknown domains (code of a plug-in).
A bundle from a stranger may do neither. The base installation has no ONNX library, so the few fields that matter are
read from the protocol-buffer bytes themselves.

References:
    Protocol Buffers encoding, "Message Structure"; ONNX IR specification and onnx.proto (field numbers below).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from leukoscope.errors import InvalidBundleError

STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})

_MAX_DEPTH = 32
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXTERNAL = 1


@dataclass(frozen=True, slots=True)
class _Message:
    """Fields of an ONNX message that are looked into: number to the message below; and the facts it may state.

    Attributes:
        below: Field number to the name of the message it holds.
        domain: Field that names an operator domain, 0 for none.
        external: Field that lists external data, 0 for none.
        location: Field that says where a tensor's data are, 0 for none.
    """

    below: dict[int, str] = field(default_factory=dict)
    domain: int = 0
    external: int = 0
    location: int = 0


_MESSAGES = {
    "model": _Message({7: "graph", 20: "training", 25: "function"}),
    "graph": _Message({1: "node", 5: "tensor", 15: "sparse"}),
    "node": _Message({5: "attribute"}, domain=7),
    "attribute": _Message({5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"}),
    "tensor": _Message(external=13, location=14),
    "sparse": _Message({1: "tensor", 2: "tensor"}),
    "training": _Message({1: "graph", 2: "graph"}),
    "function": _Message({7: "node", 11: "attribute"}, domain=10),
}


@dataclass(frozen=True, slots=True)
class GraphFacts:
    """What a graph needs beyond itself.

    Attributes:
        domains: Operator domains it names and does not define itself.
        external: Whether a tensor's data lie in another file.
        nodes: Number of operators, those of subgraphs included.
    """

    domains: frozenset[str]
    external: bool
    nodes: int


def check_graph(model: bytes, name: str) -> GraphFacts:
    """Make sure a graph is whole in itself and uses operators that every runtime has.

    Args:
        model: Bytes of `model.onnx`.
        name: Name of the bundle, for the message.

    Raises:
        InvalidBundleError: It is no ONNX graph, refers to files outside of itself, or names operators of another
            domain.
    """
    try:
        facts = _facts(model)
    except (ValueError, RecursionError) as fault:
        raise InvalidBundleError(f"The graph of {name!r} is no ONNX graph.", hint="Export it again.") from fault
    if facts.external:
        raise InvalidBundleError(
            f"The graph of {name!r} keeps its weights in another file, which is refused.",
            hint="Export it with the weights inside (external_data=False).",
        )
    strange = sorted(facts.domains - STANDARD_DOMAINS)
    if strange:
        raise InvalidBundleError(
            f"The graph of {name!r} uses operators of the domain {strange[0]!r}, which is refused.",
            hint="Export it with operators of the ONNX standard only.",
        )
    if not facts.nodes:
        raise InvalidBundleError(f"The graph of {name!r} holds no operator.", hint="Export it again.")
    return facts


def _facts(model: bytes) -> GraphFacts:
    named: set[str] = set()
    defined: set[str] = set()
    external, nodes = False, 0
    waiting: list[tuple[str, memoryview, int]] = [("model", memoryview(model), 0)]
    while waiting:
        kind, content, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        message = _MESSAGES[kind]
        nodes += kind == "node"
        for number, value in _fields(content):
            if isinstance(value, int):
                external |= number == message.location != 0 and value == _EXTERNAL
            elif number in message.below:
                waiting.append((message.below[number], value, depth + 1))
            elif number == message.domain != 0:
                (defined if kind == "function" else named).add(bytes(value).decode("utf-8"))
            external |= number == message.external != 0
    return GraphFacts(frozenset(named - defined), external, nodes)


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """The fields of one message: number, and its bytes or its whole number."""
    place = 0
    while place < len(content):
        key, place = _varint(content, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(content, place)
            yield number, value
            continue
        if wire == _BYTES:
            length, place = _varint(content, place)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if number == 0 or place + length > len(content):
            raise ValueError("a field reaches past its message")
        yield number, content[place : place + length]
        place += length


def _varint(content: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(content):
            break
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number does not end")
