"""What does a run keep of itself?  Enough to say where it comes from, and to repeat it bit for bit from its own folder.

`recipe.toml` is the whole recipe, defaults included, and names only files of the folder: `split.csv`, and `start.*`
where the run started from given weights. `run.json` says with which code, libraries and threads, on which pictures,
and what came out.
"""

from __future__ import annotations

import json
import logging
import platform
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import sha256_of, write_manifest
from leukoscope.errors import RecipeError
from leukoscope.experiments.begun_run import has_begun
from leukoscope.experiments.provenance import git_revision
from leukoscope.experiments.split_use import keep_split, refuse_other_split
from leukoscope.experiments.training_material import Material
from leukoscope.modeling.recipe_files import json_text, resolved_text
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.training.run import threads_in_use

_log = logging.getLogger(__name__)
SCHEMA = "leukoscope.run/1"
RECIPE, SPLIT, RUN = "recipe.toml", "split.csv", "run.json"
SPLIT_USED = "split.json"
_DECIDING = ("threads", "processor", "libraries")
_LIBRARIES = ("torch", "torchvision", "timm", "lightning", "numpy", "onnxruntime")


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came out of a run.

    Attributes:
        epochs: Whole epochs.
        kept_epoch: The one whose weights the bundle has.
        finished: Whether it came to its end; otherwise someone stopped it.
        training_seconds: Time of training, validation not counted.
        weights_sha256: Hash of the kept weights.
        onnx_sha256: Hash of the graph.
        said: What the watch said on the way, one sentence each.
        warnings: What looks wrong with the finished bundle.
        int8: What became of the variant in 8 bits.
    """

    epochs: int
    kept_epoch: int
    finished: bool
    training_seconds: float
    weights_sha256: str
    onnx_sha256: str
    said: tuple[str, ...]
    warnings: tuple[str, ...]
    int8: str = ""


def open_run(material: Material, out: Path) -> Path | None:
    """Write down what a run is before it begins, or make sure that the folder holds this run.

    Args:
        material: What it learns from.
        out: Run folder.

    Returns:
        The copy of the checkpoint it starts from; None where it starts from nothing.

    Raises:
        RecipeError: The folder holds another run, or the run starts from a file that is not there.
    """
    recipe = material.recipe
    out.mkdir(parents=True, exist_ok=True)
    keep_recipe(json_text(recipe), out / "recipe.json")
    keep_split(material.manifest, out / SPLIT_USED)
    start = _copied(material.beside / recipe.training.start_from, out) if recipe.training.start_from else None
    weights = _copied(Path(recipe.network.weights), out, "weights") if recipe.network.weights else None
    write_manifest(replace(material.manifest, base=out), out / SPLIT)
    (out / RECIPE).write_text(_own_recipe(material, start, weights), encoding="utf-8")
    about = _about(material, out / RUN, start, weights)
    for before in (_read(out / RUN), _read(material.beside / RUN)):
        _warn_of_other_sums(before, about)
    _write(out / RUN, about)
    return start


def keep_recipe(text: str, path: Path) -> None:
    """Write down what is trained; a run that goes on must train the same.

    Args:
        text: The recipe of any task, by `recipe_files.json_text`.
        path: Where to.

    Raises:
        RecipeError: The folder holds a run of another recipe.
    """
    _refuse_other_recipe(text, path)
    path.write_text(text, encoding="utf-8")


def demand_same_run(recipe: Recipe, manifest: Manifest, beside: Path, out: Path) -> None:
    """Make sure that a folder holds no run of another recipe, on another split or from other weights.

    Nothing is written.

    Args:
        recipe: The recipe.
        manifest: Its split.
        beside: Folder of the recipe file, which `start_from` is relative to.
        out: Run folder; may be empty, or not there yet.

    Raises:
        RecipeError: It does.
    """
    _refuse_other_recipe(json_text(recipe), out / "recipe.json")
    refuse_other_split(manifest, out / SPLIT_USED)
    start, weights = recipe.training.start_from, recipe.network.weights
    for given, name in ((beside / start if start else None, "start"), (Path(weights) if weights else None, "weights")):
        if given is not None and given.is_file():  # what is gone cannot be another file than then
            _refuse_other_start(given, out / f"{name}{given.suffix}")


def close_run(result: RunResult, out: Path) -> None:
    """Add what came out."""
    _write(out / RUN, _read(out / RUN) | {"result": asdict(result)})


def data_of_run(recipe_file: Path) -> Path | None:
    """The folder of pictures of the run that a recipe lies in; None where it lies in no run folder.

    Raises:
        RecipeError: The folder that the run was trained on is no more.
    """
    told = _read(recipe_file.with_name(RUN)) if recipe_file.name == RECIPE else {}
    if not told:
        return None
    data = Path(str(told["data"]))
    if not data.is_dir():
        raise RecipeError(f"The pictures of this run were at {data}.", hint="Say with --data where they are now.")
    return data


def _refuse_other_recipe(text: str, path: Path) -> None:
    if path.is_file() and path.read_text(encoding="utf-8") != text and has_begun(path.parent):
        raise RecipeError(f"{path.parent} holds a run of another recipe.", hint="Give another folder with --out.")


def _copied(given: Path, out: Path, name: str = "start") -> Path:
    """A file that the run starts from, copied into its folder."""
    kept = out / f"{name}{given.suffix}"
    if not given.is_file():
        raise RecipeError(
            f"The run starts from {given}, which is not there.", hint="Train the recipe it builds on first."
        )
    _refuse_other_start(given, kept)
    if not kept.is_file() or sha256_of(kept) != sha256_of(given):
        shutil.copyfile(given, kept)
    return kept


def _refuse_other_start(given: Path, kept: Path) -> None:
    if kept.is_file() and sha256_of(kept) != sha256_of(given) and has_begun(kept.parent):
        raise RecipeError(
            f"{kept.parent} holds a run that started from another {given.name}.",
            hint="Give another folder with --out.",
        )


def _own_recipe(material: Material, start: Path | None, weights: Path | None) -> str:
    """The recipe with every path inside the run folder, and the split described as it is."""
    recipe = material.recipe
    about: dict[str, object] = {"how_held_out": material.split.said_of_it(recipe.card.how_held_out)}
    if recipe.card.cross_validation:
        about["cross_validation"] = (material.beside / recipe.card.cross_validation).resolve().as_posix()
    return resolved_text(
        recipe.model_copy(
            update={
                "data": recipe.data.model_copy(update={"split": SPLIT}),
                "training": recipe.training.model_copy(update={"start_from": start.name if start else ""}),
                "network": recipe.network.model_copy(update={"weights": weights.name if weights else ""}),
                "card": recipe.card.model_copy(update=about),
            }
        )
    )


def _about(material: Material, path: Path, start: Path | None, weights: Path | None) -> dict[str, Any]:
    before = _read(path)
    revisions = [*before.get("git_revisions", ()), git_revision()]
    return {
        "schema": SCHEMA,
        "recipe": material.recipe.name,
        "command": material.command,
        "git_revisions": list(dict.fromkeys(revisions)),
        "leukoscope": version("leukoscope"),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "processor": platform.processor() or platform.machine(),
        "threads": threads_in_use(),
        "data": material.manifest.base.resolve().as_posix(),
        "manifest_sha256": material.manifest.sha256,
        "leaky": material.manifest.leaky,
        "verdict": material.verdict.verdict,
        "starts_from_sha256": {one.name: sha256_of(one) for one in (start, weights) if one is not None},
    }


def _warn_of_other_sums(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Say what keeps a run that goes on, or is repeated, from being the same bit for bit."""
    others = [
        f"{key}: {before[key]} then, {now[key]} now" for key in _DECIDING if key in before and before[key] != now[key]
    ]
    if others:
        _log.warning(
            "The weights will differ in their last digits from those of the earlier run, because sums are added in "
            "another order (%s).",
            "; ".join(others),
        )


def _read(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return told


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
