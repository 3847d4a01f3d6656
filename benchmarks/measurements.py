"""How true are the measurements, what do real cells measure, and how long does it take?

    python benchmarks/measurements.py truth
    python benchmarks/measurements.py jtsc ../shared/data/jtsc-wbc recipes/splits/jtsc-wbc.csv
    python benchmarks/measurements.py table cells.parquet recipes/splits/pbc-crops.csv ../shared/data/pbc-crops

`truth` measures drawn cells by their true masks, `jtsc` the training cells of JTSC by the masks of its experts; `table`
tells medians by class of a table that `leukoscope measure` wrote.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.domain.cell_masks import CellMasks
from leukoscope.domain.images import PixelSize
from leukoscope.domain.regions import Outline
from leukoscope.imaging.measurements import measure_cell
from leukoscope.imaging.reading import read_image
from leukoscope.synthetic import KINDS, draw_cell

Bools = NDArray[np.bool_]
SIDE, UM, SEEDS = 260, PixelSize(0.1, "given"), range(500, 540)
TOLD = (
    "nucleus_area_px", "nucleus_to_cell_ratio", "nucleus_lobes", "nucleus_solidity", "nucleus_box_dimension",
    "chromatin_heterogeneity", "chromatin_fineness", "granularity_total", "nucleoli_count", "vacuoles_count",
)  # fmt: skip


def masks_of(cell: Bools, nucleus: Bools) -> CellMasks:
    rows, columns = (np.flatnonzero(cell.any(axis=axis)) for axis in (1, 0))
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    border = Outline(((0, 0), (1, 0), (1, 1)))  # not looked at
    return CellMasks(int(columns[0]), int(rows[0]), cell[window], (nucleus & cell)[window], border, ())


def truth() -> None:
    head = ("cells", "area off by more than 2 %", "lobes exact", "lobes too many", "nucleoli drawn", "found",
            "vacuoles drawn", "found")  # fmt: skip
    print(row(*head), row(*["---"] * len(head)), sep="\n")
    spent, count = 0.0, 0
    for kind, look in KINDS.items():
        drawn = [draw_cell(np.random.default_rng(seed), kind, side=SIDE) for seed in SEEDS]
        began = time.process_time()
        told = [measure_cell(one.pixels, masks_of(one.cell_mask, one.nucleus_mask), UM) for one in drawn]
        spent, count = spent + time.process_time() - began, count + len(drawn)
        off = [one["cell_area_px"] / own.cell_mask.sum() - 1 for one, own in zip(told, drawn, strict=True)]
        lobes = [one["nucleus_lobes"] - own.cell.nucleus_lobes for one, own in zip(told, drawn, strict=True)]
        exact, extra = f"{sum(not one for one in lobes)} of {len(drawn)}", sum(one > 0 for one in lobes)
        nucleoli, vacuoles = (
            np.mean([one.get(f"{name}_count", 0) for one in told]) for name in ("nucleoli", "vacuoles")
        )
        told_of = (f"{low} to {high}" for low, high in (look.nucleoli, look.vacuoles))
        print(row(kind, sum(abs(share) > 0.02 for share in off), exact, extra, next(told_of), f"{nucleoli:.2f}",
                  next(told_of), f"{vacuoles:.2f}"))  # fmt: skip
    print(f"\n{count} cells, {1000 * spent / count:.1f} ms of processor time a cell, all measurements")


def row(*fields: object) -> str:
    return f"| {' | '.join(str(one) for one in fields)} |"


def expert_cells(folder: Path, split: Path) -> Iterator[dict[str, object]]:
    table = pd.read_csv(split)
    for row in table[table.split == "train"].dropna(subset="label").itertuples():
        pixels = read_image(folder / row.name).pixels
        drawn = cv2.imread(str(folder / "masks" / f"{Path(row.name).stem}.png"), cv2.IMREAD_GRAYSCALE)
        if drawn is not None and drawn.shape == pixels.shape[:2] and (drawn > 200).any():
            yield {"label": row.label, **measure_cell(pixels, masks_of(drawn > 80, drawn > 200), None)}


def tell_by_class(table: pd.DataFrame) -> None:
    groups = table.groupby("label")
    print(row("median", *(f"{label} ({len(group)})" for label, group in groups)))
    print(row(*["---"] * (1 + len(groups))))
    for name in TOLD:
        print(row(f"`{name}`", *(f"{group[name].median():.3g}" for _, group in groups)))
    counts = groups.nucleus_lobes.value_counts().unstack(fill_value=0)
    print("\nlobes:\n", counts)


def main(how: str, *paths: str) -> None:
    cv2.setNumThreads(1)
    if how == "truth":
        truth()
    elif how == "jtsc":
        tell_by_class(pd.DataFrame(expert_cells(Path(paths[0]), Path(paths[1]))))
    else:
        labels = pd.read_csv(paths[1]).set_index("name").label
        table = pd.read_parquet(paths[0])
        table["label"] = [labels[Path(path).relative_to(paths[2]).as_posix()] for path in table.path]
        tell_by_class(table.dropna(subset="cell_area_px"))


if __name__ == "__main__":
    main(*sys.argv[1:])
