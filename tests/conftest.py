"""Fixtures shared by all tests: a tiny model whose answers are known, and the way to the real images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import Card
from leukoscope.bundles.golden import GoldenSamples

SIDE = 32
REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real image sets are not at {folder}")
    return folder


def reddest_channel_graph() -> bytes:
    """Names the strongest color channel: softmax over the mean of R, G, B; the map is the channel, pooled 8 x 8."""
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["nchw"], perm=[0, 3, 1, 2]),
        helper.make_node("Div", ["nchw", "scale"], ["scaled"]),
        helper.make_node("AveragePool", ["scaled"], ["activation_map"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("GlobalAveragePool", ["scaled"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
        helper.make_node("Mul", ["embedding", "gain"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 3]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3]),
            helper.make_tensor_value_info("activation_map", TensorProto.FLOAT, ["n", 3, SIDE // 8, SIDE // 8]),
        ],
        [
            numpy_helper.from_array(np.array(255, np.float32), "scale"),
            numpy_helper.from_array(np.array(20, np.float32), "gain"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def tiny_card(
    model: bytes, *, level: str = "cell", limit: float = 10.0, group: str = "leukocyte", **view: object
) -> Card:
    labels = [
        {"name": name, "title": name.title(), "meaning": f"Mostly {name}.", "group": group}
        for name in ("red", "green", "blue")
    ]
    return Card.model_validate(
        {
            "schema": "leukoscope.card/1",
            "name": f"tiny-{level}",
            "version": "1.2.3",
            "title": "Tiny model",
            "task": "classification",
            "level": level,
            "resembles": "resembles pictures labeled {title}" if level == "image" else "",
            "intended_use": "Tests.",
            "limits": ["Knows only colors."],
            "weights_licence": "Apache-2.0",
            "onnx_sha256": hashlib.sha256(model).hexdigest(),
            "temperature": 1.0,
            "input": {"width": SIDE, "height": SIDE, **view},
            "labels": labels,
            "decision": {
                "uncertain_below": 0.9,
                "chosen_for": "tests",
                "accepted_share_validation": 1.0,
                "accepted_accuracy_validation": 1.0,
            },
            "novelty": {
                "method": "distance",
                "limit": limit,
                "validation_quantile": 0.99,
                "class_means": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            },
        }
    )


def plain_picture(color: tuple[int, int, int], side: int = SIDE) -> np.ndarray:
    return np.full((side, side, 3), color, np.uint8)


MakeBundle = Callable[..., Bundle]


@pytest.fixture(autouse=True, scope="session")
def _no_models_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the models that a developer has installed out of the tests, also of the commands they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data-home")))
        yield


@pytest.fixture(scope="session")
def plain() -> Callable[..., np.ndarray]:
    return plain_picture


@pytest.fixture(scope="session")
def tiny_bundle() -> MakeBundle:
    model = reddest_channel_graph()

    def make(**options: object) -> Bundle:
        from leukoscope.inference.classifier import Classifier

        card = tiny_card(model, **options)
        images = np.stack([plain_picture((255, 0, 0)), plain_picture((0, 200, 90))])
        output = Classifier(Bundle(card, model, None)).predict(images)
        golden = GoldenSamples(images, output.probabilities, output.embedding, output.activation_map)
        return Bundle(card, model, golden.to_bytes())

    return make


@pytest.fixture
def bundle_folder(tiny_bundle: MakeBundle, tmp_path: Path) -> Path:
    bundle = tiny_bundle()
    folder = tmp_path / "tiny"
    write_bundle(folder, bundle.card, bundle.model, bundle.golden())
    return folder


@pytest.fixture(scope="session")
def measured_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a recipe of measurements on drawn cells; `drawn.toml` and `drawn/` lie beside the folder `runs`."""
    from fakes.measured_set import write_measured_set
    from leukoscope.experiments.classical_run import train_classical_bundle

    root = tmp_path_factory.mktemp("measured")
    recipe = write_measured_set(root)
    train_classical_bundle(recipe, root / "drawn", root / "runs" / "drawn")
    return root / "runs" / "drawn"
