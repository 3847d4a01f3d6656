"""BloodMNIST (MedMNIST v2): all pictures in one `.npz`; they are written out as PNG, because a manifest names files.

Yang et al. 2023, Sci Data 10:41, doi 10.1038/s41597-022-01721-8; made from PBC (Acevedo et al. 2020).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Part, Row
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import ClassNote, DataCard, Download, Imported
from leukoscope.errors import ManifestError

_RECORD = "https://zenodo.org/records/10519652/files"
card = DataCard(
    name="bloodmnist",
    title="BloodMNIST (MedMNIST v2): PBC made small, with fixed parts",
    level="cell",
    classes=(
        ClassNote("basophil", "0", "Basophil."),
        ClassNote("eosinophil", "1", "Eosinophil."),
        ClassNote("erythroblast", "2", "Erythroblast."),
        ClassNote("immature-granulocyte", "3", "Myelocytes, metamyelocytes and promyelocytes."),
        ClassNote("lymphocyte", "4", "Lymphocyte."),
        ClassNote("monocyte", "5", "Monocyte."),
        ClassNote("neutrophil", "6", "Neutrophil."),
        ClassNote("platelet", "7", "Platelet."),
    ),
    citation="Yang et al., MedMNIST v2 - A large-scale lightweight benchmark for 2D and 3D biomedical image "
    "classification, Sci Data 10, 41 (2023); and Acevedo et al., Data in Brief 30 (2020) 105474.",
    licence="CC BY 4.0",
    url="https://medmnist.com",
    official_splits="Train 11,959, validation 1,712, test 3,421: a random split by picture, not by donor.",
    traps=(
        "The parts are random and mix donors: figures on them are optimistic.",
        "The pictures are those of PBC, cut to the middle and made small: not independent data.",
        "28 pixels are too few to see granules or chromatin.",
        "The file is fetched in the size of 28 pixels; those of 64, 128 and 224 pixels are read the same way.",
    ),
    downloads=(
        # The MD5 is the one that MedMNIST's own package checks; no SHA-256 is published.
        Download(f"{_RECORD}/bloodmnist.npz?download=1", "bloodmnist.npz", md5="7053d0359d879ad8a5505303e11de1dc"),
    ),
    layout="bloodmnist.npz with train_images, train_labels, val_images, ...",
)
_PARTS: dict[str, Part] = {"train": "train", "val": "validation", "test": "test"}
_LABELS = tuple(one.name for one in card.classes)
_FILE_NAME = re.compile(rf"(?:^|/)(train|val|test)/([0-7])_(?:{'|'.join(_LABELS)})/(\d{{5}})\.png$")
_MAX_BYTES = 8 << 30
"""What an archive may unpack to; the largest published one (224 pixels) holds 2.6 GB."""


def recognizes(root: Path) -> bool:
    """Whether the file is such an archive, or the folder one that was written out before."""
    return is_packed(root) or looks_named(root, _FILE_NAME)


def is_packed(root: Path) -> bool:
    """Whether the path is an archive whose pictures must be written out first."""
    if root.suffix.lower() != ".npz" or not zipfile.is_zipfile(root):
        return False
    with zipfile.ZipFile(root) as archive:
        return {f"{part}_{what}.npy" for part in _PARTS for what in ("images", "labels")} <= set(archive.namelist())


def read(root: Path) -> Imported:
    """The rows of a folder that `unpack` wrote; part and class are the names of the folders."""
    found = find_named(root, _FILE_NAME, "train/0_basophil/00000.png")
    rows = (
        Row(one.path, label=_LABELS[int(one.said[2])], split=_PARTS[one.said[1]], source=card.name)
        for one in found.pictures
    )
    return Imported(tuple(rows), found.problems)


def count_packed(file: Path) -> int:
    """How many pictures an archive holds.

    Raises:
        ManifestError: The archive is damaged, too large, or holds something else.
    """
    return sum(len(labels) for _, _, labels in _parts_of(file))


def unpack(file: Path, folder: Path, *, after_each: Callable[[], None] = lambda: None) -> None:
    """Write the pictures of an archive as PNG, `<part>/<class>/<place>.png`.

    Args:
        file: The archive.
        folder: Where the pictures go; it is made.
        after_each: Called after each picture.

    Raises:
        ManifestError: The archive is damaged, too large, or holds something else.
    """
    for part, images, labels in _parts_of(file):
        for place, (picture, label) in enumerate(zip(images, labels, strict=True)):
            target = folder / part / f"{label}_{_LABELS[label]}" / f"{place:05d}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, picture)
            after_each()


def _write(target: Path, picture: NDArray[np.uint8]) -> None:
    written, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not written:
        raise ManifestError(f"{target} cannot be written as PNG.")
    unfinished = target.with_suffix(".part")
    unfinished.write_bytes(content.tobytes())
    unfinished.replace(target)


def _parts_of(file: Path) -> Iterator[tuple[str, NDArray[np.uint8], list[int]]]:
    """The parts of an archive, each checked: pictures uint8 (n, side, side, 3), labels 0 to 7."""
    try:
        _check_size(file)
        with np.load(file, allow_pickle=False) as arrays:
            for part in _PARTS:
                images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"].reshape(-1)
                _check_arrays(file, part, images, labels)
                yield part, images, [int(label) for label in labels]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as fault:
        if isinstance(fault, ManifestError):
            raise
        raise ManifestError(f"{file} cannot be read: {fault}", hint="Fetch it again.") from fault


def _check_size(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        size = sum(one.file_size for one in archive.infolist())
    if size > _MAX_BYTES:
        raise ManifestError(f"{file} would unpack to {size / 2**30:.1f} GiB.", hint="Is it the published file?")


def _check_arrays(file: Path, part: str, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
    shaped = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[3] == 3
    if not shaped or images.dtype != np.uint8 or len(images) != len(labels):
        raise ManifestError(
            f"{file}: the part {part} holds {images.shape} {images.dtype} for {len(labels)} labels.",
            hint="Give BloodMNIST: uint8 pictures (n, side, side, 3), one label each.",
        )
    if labels.dtype.kind not in "iu" or (len(labels) and not (labels.min() >= 0 and labels.max() < len(_LABELS))):
        raise ManifestError(f"{file}: the part {part} has labels other than 0 to 7.", hint="Give BloodMNIST.")
