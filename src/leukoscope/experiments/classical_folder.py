"""What does a run on measurements keep?  What other runs keep, its search, and what each column is worth."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import write_manifest
from leukoscope.errors import RecipeError
from leukoscope.experiments.begun_run import has_begun
from leukoscope.experiments.data_verdict import keep_verdict
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.run_folder import RECIPE, RUN, SCHEMA, SPLIT, SPLIT_USED
from leukoscope.experiments.split_use import SplitInUse, keep_split, refuse_other_split
from leukoscope.modeling.classical.deciding import Decider
from leukoscope.modeling.classical.importance import Importance
from leukoscope.modeling.classical.recipe import ClassicalRecipe
from leukoscope.modeling.classical.recipe_file import resolved_text
from leukoscope.reporting.figures.importance import MOST, ShuffledColumn, draw_importance

SEARCH, IMPORTANCE = "search.csv", "importance.csv"
_KEPT_RECIPE = "recipe.json"
_LIBRARIES = ("scikit-learn", "skl2onnx", "onnx", "onnxruntime", "numpy", "scikit-image", "opencv-python-headless")


def open_folder(
    recipe: ClassicalRecipe,
    recipe_file: Path,
    split: SplitInUse,
    verdict: CheckReport,
    changes: Sequence[str],
    out: Path,
) -> str:
    """Write down what a run is before it begins, or make sure that the folder holds this run.

    Returns:
        What to type to train this again, without the paths of one machine.

    Raises:
        RecipeError: The folder holds another run.
    """
    out.mkdir(parents=True, exist_ok=True)
    demand_same_classical_run(recipe, split.manifest, out)
    (out / _KEPT_RECIPE).write_text(_text_of(recipe), encoding="utf-8")
    keep_split(split.manifest, out / SPLIT_USED)
    keep_verdict(verdict, out / "data_check.json")
    write_manifest(replace(split.manifest, base=out), out / SPLIT)
    (out / RECIPE).write_text(_own_recipe(recipe, split, recipe_file.parent), encoding="utf-8")
    command = _command(recipe_file, recipe, split, changes)
    _write(out / RUN, _about(recipe, split, verdict, command))
    return command


def demand_same_classical_run(recipe: ClassicalRecipe, manifest: Manifest, out: Path) -> None:
    """Make sure that a folder holds no run of another recipe or on another split; nothing is written.

    Raises:
        RecipeError: It does.
    """
    kept = out / _KEPT_RECIPE
    if kept.is_file() and kept.read_text(encoding="utf-8") != _text_of(recipe) and has_begun(out):
        raise RecipeError(f"{out} holds a run of another recipe.", hint="Give another folder with --out.")
    refuse_other_split(manifest, out / SPLIT_USED)


def keep_trials(decider: Decider, out: Path) -> None:
    """Write what was tried: decision, settings, macro-F1 on folds of the training part."""
    with (out / SEARCH).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["decision", "settings", "macro_f1", "spread"])
        for number, stage in enumerate(decider.stages, start=1):
            for trial in stage.trials:
                settings = " ".join(f"{key}={value}" for key, value in trial.settings.items())
                writer.writerow([number, settings, f"{trial.macro_f1:.4f}", f"{trial.spread:.4f}"])


def keep_importance(importance: Sequence[Importance], out: Path, cells: int) -> None:
    """Write what shuffling each column costs, as a table and as a picture of the first ones."""
    if not importance:
        return
    with (out / IMPORTANCE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["column", "macro_f1_lost", "spread"])
        writer.writerows([one.name, f"{one.lost:.5f}", f"{one.spread:.5f}"] for one in importance)
    bars = [ShuffledColumn(one.name, one.lost, one.spread) for one in importance[:MOST]]
    draw_importance(bars, cells=cells).savefig((out / IMPORTANCE).with_suffix(".png"), dpi=144)


def _text_of(recipe: ClassicalRecipe) -> str:
    return recipe.model_dump_json(indent=2) + "\n"


def _own_recipe(recipe: ClassicalRecipe, split: SplitInUse, beside: Path) -> str:
    """The recipe with its split inside the run folder, described as it is."""
    said = {"how_held_out": split.said_of_it(recipe.card.how_held_out)}
    if recipe.card.cross_validation:
        said["cross_validation"] = (beside / recipe.card.cross_validation).resolve().as_posix()
    own = {
        "data": recipe.data.model_copy(update={"split": SPLIT}),
        "card": recipe.card.model_copy(update=said),
    }
    return resolved_text(recipe.model_copy(update=own))


def _about(recipe: ClassicalRecipe, split: SplitInUse, verdict: CheckReport, command: str) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "recipe": recipe.name,
        "command": command,
        "git_revisions": [git_revision()],
        "leukoscope": version("leukoscope"),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "processor": platform.processor() or platform.machine(),
        "data": split.manifest.base.resolve().as_posix(),
        "manifest_sha256": split.manifest.sha256,
        "leaky": split.manifest.leaky,
        "verdict": verdict.verdict,
    }


def _command(recipe_file: Path, recipe: ClassicalRecipe, split: SplitInUse, changes: Sequence[str]) -> str:
    settings = "".join(f" --set {change}" for change in changes)
    data = f"../shared/data/{recipe.data.name}" if split.own else f"MANIFEST ({split.manifest.name})"
    parts = recipe_file.resolve().parts
    below = parts[parts.index("recipes") + 1 :] if "recipes" in parts[:-1] else (recipe_file.name,)
    return f"leukoscope train recipes/{'/'.join(below)} --data {data}{settings}"


def _write(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
