"""What do known cells measure?  Writes the quantiles that the package compares cells with; no pixels.

`python benchmarks/reference_cells.py ../shared/data --keep runs/measured [--each 300] [--out FILE]`

Only training parts are looked at. Cells of pbc-crops that its makers resized get their own pixel size. Cells of C-NMC
2019 are cut out on black, and nobody tells their pixel size: only what has no scale is kept of them.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
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
)
from leukoscope.imaging.morphology.reference_file import FILE, reference_text

ROOT = Path(__file__).parents[1]
SPLITS = ROOT / "recipes" / "splits"
PBC_UM = 0.103
"""As in recipes/cell-detector.toml: 7.2 um over the median red cell of the training part of the frames."""
OUTLINING = {"pbc-crops": "tracer", "cnmc-2019": "tracer"}
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
    outlining=OUTLINING["pbc-crops"],
    pixel_size_um=PBC_UM,
    pixel_size_from="7.2 um over the median red cell of pbc-frames",
    on_black=False,
)
CNMC = ReferenceSet(
    source="C-NMC 2019 (Gupta and Gupta 2019), cells cut out on black",
    licence="CC BY 3.0 (third-party statement)",
    part="train",
    outlining=OUTLINING["cnmc-2019"],
    pixel_size_um=None,
    pixel_size_from="",
    on_black=True,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--keep", type=Path, default=Path("runs/measured"))
    parser.add_argument("--each", type=int, default=10_000, help="cells of a class, drawn with seed 0")
    parser.add_argument("--out", type=Path, default=ROOT / "src/leukoscope/imaging/morphology" / FILE)
    arguments = parser.parse_args()
    pbc = known_cells(arguments.data, "pbc-crops", "train", arguments.keep, arguments.each)
    cnmc = known_cells(arguments.data, "cnmc-2019", "train", arguments.keep, arguments.each)
    groups = [
        everyone(pbc, PBC, LEUKOCYTES, SIZES + SCALE_FREE),
        *reference_groups(pbc, PBC, PBC_TITLES, SIZES + SCALE_FREE),
        *reference_groups(cnmc, CNMC, CNMC_TITLES, SCALE_FREE),
    ]
    limit = "" if arguments.each == 10_000 else f" --each {arguments.each}"
    arguments.out.write_text(
        reference_text(groups, f"python benchmarks/reference_cells.py ../shared/data{limit}"), encoding="utf-8"
    )
    for one in groups:
        print(f"{one.group.name}: {one.group.cells} cells, {len(one.quantiles)} measurements")


def known_cells(data: Path, name: str, part: Part, keep: Path, each: int) -> list[KnownCell]:
    """The measured cells of one part of a set, at most `each` of a class."""
    manifest = read_manifest(SPLITS / f"{name}.csv", data / name)
    entries = drawn(manifest.part(part), each)
    sizes = pbc_pixel_sizes(data / name) if name == "pbc-crops" else None
    cells = measure_known(entries, manifest.base, OUTLINING[name], keep / name, pixel_sizes=sizes)
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
