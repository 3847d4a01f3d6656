"""A classifier as people have it, through the real commands: imported, verified, asked, evaluated; or refused."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from leukoscope.bundles.archive import read_bundle
from leukoscope.inference.classifier import Classifier
from leukoscope.synthetic import draw_field

SIDE = 32
STATED = ("--size", SIDE, "--level", "image")
FOUR = (*STATED, "--labels", "benign,early,pre,pro")
ONE = (*STATED, "--labels", "leukemic,normal", "--gives", "one-probability", "--positive-is", "normal")


def leukoscope(*arguments, cwd):
    command = [sys.executable, "-m", "leukoscope.cli", *map(str, arguments)]
    environment = os.environ | {"XDG_DATA_HOME": str(cwd / "home")}
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False, env=environment)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """One folder per class, two small fields in each."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(4)
    for label in ("benign", "early", "pre", "pro"):
        (folder / label).mkdir()
        for number in range(2):
            field = draw_field(rng, width=200, height=200, cells={"lymphocyte": 1}, red_cells=3)
            Image.fromarray(field.pixels).save(folder / label / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def keras_files(tmp_path_factory):
    """Small models saved by Keras itself, beside what it says of two pictures; and two that run code of their maker."""
    if find_spec("keras") is None:  # importing it here would choose TensorFlow for the whole process
        pytest.skip("the extra keras is not installed")
    folder = tmp_path_factory.mktemp("keras")
    script = """
import numpy as np, keras
from keras import layers as L
keras.utils.set_random_seed(3)
pictures = np.load("pictures.npy")
def net(units, last, *first):
    return keras.Sequential([L.Input((32, 32, 3)), *first, L.Conv2D(8, 3, activation="relu"), L.BatchNormalization(),
                             L.MaxPooling2D(), L.Dropout(0.5), L.Flatten(), L.Dense(units, activation=last)])
four = net(4, "softmax", L.RandomFlip("horizontal"), L.Rescaling(1 / 255))
four.layers[3].set_weights([np.random.rand(8) + 0.5 for _ in range(4)])
four.save("four.keras")
np.save("four.npy", four(pictures, training=False).detach().numpy())
one = net(1, "sigmoid")
one.save("one.h5")
np.save("one.npy", one(pictures / 255, training=False).detach().numpy())
keras.Sequential([L.Input((32, 32, 3)), L.Lambda(lambda x: x), L.Flatten(), L.Dense(4)]).save("lambda.keras")
@keras.saving.register_keras_serializable("mine")
class Twice(L.Layer):
    def call(self, x):
        return 2 * x
keras.Sequential([L.Input((32, 32, 3)), Twice(), L.Flatten(), L.Dense(4)]).save("custom.h5")
"""
    np.save(folder / "pictures.npy", drawn().astype(np.float32))
    environment = os.environ | {"KERAS_BACKEND": "torch", "KERAS_HOME": str(folder)}
    subprocess.run([sys.executable, "-c", script], cwd=folder, env=environment, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def torch_files(tmp_path_factory):
    """One small network as a `torch.export` program and as ONNX, and what it says of two pictures."""
    import torch

    folder = tmp_path_factory.mktemp("torch")
    torch.manual_seed(2)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.AdaptiveAvgPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(32, 4),
    ).eval()
    given = torch.from_numpy(drawn().transpose(0, 3, 1, 2).astype(np.float32) / 255)
    program = torch.export.export(network, (given,), dynamic_shapes=({0: torch.export.Dim("n", min=1, max=64)},))
    torch.export.save(program, folder / "net.pt2")
    torch.onnx.export(program, (given,), folder / "net.onnx", dynamo=True, external_data=False, verbose=False)
    torch.save(network.state_dict(), folder / "weights.pt2")
    with torch.inference_mode():
        np.save(folder / "net.npy", torch.softmax(network(given), 1).numpy())
    return folder


def drawn():
    rng = np.random.default_rng(6)
    return np.stack([rng.integers(0, 256, (SIDE, SIDE, 3)), np.full((SIDE, SIDE, 3), 90)]).astype(np.uint8)


def imported(file, said, *, cwd):
    """Import by the command; the bundle must say of two pictures what its own framework said."""
    done = leukoscope("model", "import", file, "--name", "mine", *said, cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert "Nothing is known of how good it is" in done.stdout
    answers = np.load(file.with_name(f"{file.stem}.npy"))
    expected = answers if answers.shape[1] == 4 else np.concatenate([1 - answers, answers], axis=1)
    bundle = read_bundle(cwd / "home" / "leukoscope" / "models" / "mine")
    assert np.abs(Classifier(bundle).predict(drawn()).probabilities - expected).max() < 1e-4
    return bundle


def test_a_keras_file_goes_the_whole_way_from_import_to_evaluation(keras_files, pictures, tmp_path):
    said = (*FOUR, "--scaling", "0-255", "--licence", "CC BY 4.0")
    bundle = imported(keras_files / "four.keras", said, cwd=tmp_path)
    assert bundle.card.imported is not None
    assert bundle.card.imported.converter_difference is not None

    assert "agrees on 6 golden samples" in leukoscope("model", "verify", "mine", cwd=tmp_path).stdout
    shown = leukoscope("model", "show", "mine", cwd=tmp_path).stdout
    assert "CC BY 4.0" in shown
    assert "Imported from: four.keras (keras)" in shown
    assert "nobody measured it" in shown
    asked = leukoscope("analyze", pictures / "pro" / "0.png", "--model", "mine", "--out", "out", cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    classification = json.loads((tmp_path / "out" / "result.json").read_text())["images"][0]["classification"]
    assert set(classification["probabilities"]) == {"benign", "early", "pre", "pro"}
    assert "nobody measured it" in (tmp_path / "out" / "report.html").read_text()
    judged = leukoscope("evaluate", "--model", "mine", "--data", pictures, "--out", "judged", cwd=tmp_path)
    assert judged.returncode == 0, judged.stderr
    assert json.loads((tmp_path / "judged" / "metrics.json").read_text())["n"] == 8


def test_an_hdf5_file_with_one_output_says_what_keras_says(keras_files, tmp_path):
    bundle = imported(keras_files / "one.h5", ONE, cwd=tmp_path)
    assert [label.name for label in bundle.card.labels] == ["leukemic", "normal"]


@pytest.mark.parametrize("file", ["net.pt2", "net.onnx"])
def test_a_network_of_pytorch_says_what_pytorch_says(torch_files, pictures, tmp_path, file):
    imported(torch_files / file, (*FOUR, "--gives", "logits"), cwd=tmp_path)
    assert "agrees on 6" in leukoscope("model", "verify", "mine", cwd=tmp_path).stdout
    judged = leukoscope("evaluate", "--model", "mine", "--data", pictures, "--out", "judged", cwd=tmp_path)
    assert judged.returncode == 0, judged.stderr


def refused(file, said, *, cwd):
    """The one sentence with which a file is refused; nothing is left behind."""
    done = leukoscope("model", "import", file, "--name", "mine", *said, cwd=cwd)
    assert done.returncode == 3
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("leukoscope: ")
    assert file.name in lines[0]
    assert "Traceback" not in done.stderr
    assert not (cwd / "home" / "leukoscope" / "models" / "mine").exists()
    return lines[0]


@pytest.mark.parametrize(
    ("file", "said", "told"),
    [
        ("lambda.keras", FOUR, "a Lambda layer"),
        ("custom.h5", FOUR, "'mine>Twice'"),
        ("four.keras", ("--size", 64, *FOUR[2:]), "but (64, 64, 3) was stated"),
    ],
)
def test_a_keras_file_that_runs_code_or_does_not_fit_is_refused_in_one_sentence(
    keras_files, tmp_path, file, said, told
):
    assert told in refused(keras_files / file, said, cwd=tmp_path)


def test_a_keras_archive_that_reaches_outside_or_swells_is_refused(keras_files, tmp_path):
    whole = zipfile.ZipFile(keras_files / "four.keras")
    parts = {name: whole.read(name) for name in whole.namelist()}
    packed(tmp_path / "slip.keras", parts | {"../../evil.py": b"x"})
    assert "'../../evil.py'" in refused(tmp_path / "slip.keras", FOUR, cwd=tmp_path)
    packed(tmp_path / "bomb.keras", parts | {"config.json": b" " * (80 << 20)})
    assert "unpacks to too much" in refused(tmp_path / "bomb.keras", FOUR, cwd=tmp_path)
    huge = json.loads(parts["config.json"])
    huge["config"]["layers"][-1]["config"]["units"] = 1 << 40
    packed(tmp_path / "huge.keras", parts | {"config.json": json.dumps(huge).encode()})
    refused(tmp_path / "huge.keras", FOUR, cwd=tmp_path)


def test_pickles_in_place_of_a_program_are_refused(torch_files, tmp_path):
    assert "holds" in refused(torch_files / "weights.pt2", FOUR, cwd=tmp_path)
    (tmp_path / "plain.pt2").write_bytes(pickle.dumps([1, 2]))
    assert "no torch.export program" in refused(tmp_path / "plain.pt2", FOUR, cwd=tmp_path)


def packed(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(name, content)


def test_a_graph_with_foreign_operators_weights_elsewhere_or_other_classes_is_refused(torch_files, tmp_path):
    three = (*FOUR[:-1], "benign,early,pre")
    assert "but 3 labels were stated" in refused(torch_files / "net.onnx", three, cwd=tmp_path)
    model = onnx.load(torch_files / "net.onnx")
    onnx.save(model, tmp_path / "away.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    assert "another file" in refused(tmp_path / "away.onnx", FOUR, cwd=tmp_path)
    model = onnx.load(torch_files / "net.onnx")
    model.graph.node.append(helper.make_node("Run", [model.graph.input[0].name], ["ran"], domain="com.evil"))
    onnx.save(model, tmp_path / "strange.onnx")
    assert "'com.evil'" in refused(tmp_path / "strange.onnx", FOUR, cwd=tmp_path)


def test_a_graph_of_a_few_bytes_that_asks_for_terabytes_is_refused(tmp_path):
    size = numpy_helper.from_array(np.array([1 << 20, 1 << 20, 4], np.int64), "size")
    node = helper.make_node("ConstantOfShape", ["size"], ["big"])
    graph = helper.make_graph(
        [
            node,
            helper.make_node("ReduceMean", ["big"], ["row"], axes=[0, 1], keepdims=0),
            helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=0),
            helper.make_node("Unsqueeze", ["mean", "last"], ["column"]),
            helper.make_node("Add", ["column", "row"], ["out"]),
        ],
        "bomb",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 4])],
        [size, numpy_helper.from_array(np.array([1], np.int64), "last")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "b.onnx")
    assert "asks for more memory than there is" in refused(
        tmp_path / "b.onnx", (*FOUR, "--gives", "logits"), cwd=tmp_path
    )
