"""Which settings of a recipe are best on the validation part?  Trials outlive their process; no test picture is read.

Order: split and its check -> space of the search -> trials, each a short training run in a folder of its own ->
`search.csv` after each -> `best.toml`, a recipe to train like any other.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import math
import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Manifest, Part
from leukoscope.data.pictures import PictureSet, load_pictures
from leukoscope.errors import RecipeError, require_extra
from leukoscope.experiments.data_verdict import keep_verdict, quick_verdict, refuse_severe
from leukoscope.experiments.split_use import keep_split, open_split
from leukoscope.modeling.networks.building import check_network
from leukoscope.modeling.recipe_files import json_text, read_recipe, recipe_text, with_values
from leukoscope.modeling.recipes import Recipe
from leukoscope.modeling.search import PrunedError, Study, Trial, database_faults_told
from leukoscope.modeling.training.checkpoints import CHECKPOINTS, FINISHED
from leukoscope.modeling.training.curves import CURVES, read_curves
from leukoscope.modeling.training.run import train

_log = logging.getLogger(__name__)
TABLE, BEST, DATABASE, TRIALS = "search.csv", "best.toml", "search.db", "trials"
_MOST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """What a search left behind: all trials, the best one, its recipe; `best` is None while none has finished."""

    trials: tuple[Trial, ...]
    best: Trial | None
    recipe: Path
    folder: Path


def search_recipe(
    recipe_file: Path,
    data: Path,
    out: Path,
    wanted: int,
    changes: Sequence[str] = (),
    *,
    images: Path | None = None,
    database: str = "",
    despite_findings: bool = False,
    after_each: Callable[[Trial], None] = lambda trial: None,
) -> SearchOutcome:
    """Try settings until so many trials have ended; the same call again goes on where the last one stopped.

    Args:
        recipe_file: A recipe with `[search.keys]`.
        data: Folder of the data set; or a manifest, whose split takes the place of the recipe's.
        out: Folder for `search.csv`, `best.toml`, `trials/`; of one process alone.
        wanted: Trials that are to have ended, those of earlier calls and of other machines included.
        changes: `a.b=value`, applied to the recipe first.
        images: Folder that the paths of a manifest start from; by default its own.
        database: Where the search is kept, as an address; by default `search.db` in `out`. With PostgreSQL, several
            machines search together.
        despite_findings: Go on although the check of the data found something severe.
        after_each: Called after each trial.

    Raises:
        RecipeError: The recipe says nothing of a search, a value does not fit, or three trials in a row failed.
        InvalidValueError: The database cannot be opened, or was lost on the way.
        LeukoscopeError: As `training_run.train_bundle`.
    """
    require_extra("train", "optuna")
    recipe = read_recipe(recipe_file, changes)
    check_network(recipe.network)
    _check_space(recipe)
    split = recipe_file.parent / recipe.data.split
    manifest = open_split(split, data, images, despite_findings=despite_findings).manifest
    verdict = quick_verdict(manifest)
    if not despite_findings:
        refuse_severe(verdict, manifest)
    out.mkdir(parents=True, exist_ok=True)
    keep_verdict(verdict, out / "data_check.json")
    keep_split(manifest, out / "split.json")
    with database_faults_told():
        study = _open_study(recipe, manifest, database, out)
        return _search(study, recipe_file, recipe, _Pictures(manifest), wanted, after_each, out)


def _open_study(recipe: Recipe, manifest: Manifest, database: str, out: Path) -> Study:
    return Study(
        database or f"sqlite:///{(out / DATABASE).resolve().as_posix()}",
        recipe.name,
        of=_identity(recipe, manifest),
        part=recipe.search,
        seed=recipe.seed,
        worker=_worker(out),
    )


def _search(
    study: Study,
    recipe_file: Path,
    recipe: Recipe,
    material: _Pictures,
    wanted: int,
    after_each: Callable[[Trial], None],
    out: Path,
) -> SearchOutcome:
    outcome, failures = _outcome(study, recipe_file, recipe, out), 0
    while study.done < wanted:
        ended = _try(study, recipe_file, recipe, material, out)
        if ended is None:
            _log.warning("Stopped by hand. The same command goes on from there.")
            break
        failures = failures + 1 if ended.ending == "failed" else 0
        outcome = _outcome(study, recipe_file, recipe, out)
        after_each(ended)
        if failures == _MOST_FAILURES:
            raise RecipeError(
                f"{failures} trials in a row failed, the last one so: {ended.why}",
                hint="Mend the recipe or its ranges.",
            )
    return outcome


class _Pictures:
    """The training and validation pictures of a manifest, kept while the recipe wants them as before."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._kept: dict[tuple[Part, int], PictureSet] = {}

    def of(self, recipe: Recipe) -> tuple[PictureSet, PictureSet]:
        wanted: list[tuple[Part, int]] = [("train", recipe.training.stored_side), ("validation", recipe.input.width)]
        self._kept = {key: self._kept.get(key) or self._load(recipe, *key) for key in wanted}
        return self._kept[wanted[0]], self._kept[wanted[1]]

    def _load(self, recipe: Recipe, part: Part, side: int) -> PictureSet:
        entries = join_classes(self._manifest.part(part), recipe.data.classes, others=recipe.data.others)
        names, margin = [label.name for label in recipe.labels], recipe.input.margin_on_black
        return load_pictures(entries, self._manifest.base, side, names, margin_on_black=margin)


