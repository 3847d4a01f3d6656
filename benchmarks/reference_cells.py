"""What do known cells measure?  Writes the quantiles that the package compares cells with; no pixels.

`python benchmarks/reference_cells.py ../shared/data --keep runs/measured [--outlining tracer] [--each 300]`

Only training parts are looked at. Cells that were outlined in another way stay in the file beside the new ones, so that
each way of outlining has reference cells of its own. Cells of pbc-crops that its makers resized get their own pixel
size. Cells of C-NMC 2019 are cut out on black, and nobody tells their pixel size: only what has no scale is kept.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from leukoscope.data.manifest import Entry, Part
from leukoscope.data.manifest_files import read_manifest
from leukoscope.experiments.reference_cells import (
    KnownCell,
    ReferenceSet,
    everyone,
    measure_known,
    reference_groups,
    scored,
)
from leukoscope.imaging.morphology.conflict import SCALED, UNSCALED
from leukoscope.imaging.morphology.reference_file import FILE, read_reference, reference_text
from leukoscope.wiring import make_outliner

ROOT = Path(__file__).parents[1]
SPLITS = ROOT / "recipes" / "splits"
ALL = 10_000
PBC_UM = 0.103
"""As in recipes/cell-detector.toml: 7.2 um over the median red cell of the training part of the frames."""
LEUKOCYTES = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte", "immature-granulocyte")
PBC_TITLES = {
    "neutrophil": "neutrophils",
    "eosinophil": "eosinophils",
    "basophil": "basophils",
    "lymphocyte": "lymphocytes",
    "monocyte": "monocytes",
    "immature-granulocyte": "immature granulocytes",
    "erythroblast": "erythroblasts",
}
CNMC_TITLES = {"all-blast": "ALL blasts", "normal-precursor": "normal precursors"}
CNMC_LABELS = {"all": "all-blast", "hem": "normal-precursor"}
SCALE_FREE = (
    "nucleus_to_cell_ratio", "roundness", "nucleus_roundness", "nucleus_solidity", "chromatin_heterogeneity",
    "chromatin_fineness", "nucleoli_count", "nucleoli_share", "vacuoles_count", "granularity_total",
)  # fmt: skip
SIZES = ("cell_area_um2", "diameter_um", "nucleus_area_um2", "nucleus_diameter_um")
PBC = ReferenceSet(
    source="pbc-crops (Acevedo et al. 2020)",
    licence="CC BY 4.0",
    part="train",
    outlined_by="",
    pixel_size_um=PBC_UM,
    pixel_size_from="7.2 um over the median red cell of pbc-frames",
    on_black=False,
)
CNMC = ReferenceSet(
    source="C-NMC 2019 (Gupta and Gupta 2019), cells cut out on black",
    licence="CC BY 3.0 (third-party statement)",
    part="train",
    outlined_by="",
    pixel_size_um=None,
    pixel_size_from="",
    on_black=True,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--keep", type=Path, default=Path("runs/measured"))
    parser.add_argument("--outlining", default="tracer")
    parser.add_argument("--each", type=int, default=ALL, help="cells of a class, drawn with seed 0")
    parser.add_argument("--out", type=Path, default=ROOT / "src/leukoscope/imaging/morphology" / FILE)
    arguments = parser.parse_args()
    wish = Wish(arguments.data, arguments.keep, arguments.outlining, arguments.each)
    pbc, cnmc = ([scored(cell) for cell in wish.cells(name, "train")] for name in ("pbc-crops", "cnmc-2019"))
    of_pbc, of_cnmc = (replace(one, outlined_by=wish.outlining, made_by=wish.command) for one in (PBC, CNMC))
    groups = [
        everyone(pbc, of_pbc, LEUKOCYTES, (*SIZES, *SCALE_FREE, SCALED, UNSCALED)),
        *reference_groups(pbc, of_pbc, PBC_TITLES, (*SIZES, *SCALE_FREE, SCALED, UNSCALED)),
        *reference_groups(cnmc, of_cnmc, CNMC_TITLES, (*SCALE_FREE, UNSCALED)),
    ]
    for one in groups:
        print(f"{one.group.name}: {one.group.cells} cells, {len(one.quantiles)} measurements")
    if arguments.out.is_file():
        others = read_reference(arguments.out.read_text(encoding="utf-8")).cells
        groups += [one for one in others if one.outlined_by != wish.outlining]
    arguments.out.write_text(reference_text(groups), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which cells are to be measured: where the sets lie, where results are kept, how cells are outlined, how many."""

    data: Path
    keep: Path
    outlining: str
    each: int

    @property
    def command(self) -> str:
        """What to type to measure them again."""
        limit = "" if self.each == ALL else f" --each {self.each}"
        return f"python benchmarks/reference_cells.py ../shared/data --outlining {self.outlining}{limit}"

    def cells(self, name: str, part: Part) -> list[KnownCell]:
        """The measured cells of one part of a set."""
        manifest = read_manifest(SPLITS / f"{name}.csv", self.data / name)
        entries = drawn(manifest.part(part), self.each)
        sizes = pbc_pixel_sizes(self.data / name) if name == "pbc-crops" else None
        outliner, outlined_by = make_outliner(self.outlining, threads=1)
        cells = measure_known(entries, manifest.base, outliner, outlined_by, self.keep / name, pixel_sizes=sizes)
        return [KnownCell(CNMC_LABELS.get(cell.label, cell.label), cell.group, cell.values) for cell in cells]


def drawn(entries: Sequence[Entry], each: int) -> list[Entry]:
    """At most `each` pictures of a class, drawn with seed 0."""
    by_label: Mapping[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_label[entry.label].append(entry)
    rng = np.random.default_rng(0)
    return [own[place] for own in by_label.values() for place in sorted(rng.permutation(len(own))[:each])]


def pbc_pixel_sizes(folder: Path) -> dict[str, float]:
    """Micrometers of each crop: some were resized to 224 pixels when they were cut."""
    with (folder / "crops.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["file"]: PBC_UM * float(row["side_in_frame"]) / float(row["side_saved"])
            for row in csv.DictReader(stream)
        }


if __name__ == "__main__":
    main()
