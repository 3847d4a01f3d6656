"""A graph that reaches outside of its bundle is refused before any runtime sees it."""

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from leukoscope.bundles.graph import check_graph
from leukoscope.bundles.registry import list_bundles
from leukoscope.errors import InvalidBundleError


def graph(*nodes: onnx.NodeProto, initializers: tuple[TensorProto, ...] = ()) -> onnx.GraphProto:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    return helper.make_graph(list(nodes), "g", [value], [out], list(initializers))


def model(*nodes: onnx.NodeProto, initializers: tuple[TensorProto, ...] = ()) -> bytes:
    return bytes(helper.make_model(graph(*nodes, initializers=initializers)).SerializeToString())


def external(name: str) -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def answers_or_refuses(content: bytes) -> bool:
    """Any other exception passes through and fails the test."""
    try:
        return check_graph(content, "m").nodes > 0
    except InvalidBundleError as refusal:
        return bool(refusal.hint)


RELU = helper.make_node("Relu", ["x"], ["y"])


def test_a_plain_graph_is_taken() -> None:
    facts = check_graph(model(RELU, helper.make_node("Scaler", ["x"], ["z"], domain="ai.onnx.ml")), "m")
    assert (facts.nodes, facts.external) == (2, False)
    assert facts.domains == {"ai.onnx.ml"}


def test_weights_in_another_file_are_refused() -> None:
    with pytest.raises(InvalidBundleError, match="in another file"):
        check_graph(model(RELU, initializers=(external("w"),)), "m")


def test_a_file_named_without_the_mark_is_refused_too() -> None:
    tensor = external("w")
    tensor.ClearField("data_location")
    with pytest.raises(InvalidBundleError, match="in another file"):
        check_graph(model(RELU, initializers=(tensor,)), "m")


def test_weights_in_another_file_are_found_in_attributes_and_branches() -> None:
    constant = helper.make_node("Constant", [], ["c"], value=external("c"))
    branch = helper.make_node("If", ["x"], ["y"], then_branch=graph(constant), else_branch=graph(RELU))
    for nodes in ((constant,), (branch,)):
        with pytest.raises(InvalidBundleError, match="in another file"):
            check_graph(model(*nodes), "m")


@pytest.mark.parametrize("domain", ["com.evil", "com.microsoft", "ai.onnx.training.preview"])
def test_operators_of_another_domain_are_refused_wherever_they_stand(domain: str) -> None:
    strange = helper.make_node("Run", ["x"], ["y"], domain=domain)
    branch = helper.make_node("If", ["x"], ["y"], then_branch=graph(strange), else_branch=graph(RELU))
    for nodes in ((strange,), (RELU, branch)):
        with pytest.raises(InvalidBundleError, match=f"domain '{domain}'"):
            check_graph(model(*nodes), "m")


def test_a_function_of_the_graph_itself_is_taken_but_not_what_it_hides() -> None:
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    call = helper.make_node("Twice", ["x"], ["y"], domain="own")
    for node, refused in ((RELU, False), (helper.make_node("Run", ["x"], ["y"], domain="com.evil"), True)):
        function = helper.make_function("own", "Twice", ["x"], ["y"], [node], opsets)
        content = helper.make_model(graph(call), functions=[function], opset_imports=opsets).SerializeToString()
        if refused:
            with pytest.raises(InvalidBundleError, match=r"com\.evil"):
                check_graph(content, "m")
        else:
            assert check_graph(content, "m").domains == frozenset()


def test_a_graph_without_operators_is_refused() -> None:
    with pytest.raises(InvalidBundleError, match="no operator"):
        check_graph(model(), "m")


@given(st.binary(max_size=200))
def test_any_bytes_end_in_an_answer_or_a_refusal(content: bytes) -> None:
    assert answers_or_refuses(content)


@given(st.data())
def test_a_damaged_graph_ends_in_an_answer_or_a_refusal(data: st.DataObject) -> None:
    content = bytearray(model(RELU, initializers=(external("w"),)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert answers_or_refuses(bytes(content[: data.draw(st.integers(0, len(content)))]))


def test_graphs_nested_without_end_are_refused() -> None:
    inner = graph(RELU)
    for _ in range(15):
        inner = graph(helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=graph(RELU)))
    with pytest.raises(InvalidBundleError, match="no ONNX graph"):
        check_graph(bytes(helper.make_model(inner).SerializeToString()), "m")


def test_the_shipped_graphs_are_taken() -> None:
    shipped = [one for one in list_bundles() if one.shipped]
    for one in shipped:
        assert check_graph((one.path / "model.onnx").read_bytes(), one.name).nodes > 10
