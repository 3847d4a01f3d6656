"""Which columns does a decision need?  Each is shuffled among cells that were not learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leukoscope.modeling.classical.deciding import Decider
from leukoscope.modeling.classical.table import CellTable, Places


@dataclass(frozen=True, slots=True)
class Importance:
    """What shuffling costs.

    Attributes:
        name: The column, or the model whose whole embedding was shuffled.
        lost: Mean loss of macro-F1; below 0 where shuffling helped.
        spread: Standard deviation over the rounds.
    """

    name: str
    lost: float
    spread: float


def permutation_importance(
    decider: Decider, cells: CellTable, units: Mapping[str, Places], *, rounds: int, seed: int
) -> tuple[Importance, ...]:
    """Shuffle each unit of columns and tell the loss of macro-F1, the largest first.

    Columns that say much the same share their worth: shuffling one of them alone costs little.

    Args:
        decider: What was learned.
        cells: Cells it did not learn from.
        units: Columns that are shuffled together, by name; those that no decision looks at are passed over.
        rounds: How often each is shuffled; with 0 nothing is, and there is nothing to tell.
        seed: Of the shuffling.

    References:
        Breiman 2001, "Random forests", section 10.
    """
    if not rounds:
        return ()
    from sklearn.metrics import f1_score

    def macro_f1(columns: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
        return float(f1_score(cells.targets, decider.probabilities(columns).argmax(axis=1), average="macro"))

    rng, whole = np.random.default_rng(seed), macro_f1(cells.columns)
    looked_at = {int(place) for stage in decider.stages for place in stage.used_places()}
    found = []
    for name, places in units.items():
        if not looked_at & set(places.tolist()):
            continue
        lost = []
        for _ in range(rounds):
            shuffled = cells.columns.copy()
            shuffled[:, places] = shuffled[rng.permutation(len(shuffled))][:, places]
            lost.append(whole - macro_f1(shuffled))
        found.append(Importance(name, float(np.mean(lost)), float(np.std(lost))))
    return tuple(sorted(found, key=lambda one: -one.lost))
