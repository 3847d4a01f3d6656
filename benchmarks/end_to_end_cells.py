"""How often does the whole way (find, crop, name) name the cell of a labeled picture rightly?

    python benchmarks/end_to_end_cells.py --data ../shared/data

Three parts: the held-out crops of pbc-crops; the pbc-frames that do not stand in pbc-crops (same source, so not an
independent laboratory); the BCCD fields with one label (another laboratory; whatever leukocytes are found in a field
are held against its label). Of each: the share of pictures with a cell, the accuracy of the cell nearest the middle
(crops, frames) or of every cell (fields), and both again over the cells that the model was willing to name.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from leukoscope.domain.findings import CellFinding, ImageFinding
from leukoscope.evaluation.intervals import clopper_pearson
from leukoscope.imaging.reading import read_image
from leukoscope.wiring import CELL_MODEL, make_analyzer

Labeled = tuple[Path, str]
Choose = Callable[[ImageFinding], Sequence[CellFinding]]

PREFIXES = {
    "BA": "basophil",
    "EO": "eosinophil",
    "ERB": "erythroblast",
    "LY": "lymphocyte",
    "MO": "monocyte",
    **dict.fromkeys(("SNE", "BNE", "NEUTROPHIL"), "neutrophil"),
    **dict.fromkeys(("MMY", "MY", "PMY", "IG"), "immature-granulocyte"),
}


def held_out_crops(data: Path) -> Iterable[Labeled]:
    with (Path(__file__).parent.parent / "recipes" / "splits" / "pbc-crops.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["split"] == "test":
                yield data / "pbc-crops" / row["name"], _by_prefix(row["name"])


def other_frames(data: Path) -> Iterable[Labeled]:
    with (data / "pbc-crops" / "crops.csv").open(encoding="utf-8") as stream:
        crops = {Path(row["file"]).name for row in csv.DictReader(stream)}
    for path in sorted((data / "pbc-frames" / "images").glob("*.jpg")):
        if path.name not in crops:
            yield path, _by_prefix(path.name)


def labeled_fields(data: Path) -> Iterable[Labeled]:
    known = {"NEUTROPHIL", "EOSINOPHIL", "BASOPHIL", "LYMPHOCYTE", "MONOCYTE"}
    with (data / "bccd" / "wbc_class_labels.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            path = data / "bccd" / "images" / f"BloodImage_{int(row['Image']):05}.jpg"
            if row["Category"].strip() in known and path.is_file():
                yield path, row["Category"].strip().lower()


def nearest_the_middle(finding: ImageFinding) -> Sequence[CellFinding]:
    def distance(cell: CellFinding) -> float:
        x, y = cell.box.center
        return (x - finding.width / 2) ** 2 + (y - finding.height / 2) ** 2

    return sorted(finding.cells, key=distance)[:1]


def every_cell(finding: ImageFinding) -> Sequence[CellFinding]:
    return finding.cells


def measure(title: str, labeled: Iterable[Labeled], choose: Choose) -> None:
    analyzer = make_analyzer(CELL_MODEL)
    pictures = without = 0
    named: list[tuple[bool, bool, bool]] = []
    for path, label in labeled:
        cells = choose(analyzer.analyze(read_image(path)))
        pictures += 1
        without += not cells
        said = [cell.prediction for cell in cells if cell.prediction is not None]
        named += [(one.label == label, not one.uncertain, bool(one.novel)) for one in said]
    print(f"{title}: {pictures} pictures, {without} without a cell, {len(named)} cells")
    print(f"  accuracy of all cells        {told(sum(right for right, _, _ in named), len(named))}")
    accepted = [right for right, sure, _ in named if sure]
    print(f"  share the model names        {told(len(accepted), len(named))}")
    print(f"  accuracy of the named cells  {told(sum(accepted), len(accepted))}")
    print(f"  share told as novel          {told(sum(novel for _, _, novel in named), len(named))}")


def told(count: int, n: int) -> str:
    low, high = clopper_pearson(count, n)
    return f"{count / n if n else float('nan'):.3f} [{low:.3f}, {high:.3f}] ({count}/{n})"


def _by_prefix(name: str) -> str:
    return PREFIXES[Path(name).name.split("_")[0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="Folder with pbc-crops, pbc-frames and bccd.")
    data = parser.parse_args().data
    measure("held-out pbc-crops", held_out_crops(data), nearest_the_middle)
    measure("pbc-frames outside pbc-crops", other_frames(data), nearest_the_middle)
    measure("bccd fields with one label", labeled_fields(data), every_cell)


if __name__ == "__main__":
    main()
