from __future__ import annotations

from pathlib import Path

from PIL import Image

from leukoscope.experiments.curves import draw_curves
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.training.curves import COLUMNS

RECIPE = Path(__file__).parents[3] / "recipes" / "all-stage.toml"


def test_the_curves_of_a_run_become_a_picture(tmp_path: Path) -> None:
    recipe = read_recipe(RECIPE)
    assert draw_curves(tmp_path, recipe, learned=10, watched=5) is None
    (tmp_path / "curves").mkdir()
    rows = [",".join([str(epoch), *["0.5"] * (len(COLUMNS) - 1)]) for epoch in (1, 2, 3)]
    (tmp_path / "curves" / "metrics.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    picture = draw_curves(tmp_path, recipe, learned=10, watched=5)
    assert picture is not None
    with Image.open(picture) as drawn:
        assert drawn.width > 800
        darkest, lightest = drawn.convert("L").getextrema()
    assert darkest < 100 < lightest
