"""One training of the lab: an arm with a seed, then its bundle asked about its own test part and unseen groups."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import read_bundle
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Manifest, Part
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.data.pictures import PictureSet, load_pictures
from leukoscope.data.probes.color import color_probe
from leukoscope.errors import ManifestError
from leukoscope.evaluation.leakage import Arm, ArmRun, Asked
from leukoscope.evaluation.matrix_figures import matrix_figures
from leukoscope.evaluation.metrics import auroc
from leukoscope.experiments.held_out import judge
from leukoscope.experiments.leakage.arms import GroupSplit, divide_augmented, divide_by_image, most_to_learn
from leukoscope.experiments.training_run import train_bundle
from leukoscope.inference.classifier import Classifier
from leukoscope.modeling.recipes import Recipe, TrainingPart

_log = logging.getLogger(__name__)
RUN = "arm.json"
_UNCHANGED = (
    'augmentation={preset="leukoscope", flip=false, rotation_degrees=0, scale=[1.0, 1.0], shift=0, stain_strength=0, '
    "stain_mixing=0, hue_degrees=0, saturation=[1.0, 1.0], contrast=[1.0, 1.0], brightness=0, blur=0, noise=0, jpeg=0, "
    "paint_corner=0, erase=0}"
)
"""Copies were changed before; the arm "augmented" changes nothing while training, as its source did."""


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """What all runs of a lab have in common.

    Attributes:
        recipe_file: The recipe.
        recipe: The same, read, with its changes.
        changes: `a.b=value`, applied to the recipe.
        copies: The augmented set.
        preset: Name of what made it.
    """

    recipe_file: Path
    recipe: Recipe
    changes: tuple[str, ...]
    copies: Manifest
    preset: str


def finish_run(bench: Bench, split: GroupSplit, arm: Arm, seed: int, folder: Path) -> ArmRun:
    """Train and ask one arm, or read what an earlier run found.

    Args:
        bench: What all runs have in common.
        split: The clean division of this seed.
        arm: How to divide.
        seed: Of the division and of the training.
        folder: Of the run; `arm.json` in it says that it is finished.

    Raises:
        ManifestError: There are fewer pictures than a batch holds.
        LeukoscopeError: As `training_run.train_bundle`.
    """
    done = folder / RUN
    if done.is_file():
        return _read_run(done)
    run = _train(bench, split, arm, seed, folder)
    temporary = done.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")
    temporary.replace(done)
    return run


def _train(bench: Bench, split: GroupSplit, arm: Arm, seed: int, folder: Path) -> ArmRun:
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
        divided = divide_augmented(split, bench.copies, seed, learned=per_epoch * batch, preset=bench.preset)
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


def _ask(bench: Bench, split: GroupSplit, arm: Arm, seed: int, folder: Path, batches: int) -> ArmRun:
    own = read_manifest(folder / "split.parquet")
    classifier = Classifier(read_bundle(folder / "bundle"))
    learned, tested = _load(bench.recipe, own, "train"), _load(bench.recipe, own, "test")
    reported = _asked(classifier, tested)
    unseen = reported if arm == "group" else _asked(classifier, _load(bench.recipe, split.manifest, "test"))
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


def _asked(classifier: Classifier, pictures: PictureSet) -> Asked:
    judged = judge(classifier, pictures)
    figures = {name: float(values[0]) for name, values in matrix_figures(judged.counts[None]).items()}
    given = np.flatnonzero(judged.counts.sum(0))
    names = (*judged.classes, "")
    return Asked(
        n=len(judged),
        groups=len(set(judged.groups)),
        accuracy=figures["accuracy"],
        balanced_accuracy=figures["balanced_accuracy"],
        macro_f1=figures["macro_f1"],
        auroc=auroc(judged.targets, judged.probabilities),
        always=names[given[0]] if len(given) == 1 else "",
    )


def _read_run(path: Path) -> ArmRun:
    told = json.loads(path.read_text(encoding="utf-8"))
    asked = {name: Asked(**told[name]) for name in ("reported", "unseen")}
    return ArmRun(**{**told, **asked})
