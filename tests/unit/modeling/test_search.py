"""A search is asked and told; what a dead process left behind comes first again."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest

from leukoscope.errors import InvalidValueError, RecipeError
from leukoscope.modeling.recipe_files import parse_recipe, read_recipe, recipe_text, with_values
from leukoscope.modeling.search import Study, database_faults_told
from leukoscope.modeling.search_space import Among, SearchPart

PART = SearchPart(
    keys={
        "training.learning_rate": Among(low=1e-4, high=1e-2, log=True),
        "training.batch_size": Among(low=8, high=24, step=8),
        "training.optimizer": Among(choices=("adam", "sgd")),
    }
)


def study(folder: Path, *, worker: str = "here", of: str = "x", part: SearchPart = PART) -> Study:
    return Study(f"sqlite:///{folder}/s.db", "tiny", of=of, part=part, seed=1, worker=worker)


def test_values_lie_in_their_ranges_and_the_best_score_wins(tmp_path: Path) -> None:
    searching = study(tmp_path)
    for _ in range(6):
        trial = searching.ask()
        rate, size = trial.values["training.learning_rate"], trial.values["training.batch_size"]
        assert isinstance(rate, float)
        assert 1e-4 <= rate <= 1e-2
        assert size in (8, 16, 24)
        assert trial.values["training.optimizer"] in ("adam", "sgd")
        searching.tell(trial.number, -abs(math.log10(rate) + 3))
    assert searching.done == 6
    scores = [one.score for one in searching.trials()]
    assert searching.best is not None
    assert searching.best.score == max(score for score in scores if score is not None)


def test_a_trial_that_died_with_its_process_comes_first_in_its_own_folder(tmp_path: Path) -> None:
    before = study(tmp_path)
    before.tell(before.ask().number, 0.5)
    died = before.ask()
    elsewhere = study(tmp_path, worker="another machine").ask()

    again = study(tmp_path).ask()
    assert (again.folder, again.values) == (died.folder, died.values)
    assert again.folder != elsewhere.folder
    assert len({one.folder for one in study(tmp_path).trials()}) == 3


def test_values_after_an_interruption_are_new_ones(tmp_path: Path) -> None:
    first = study(tmp_path)
    asked = first.ask()
    first.tell(asked.number, 0.5)
    assert study(tmp_path).ask().values != asked.values


def test_a_failed_trial_says_why_and_is_never_the_best(tmp_path: Path) -> None:
    searching = study(tmp_path)
    searching.give_up(searching.ask().number, "The loss became nan.")
    assert searching.best is None
    assert [(one.ending, one.why) for one in searching.trials()] == [("failed", "The loss became nan.")]


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_a_score_that_is_no_number_ends_the_trial_as_failed(tmp_path: Path, score: float) -> None:
    searching = study(tmp_path)
    searching.tell(searching.ask().number, score)
    assert searching.done == 1
    assert searching.best is None
    assert [(one.ending, one.why) for one in searching.trials()] == [("failed", f"The validation score is {score}.")]


def test_a_trial_that_always_takes_its_process_with_it_is_given_up(tmp_path: Path) -> None:
    died = study(tmp_path).ask()
    for _ in range(2):
        again = study(tmp_path).ask()
        assert (again.folder, again.values) == (died.folder, died.values)
    after = study(tmp_path)
    assert after.ask().values != died.values
    assert after.done == 1
    given_up = after.trials()[0]
    assert (given_up.folder, given_up.values, given_up.ending) == (died.folder, died.values, "failed")
    assert "3 times before an epoch was over" in given_up.why


def test_a_trial_that_gets_further_each_time_is_never_given_up(tmp_path: Path) -> None:
    folder = study(tmp_path).ask().folder
    for epoch in range(1, 6):
        searching = study(tmp_path)
        asked = searching.ask()
        assert asked.folder == folder
        searching._open[asked.number].report(0.5, epoch)


@pytest.mark.parametrize("seed", [-1, 4295, 2**40])
def test_any_seed_of_a_recipe_can_be_searched_with(tmp_path: Path, seed: int) -> None:
    searching = Study(f"sqlite:///{tmp_path}/s.db", "tiny", of="x", part=PART, seed=seed, worker="here")
    assert searching.ask().values.keys() == PART.keys.keys()


def test_another_search_of_the_same_name_and_a_strange_address_are_refused(tmp_path: Path) -> None:
    study(tmp_path)
    with pytest.raises(RecipeError, match="another recipe"):
        study(tmp_path, of="y")
    for address in ("nonsense", "sqlite:////nowhere/at/all/s.db", "strange://x"):
        with pytest.raises(InvalidValueError, match="cannot be opened"):
            Study(address, "tiny", of="x", part=PART, seed=1, worker="here")


@pytest.mark.parametrize(
    ("among", "said"),
    [
        ({}, "choices, or low"),
        ({"low": 2, "high": 1}, "larger high"),
        ({"low": 0, "high": 1, "log": True}, "above 0"),
        ({"choices": [1], "low": 1, "high": 2}, "either choices"),
        ({"lowest": 1}, r"keys\.training\.epochs\.lowest"),
    ],
)
def test_a_range_that_is_none_is_refused(recipe_text_of: str, among: dict[str, object], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        parse_recipe(_content(recipe_text_of) | {"search": {"keys": {"training.epochs": among}}})


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("training.learning_rat", r"Did you mean 'training\.learning_rate'"),
        ("data.split", "cannot be searched"),
        ("training.monitor", "cannot be searched"),
        ("seed", "cannot be searched"),
    ],
)
def test_a_key_that_does_not_exist_or_would_change_the_measure_is_refused(
    recipe_text_of: str, key: str, said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        parse_recipe(_content(recipe_text_of) | {"search": {"keys": {key: {"low": 1, "high": 2}}}})


def test_a_recipe_with_other_values_is_written_and_read_again(recipe_text_of: str, tmp_path: Path) -> None:
    recipe = parse_recipe(_content(recipe_text_of) | {"search": {"keys": {"training.epochs": {"low": 1, "high": 2}}}})
    changed = with_values(recipe, {"training.learning_rate": 0.5, "network.dropout": 0.25})
    (tmp_path / "r.toml").write_text(recipe_text(changed), encoding="utf-8")
    assert read_recipe(tmp_path / "r.toml") == changed
    assert (changed.training.learning_rate, changed.network.dropout) == (0.5, 0.25)
    assert not changed.search.keys
    assert "search" not in recipe.model_dump()


@pytest.fixture
def recipe_text_of() -> str:
    return Path(__file__).parents[3].joinpath("recipes", "sources", "lenet-lld.toml").read_text(encoding="utf-8")


def _content(text: str) -> dict[str, object]:
    return tomllib.loads(text)


def test_a_database_whose_driver_is_missing_is_told_with_what_to_install() -> None:
    with pytest.raises(InvalidValueError, match=r"driver is not installed\. .*psycopg\[binary\]"):
        Study("oracle+oracledb://me:hidden@127.0.0.1/x", "tiny", of="x", part=PART, seed=1, worker="here")


def test_a_database_that_cannot_be_reached_is_told_without_the_password() -> None:
    with pytest.raises(InvalidValueError, match="cannot be opened") as told:
        Study("postgresql+psycopg://me:hidden@127.0.0.1:1/x", "tiny", of="x", part=PART, seed=1, worker="here")
    assert "hidden" not in str(told.value)


def test_a_database_that_is_lost_in_the_middle_is_told_in_one_sentence(tmp_path: Path) -> None:
    searching = study(tmp_path)
    searching.ask()
    (tmp_path / "s.db").write_bytes(b"no database any more" * 1000)
    with pytest.raises(InvalidValueError, match=r"was lost: .* the same command goes on"), database_faults_told():
        searching.ask()
