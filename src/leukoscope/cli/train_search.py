"""`leukoscope train --search N`: which settings are best on the validation part?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli.train_json import print_search

if TYPE_CHECKING:
    from leukoscope.modeling.search import Trial


def search(
    recipe: Path,
    data: Path,
    folder: Path,
    wanted: int,
    changes: Sequence[str],
    *,
    images: Path | None,
    database: str,
    despite_findings: bool,
    as_json: bool,
) -> None:
    """Run or go on with a search and tell each trial.

    Args:
        recipe: The recipe, with `[search.keys]`.
        data: Folder of the data set, or a manifest.
        folder: Folder of the search.
        wanted: Trials that are to have ended.
        changes: `a.b=value`, applied to the recipe.
        images: Folder that the paths of a manifest start from.
        database: Address of the database; empty for a file in the folder.
        despite_findings: Go on although the data has severe faults.
        as_json: Print one JSON document at the end instead.
    """
    from leukoscope.experiments.recipe_search import TABLE, search_recipe

    outcome = search_recipe(
        recipe,
        data,
        folder,
        wanted,
        changes,
        images=images,
        database=database,
        despite_findings=despite_findings,
        after_each=_silent if as_json else _tell,
    )
    if as_json:
        print_search(outcome, folder / TABLE)
        return
    print(f"Trials: {folder / TABLE}")
    if outcome.best is None:
        print("No trial has finished yet, so there is no best recipe.")
        return
    print(f"Best: trial {outcome.best.number}, validation score {outcome.best.score:.4f}, {_values(outcome.best)}")
    print(f"The best of {len(outcome.trials)} is too good a figure for it: it was chosen by this score. Train it anew,")
    print("and let the test part judge it once:")
    print(f"  leukoscope train {outcome.recipe} --data {data}")


def _silent(_: Trial) -> None:
    """Nothing is printed but the document at the end."""


def _tell(trial: Trial) -> None:
    score = "no score" if trial.score is None else f"validation score {trial.score:.4f}"
    why = f" ({trial.why})" if trial.why else ""
    print(f"Trial {trial.number} {trial.ending}: {score}, {_values(trial)}{why}", flush=True)


def _values(trial: Trial) -> str:
    return ", ".join(
        f"{key.split('.', 1)[1]} {value:.4g}" if isinstance(value, float) else f"{key.split('.', 1)[1]} {value}"
        for key, value in trial.values.items()
    )