def _try(study: Study, recipe_file: Path, recipe: Recipe, material: _Pictures, out: Path) -> Trial | None:
    """One trial to its end; None if it was stopped by hand."""
    trial = study.ask()
    folder = out / TRIALS / trial.folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        changed = with_values(recipe, trial.values)
        (folder / "recipe.json").write_text(json_text(changed), encoding="utf-8")
        start = recipe_file.parent / changed.training.start_from if changed.training.start_from else None
        train(changed, *material.of(changed), folder, start, watchers=(study.watch(trial.number, folder),))
        if not (folder / CHECKPOINTS / FINISHED).is_file():
            return None
        study.tell(trial.number, _score(changed, folder))
    except PrunedError:
        study.give_up(trial.number)
    except RecipeError as fault:
        study.give_up(trial.number, fault.message)
    except (RuntimeError, MemoryError) as fault:  # the setting is too large for this machine
        study.give_up(trial.number, ": ".join((type(fault).__name__, *str(fault).splitlines()[:1])))
    except KeyboardInterrupt:
        return None
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)  # as large as the network; curves are kept
    return next(one for one in study.trials() if one.folder == trial.folder)


def _score(recipe: Recipe, folder: Path) -> float:
    """Validation score of the epoch that the recipe keeps."""
    scores = [row["validation_score"] for row in read_curves(folder / CURVES)]
    if recipe.training.keep == "last":
        return scores[-1]
    return max((one for one in scores if math.isfinite(one)), default=math.nan)


def _check_space(recipe: Recipe) -> None:
    if not recipe.search.keys:
        raise RecipeError(
            "The recipe does not say what to search.",
            hint='Add [search.keys] with, say, "training.learning_rate" = { low = 1e-4, high = 1e-2, log = true }.',
        )
    for key, among in recipe.search.keys.items():
        for value in among.ends:
            with_values(recipe, {key: value})


def _identity(recipe: Recipe, manifest: Manifest) -> str:
    # Whether and when trials are pruned may change on the way; what their scores mean may not.
    told = recipe.model_dump_json() + str(recipe.search.keys) + manifest.sha256
    return hashlib.sha256(told.encode()).hexdigest()


def _worker(out: Path) -> str:
    path = out / "worker"
    if not path.is_file():
        path.write_text(secrets.token_hex(8), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _outcome(study: Study, recipe_file: Path, recipe: Recipe, out: Path) -> SearchOutcome:
    trials, best = study.trials(), study.best
    _write_table(trials, tuple(recipe.search.keys), out / TABLE)
    if best is not None:
        said = f"Best of {study.done} trials by its validation score, {best.score:.4f} (trial {best.number})."
        found = _moved(with_values(recipe, best.values), recipe_file.parent, out)
        (out / BEST).write_text(f"# {said}\n{recipe_text(found)}", encoding="utf-8")
    return SearchOutcome(trials, best, out / BEST, out)


def _moved(recipe: Recipe, before: Path, now: Path) -> Recipe:
    """The same recipe in another folder: its files are named from there."""

    def named(path: Path) -> str:
        return Path(os.path.relpath(path, now)).as_posix()

    changes: dict[str, object] = {"data.split": named(before / recipe.data.split)}
    if recipe.training.start_from:
        changes["training.start_from"] = named(before / recipe.training.start_from)
    if recipe.network.weights:  # named from here since it was read
        changes["network.weights"] = named(Path(recipe.network.weights))
    return with_values(recipe, changes)


def _write_table(trials: Sequence[Trial], keys: Sequence[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trial", "folder", "ending", "score", "seconds", *keys, "why"])
        for one in trials:
            figures = ["" if value is None else round(value, 6) for value in (one.score, one.seconds)]
            values = [json.dumps(one.values[key]) if key in one.values else "" for key in keys]
            writer.writerow([one.number, one.folder, one.ending or "running", *figures, *values, one.why])
