"""Trains one recipe on clean and on leaky divisions of a set; what is finished is not run again.

Order: copies of the whole set (once) -> for each seed the three divisions -> for each arm a training run, then its
bundle, asked about its own test part and about the pictures that no arm saw.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import is_manifest, read_manifest
from leukoscope.data.splits.groups import find_groups
from leukoscope.data.splits.pair_files import read_pairs
from leukoscope.data.splits.recipe import By, Shares, SplitRecipe
from leukoscope.errors import InvalidValueError, ManifestError, RecipeError
from leukoscope.evaluation.leakage import ARMS, Lab
from leukoscope.experiments.augmentation_plan import plan_augmentation
from leukoscope.experiments.augmentation_run import carry_out
from leukoscope.experiments.leakage.arms import divide_by_group
from leukoscope.experiments.leakage.one_run import Bench, finish_run
from leukoscope.modeling.augmentation.presets import Preset, find_preset
from leukoscope.modeling.augmentation.recipe import OWN_WAY
from leukoscope.modeling.augmentation.steps import OwnWay
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.recipes import Recipe

SHARES = Shares(validation=0.10, test=0.20)
Watch = Callable[[int, str], AbstractContextManager[Callable[[], None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabWish:
    """What a user asks for.

    Attributes:
        seeds: How many.
        by: What the clean arm keeps together; None takes the patient where all are named, else the group, else blocks.
        shares: Parts of the clean arm before training is trimmed to what the arm "image" can train on.
        versions: Copies per picture of the arm "augmented"; None takes the preset's.
        pairs: File of pairs that show the same thing.
        images: Folder that the paths of a manifest start from; by default its own.
    """

    seeds: int = 3
    by: By | None = None
    shares: Shares = SHARES
    versions: int | None = None
    pairs: Path | None = None
    images: Path | None = None


def run_lab(
    recipe_file: Path,
    data: Path,
    out: Path,
    changes: Sequence[str] = (),
    *,
    wish: LabWish,
    watch: Watch,
    after_run: Callable[[Lab], None] = lambda lab: None,
) -> Lab:
    """Train a recipe in three arms and as many seeds; a lab that was stopped goes on, and seeds can be added.

    Args:
        recipe_file: The recipe.
        data: A manifest; or the folder of the set that the recipe's split file names.
        out: Folder of the lab: `copies/`, and `seed-<k>/<arm>/` with a run each.
        changes: `a.b=value`, applied to the recipe.
        wish: How many seeds, and how to divide.
        watch: Shows progress of making copies.
        after_run: Called after each arm with all that was found so far, also for arms that were finished before.

    Raises:
        InvalidValueError: A number is out of range.
        ManifestError: The set cannot be divided so, or no group holds two pictures.
        RecipeError: The recipe does not fit, or the folder holds another lab.
    """
    if wish.seeds < 1:
        raise InvalidValueError(f"A lab needs at least one seed, got {wish.seeds}.")
    recipe = read_recipe(recipe_file, changes)
    manifest, by = open_pool(recipe_file, recipe, data, wish)
    groups = _count_groups(manifest)
    preset = _preset_of(recipe)
    _keep_settings(out, recipe, manifest, by, wish)
    with_copies = _make_copies(manifest, preset, out / "copies", wish.versions, watch)
    pairs = () if wish.pairs is None else read_pairs(wish.pairs, manifest)
    bench = Bench(recipe_file, recipe, tuple(changes), with_copies, preset.name)
    found = Lab(
        recipe=recipe.name,
        data=manifest.name,
        by=by,
        pictures=len(manifest),
        groups=groups,
        preset=preset.name,
        copies=len(with_copies),
        side_px=recipe.input.width,
        epochs=recipe.training.epochs,
        command=_command(recipe_file, manifest.name, changes, wish),
        runs=(),
    )
    for seed in range(1, wish.seeds + 1):
        split = divide_by_group(manifest, by, wish.shares, pairs, seed)
        for arm in ARMS:
            run = finish_run(bench, split, arm, seed, out / f"seed-{seed}" / arm)
            found = replace(found, runs=(*found.runs, run))
            after_run(found)
    return found


def _command(recipe_file: Path, data: str, changes: Sequence[str], wish: LabWish) -> str:
    parts = recipe_file.resolve().parts
    below = parts[parts.index("recipes") :] if "recipes" in parts[:-1] else (recipe_file.name,)
    told = [f"leukoscope leakage {'/'.join(below)} --data {data}", f"--seeds {wish.seeds}"]
    told += [f"--by {wish.by}"] if wish.by else []
    told += [f"--shares {wish.shares.text}"] if wish.shares != SHARES else []
    told += [f"--versions {wish.versions}"] if wish.versions else []
    told += [f"--pairs {wish.pairs.name}"] if wish.pairs else []
    return " ".join([*told, *(f"--set {change}" for change in changes)])


def open_pool(recipe_file: Path, recipe: Recipe, data: Path, wish: LabWish) -> tuple[Manifest, By]:
    """The labeled pictures of the recipe's classes with their groups, and what these are.

    Raises:
        ManifestError: The set has classes that the recipe does not know, or nothing to group by.
    """
    manifest = _pool(recipe_file, recipe, data, wish.images)
    by = wish.by or _fitting(manifest)
    return _with_groups(manifest, by), by


def _pool(recipe_file: Path, recipe: Recipe, data: Path, images: Path | None) -> Manifest:
    """The labeled pictures of the recipe's classes, without parts."""
    if is_manifest(data) and data.is_file():
        manifest = read_manifest(data, images)
    else:
        manifest = replace(read_manifest(recipe_file.parent / recipe.data.split, data), name=recipe.data.name)
    wanted = {inner for names in recipe.data.classes.values() for inner in names}
    wanted = wanted or {label.name for label in recipe.labels}
    strange = sorted(set(manifest.labels) - wanted)
    if strange and recipe.data.others == "refuse":
        raise ManifestError(
            f"{manifest.name} has the classes {', '.join(strange)}, which {recipe.name} does not know.",
            hint='Join them with [data.classes], or leave them out with data.others = "leave-out".',
        )
    return manifest.select(manifest.table["label"].astype("string").isin(sorted(wanted)).fillna(value=False))


