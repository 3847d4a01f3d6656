"""Trains one recipe on clean and on leaky divisions of a set; what is finished is not run again.

Order: copies of the whole set (once) -> for each seed the three divisions -> for each arm a training run, then its
bundle, asked about its own test part and about the pictures that no arm saw.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Manifest, Part
from leukoscope.data.manifest_files import is_manifest, read_manifest, write_manifest
from leukoscope.data.pictures import PictureSet, load_pictures
from leukoscope.data.probes.color import color_probe
from leukoscope.data.splits.groups import Pairs, find_groups
from leukoscope.data.splits.pair_files import read_pairs
from leukoscope.data.splits.recipe import By, Shares, SplitRecipe
from leukoscope.errors import InvalidValueError, ManifestError, RecipeError
from leukoscope.evaluation.leakage import ARMS, Arm, ArmRun, Asked, Lab
from leukoscope.evaluation.metrics import accuracy, auroc, balanced_accuracy, confusion, macro_f1
from leukoscope.experiments.augmentation_plan import plan_augmentation
from leukoscope.experiments.augmentation_run import carry_out
from leukoscope.experiments.held_out import judge
from leukoscope.experiments.leakage.arms import (
    GroupSplit,
    divide_augmented,
    divide_by_group,
    divide_by_image,
    most_to_learn,
)
from leukoscope.experiments.training_run import train_bundle
from leukoscope.inference.classifier import Classifier
from leukoscope.modeling.augmentation.presets import Preset, find_preset
from leukoscope.modeling.augmentation.recipe import OWN_WAY
from leukoscope.modeling.augmentation.steps import OwnWay
from leukoscope.modeling.recipe_files import read_recipe
from leukoscope.modeling.recipes import Recipe, TrainingPart

_log = logging.getLogger(__name__)
SHARES = Shares(validation=0.10, test=0.20)
RUN = "arm.json"
_UNCHANGED = (
    'augmentation={preset="leukoscope", flip=false, rotation_degrees=0, scale=[1.0, 1.0], shift=0, stain_strength=0, '
    "stain_mixing=0, hue_degrees=0, saturation=[1.0, 1.0], contrast=[1.0, 1.0], brightness=0, blur=0, noise=0, jpeg=0, "
    "paint_corner=0, erase=0}"
)
"""Copies were changed before; the arm "augmented" changes nothing while training, as its source did."""

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


@dataclass(frozen=True, slots=True, eq=False)
class _Bench:
    """What all runs of a lab have in common."""

    recipe_file: Path
    recipe: Recipe
    changes: tuple[str, ...]
    manifest: Manifest
    by: By
    pairs: Pairs
    copies: Manifest
    preset: Preset
    wish: LabWish


def run_lab(
    recipe_file: Path,
    data: Path,
    out: Path,
    changes: Sequence[str] = (),
    *,
    wish: LabWish,
    watch: Watch,
    after_run: Callable[[ArmRun], None] = lambda run: None,
) -> Lab:
    """Train a recipe in three arms and as many seeds; a lab that was stopped goes on, and seeds can be added.

    Args:
        recipe_file: The recipe.
        data: A manifest; or the folder of the set that the recipe's split file names.
        out: Folder of the lab: `copies/`, and `seed-<k>/<arm>/` with a run each.
        changes: `a.b=value`, applied to the recipe.
        wish: How many seeds, and how to divide.
        watch: Shows progress of making copies.
        after_run: Called after each arm, also of one that was finished before.

    Raises:
        InvalidValueError: A number is out of range.
        ManifestError: The set cannot be divided so, or no group holds two pictures.
        RecipeError: The recipe does not fit, or the folder holds another lab.
    """
    if wish.seeds < 1:
        raise InvalidValueError(f"A lab needs at least one seed, got {wish.seeds}.")
    recipe = read_recipe(recipe_file, changes)
    manifest = _pool(recipe_file, recipe, data, wish.images)
    by = wish.by or _fitting(manifest)
    manifest = _with_groups(manifest, by)
    preset = _preset_of(recipe)
    _keep_settings(out, recipe, manifest, by, wish)
    with_copies = _make_copies(manifest, preset, out / "copies", wish.versions, watch)
    pairs = () if wish.pairs is None else read_pairs(wish.pairs, manifest)
    bench = _Bench(recipe_file, recipe, tuple(changes), manifest, by, pairs, with_copies, preset, wish)
    runs, groups = [], 0
    for seed in range(1, wish.seeds + 1):
        split = divide_by_group(manifest, by, wish.shares, pairs, seed)
        groups = max(groups, _refuse_single(split))
        for arm in ARMS:
            runs.append(_finish(bench, split, arm, seed, out / f"seed-{seed}" / arm))
            after_run(runs[-1])
    return Lab(
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
        runs=tuple(runs),
    )


def _command(recipe_file: Path, data: str, changes: Sequence[str], wish: LabWish) -> str:
    told = [f"leukoscope leakage {recipe_file.as_posix()} --data {data}", f"--seeds {wish.seeds}"]
    told += [f"--by {wish.by}"] if wish.by else []
    told += [f"--shares {wish.shares.text}"] if wish.shares != SHARES else []
    told += [f"--versions {wish.versions}"] if wish.versions else []
    told += [f"--pairs {wish.pairs.name}"] if wish.pairs else []
    return " ".join([*told, *(f"--set {change}" for change in changes)])


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


def _refuse_single(split: GroupSplit) -> int:
    """The number of groups, if any of them holds two pictures."""
    names = {*split.manifest.table["group"].astype(str), *split.rest.table["group"].astype(str)}
    if len(names) >= len(split.rest) + len(split.manifest.part("test")):
        raise ManifestError(
            f"No group of {split.manifest.name} holds two pictures, so a split by image leaks nothing that is known.",
            hint="Give a manifest with patients or groups, or file numbers and --by blocks.",
        )
    return len(names)


def _preset_of(recipe: Recipe) -> Preset:
    preset = find_preset(recipe.augmentation.preset)
    return replace(preset, steps=(OwnWay(recipe.augmentation),)) if preset.name == OWN_WAY else preset


def _keep_settings(out: Path, recipe: Recipe, manifest: Manifest, by: By, wish: LabWish) -> None:
    told = {
        "recipe": recipe.model_dump(mode="json"),
        "pictures": sorted(f"{a} {b}" for a, b in zip(manifest.table["path"], manifest.table["label"], strict=True)),
        "by": by,
        "shares": wish.shares.text,
        "versions": wish.versions,
        "pairs": wish.pairs.read_text(encoding="utf-8") if wish.pairs else None,
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    path = out / "lab.json"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise RecipeError(
            f"{out} holds a lab with another recipe, set or division.", hint="Give another folder with --out."
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


def _finish(bench: _Bench, split: GroupSplit, arm: Arm, seed: int, folder: Path) -> ArmRun:
    """Train and ask one arm, or read what an earlier run found."""
    done = folder / RUN
    if done.is_file():
        return _read_run(done)
    run = _train(bench, split, arm, seed, folder)
    temporary = done.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")
    temporary.replace(done)
    return run


def _train(bench: _Bench, split: GroupSplit, arm: Arm, seed: int, folder: Path) -> ArmRun:
    part = bench.recipe.training
    batch = part.batch_size
    batches = sum(split.counts("train").values()) // batch
    if batches < 1:
        raise ManifestError("There are fewer pictures to train on than a batch holds.", hint="Lower batch_size.")
    epochs = part.epochs
    if arm == "group":
        divided = split.manifest
    elif arm == "image":
        divided = divide_by_image(split, seed)
    else:
        epochs, per_epoch = _equal_steps(part, batches, most_to_learn(split, bench.copies))
        divided = divide_augmented(split, bench.copies, seed, learned=per_epoch * batch, preset=bench.preset.name)
    parts = folder / "split.parquet"
    write_manifest(divided, parts)
    changes = [*bench.changes, f"seed={seed}", f"training.epochs={epochs}"]
    changes += ["novelty.measure_on=[]", "robustness.measure=false"]  # asked of finished models, not of arms
    changes += [f"training.patience={epochs}"]  # early stopping would give the arms different numbers of steps
    changes += [_UNCHANGED] if arm == "augmented" else []
    _log.info("seed %d, arm %s: %d pictures, %d epochs", seed, arm, len(divided.part("train")), epochs)
    train_bundle(bench.recipe_file, parts, folder, changes, despite_findings=True)
    learned = len(divided.part("train"))
    return _ask(bench, split, arm, seed, folder, epochs * (learned // batch))


def _equal_steps(part: TrainingPart, batches: int, available: int) -> tuple[int, int]:
    """Epochs and batches an epoch over more pictures, as many batches in all as without copies.

    Example:
        >>> from leukoscope.modeling.recipes import TrainingPart
        >>> _equal_steps(TrainingPart(epochs=12, batch_size=32, stored_side=112), 46, 32 * 95)
        (6, 92)
    """
    whole = part.epochs * batches
    fewest = max(1, -(-whole * part.batch_size // max(available, 1)))
    epochs = next((one for one in range(fewest, part.epochs) if whole % one == 0), part.epochs)
    return epochs, whole // epochs


def _ask(bench: _Bench, split: GroupSplit, arm: Arm, seed: int, folder: Path, batches: int) -> ArmRun:
    own = read_manifest(folder / "split.parquet")
    classifier = Classifier(read_bundle(folder / "bundle"))
    learned, tested = _load(bench.recipe, own, "train"), _load(bench.recipe, own, "test")
    reported = _asked(classifier, tested, bench.recipe)
    unseen = (
        reported if arm == "group" else _asked(classifier, _load(bench.recipe, split.manifest, "test"), bench.recipe)
    )
    known = set(learned.groups)
    return ArmRun(
        arm=arm,
        seed=seed,
        learned=len(learned.targets),
        batches=batches,
        reported=reported,
        unseen=unseen,
        shared=sum(group in known for group in tested.groups) / len(tested.groups),
        color_reported=color_probe(learned, tested),
    )


def _load(recipe: Recipe, manifest: Manifest, part: Part) -> PictureSet:
    labels = [label.name for label in recipe.labels]
    entries = join_classes(manifest.part(part), recipe.data.classes, others=recipe.data.others)
    return load_pictures(
        entries, manifest.base, recipe.input.width, labels, margin_on_black=recipe.input.margin_on_black
    )


def _asked(classifier: Classifier, pictures: PictureSet, recipe: Recipe) -> Asked:
    judged = judge(classifier, pictures)
    counts = confusion(judged.truth, judged.predicted, len(recipe.labels))
    given = np.unique(judged.predicted)
    return Asked(
        n=len(judged.truth),
        groups=len(set(judged.groups)),
        accuracy=accuracy(counts),
        balanced_accuracy=balanced_accuracy(counts),
        macro_f1=macro_f1(counts),
        auroc=auroc(judged.truth, judged.probabilities),
        always=recipe.labels[int(given[0])].name if len(given) == 1 else "",
    )


def _read_run(path: Path) -> ArmRun:
    told = json.loads(path.read_text(encoding="utf-8"))
    asked = {name: Asked(**told[name]) for name in ("reported", "unseen")}
    return ArmRun(**{**told, **asked})
