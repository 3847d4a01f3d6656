"""The committed splits are what the commands of `docs/how_to/split_data.md` make of the sets and the known pairs."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import sha256_of
from leukoscope.data.sources.registry import find_source
from leukoscope.data.splits.division import split_manifest
from leukoscope.data.splits.pair_files import read_pairs
from leukoscope.data.splits.recipe import Shares
from leukoscope.experiments.data_split import SplitWish, choose_recipe

ROOT = Path(__file__).parents[2]
SPLITS = ROOT / "recipes" / "splits"
BLOCKS = SplitWish(by="blocks", leave_out=True)
MADE = {
    "cnmc-2019.csv": ("cnmc-2019", "cnmc-2019-pairs.csv", SplitWish(shares=Shares(), folds=5)),
    "cnmc-2019-folds.csv": ("cnmc-2019", "cnmc-2019-pairs.csv", SplitWish(shares=None, folds=5)),
    "jtsc-wbc.csv": ("jtsc-wbc", "jtsc-wbc-pairs.csv", SplitWish(by="blocks", block_size=10)),
    "pbc-crops.csv": ("pbc-crops", "pbc-crops-pairs.csv", replace(BLOCKS, seed=2)),
    "taleqani-all.csv": ("taleqani-all", "taleqani-all-pairs.csv", BLOCKS),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", MADE)
def test_a_committed_split_is_made_again(name: str) -> None:
    data, pairs, wish = MADE[name]
    folder = ROOT.parent / "shared" / "data" / data
    if not folder.is_dir():
        pytest.skip(f"the image set {data} is not at ../shared/data")
    rows = [replace(row, sha256=sha256_of(folder / row.path)) for row in find_source(data).read(folder).rows]
    manifest = Manifest.from_rows([_without_lone_class(row) for row in rows], folder, data)
    known = read_pairs(SPLITS / pairs, manifest) if pairs else ()
    made = split_manifest(manifest, choose_recipe(manifest, wish), known).manifest
    with (SPLITS / name).open(encoding="utf-8", newline="") as file:
        committed = {line.pop("name"): line for line in csv.DictReader(file)}
    columns = next(iter(committed.values())).keys()
    remade = {row.path: {one: _text(getattr(row, one)) for one in columns} for row in made.rows()}
    assert remade == committed


def _without_lone_class(row: Row) -> Row:
    """JTSC has one basophil, which no split can learn and hold out; masks need no class."""
    return replace(row, label=None) if row.source == "jtsc-wbc" and row.label == "basophil" else row


def _text(value: object) -> str:
    return "" if value is None else str(value)