def _fitting(manifest: Manifest) -> By:
    if manifest.table["patient"].notna().all():
        return "patient"
    return "group" if manifest.table["group"].notna().all() else "blocks"


def _with_groups(manifest: Manifest, by: By) -> Manifest:
    """The groups in a column of their own, so that copies keep them."""
    groups = find_groups(manifest, SplitRecipe(by=by))
    return manifest.with_columns(group=[groups.names[number] for number in groups.number])


def _count_groups(manifest: Manifest) -> int:
    """How many groups there are, if any of them holds two pictures."""
    groups = int(manifest.table["group"].nunique())
    if groups == len(manifest):
        raise ManifestError(
            f"No group of {manifest.name} holds two pictures, so a split by image leaks nothing that is known.",
            hint="Give a manifest with patients or groups, or file numbers and --by blocks.",
        )
    return groups


def _preset_of(recipe: Recipe) -> Preset:
    preset = find_preset(recipe.augmentation.preset)
    return replace(preset, steps=(OwnWay(recipe.augmentation),)) if preset.name == OWN_WAY else preset


def _keep_settings(out: Path, recipe: Recipe, manifest: Manifest, by: By, wish: LabWish) -> None:
    columns = (manifest.table[name].astype(object) for name in ("path", "label", "group", "sha256"))
    told = {
        "recipe": recipe.model_dump(mode="json"),
        "pictures": sorted([str(cell) for cell in row] for row in zip(*columns, strict=True)),
        "by": by,
        "shares": wish.shares.text,
        "versions": wish.versions,
        "pairs": wish.pairs.read_text(encoding="utf-8") if wish.pairs else None,
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    path = out / "lab.json"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise RecipeError(
            f"{out} holds a lab with another recipe, set, groups or division.", hint="Give another folder with --out."
        )
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _make_copies(manifest: Manifest, preset: Preset, folder: Path, versions: int | None, watch: Watch) -> Manifest:
    plan = plan_augmentation(
        manifest.with_columns(split=None, split_method=None) if not manifest.leaky else manifest,
        preset,
        folder,
        versions=versions,
        seed=1,
        leaky=True,
        suffix=".jpg",
    )
    with watch(len(plan.jobs), "Making copies") as advance:
        return carry_out(plan, workers=1, after_each=advance).manifest
