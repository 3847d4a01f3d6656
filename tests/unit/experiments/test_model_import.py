"""Tiny foreign classifiers: what they say of a picture is known, so the bundle must say the same."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from leukoscope.bundles.archive import read_bundle
from leukoscope.errors import InputNotFoundError, InvalidBundleError, InvalidValueError
from leukoscope.experiments.model_import import About, import_model
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.verification import verify_bundle
from leukoscope.modeling.importing.statement import Statement, read_scaling
from leukoscope.modeling.importing.tensors import finished, prepared

TRUE = numpy_helper.from_array(np.array(True))
WEIGHTS = np.array([[4, -1, 0.5], [0, 3, -2], [1, -2, 2]], np.float32)


def foreign(path, *, units=3, layout="nchw", last=None, batch="b", factor=1.0, extra=(), size=32):
    """Mean of each channel times weights, and maybe a last operator; named as ours to provoke clashes."""
    axes = [2, 3] if layout == "nchw" else [1, 2]
    shape = [batch, 3, size, size] if layout == "nchw" else [batch, size, size, 3]
    out = "logits" if last is None else "probabilities"
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["values"], axes=axes, keepdims=0),
        helper.make_node("MatMul", ["values", "weights"], ["logits"]),
        *([helper.make_node(last, ["logits"], ["probabilities"])] if last else []),
        *extra,
    ]
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, [batch, units])],
        [numpy_helper.from_array(WEIGHTS[:, :units] * np.float32(factor), "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def stated(**changes):
    usual = {
        "width": 32,
        "height": 32,
        "scaling": read_scaling("0-1"),
        "layout": "nchw",
        "colors": "rgb",
        "gives": "logits",
        "labels": ("Benign", "Early Pre", "Pro"),
    }
    return Statement(**(usual | changes))


ABOUT = About("mine", "image", 0.9)
ONE = {"labels": ("sick", "well"), "positive": "well"}


@pytest.mark.parametrize(
    ("graph", "statement"),
    [
        ({}, {}),
        ({"batch": 1}, {"scaling": read_scaling("imagenet")}),
        ({"layout": "nhwc"}, {"layout": "nhwc", "scaling": read_scaling("minus-1-1"), "colors": "bgr"}),
        ({"last": "Softmax"}, {"gives": "probabilities", "scaling": read_scaling("0.2,0.3,0.4,0.5,0.6,0.7")}),
        ({"units": 1}, {"gives": "one-logit", **ONE}),
        ({"units": 1, "last": "Sigmoid"}, {"gives": "one-probability", **ONE}),
        ({"units": 1, "last": "Sigmoid"}, {"gives": "one-probability", **ONE, "positive": "sick"}),
    ],
)
def test_the_bundle_says_what_the_foreign_model_says(tmp_path, graph, statement):
    statement = stated(**statement)
    done = import_model(foreign(tmp_path / "m.onnx", **graph), statement, ABOUT, tmp_path / "models")
    bundle = read_bundle(done.folder)
    assert verify_bundle(bundle).agrees
    assert done.warnings == ()

    images = np.random.default_rng(1).integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)
    images[:20] //= 4
    mean = prepared(images, statement).mean(axis=(2, 3) if statement.layout == "nchw" else (1, 2))
    raw = mean @ WEIGHTS[:, : statement.units]
    if graph.get("last") == "Softmax":
        raw = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
    elif graph.get("last") == "Sigmoid":
        raw = 1 / (1 + np.exp(-raw))
    expected = finished(raw, statement)
    assert np.ptp(expected, axis=0).max() > 0.01
    assert np.abs(Classifier(bundle).predict(images).probabilities - expected).max() < 1e-5


def test_the_card_says_what_was_stated_and_that_nothing_was_measured(tmp_path):
    about = About("mine", "cell", 0.7, groups={"Pro": "blast"})
    card = import_model(foreign(tmp_path / "m.onnx"), stated(), about, tmp_path / "models").card
    assert [(one.name, one.title, one.group) for one in card.labels] == [
        ("benign", "Benign", "leukocyte"),
        ("early-pre", "Early Pre", "leukocyte"),
        ("pro", "Pro", "blast"),
    ]
    assert card.metrics is None
    assert card.novelty is None
    assert (card.decision.uncertain_below, card.decision.accepted_share_validation) == (0.7, None)
    assert card.imported is not None
    assert (card.imported.gives, card.imported.file) == ("logits", "m.onnx")
    assert any("nobody measured it" in one for one in card.limits)


def test_a_model_that_always_answers_the_same_is_imported_with_a_warning(tmp_path):
    done = import_model(foreign(tmp_path / "m.onnx", factor=0.0), stated(), ABOUT, tmp_path / "models")
    assert "same answer" in done.warnings[0]
    assert done.warnings[0] in done.card.limits


@pytest.mark.parametrize(
    ("graph", "statement", "said"),
    [
        ({}, {"gives": "probabilities"}, "no probabilities"),
        ({"units": 1}, {"gives": "one-probability", **ONE}, "no probabilities"),
        ({"last": "Softmax"}, {}, "gives no logits"),
        ({"units": 1, "last": "Sigmoid"}, {"gives": "one-logit", **ONE}, "gives no logits"),
        ({}, {"labels": ("a", "b")}, "2 labels"),
        ({"units": 1}, {"labels": ("a", "b")}, "2 labels"),
        ({"layout": "nhwc"}, {}, "takes the shape"),
        ({"size": 64}, {}, "takes the shape"),
        ({"last": "Log"}, {}, "finite numbers"),
    ],
)
def test_a_model_that_does_not_answer_as_was_stated_is_refused(tmp_path, graph, statement, said):
    with pytest.raises(InvalidBundleError, match=said) as refusal:
        import_model(foreign(tmp_path / "m.onnx", **graph), stated(**statement), ABOUT, tmp_path / "models")
    assert refusal.value.hint
    assert not (tmp_path / "models" / "mine").exists()


def test_a_graph_of_a_plug_in_or_with_weights_elsewhere_is_refused(tmp_path):
    strange = helper.make_node("Run", ["logits"], ["ran"], domain="com.evil")
    with pytest.raises(InvalidBundleError, match=r"com\.evil"):
        import_model(foreign(tmp_path / "m.onnx", extra=[strange]), stated(), ABOUT, tmp_path)
    model = onnx.load(foreign(tmp_path / "m.onnx"))
    onnx.save(model, tmp_path / "e.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    with pytest.raises(InvalidBundleError, match="in another file"):
        import_model(tmp_path / "e.onnx", stated(), ABOUT, tmp_path)


def test_what_onnx_runtime_does_not_know_or_has_no_memory_for_is_told_as_that(tmp_path):
    model = onnx.load(foreign(tmp_path / "m.onnx", last="Softmax"))
    shape = numpy_helper.from_array(np.array([1 << 30, 1 << 30], np.int64), "vast")
    model.graph.initializer.append(shape)
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["vast"], ["zeros"]))
    model.graph.node.insert(1, helper.make_node("ReduceSum", ["zeros"], ["nothing"], keepdims=0))
    model.graph.node.append(helper.make_node("Add", ["probabilities", "nothing"], ["sum"]))
    model.graph.output[0].name = "sum"
    onnx.save(model, tmp_path / "vast.onnx")
    with pytest.raises(InvalidBundleError, match="asks for more memory than there is"):
        import_model(tmp_path / "vast.onnx", stated(gives="probabilities"), ABOUT, tmp_path)
    model = onnx.load(foreign(tmp_path / "new.onnx"))
    model.opset_import[0].version = 99
    onnx.save(model, tmp_path / "new.onnx")
    with pytest.raises(InvalidBundleError, match="uses ONNX opset 99, newer than is known here"):
        import_model(tmp_path / "new.onnx", stated(), ABOUT, tmp_path)


def test_a_loop_is_refused_wherever_it_stands(tmp_path):
    number, truth = TensorProto.INT64, TensorProto.BOOL
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["goes"]), helper.make_node("Identity", ["turn"], ["seen"])],
        "body",
        [helper.make_tensor_value_info("turn", number, []), helper.make_tensor_value_info("go", truth, [])],
        [helper.make_tensor_value_info("goes", truth, []), helper.make_tensor_value_info("seen", number, [])],
    )
    loop = helper.make_node("Loop", ["", "true"], ["turns"], body=body)
    inner = helper.make_graph([loop], "inner", [], [helper.make_tensor_value_info("turns", number, ["t"])])
    for node in (loop, helper.make_node("If", ["true"], ["turns"], then_branch=inner, else_branch=inner)):
        foreign(tmp_path / "m.onnx", extra=[helper.make_node("Constant", [], ["true"], value=TRUE), node])
        with pytest.raises(InvalidBundleError, match="Loop, which is refused"):
            import_model(tmp_path / "m.onnx", stated(), ABOUT, tmp_path)


def test_what_is_cut_short_unknown_or_not_there_is_refused(tmp_path):
    whole = foreign(tmp_path / "m.onnx").read_bytes()
    for number, content in enumerate((b"", whole[:40], whole[:-20], b"\x80\x04pickle")):
        (tmp_path / f"{number}.onnx").write_bytes(content)
        with pytest.raises(InvalidBundleError):
            import_model(tmp_path / f"{number}.onnx", stated(), ABOUT, tmp_path)
    (tmp_path / "m.pkl").write_bytes(whole)
    with pytest.raises(InvalidValueError, match="no known kind"):
        import_model(tmp_path / "m.pkl", stated(), ABOUT, tmp_path)
    with pytest.raises(InputNotFoundError):
        import_model(tmp_path / "none.onnx", stated(), ABOUT, tmp_path)


@pytest.mark.parametrize(
    ("about", "labels"),
    [
        (About("Mine!", "cell", 0.9), ("a", "b", "c")),
        (About("mine", "cell", 1.5), ("a", "b", "c")),
        (About("mine", "cell", 0.9, groups={"d": "blast"}), ("a", "b", "c")),
        (ABOUT, ("a", "b", "A")),
        (ABOUT, ("a", "b", "uncertain")),
        (ABOUT, ("a", "b", "?")),
    ],
)
def test_names_that_do_not_fit_are_refused(tmp_path, about, labels):
    with pytest.raises(InvalidValueError):
        import_model(foreign(tmp_path / "m.onnx"), stated(labels=labels), about, tmp_path)
