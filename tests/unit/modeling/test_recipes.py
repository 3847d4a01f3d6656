from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from leukoscope.errors import LeukoscopeError, RecipeError
from leukoscope.modeling.recipe_files import known_keys, parse_recipe, read_recipe, resolved_text

ALL = [
    path
    for path in sorted((Path(__file__).parents[3] / "recipes").glob("**/*.toml"))
    if "\ntask = " not in path.read_text(encoding="utf-8")  # recipes of other tasks have readers and tests of their own
]
RECIPES = [path for path in ALL if path.parent.name == "recipes"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_are_valid_and_name_their_split(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.name == path.stem
    assert (path.parent / recipe.data.split).is_file()
    said = f"{recipe.card.intended_use} {' '.join(recipe.card.limits)}".lower()
    assert "research only" in said
    assert "diagnos" not in said


def test_there_are_recipes_to_check() -> None:
    assert {path.stem for path in RECIPES} >= {"all-stage", "wbc-differential"}


def test_a_misspelled_key_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(RecipeError, match=r"no key 'training.epoch'. Did you mean 'training.epochs'"):
        read_recipe(RECIPES[0], ["training.epoch=3"])


def test_a_key_like_none_is_answered_with_all() -> None:
    with pytest.raises(RecipeError, match="Known keys: name"):
        read_recipe(RECIPES[0], ["zzzzqqqq=3"])


def test_a_value_out_of_range_is_told_with_its_key() -> None:
    with pytest.raises(RecipeError, match=r"training\.epochs: Input should be greater"):
        read_recipe(RECIPES[0], ["training.epochs=0"])


def test_changes_are_read_as_toml_and_bare_words_as_text() -> None:
    recipe = read_recipe(
        RECIPES[0], ["training.epochs=7", "network.backbone=resnet34", "augmentation.scale=[0.9, 1.1]"]
    )
    assert (recipe.training.epochs, recipe.network.backbone) == (7, "resnet34")
    assert recipe.augmentation.scale == (0.9, 1.1)


@pytest.mark.parametrize("change", ["training.epochs", "=3", "name.deeper=3"])
def test_a_change_that_cannot_be_made_is_told(change: str) -> None:
    with pytest.raises(RecipeError):
        read_recipe(RECIPES[0], [change])


def test_pictures_must_be_square() -> None:
    with pytest.raises(RecipeError, match="equal"):
        read_recipe(RECIPES[0], ["input.width=128"])


def test_what_is_no_recipe_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        read_recipe(tmp_path / "absent.toml")
    (tmp_path / "r.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(RecipeError, match="not TOML"):
        read_recipe(tmp_path / "r.toml")
    with pytest.raises(RecipeError, match="does not fit"):
        parse_recipe({})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["training.optimizer=adamv"], "Did you mean 'adam"),
        (["augmentation={preset='leukoscop'}"], "Did you mean 'leukoscope'?"),
        (["augmentation={preset='subtypes', flip=true}"], "takes no flip"),
        (["network={name='lenet-lld', backbone='resnet18'}"], "See docs and recipes/."),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_one_plain_sentence(changes: list[str], said: str) -> None:
    with pytest.raises(LeukoscopeError) as caught:
        read_recipe(RECIPES[0], changes)
    assert "Value error" not in str(caught.value)
    assert ".." not in str(caught.value)
    assert said in str(caught.value)


def test_known_keys_reach_into_every_table() -> None:
    assert {"seed", "training.epochs", "augmentation.hue_degrees", "card.limits"} <= set(known_keys())


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_recipe_written_out_with_every_default_is_the_same_recipe(path: Path) -> None:
    recipe = read_recipe(path)
    text = resolved_text(recipe)
    assert parse_recipe(tomllib.loads(text)).model_dump() == recipe.model_dump()
    assert "monitor" in text  # a default, written out
