"""What programs read of a cross-validation and of a search."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leukoscope.cli.train_json import print_folds, print_search
from leukoscope.experiments.cross_validation import CrossValidation, FoldScore
from leukoscope.experiments.pooled_scores import PooledScores, WithLimits
from leukoscope.experiments.recipe_search import SearchOutcome
from leukoscope.modeling.search import Trial


def test_folds_and_their_pooled_figures_are_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    f1 = WithLimits(0.9, (0.8, 1.0))
    pooled = PooledScores(30, 6, "blast", None, None, None, f1, None, None)
    print_folds(CrossValidation((FoldScore(0, 10, 0.9, 0.8, 0.7),), pooled, Path("runs/x")))
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "leukoscope.cross-validated/1"
    assert told["folds"][0]["macro_f1"] == 0.7
    assert told["pooled"]["weighted_f1"] == {"value": 0.9, "ci95": [0.8, 1.0]}


def test_a_search_without_a_best_trial_names_no_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    trial = Trial(0, {"training.epochs": 3}, "trial-0", "failed", why="too large")
    print_search(SearchOutcome((trial,), None, Path("best.toml"), Path("runs")), Path("runs/trials.csv"))
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "leukoscope.searched/1"
    assert (told["best"], told["recipe"]) == (None, None)
    assert told["trials"][0]["values"] == {"training.epochs": 3}
