"""The committed splits of sets with boxes: `python -m leukoscope.data.splits.boxed ../shared/data recipes/splits`.

BCCD and TXL-PBC keep their owners' parts, as others report on them, but what shows a held-out field again is left out
of the training side: the owners' parts divide such pairs. The frames of PBC have no parts; whole groups are dealt out.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from leukoscope.data.copies import find_copies
from leukoscope.data.manifest import PARTS, Manifest, Part, Row
from leukoscope.data.manifest_files import sha256_of, short_text
from leukoscope.data.sources import bccd, pbc_frames, txl_pbc
from leukoscope.data.sources.source import Imported
from leukoscope.data.splits.division import split_manifest
from leukoscope.data.splits.recipe import SplitRecipe

_log = logging.getLogger(__name__)
_FIRST_KEPT: tuple[Part, ...] = ("test", "validation", "train")
Pair = tuple[int, int]


def keep_apart(parts: Sequence[Part], pairs: Iterable[Pair]) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Which pictures stay where owners' parts divide copies: the test part whole, then the validation part.

    Args:
        parts: The owners' part of each picture.
        pairs: Positions of pictures that show the same thing.

    Returns:
        For each picture the smallest position among all that it is tied to, and whether it stays.

    Example:
        >>> keep_apart(["train", "test", "train"], [(0, 1)])
        ((0, 0, 2), (False, True, True))
    """
    groups = list(range(len(parts)))
    for first, second in pairs:
        low, high = sorted((groups[first], groups[second]))
        groups = [low if one == high else one for one in groups]
    best: dict[int, int] = {}
    for group, part in zip(groups, parts, strict=True):
        best[group] = min(best.get(group, len(PARTS)), _FIRST_KEPT.index(part))
    stays = [_FIRST_KEPT.index(part) == best[group] for group, part in zip(groups, parts, strict=True)]
    return tuple(groups), tuple(stays)


def split_official(root: Path) -> tuple[Manifest, Manifest]:
    """BCCD and TXL-PBC by their owners' parts, without what crosses them within a set or between the two."""
    sets = [(bccd.card.name, bccd.read(root / "bccd")), (txl_pbc.card.name, txl_pbc.read(root / "txl-pbc"))]
    rows = [(name, row) for name, imported in sets for row in _divided(imported)]
    pairs = find_copies([root / name / row.path for name, row in rows])
    groups, stays = keep_apart([_part(row) for _, row in rows], [(pair.first, pair.second) for pair in pairs])
    _log.info("%d pairs, %d of %d pictures left out", len(pairs), stays.count(False), len(rows))
    kept: dict[str, list[Row]] = {name: [] for name, _ in sets}
    for (name, row), group, stay in zip(rows, groups, stays, strict=True):
        if stay:
            of = rows[group][1].path.rpartition("/")[2].rpartition(".")[0]
            kept[name].append(replace(row, sha256=sha256_of(root / name / row.path), group=of))
    first, second = (Manifest.from_rows(kept[name], root / name, name) for name, _ in sets)
    return first, second


def split_frames(root: Path) -> Manifest:
    """The frames of PBC in parts of 64, 16 and 20 %; copies and runs of neighboring file numbers stay together."""
    folder = root / "pbc-frames"
    rows = [replace(row, sha256=sha256_of(folder / row.path)) for row in pbc_frames.read(folder).rows]
    pairs = find_copies([folder / row.path for row in rows])
    _log.info("%d pairs among %d frames", len(pairs), len(rows))
    manifest = Manifest.from_rows(rows, folder, folder.name)
    recipe = SplitRecipe(by="copies", block_size=5)
    return split_manifest(manifest, recipe, [(pair.first, pair.second) for pair in pairs]).manifest


def _divided(imported: Imported) -> Iterator[Row]:
    return (row for row in imported.rows if row.split is not None and row.boxes)


def _part(row: Row) -> Part:
    if row.split is None:
        raise ValueError(row.path)
    return row.split


def main(data: Path, out: Path) -> None:
    """Write `bccd.csv`, `txl-pbc.csv` and `pbc-frames.csv`."""
    for manifest in (*split_official(data), split_frames(data)):
        (out / f"{manifest.name}.csv").write_text(short_text(manifest), encoding="utf-8")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
