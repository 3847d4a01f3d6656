"""From a `torch.export` program (.pt2) to ONNX; runs in the child process only.

PyTorch says that such files must come from somebody you trust: loading one may unpickle parts of it, evaluate symbolic
expressions and look operators up by name. So the archive is read first, and what is more than a graph of standard
operators with plain weights is refused; unpickling is held to tensors.
"""

from __future__ import annotations

import functools
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.modeling.importing.conversion import MAX_BYTES
from leukoscope.modeling.importing.refusal import RefusedError

OPSET = 18
_MEMBER = re.compile(
    r"^[^/]+/(?:archive_format|archive_version|byteorder|version|\.data/[a-z_]+|\.format_version|\.storage_alignment"
    r"|models/model\.json|data/weights/(?:weight_\d+|model_weights_config\.json)"
    r"|data/constants/(?:tensor_\d+|model_constants_config\.json)|data/sample_inputs/model\.pt)$"
)
_TARGET = re.compile(r"^(?:torch\.ops\.aten\.\w+(?:\.\w+)?|_operator\.(?!attrgetter|methodcaller|itemgetter)\w+)$")
_SYMBOL = r"Symbol\('[su]\d++'(?:, (?:positive|integer|nonnegative)=True)*\)"
_NUMBER = r"(?:Integer\(-?\d+\)|[su]?\d++)"
_CALL = r"(?:Add|Mul|Pow|Max|Min|Mod|FloorDiv)\b"
_EXPRESSION = re.compile(rf"^(?:{_SYMBOL}|{_NUMBER}|{_CALL}|[\s+\-*/(),])*$")
_EXPORT_AGAIN = "Export it again with torch.export.save, with plain weights and standard operators."
_MAX_JSON = 64 << 20


def convert(file: Path, pictures: NDArray[np.float32]) -> tuple[bytes, NDArray[np.float32]]:
    """The graph, and what the program says of the pictures.

    Args:
        file: The `.pt2` file.
        pictures: float32, as the program takes them.

    Raises:
        RefusedError: The file is damaged, unsafe, or its program does not take such pictures.
    """
    check_archive(file.read_bytes())
    import torch

    torch.load = functools.partial(torch.load, weights_only=True)
    _hold_unpickling()
    try:
        program = torch.export.load(file)
        with torch.inference_mode():
            answers = program.module()(torch.from_numpy(pictures))
    except Exception as fault:  # torch raises whatever its layers raise; this process ends with it
        raise RefusedError(
            f"cannot be run on pictures of the shape {pictures.shape[1:]}: {_first_line(fault)}",
            "Mend --size and --layout; export it with a free number of pictures (dynamic_shapes).",
        ) from fault
    if not isinstance(answers, torch.Tensor) or answers.ndim != 2:
        raise RefusedError("does not give one row per picture.", "Import a classifier.")
    exported = torch.onnx.export(
        program, (torch.from_numpy(pictures),), opset_version=OPSET, dynamo=True, verbose=False, external_data=False
    )
    if exported is None:
        raise RefusedError("gave no graph.", _EXPORT_AGAIN)
    return bytes(exported.model_proto.SerializeToString()), answers.float().numpy()


def check_archive(content: bytes) -> None:
    """Make sure that an archive holds one program of standard operators with plain weights, and nothing else.

    Raises:
        RefusedError: It holds pickled weights, objects, compiled code, foreign operators or unknown files.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(one.file_size for one in members) > MAX_BYTES:
                raise RefusedError("unpacks to too much.", "Use a smaller model.")
            for one in members:
                if not _MEMBER.match(one.filename):
                    raise RefusedError(f"holds {one.filename[:80]!r}, which is refused.", _EXPORT_AGAIN)
            _check_texts(archive, [one for one in members if one.filename.endswith(".json")])
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError, RecursionError) as fault:
        raise RefusedError("is damaged, or no torch.export program.", _EXPORT_AGAIN) from fault
    except ValueError as fault:
        raise RefusedError("does not describe its program in JSON.", _EXPORT_AGAIN) from fault


def _check_texts(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    if not any(one.filename.endswith("/models/model.json") for one in members):
        raise RefusedError("holds no program.", _EXPORT_AGAIN)
    for one in members:
        if one.file_size > _MAX_JSON:
            raise RefusedError("unpacks to too much.", "Use a smaller model.")
        for part in _parts(json.loads(archive.read(one))):
            _check_part(part)


def _parts(value: object) -> Iterator[dict[str, object]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _check_part(part: dict[str, object]) -> None:
    if part.get("use_pickle"):
        raise RefusedError("holds pickled weights, which are refused: unpickling may run code.", _EXPORT_AGAIN)
    if "target" in part and "inputs" in part and not _TARGET.match(str(part["target"])):
        raise RefusedError(f"uses {str(part['target'])[:80]!r}, which is no standard operator.", _EXPORT_AGAIN)
    if "expr_str" in part and not _EXPRESSION.match(str(part["expr_str"])):
        raise RefusedError("holds an expression that is no size.", _EXPORT_AGAIN)
    for key in ("as_custom_obj", "as_graph"):
        if part.get(key):
            raise RefusedError("holds objects besides tensors, which are refused.", _EXPORT_AGAIN)


def _hold_unpickling() -> None:
    """No other way to unpickle is left open either; the process does nothing but this one conversion."""
    import pickle

    def refuse(*_: object, **__: object) -> object:
        raise RefusedError("holds pickled objects, which are refused.", _EXPORT_AGAIN)

    pickle.loads = refuse


def _first_line(fault: Exception) -> str:
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    return lines[0] if len(lines[0]) <= 200 else f"{lines[0][:200]} ..."
