"""What does a program learn of `leukoscope train`?  One JSON document for a run, a cross-validation or a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli.card_json import card_as_dict, print_document

if TYPE_CHECKING:
    from leukoscope.bundles.card import Card
    from leukoscope.experiments.cross_validation import CrossValidation
    from leukoscope.experiments.recipe_search import SearchOutcome
    from leukoscope.modeling.search import Trial


def print_run(
    bundle: Path, card: Card, verdict: str, warnings: Sequence[str] = (), result: Mapping[str, object] | None = None
) -> None:
    """Print what a run made.

    Args:
        bundle: Folder of the bundle, inside the run folder.
        card: Its card, with the held-out figures.
        verdict: What the check of the data says.
        warnings: What looks wrong with its answers.
        result: How the training went; None for what has no epochs to tell of.
    """
    told = {"run": str(bundle.parent), "bundle": str(bundle), "verdict": verdict, "warnings": list(warnings)}
    training = {} if result is None else {"training": dict(result)}
    print_document("leukoscope.trained/1", told | training | {"card": card_as_dict(card)})


def print_folds(found: CrossValidation) -> None:
    """Print the figures of a cross-validation."""
    told = {"folder": str(found.folder), "folds": [asdict(one) for one in found.folds], "pooled": asdict(found.pooled)}
    print_document("leukoscope.cross-validated/1", told)


def print_search(found: SearchOutcome, table: Path) -> None:
    """Print the trials of a search, and its best one."""
    told = {
        "table": str(table),
        "recipe": None if found.best is None else str(found.recipe),
        "best": None if found.best is None else _trial(found.best),
        "trials": [_trial(one) for one in found.trials],
    }
    print_document("leukoscope.searched/1", told)


def _trial(trial: Trial) -> dict[str, object]:
    return {
        "number": trial.number,
        "ending": trial.ending,
        "score": trial.score,
        "values": dict(trial.values),
        "why": trial.why,
    }
