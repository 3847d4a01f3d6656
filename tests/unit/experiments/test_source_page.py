from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from leukoscope.experiments import source_page
from leukoscope.experiments.source_results import HeldOut, PublishedSystem, SourceRun, read_published, read_runs

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "benchmarks" / "source_systems"
RECIPES = {path.stem for path in (ROOT / "recipes" / "sources").glob("*.toml") if "boxes" not in path.stem}


@dataclass(frozen=True)
class Confusion:
    """Pictures of two classes by true class (rows) and named class."""

    rows: tuple[tuple[int, int], tuple[int, int]]

    def held_out(self) -> HeldOut:
        n = sum(map(sum, self.rows))
        right = (self.rows[0][0] + self.rows[1][1]) / n
        per_class = {
            name: {"recall": row[place] / sum(row), "precision": 0.5, "support": sum(row)}
            for place, (name, row) in enumerate(zip(("blast", "normal"), self.rows, strict=True))
        }
        return HeldOut.model_validate(
            {
                "n": n,
                "classes": ("blast", "normal"),
                "accuracy": right,
                "accuracy_ci95": (right, right),
                "macro_f1": right,
                "macro_f1_ci95": (right, right),
                "balanced_accuracy": right,
                "per_class": per_class,
                "confusion": self.rows,
            }
        )


def run_with(metrics: HeldOut) -> SourceRun:
    return SourceRun.model_validate(
        {
            "recipe": "lightweight-cnn",
            "network": "lightweight-cnn",
            "data": "cnmc-2019",
            "seed": 1,
            "changes": ("training.epochs=2",),
            "most": {"train": 30},
            "train_cpu_s": 20.0,
            "evaluate": {"exit_code": 0, "cpu_s": 3.0, "same_figures_as_the_run": True},
            "analyze": {"exit_code": 3, "cpu_s": 1.0},
            "parameters": 1234567,
            "onnx_mb": 4.9,
            "cells_per_cpu_s": 1234.5,
            "side": 64,
            "epochs": 2,
            "published_epochs": 30,
            "published_side": 128,
            "pictures": {"train": 60, "validation": 20},
            "validation_balanced_accuracy": (0.5, 0.6),
            "said_while_training": ("Epoch 3: all one.",),
            "by_color": 0.71,
            "git_revision": "0123456789abcdef",
            "framework": "torch",
            "metrics": metrics,
        }
    )


def test_a_published_recall_of_zero_and_swapped_names_are_told() -> None:
    systems = {one.number: one for one in read_published(FOLDER / "published.toml")}
    told = systems[4].suspicions()
    assert "Recall 0.00 for ALL" in told[0]
    assert "(0.682)" in told[0]
    assert "probably swapped" in told[1]
    assert systems[2].suspicions() == ()


def test_the_page_tells_what_was_published_and_its_faults() -> None:
    page = source_page.render_page(read_published(FOLDER / "published.toml"), {})
    assert "accuracy 0.881, precision 0.663, recall 0.655, F1 0.638, mean IoU 0.104" in page
    assert page.count("> **Warning.**") == 2
    assert "**0 of 15 recipes** went the whole way" in page
    assert "subtypes-vgg19" in page.partition("Not yet: ")[2].splitlines()[0]
    assert "diagnos" not in page.lower()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (((90, 0), (40, 0)), "degenerate"),
        (((10, 80), (35, 5)), "class names are probably swapped"),
        (((85, 5), (39, 1)), "Recall 0.03 for normal: hardly any of its 40 pictures is recognized."),
    ],
)
def test_our_own_runs_are_searched_for_the_same_faults(
    rows: tuple[tuple[int, int], tuple[int, int]], said: str
) -> None:
    run = run_with(Confusion(rows).held_out())
    page = source_page.render_page((), {run.recipe: run})
    assert said in page
    assert "same probabilities" not in page  # of probabilities nothing is known here
    assert "**lightweight-cnn**: Epoch 3: all one." in page


def test_a_good_run_is_not_suspected() -> None:
    assert Confusion(((80, 10), (5, 35))).held_out().suspicions() == ()


def test_a_shortened_run_says_how_and_a_command_that_failed_is_not_hidden() -> None:
    run = run_with(Confusion(((80, 10), (5, 35))).held_out())
    page = source_page.render_page((), {run.recipe: run})
    assert "| 64 of 128 | 2 of 30 | 20 | 6.0 |" in page
    assert "NO (exit code 3)" in page
    assert "`training.epochs=2`" in page
    assert "30 train" in page
    assert "0.692" in page  # 90 of 130: always the more frequent class


def test_seeds_of_our_own_recipes_are_told_apart_from_the_sources() -> None:
    first = run_with(Confusion(((80, 10), (5, 35))).held_out()).model_copy(update={"recipe": "all-stage"})
    second = run_with(Confusion(((70, 20), (5, 35))).held_out()).model_copy(update={"recipe": "all-stage", "seed": 2})
    page = source_page.render_page((), {"all-stage-seed-1": first, "all-stage-seed-2": second})
    assert "- **all-stage**: accuracy 0.846 over 2 seeds, from 0.808 to 0.885." in page
    assert page.count("| all-stage |") == 2


def test_every_source_recipe_belongs_to_one_published_system() -> None:
    named = [name for system in read_published(FOLDER / "published.toml") for name in system.recipes]
    assert sorted(named) == sorted(RECIPES)


def test_unknown_figures_of_a_system_stay_out_of_its_warnings() -> None:
    system = PublishedSystem(number=1, title="x", task="y", split="z", learned="-", figures={}, recipes=())
    assert system.suspicions() == ()


def test_the_committed_page_repeats_the_committed_results(capsys: pytest.CaptureFixture[str]) -> None:
    source_page.main(FOLDER)
    assert capsys.readouterr().out == (ROOT / "docs/explanation/source_systems.md").read_text(encoding="utf-8")
    runs = read_runs(FOLDER / "results.json")
    assert {name for name, run in runs.items() if name == run.recipe} <= RECIPES
