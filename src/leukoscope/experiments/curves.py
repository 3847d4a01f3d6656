"""The curves of a training run as a picture, beside their table."""

from __future__ import annotations

from pathlib import Path

from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.curves import kept_row
from leukoscope.modeling.training.curves import read_curves as read_rows
from leukoscope.reporting.figures.curves import draw_training_curves, read_curves

TABLE, PICTURE = "metrics.csv", "curves.png"


def draw_curves(run: Path, recipe: Recipe, *, learned: int, watched: int) -> Path | None:
    """Write `curves/curves.png` of a run folder.

    Args:
        run: The run folder.
        recipe: What was trained; it says which epoch was kept.
        learned: Pictures that were learned from.
        watched: Pictures of the validation part.

    Returns:
        The picture; None where no epoch ended.
    """
    table = run / "curves" / TABLE
    rows = read_rows(table)
    if not rows:
        return None
    figure = draw_training_curves(
        read_curves(table),
        train_pictures=learned,
        validation_pictures=watched,
        best_epoch=int(kept_row(rows, recipe.training.keep)["epoch"]),
        title=recipe.name,
    )
    picture = table.with_name(PICTURE)
    figure.savefig(picture, dpi=144)
    return picture
