"""Keras files end to end, where the extra `keras` is installed."""

import json
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest

from leukoscope.errors import InvalidBundleError
from leukoscope.modeling.importing.conversion import read_foreign
from leukoscope.modeling.importing.keras_model import _described
from leukoscope.modeling.importing.refusal import RefusedError

LAMBDA = {"module": "keras", "class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda", "config": {}}]}}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"config.json": "{}", "model.weights.h5": "x", "assets/run.py": "x"}, "which no plain model has"),
        ({"config.json": "{}"}, "lacks"),
        ({"../config.json": "{}"}, "which no plain model has"),
    ],
)
def test_an_archive_that_is_not_just_a_model_is_refused(tmp_path, members, said):
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    with pytest.raises(RefusedError, match=said):
        _described(tmp_path / "m.keras")


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "m.keras").write_bytes(b"\x80\x04 a pickle")
    with pytest.raises(RefusedError, match="no file of Keras 3"):
        _described(tmp_path / "m.keras")


def test_weights_that_lie_in_another_file_and_lambda_layers_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py", reason="the extra keras is not installed")
    with h5py.File(tmp_path / "link.h5", "w") as out:
        out["weights"] = h5py.ExternalLink("/etc/passwd", "x")
    with pytest.raises(RefusedError, match="link"):
        _described(tmp_path / "link.h5")
    if find_spec("keras") is None:  # importing it here would choose TensorFlow for the whole process
        pytest.skip("the extra keras is not installed")
    with h5py.File(tmp_path / "lambda.h5", "w") as out:
        out.attrs["model_config"] = json.dumps(LAMBDA)
    with pytest.raises(InvalidBundleError, match=r"lambda\.h5 holds a Lambda layer"):
        read_foreign(tmp_path / "lambda.h5", np.zeros((2, 32, 32, 3), np.float32))
