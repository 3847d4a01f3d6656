"""What the page of an evaluation shows beside its figures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from leukoscope.experiments.evaluation_report import training_of
from leukoscope.experiments.training_run import TrainingOutcome


@pytest.mark.parametrize(
    ("scores", "kept"), [(("nan", "0.4", "0.9", "0.2"), 3), (("0.4", "nan", "0.4", "nan"), 1), (("nan", "nan"), 1)]
)
def test_the_kept_epoch_is_never_one_whose_score_is_no_number(
    outcome: TrainingOutcome, tmp_path: Path, scores: tuple[str, ...], kept: int
) -> None:
    run = tmp_path / "run"
    shutil.copytree(outcome.folder.parent, run)
    table = run / "curves" / "metrics.csv"
    heads, row = table.read_text(encoding="utf-8").splitlines()[:2]
    names = heads.split(",")
    rows = []
    for epoch, score in enumerate(scores, 1):
        cells = dict(zip(names, row.split(","), strict=True)) | {"epoch": str(epoch), "validation_score": score}
        rows.append(",".join(cells.values()))
    table.write_text("\n".join([heads, *rows]) + "\n", encoding="utf-8")
    told = training_of(run)
    assert told is not None
    assert told.kept == kept
