from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.cell_tables import WIDTH, make_recipe, make_table
from leukoscope.errors import DataError
from leukoscope.modeling.classical.deciding import fit_decider
from leukoscope.modeling.classical.fitting import demand_groups, fit_stage, group_folds
from leukoscope.modeling.classical.importance import permutation_importance
from leukoscope.modeling.classical.table import CellTable

EVERY = np.arange(WIDTH)


@settings(deadline=None)  # the first example imports scikit-learn
@given(st.data())
def test_no_group_ever_stands_on_both_sides_of_a_fold(data: st.DataObject) -> None:
    folds = data.draw(st.integers(2, 5))
    cells = data.draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12)), min_size=20, max_size=80))
    targets = np.array([target for target, _ in cells])
    groups = [f"g{group}" for _, group in cells]
    try:
        found = group_folds(targets, groups, folds, seed=data.draw(st.integers(0, 99)))
    except DataError:
        fewest = min(len({g for t, g in zip(targets, groups, strict=True) if t == one}) for one in set(targets))
        assert fewest < folds
        return
    assert len(found) == folds
    assert sorted(np.concatenate([held for _, held in found])) == list(range(len(cells)))
    for learned, held in found:
        assert not {groups[place] for place in learned} & {groups[place] for place in held}


def test_too_few_groups_for_the_folds_are_told() -> None:
    with pytest.raises(DataError, match=r"The class number 0 comes from 2 groups; 4 folds.*search\.folds=2"):
        group_folds(np.array([0, 0, 0, 1, 1, 1]), list("aabcde"), 4, seed=0)
    with pytest.raises(DataError, match=r"The class blast comes from 1 group; 4 folds.*--set first\.search\.folds=0"):
        demand_groups(["blast"] * 3 + ["other"] * 3, list("aaabcd"), 4, key="first.search.folds")


def test_the_search_takes_what_was_best_on_held_out_groups() -> None:
    search = {"folds": 3, "keys": {"neighbors": [1, 9], "keep": [2, 0]}}
    recipe = make_recipe("k-nn", search=search)
    stage = fit_stage(recipe.last, EVERY, make_table(2, 160), make_table(3, 80), 0)

    assert len(stage.trials) == 4
    assert stage.chosen == max(stage.trials, key=lambda one: one.macro_f1).settings
    assert set(stage.chosen) == {"neighbors", "keep"}


def test_rare_classes_count_as_much_where_the_recipe_says_so() -> None:
    rng = np.random.default_rng(0)
    targets = np.array([0] * 300 + [1] * 12)
    columns = rng.normal(size=(312, WIDTH)).astype(np.float32)
    columns[targets == 1, 0] += 1.0
    table = CellTable(columns, targets, tuple(map(str, range(312))))
    recalls = []
    for weighed in (True, False):
        part = {"kind": "svm-linear", "class_weights": weighed}
        stage = fit_stage(make_recipe(classes=2, classifier=part).last, EVERY, table, table, 0)
        recalls.append((stage.pipeline.predict(columns[:, stage.places])[targets == 1] == 1).mean())
    assert recalls[0] > recalls[1] + 0.3


def test_columns_that_tell_nothing_are_left_out() -> None:
    stage = fit_stage(make_recipe().last, EVERY, make_table(2, 160), make_table(3, 80), 0)
    assert set(EVERY) - set(stage.places) == {3, 4}  # all alike, and all gaps


def test_probabilities_are_those_of_cells_that_were_not_learned_from() -> None:
    tables = [make_table(seed, 400) for seed in (2, 3, 4)]
    decider = fit_decider(make_recipe("svm-rbf"), (EVERY,), WIDTH, *tables[:2])
    probabilities = decider.probabilities(tables[2].columns)
    right = probabilities.argmax(axis=1) == tables[2].targets
    assert abs(probabilities.max(axis=1).mean() - right.mean()) < 0.05


def test_a_class_without_validation_cells_is_told() -> None:
    watched = make_table(3, 80)
    with pytest.raises(DataError, match="validation part holds no measured cell of class number 2"):
        fit_stage(make_recipe().last, EVERY, make_table(2, 160), watched.rows(watched.targets != 2), 0)


def test_a_cell_unlike_all_others_lies_far_away() -> None:
    learned, watched = make_table(2, 160), make_table(3, 80)
    distance = fit_decider(make_recipe(), (EVERY,), WIDTH, learned, watched).distance
    strange = watched.columns[:1] + 30 * np.nan_to_num(learned.columns).std(axis=0)
    usual = np.quantile(distance.to_nearest_class(watched.columns), 0.98)
    assert distance.to_nearest_class(strange)[0] > 3 * usual


def test_shuffling_tells_the_column_that_decides() -> None:
    rng = np.random.default_rng(4)
    columns = rng.normal(size=(300, WIDTH)).astype(np.float32)
    targets = (columns[:, 6] > 0).astype(np.int64)
    table = CellTable(columns, targets, tuple(map(str, range(300))))
    decider = fit_decider(make_recipe("naive-bayes", classes=2), (EVERY,), WIDTH, table, table)
    units = {f"column-{place}": np.array([place]) for place in EVERY}
    found = permutation_importance(decider, table, units, rounds=3, seed=0)

    assert found[0].name == "column-6"
    assert found[0].lost > 0.3
    assert all(abs(one.lost) < 0.1 for one in found[1:])


@pytest.mark.filterwarnings("error")
def test_nothing_is_told_of_columns_that_were_never_shuffled() -> None:
    table = make_table(2, 60)
    decider = fit_decider(make_recipe("naive-bayes"), (EVERY,), WIDTH, table, table)
    units = {f"column-{place}": np.array([place]) for place in EVERY}
    assert permutation_importance(decider, table, units, rounds=0, seed=0) == ()
