"""The committed splits, made again: `python -m leukoscope.data.splits.committed ../shared/data recipes/splits`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import sha256_of
from leukoscope.data.retakes import Retake, RetakeSearch, find_retakes
from leukoscope.data.sources import pbc, taleqani
from leukoscope.data.splits.blocks import Picture, divide
from leukoscope.data.splits.recipe import BLOCK_SIZE, Shares
from leukoscope.domain.images import Pixels

_log = logging.getLogger(__name__)
SEEDS = range(200)


def split_taleqani(root: Path) -> tuple[Manifest, tuple[tuple[str, str, float], ...]]:
    """Divide `taleqani-all`; also the retaken fields found, by name."""
    pictures = taleqani.list_pictures(root)
    pixels = [_read(root / picture.name) for picture in pictures]
    return _split(root, pictures, find_retakes(pixels, taleqani.without_scale_bar(), RetakeSearch()))


def split_pbc(root: Path) -> tuple[Manifest, tuple[tuple[str, str, float], ...]]:
    """Divide `pbc-crops`; also the cells found twice, by name."""
    pictures = pbc.list_pictures(root)
    sides = pbc.frame_sides(root)
    pixels = [pbc.center(_read(root / picture.name), sides[picture.name]) for picture in pictures]
    everywhere = np.ones((pbc.CENTER_SIDE, pbc.CENTER_SIDE), dtype=bool)
    search = RetakeSearch(48, candidates=3, min_overlap=0.4, min_similarity=0.7, fine_blur_px=0.7, slow_blur_px=3.0)
    return _split(root, pictures, find_retakes(pixels, everywhere, search))


def short_text(manifest: Manifest) -> str:
    """A manifest as the short CSV that is committed, with patients and folds where there are any.

    Where there are none, `Manifest.sha256` is the hash of this text.
    """
    columns = ["path", "sha256", "label", "group", "split"]
    columns += [column for column in ("patient", "fold") if manifest.table[column].notna().any()]
    table = manifest.table[columns].rename(columns={"path": "name"})
    return str(table.to_csv(index=False, lineterminator="\n"))


def _split(
    root: Path, pictures: Sequence[Picture], retakes: Sequence[Retake]
) -> tuple[Manifest, tuple[tuple[str, str, float], ...]]:
    pairs = [(pair.first, pair.second) for pair in retakes]
    division = divide(pictures, pairs, block_size=BLOCK_SIZE, shares=Shares(), seeds=SEEDS)
    rows = tuple(
        Row(picture.name, sha256_of(root / picture.name), label=picture.label, group=block, split=part)
        for picture, block, part in zip(pictures, division.blocks, division.parts, strict=True)
        if part is not None
    )
    _log.info("%d retakes, %d of %d pictures left out", len(pairs), len(pictures) - len(rows), len(pictures))
    manifest = Manifest.from_rows(rows, root, root.name)
    return manifest, tuple((pictures[r.first].name, pictures[r.second].name, r.similarity) for r in retakes)


def _read(path: Path) -> Pixels:
    # Only JPEG files named by the set's own layout come here, so the reader for strangers' files is not needed.
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


def main(data: Path, out: Path) -> None:
    """Write `<set>.csv` and `<set>-pairs.csv` for both sets."""
    out.mkdir(parents=True, exist_ok=True)
    for name, make in ((taleqani.NAME, split_taleqani), (pbc.NAME, split_pbc)):
        manifest, pairs = make(data / name)
        (out / f"{name}.csv").write_text(short_text(manifest), encoding="utf-8")
        lines = ["first,second,similarity", *(f"{a},{b},{similarity}" for a, b, similarity in pairs)]
        (out / f"{name}-pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
