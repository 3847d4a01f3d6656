"""From a model file to an ONNX graph; frameworks run in a child process with limits, since the file may be hostile.

The child sees a copy of the file in a folder of its own, may take so much memory and time and no more, and hands back
an ONNX graph and the framework's own answers to the pictures it was given.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputNotFoundError, InvalidBundleError, InvalidValueError, require_extra

Format = Literal["onnx", "torch.export", "keras"]
FORMATS: dict[str, Format] = {
    ".onnx": "onnx",
    ".pt2": "torch.export",
    ".keras": "keras",
    ".h5": "keras",
    ".hdf5": "keras",
}
MAX_BYTES = 1 << 30
MEMORY_BYTES = 16 << 30  # address space, most of which torch only reserves
TIMEOUT_S = 600
GRAPH, ANSWERS, PICTURES = "graph.onnx", "answers.npy", "pictures.npy"
_REFUSED = 3  # exit status of a child that refused the file and said why


@dataclass(frozen=True, slots=True, eq=False)
class ForeignGraph:
    """A foreign network as ONNX.

    Attributes:
        format: What the file was.
        sha256: Of the file.
        graph: The ONNX graph.
        answers: What its own framework said of the pictures given, shape (n, units); None for a file that was ONNX.
    """

    format: Format
    sha256: str
    graph: bytes
    answers: NDArray[np.float32] | None


def read_foreign(file: Path, pictures: NDArray[np.float32]) -> ForeignGraph:
    """Read a model file, converting it where it is no ONNX.

    Args:
        file: `.onnx`, `.pt2`, `.keras` or `.h5`.
        pictures: float32 pictures as the network takes them, which its framework is asked about.

    Raises:
        InputNotFoundError: There is no such file.
        InvalidValueError: The file is of another kind.
        InvalidBundleError: It is too large, unsafe, damaged, or cannot be converted within the limits.
        MissingExtraError: The packages for its format are not installed.
    """
    if not file.is_file():
        raise InputNotFoundError(f"There is no file {file}.", hint="Give a model file.")
    kind = FORMATS.get(file.suffix.lower())
    if kind is None:
        raise InvalidValueError(
            f"{file.name} is of no known kind.", hint=f"Give a file that ends in {', '.join(FORMATS)}."
        )
    size = file.stat().st_size
    if size > MAX_BYTES:
        raise InvalidBundleError(
            f"{file.name} has {size} bytes; at most {MAX_BYTES} are read.", hint="Use a smaller one."
        )
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if kind == "onnx":
        return ForeignGraph(kind, digest, content, None)
    _require(kind)
    graph, answers = _convert(content, file, kind, pictures)
    return ForeignGraph(kind, digest, graph, answers)


def _require(kind: Format) -> None:
    require_extra("train", "torch")
    if kind == "keras":
        require_extra("keras", "keras")
        require_extra("keras", "h5py")


def _convert(
    content: bytes, file: Path, kind: Format, pictures: NDArray[np.float32]
) -> tuple[bytes, NDArray[np.float32]]:
    module = "exported_program" if kind == "torch.export" else "keras_model"
    with tempfile.TemporaryDirectory(prefix="leukoscope-import-") as name:
        folder = Path(name)
        copy = folder / f"model{file.suffix.lower()}"
        copy.write_bytes(content)
        np.save(folder / PICTURES, pictures, allow_pickle=False)
        command = [sys.executable, "-m", "leukoscope.modeling.importing.child", module, str(copy)]
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                command, cwd=folder, env=_environment(folder), capture_output=True, timeout=TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as fault:
            raise InvalidBundleError(
                f"{file.name} was not converted within {TIMEOUT_S} s.", hint="Export it to ONNX yourself."
            ) from fault
        if done.returncode == _REFUSED:
            message, _, hint = done.stdout.decode("utf-8", errors="replace").strip().splitlines()[-1].partition("\t")
            raise InvalidBundleError(f"{file.name} {message}", hint=hint)
        if done.returncode or not (folder / GRAPH).is_file():
            last = done.stderr.decode("utf-8", errors="replace").strip().splitlines()[-1:] or [
                f"status {done.returncode}"
            ]
            raise InvalidBundleError(
                f"{file.name} cannot be converted: {last[0][:300]}", hint="Export it to ONNX yourself and import that."
            )
        if (folder / GRAPH).stat().st_size > MAX_BYTES:
            raise InvalidBundleError(f"The graph of {file.name} is too large.", hint="Use a smaller model.")
        return (folder / GRAPH).read_bytes(), np.load(folder / ANSWERS, allow_pickle=False)


def _environment(folder: Path) -> dict[str, str]:
    """No secrets, no graphics card, no settings of the user: what the child needs to start, and its own folder."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "SYSTEMROOT") if name in os.environ}
    own = {"HOME": str(folder), "TMPDIR": str(folder), "KERAS_HOME": str(folder), "KERAS_BACKEND": "torch"}
    return kept | own | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
