"""From a Keras file to ONNX; runs in the child process only.

Keras 3 runs on PyTorch here, and its own exporter writes the graph: no TensorFlow is needed, and files of Keras 2 and
of TensorFlow are read alike.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.modeling.importing.conversion import GRAPH, MAX_BYTES
from leukoscope.modeling.importing.keras_2 import bring_up_to_date
from leukoscope.modeling.importing.keras_configuration import check_configuration
from leukoscope.modeling.importing.refusal import RefusedError

_MEMBERS = frozenset({"metadata.json", "config.json", "model.weights.h5"})
_MAX_CONFIG = 64 << 20
_OPSET = 17
_SAVE_AGAIN = "Save the whole model again with model.save('model.keras')."
_OF_KERAS_2 = "It was saved by Keras 2: load it there and save it as .h5, which Keras 3 reads."


def convert(file: Path, pictures: NDArray[np.float32]) -> tuple[bytes, NDArray[np.float32]]:
    """The graph, and what Keras says of the pictures.

    Args:
        file: `.keras`, or HDF5.
        pictures: float32, as the model takes them.

    Raises:
        RefusedError: The file is damaged, unsafe, or its model does not take such pictures.
    """
    described = _described(file)
    check_configuration(described)
    if file.suffix != ".keras" and bring_up_to_date(described):
        _describe_anew(file, described)
    import keras

    try:
        model = keras.saving.load_model(file, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError, NotImplementedError, AttributeError) as fault:
        hint = _OF_KERAS_2 if _is_of_keras_2(file) else _SAVE_AGAIN
        raise RefusedError(f"cannot be loaded by Keras: {_first_line(fault)}", hint) from fault
    shape = getattr(model, "input_shape", None)
    _check_shape(shape, pictures.shape)
    answers = keras.ops.convert_to_numpy(model(pictures, training=False))
    if answers.ndim != 2:
        raise RefusedError(f"gives the shape {answers.shape}, not one row per picture.", "Import a classifier.")
    signature = [keras.InputSpec(shape=(None, *pictures.shape[1:]), dtype="float32")]
    place = file.parent / GRAPH
    # Its own inputs and "not training" said once: else batch norm is written as in training, and augmentation too.
    shown = keras.Input(pictures.shape[1:], dtype="float32")
    used = keras.Model(shown, model(shown, training=False))
    used.export(place, format="onnx", verbose=False, input_signature=signature, opset_version=_OPSET)
    return place.read_bytes(), np.asarray(answers, dtype=np.float32)


def _check_shape(shape: Any, given: tuple[int, ...]) -> None:
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise RefusedError(f"takes the shape {shape}, not pictures.", "Import a classifier of one picture at a time.")
    if any(said not in (None, there) for said, there in zip(shape[1:], given[1:], strict=True)):
        raise RefusedError(f"takes the shape {shape}, but {given[1:]} was stated.", "Mend --size or --layout.")


def _described(file: Path) -> object:
    try:
        return json.loads(_keras_text(file) if file.suffix == ".keras" else _hdf5_text(file))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise RefusedError("does not describe its model in JSON.", _SAVE_AGAIN) from fault


def _keras_text(file: Path) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = [one.filename for one in members]
            others = sorted(set(names) - _MEMBERS)
            if others or len(names) > len(set(names)):
                raise RefusedError(f"holds {(others or names)[0]!r}, which no plain model has.", _SAVE_AGAIN)
            if "config.json" not in names or "model.weights.h5" not in names:
                raise RefusedError("lacks its description or its weights.", _SAVE_AGAIN)
            if (
                sum(one.file_size for one in members) > MAX_BYTES
                or archive.getinfo("config.json").file_size > _MAX_CONFIG
            ):
                raise RefusedError("unpacks to too much.", "Use a smaller model.")
            _check_hdf5(io.BytesIO(archive.read("model.weights.h5")))
            return archive.read("config.json").decode("utf-8")
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError) as fault:
        raise RefusedError("is damaged, or no file of Keras 3.", _SAVE_AGAIN) from fault


def _hdf5_text(file: Path) -> str:
    import h5py

    _check_hdf5(file)
    with h5py.File(file, "r") as opened:
        text = opened.attrs.get("model_config")
    if text is None:
        raise RefusedError("holds weights only, without the model.", _SAVE_AGAIN)
    return text.decode("utf-8") if isinstance(text, bytes) else str(text)


def _describe_anew(file: Path, described: object) -> None:
    """In the child's own copy of the file."""
    import h5py

    with h5py.File(file, "r+") as opened:
        opened.attrs["model_config"] = json.dumps(described)


def _is_of_keras_2(file: Path) -> bool:
    if file.suffix != ".keras":
        return False
    with zipfile.ZipFile(file) as archive:
        return "metadata.json" in archive.namelist() and b'"keras_version": "2.' in archive.read("metadata.json")


def _check_hdf5(source: Path | io.BytesIO) -> None:
    """HDF5 can point to other files; weights that lie elsewhere would be read from this machine."""
    import h5py

    try:
        with h5py.File(source, "r") as opened:
            for value in _values(opened):
                if value.external or value.is_virtual:
                    raise RefusedError("keeps its weights in another file, which is refused.", _SAVE_AGAIN)
                if value.nbytes > MAX_BYTES:
                    raise RefusedError("unpacks to too much.", "Use a smaller model.")
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as fault:
        raise RefusedError("is damaged: its weights cannot be read.", _SAVE_AGAIN) from fault


def _values(group: Any) -> Iterator[Any]:
    import h5py

    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise RefusedError("holds a link to another place, which is refused.", _SAVE_AGAIN)
        inner = group[name]
        if isinstance(inner, h5py.Group):
            yield from _values(inner)
        elif isinstance(inner, h5py.Dataset):
            yield inner


def _first_line(fault: Exception) -> str:
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    return lines[0] if len(lines[0]) <= 200 else f"{lines[0][:200]} ..."
