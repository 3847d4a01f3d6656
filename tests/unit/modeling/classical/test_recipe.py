from __future__ import annotations

from pathlib import Path

import pytest

from leukoscope.errors import RecipeError
from leukoscope.imaging.cell_columns import columns_by_topic
from leukoscope.imaging.outlining import WAYS
from leukoscope.modeling.classical.recipe import FeaturesPart
from leukoscope.modeling.classical.recipe_file import known_keys, read_classical_recipe, resolved_text
from leukoscope.modeling.classical.table import wanted_columns
from leukoscope.modeling.recipe_files import task_of

RECIPES = Path(__file__).parents[4] / "recipes"
SVM = RECIPES / "classical-svm.toml"
SHIPPED = [path for path in sorted(RECIPES.glob("**/*.toml")) if task_of(path) == "measurements"]


def test_there_are_recipes_to_check() -> None:
    assert {path.stem for path in SHIPPED} >= {"classical-svm", "classical-cnmc", "two-stage-wbc"}


@pytest.mark.parametrize("recipe", SHIPPED, ids=lambda one: one.stem)
def test_a_shipped_recipe_reads_names_its_split_and_asks_for_what_is_measured(recipe: Path) -> None:
    read = read_classical_recipe(recipe)
    assert read.name == recipe.stem
    assert (recipe.parent / read.data.split).is_file()
    said = f"{read.card.intended_use} {' '.join(read.card.limits)}".lower()
    assert "research only" in said
    assert "diagnos" not in said
    assert "figure exists" in said, "say that cells of fields were not tried"
    assert read.measured.outlining in WAYS
    assert all(wanted_columns(one.features, columns_by_topic()) or one.features.embedding for one in read.stages)


@pytest.mark.parametrize("recipe", SHIPPED, ids=lambda one: one.stem)
def test_a_recipe_written_out_says_the_same_again(recipe: Path, tmp_path: Path) -> None:
    read = read_classical_recipe(recipe)
    again = tmp_path / "recipe.toml"
    again.write_text(resolved_text(read), encoding="utf-8")
    assert read_classical_recipe(again).model_dump() == read.model_dump()


@pytest.mark.parametrize("kind", ["svm-linear", "random-forest", "k-nn", "naive-bayes", "gradient-boosting"])
def test_another_kind_is_one_setting_away(kind: str) -> None:
    assert read_classical_recipe(SVM, [f"classifier.kind={kind}"]).classifier.kind == kind


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("classifier.knd=svm-rbf", r"no key 'classifier\.knd'.*Did you mean 'classifier\.kind'"),
        ("classifier.kind=xgboost", "classifier.kind"),
        ("classifier.trees=10", "trees do not belong to 'svm-rbf'"),
        ("search.folds=1", "one fold is none"),
        ("search.keys={trees = [1]}", "trees do not belong to 'svm-rbf'"),
        ("features.measurements=[]", "name measurements, an embedding, or both"),
        ("measured.pixel_size_um=0", "pixel_size_um"),
        ("first={tells = ['eosinophil', 'blast'], features = {measurements = ['all']}, classifier = {kind = 'k-nn'}}",
         "first.tells must name labels"),
        ("first={tells = ['eosinophil', 'basophil', 'monocyte', 'lymphocyte'], features = {measurements = ['all']}, "
         "classifier = {kind = 'k-nn'}}", "leave at least two classes"),
    ],
)  # fmt: skip
def test_a_recipe_that_does_not_fit_is_refused_with_its_key(change: str, why: str) -> None:
    with pytest.raises(RecipeError, match=why):
        read_classical_recipe(SVM, [change])


def test_nearest_neighbors_cannot_weigh_classes() -> None:
    with pytest.raises(RecipeError, match="k-nn cannot weigh classes"):
        read_classical_recipe(SVM, ["classifier.kind=k-nn", "classifier.class_weights=true"])


def test_a_measurement_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RecipeError, match="no topic called 'chromatine'"):
        wanted_columns(FeaturesPart(measurements=("chromatine",)), columns_by_topic())


def test_every_key_can_be_found_by_a_near_miss() -> None:
    assert {"first.tells", "classifier.kind", "selection.keep", "search.folds"} <= set(known_keys())
