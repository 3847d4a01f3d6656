"""Every kind learns, becomes a graph, and the graph says what scikit-learn says."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from fakes.cell_tables import WIDTH, make_recipe, make_table
from leukoscope.bundles.graph import check_graph
from leukoscope.errors import RecipeError
from leukoscope.modeling.classical.deciding import Decider, fit_decider
from leukoscope.modeling.classical.export import export_onnx
from leukoscope.modeling.classical.recipe import KINDS, ClassicalRecipe
from leukoscope.modeling.classical.table import CellTable

EVERY = np.arange(WIDTH)
LEARNED, WATCHED = make_table(2, 160), make_table(3, 80)


def fitted(recipe: ClassicalRecipe, learned: CellTable, watched: CellTable) -> Decider:
    return fit_decider(recipe, tuple(EVERY for _ in recipe.stages), WIDTH, learned, watched)


def said(model: bytes, table: CellTable) -> tuple[np.ndarray, np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    probabilities, embedding = session.run(["probabilities", "embedding"], {"columns": table.columns})
    return probabilities, embedding


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_a_graph_that_says_what_scikit_learn_says(kind: str, classes: int) -> None:
    tables = [make_table(seed, 160, classes) for seed in (2, 3)]
    decider = fitted(make_recipe(kind, classes=classes), *tables)
    model = export_onnx(decider, WIDTH)
    check_graph(model, "drawn")

    probabilities, embedding = said(model, tables[1])
    expected = decider.probabilities(tables[1].columns)
    assert np.abs(probabilities - expected).max() < 1e-4
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert np.abs(embedding - decider.distance.embed(tables[1].columns)).max() < 1e-3
    assert (expected.argmax(axis=1) == tables[1].targets).mean() > 0.8


@pytest.mark.parametrize("kind", ["svm-linear", "svm-rbf"])
@pytest.mark.parametrize("classes", [2, 4])
def test_thousands_of_support_vectors_are_added_up_without_loss(kind: str, classes: int) -> None:
    learned, watched = make_table(2, 1200, classes), make_table(3, 200, classes)
    rng = np.random.default_rng(8)  # half of the cells under a wrong name: nearly all become support vectors
    wrong = np.where(rng.random(1200) < 0.5, rng.permutation(learned.targets), learned.targets)
    part = {"kind": kind, "c": 100}
    decider = fitted(
        make_recipe(classifier=part, classes=classes), CellTable(learned.columns, wrong, learned.groups), watched
    )
    model = export_onnx(decider, WIDTH)
    probabilities, _ = said(model, watched)
    assert np.abs(probabilities - decider.probabilities(watched.columns)).max() < 1e-6


@pytest.mark.parametrize("way", ["anova", "forest"])
def test_selection_goes_into_the_graph(way: str) -> None:
    decider = fitted(make_recipe("svm-rbf", selection={"way": way, "keep": 5}), LEARNED, WATCHED)
    assert len(decider.stages[0].used_places()) == 5
    probabilities, _ = said(export_onnx(decider, WIDTH), WATCHED)
    assert np.abs(probabilities - decider.probabilities(WATCHED.columns)).max() < 1e-4


def test_two_decisions_share_out_one_probability() -> None:
    first = {
        "tells": ["class-3", "class-1"],
        "features": {"measurements": ["all"]},
        "classifier": {"kind": "svm-rbf"},
        "search": {"folds": 0},
    }
    decider = fitted(make_recipe("random-forest", first=first), LEARNED, WATCHED)
    probabilities, _ = said(export_onnx(decider, WIDTH), WATCHED)

    assert np.abs(probabilities - decider.probabilities(WATCHED.columns)).max() < 1e-4
    # What the first decision tells is its own word; the second divides only what was left.
    alone = decider.stages[0].probabilities(WATCHED.columns)
    assert np.allclose(probabilities[:, [3, 1]], alone[:, :2], atol=1e-4)
    assert np.allclose(probabilities[:, [0, 2]].sum(axis=1), alone[:, 2], atol=1e-4)
    assert (probabilities.argmax(axis=1) == WATCHED.targets).mean() > 0.8


def test_a_row_of_gaps_still_gets_numbers() -> None:
    decider = fitted(make_recipe("svm-linear"), LEARNED, WATCHED)
    gaps = CellTable(np.full((1, WIDTH), np.nan, np.float32), np.zeros(1, np.int64), ("a",))
    probabilities, embedding = said(export_onnx(decider, WIDTH), gaps)
    assert np.isfinite(probabilities).all()
    assert np.isfinite(embedding).all()


def test_more_trees_and_leaves_than_the_recipe_allows_are_not_written() -> None:
    small = {"kind": "random-forest", "trees": 5, "most_leaves": 4}
    large = {"kind": "random-forest", "trees": 50, "most_leaves": 64}
    sizes = [len(export_onnx(fitted(make_recipe(classifier=part), LEARNED, WATCHED), WIDTH)) for part in (small, large)]
    assert sizes[0] < sizes[1] / 5


def test_the_graph_holds_no_python() -> None:
    model = onnx.load_from_string(export_onnx(fitted(make_recipe("k-nn"), LEARNED, WATCHED), WIDTH))
    assert {opset.domain for opset in model.opset_import} <= {"", "ai.onnx.ml"}
    assert [one.name for one in model.graph.input] == ["columns"]


def test_what_skl2onnx_cannot_convert_is_refused_with_what_to_do() -> None:
    from sklearn.neighbors import LocalOutlierFactor

    decider = fitted(make_recipe("naive-bayes"), LEARNED, WATCHED)
    decider.stages[0].pipeline.steps[-1] = ("classifier", LocalOutlierFactor())
    with pytest.raises(RecipeError, match=r"cannot convert LocalOutlierFactor.*Choose another classifier\.kind"):
        export_onnx(decider, WIDTH)
