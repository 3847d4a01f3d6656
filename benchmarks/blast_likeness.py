"""How well does blast-likeness tell blasts from other cells?  The tables of docs/explanation/cells.md.

`python benchmarks/blast_likeness.py ../shared/data --keep runs/measured [--pbc 70] [--cnmc 200]`

AUROC of the score and of each criterion: on the validation part of pbc-crops, whose training part set the ramps, and on
the training and validation patients of C-NMC 2019, which had no say in them; limits by drawing patients (C-NMC 2019) or
runs of neighboring file numbers (pbc-crops) again. Then how many cells of each class contradict their label by the rule
of the review order.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from reference_cells import ALL, Wish

from leukoscope.data.manifest import Part
from leukoscope.domain.findings import Prediction
from leukoscope.domain.labels import CellGroup
from leukoscope.domain.regions import Box
from leukoscope.evaluation.ranking import area_under_roc
from leukoscope.evaluation.resampling import figure_rounds, make_groups, percentile_limits
from leukoscope.experiments.reference_cells import KnownCell, scored
from leukoscope.imaging.morphology.blast_likeness import CRITERIA, blast_likeness
from leukoscope.imaging.morphology.conflict import find_conflict
from leukoscope.imaging.morphology.reference_file import shipped_reference

ROUNDS = 2000
PARTS: tuple[Part, ...] = ("train", "validation")
SIZES = {
    "nucleus_area_px": "for comparison: nucleus area in pixels",
    "cell_area_px": "for comparison: cell area in pixels",
}
MATURE = ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")
GROUPS: dict[str, CellGroup] = {
    **dict.fromkeys(MATURE, "leukocyte"),
    "immature-granulocyte": "immature",
    "erythroblast": "erythroblast",
    "normal-precursor": "immature",
    "all-blast": "blast",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--keep", type=Path, default=Path("runs/measured"))
    parser.add_argument("--outlining", default="tracer")
    parser.add_argument("--pbc", type=int, default=ALL, help="cells of each class of pbc-crops, drawn with seed 0")
    parser.add_argument("--cnmc", type=int, default=ALL, help="cells of each class and part of C-NMC 2019")
    arguments = parser.parse_args()
    data, keep, outlining = arguments.data, arguments.keep, arguments.outlining
    of_cnmc, of_pbc = Wish(data, keep, outlining, arguments.cnmc), Wish(data, keep, outlining, arguments.pbc)
    cnmc = [scored(cell) for part in PARTS for cell in of_cnmc.cells("cnmc-2019", part)]
    pbc = [scored(cell) for cell in of_pbc.cells("pbc-crops", "validation")]
    compare("ALL blasts against normal precursors (C-NMC 2019)", cnmc, ("all-blast",), ("normal-precursor",))
    compare("Immature granulocytes against mature leukocytes (pbc-crops)", pbc, ("immature-granulocyte",), MATURE)
    compare("Immature granulocytes against lymphocytes (pbc-crops)", pbc, ("immature-granulocyte",), ("lymphocyte",))
    contradicted([*pbc, *cnmc], outlining)


def compare(title: str, cells: Sequence[KnownCell], positive: Sequence[str], negative: Sequence[str]) -> None:
    """One table: the score and each of its criteria."""
    known = [cell for cell in cells if cell.label in (*positive, *negative)]
    print(f"\n{title}\n\n| what | cells | AUROC (95 % limits) |\n|---|---|---|")
    row("blast-likeness", known, [score(cell) for cell in known], positive)
    for name, title in SIZES.items():
        row(title, known, [cell.values.get(name) for cell in known], positive)
    for one in CRITERIA:
        values = [one.met(cell.values[one.measurement]) if one.measurement in cell.values else None for cell in known]
        row(f"{one.title} alone", known, values, positive)


def score(cell: KnownCell) -> float | None:
    found = blast_likeness(cell.values)
    return None if found is None else found.score


def row(title: str, cells: Sequence[KnownCell], values: Sequence[float | None], positive: Sequence[str]) -> None:
    """One line: AUROC with limits by groups."""
    pairs = [(cell, value) for cell, value in zip(cells, values, strict=True) if value is not None]
    truth = np.array([cell.label in positive for cell, _ in pairs], dtype=np.bool_)
    if truth.all() or not truth.any():
        print(f"| {title} | {len(pairs)} of {len(cells)} | not measured |")
        return
    scores = np.array([value for _, value in pairs], dtype=np.float64)
    groups = make_groups([cell.group for cell, _ in pairs], truth.tolist())
    rounds = figure_rounds(
        lambda weight: area_under_roc(truth, scores, weight), groups, np.random.default_rng(0), ROUNDS
    )
    low, high = percentile_limits(rounds) or (float("nan"), float("nan"))
    area = area_under_roc(truth, scores)
    print(f"| {title} | {len(pairs)} of {len(cells)} | {area:.3f} ({low:.3f} to {high:.3f}) |")


def contradicted(cells: Sequence[KnownCell], outlining: str) -> None:
    """How many cells would go up the review list although they are what they are called."""
    print("\nCells that contradict their own label\n\n| class | contradicted | of |\n|---|---|---|")
    for label, group in GROUPS.items():
        own = [cell for cell in cells if cell.label == label and cell.values]
        reference = shipped_reference().comparable(outlining, on_black=label in ("all-blast", "normal-precursor"))
        named = Prediction("", label, 1.0, {label: 1.0}, False, False, Box(0, 0, 1, 1))
        found = sum(bool(find_conflict(blast_likeness(cell.values), named, {label: group}, reference)) for cell in own)
        print(f"| {label} | {found} | {len(own)} |")


if __name__ == "__main__":
    main()
