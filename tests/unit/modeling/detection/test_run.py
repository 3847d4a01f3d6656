from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from leukoscope.data.boxed_pictures import BoxedPicture
from leukoscope.domain.objects import Marked
from leukoscope.errors import RecipeError
from leukoscope.modeling.detection.lesson import SCORE
from leukoscope.modeling.detection.network import Detector
from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.detection.recipe_file import read_detection_recipe
from leukoscope.modeling.detection.run import train_detector
from leukoscope.modeling.recipe_files import known_keys, task_of
from leukoscope.modeling.training.curves import read_curves

REPOSITORY = Path(__file__).parents[4]
RECIPE = """
name = "tiny-detector"
task = "detection"
seed = 5
[data]
name = "tiny"
split = "tiny.csv"
pixel_size_um = 0.2
[view]
width = 96
height = 96
way = "tiles"
pixel_size_um = 0.2
overlap_px = 40
[[labels]]
name = "dark"
title = "Dark"
meaning = "A dark square."
group = "leukocyte"
[network]
name = "centers"
widths = [4, 8, 8, 8, 8]
blocks = [1, 1, 1, 1]
neck = 8
[crops]
side = 64
[training]
epochs = 3
batch_size = 4
average_decay = 0.5
[card]
title = "Tiny"
version = "0.0.1"
intended_use = "Tests."
limits = ["Squares only."]
weights_licence = "Apache-2.0"
how_held_out = "Others."
data_sources = []
"""


def squares(seed: int) -> BoxedPicture:
    rng = np.random.default_rng(seed)
    pixels = np.full((80, 90, 3), 230, np.uint8)
    corner = rng.integers(4, 50, 2)
    pixels[corner[1] : corner[1] + 24, corner[0] : corner[0] + 24] = 40
    box = np.array([[*corner, *(corner + 24)]], float)
    return BoxedPicture(f"{seed}.png", pixels, Marked(box, np.zeros(1, np.int64)), str(seed), 0.2)


@pytest.fixture
def recipe(tmp_path: Path) -> DetectionRecipe:
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return read_detection_recipe(tmp_path / "recipe.toml")


def train(recipe: DetectionRecipe, folder: Path) -> Detector:
    learned = [squares(seed) for seed in range(8)]
    return train_detector(recipe, learned, [1] * 8, [squares(100)], folder)


def same(first: Detector, second: Detector) -> bool:
    other = second.state_dict()
    return all(torch.equal(value, other[name]) for name, value in first.state_dict().items())


class Killed(Exception):  # noqa: N818 - what kill -9 does to the process
    pass


def test_a_killed_run_that_goes_on_ends_like_one_that_was_never_killed(
    recipe: DetectionRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(recipe, tmp_path / "whole")
    again = train(recipe, tmp_path / "again")
    assert same(whole, again)

    from leukoscope.modeling.training.looks import LookingLoop

    step = LookingLoop.training_step

    def dies(self: LookingLoop[Detector], batch: object, index: int) -> object:
        if self.current_epoch == 2 and index == 1:
            raise Killed
        return step(self, batch, index)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(LookingLoop, "training_step", dies)
        with pytest.raises(Killed):
            train(recipe, tmp_path / "killed")
    assert same(train(recipe, tmp_path / "killed"), whole)
    assert [row["epoch"] for row in read_curves(tmp_path / "killed" / "curves" / "metrics.csv")] == [1, 2, 3]


def test_a_run_learns_and_tells_how_far_it_is(recipe: DetectionRecipe, tmp_path: Path) -> None:
    longer = recipe.model_copy(update={"training": recipe.training.model_copy(update={"epochs": 40, "look_every": 20})})
    train(longer, tmp_path / "run")
    rows = read_curves(tmp_path / "run" / "curves" / "metrics.csv")
    assert rows[-1]["train_loss"] < 0.5 * rows[0]["train_loss"]
    assert [row["epoch"] for row in rows if np.isfinite(row[SCORE])] == [20, 40]
    assert rows[-1][SCORE] > 0.5


def test_a_detector_that_finds_nothing_is_told_in_words(recipe: DetectionRecipe, tmp_path: Path) -> None:
    blind = recipe.model_copy(update={"training": recipe.training.model_copy(update={"learning_rate": 1e-9})})
    train(blind, tmp_path / "run")
    words = (tmp_path / "run" / "curves" / "watch.txt").read_text(encoding="utf-8")
    assert "no marked object of the validation part is found" in words


def test_nothing_to_learn_from_is_said(recipe: DetectionRecipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="pictures to learn from"):
        train_detector(recipe, [], [], [squares(1)], tmp_path)


def test_a_misspelled_key_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace("batch_size = 4", "batch_sise = 4"), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"no key 'training\.batch_sise'\. Did you mean 'training\.batch_size'"):
        read_detection_recipe(path)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "tiny"', 'name = "tiny"\nclasses = { bright = ["x"] }', "name bright"),
        ("pixel_size_um = 0.2\n[view]", "[view]", "needs its pixel_size_um"),
        ("overlap_px = 40", "overlap_px = 49", "at most half of a tile, 48, got 49"),
        ('"tiles"\npixel_size_um = 0.2', '"tiles"\npixel_size_um = 3.0', "no such view: pixel_size_um Input should"),
        ('"tiles"\npixel_size_um = 0.2', '"tiles"', "tiles need pixel_size_um"),
        ('way = "tiles"\npixel_size_um = 0.2\noverlap_px = 40', 'way = "whole"\nmultiple_px = 32', "goes with tiles"),
        ("width = 96", "width = 100", "multiple of 32"),
        ("neck = 8", "slots = 3", "do not belong"),
        ('name = "centers"\nwidths = [4, 8, 8, 8, 8]\nblocks = [1, 1, 1, 1]\nneck = 8', 'name = "roboflow-boxes"',
         "whole pictures"),
        ("overlap_px = 40", "overlap_px = 40\nmultiple_px = 64", "multiple of multiple_px"),
        ("[crops]", '[decision]\ncounted = ["bright"]\n[crops]', "not all of which are labels"),
        ("[crops]", "[augmentation]\npreset = 'roboflow'\n[crops]", "preset"),
    ],
)  # fmt: skip
def test_a_recipe_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in RECIPE
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RecipeError, match=complaint):
        read_detection_recipe(path)


def test_every_shipped_recipe_of_a_detector_can_be_read_and_its_splits_are_there() -> None:
    paths = [path for path in sorted((REPOSITORY / "recipes").rglob("*.toml")) if task_of(path) == "detection"]
    assert {path.stem for path in paths} >= {"cell-detector", "roboflow-boxes-bccd", "roboflow-boxes-pbc-frames"}
    for path in paths:
        for one in read_detection_recipe(path).data:
            assert (path.parent / one.split).is_file()


def test_known_keys_name_parts_and_their_keys() -> None:
    assert {"data.repeat", "view.nms_iou", "training.look_every", "seed"} <= set(known_keys(DetectionRecipe))
