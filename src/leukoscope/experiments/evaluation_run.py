"""How good is a bundle on labeled pictures?  Through ONNX Runtime, as users run it; no training framework."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leukoscope.bundles.archive import Bundle, read_bundle
from leukoscope.bundles.card import Card
from leukoscope.bundles.package import CARD
from leukoscope.bundles.registry import find_bundle
from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import Manifest, Part
from leukoscope.data.manifest_files import check_files, read_manifest
from leukoscope.data.pictures import entries_of_folder
from leukoscope.domain.images import ImageQuality
from leukoscope.errors import DataError, ManifestError, MissingExtraError
from leukoscope.evaluation.classification import USUAL, Evaluation, EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.bundle_answers import BundleAnswers, LabeledPictures, NotRead, ask_bundle, looked_for
from leukoscope.experiments.data_verdict import quick_verdict, verdict_on_folder
from leukoscope.experiments.left_out import of_other_classes, say_not_read, say_other_classes
from leukoscope.experiments.split_use import LEAKY

RUN_BUNDLE = "bundle"
"""Where a training run keeps its bundle."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """Predictions that were evaluated, and what is known of where they come from.

    Attributes:
        title: The model, or the file of predictions.
        predictions: What was said of each picture.
        settings: How that was evaluated.
        evaluation: What it is worth.
        warnings: What looks wrong with the predictions, or with the data they were made on.
        data: Name of the data.
        part: Part of it; empty for all.
        verdict: What the check of the data found; None where it was not checked.
        bundle: The model; None for a file of predictions.
        quality: How fit each picture is to be read; empty where no picture was opened.
        not_read: Pictures that could not be read.
        other_classes: That pictures of classes the model was not made to tell were left out, as a sentence; empty where
            none was.
        root: Folder that the paths of pictures start from; None where nobody knows.
        validation: Predictions that thresholds were chosen on.
        validation_not_read: Validation pictures that could not be read.
        run: Folder of the training run; None where it is not known.
    """

    title: str
    predictions: Predictions
    settings: EvaluationSettings
    evaluation: Evaluation
    warnings: tuple[str, ...]
    data: str
    part: str = ""
    verdict: CheckReport | None = None
    bundle: Bundle | None = None
    quality: tuple[ImageQuality, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    other_classes: str = ""
    root: Path | None = None
    validation: Predictions | None = None
    validation_not_read: tuple[NotRead, ...] = ()
    run: Path | None = None


def find_labeled(data: Path, images: Path | None, part: Part | None) -> LabeledPictures:
    """Labeled pictures of a manifest, or of a folder with one folder per class.

    Args:
        data: The manifest or the folder; a folder needs no pandas.
        images: Folder the paths of a manifest start from; by default the manifest's own.
        part: Part of a manifest, None for all its pictures; a folder is taken whole.

    Raises:
        ManifestError: The part is empty, or its pictures are not there.
        InputNotFoundError: The folder holds no picture.
        MissingExtraError: A manifest was given and the extra `data` is not installed.
    """
    found = find_labels(data, images, part)
    return found if found.manifest is None else demand_files(found)


def find_labels(data: Path, images: Path | None, part: Part | None) -> LabeledPictures:
    """The same without a look at the pictures of a manifest: files of predictions need none.

    Raises:
        ManifestError: The part is empty.
        InputNotFoundError: The folder holds no picture.
        MissingExtraError: A manifest was given and the extra `data` is not installed.
    """
    if data.is_dir():
        return LabeledPictures(entries_of_folder(data), data)
    return _of_part(read_manifest(data, images), data, part)


def demand_files(pictures: LabeledPictures) -> LabeledPictures:
    """The same pictures, once each was found to be the one the manifest names.

    Raises:
        ManifestError: Some are missing, or others.
    """
    try:
        check_files(pictures.entries, pictures.root)
    except ManifestError as fault:
        raise ManifestError(fault.message, hint="Give the folder of the pictures with --images.") from fault
    return pictures


def find_validation(pictures: LabeledPictures, data: Path) -> tuple[LabeledPictures | None, str]:
    """The validation part of the same manifest; None where there is none, or it is what is evaluated.

    Returns:
        The part, and a sentence that says why a part the manifest names cannot be used; empty where it can.
    """
    manifest = pictures.manifest
    if manifest is None or not manifest.part("validation") or pictures.part != "test":
        return None, ""
    try:
        return demand_files(_of_part(manifest, data, "validation")), ""
    except ManifestError as fault:
        return None, _WITHOUT_THRESHOLDS.format(why=fault.message)


def verdict_on(pictures: LabeledPictures) -> CheckReport | None:
    """The quick verdict on what is evaluated on; None for a folder where the extra `data` is not installed."""
    if pictures.manifest is not None:
        return quick_verdict(pictures.manifest)
    try:
        return verdict_on_folder(pictures.entries, pictures.root)
    except MissingExtraError:
        return None


def find_model(name_or_path: str) -> tuple[Bundle, Path | None]:
    """The bundle of that name, at that path, or of the run in that folder; with the folder of the run.

    Raises:
        NotFoundError: There is none.
        BundleError: It is damaged.
    """
    path = Path(name_or_path)
    if (path / RUN_BUNDLE / CARD).is_file():
        return read_bundle(path / RUN_BUNDLE), path
    inside_run = path.name == RUN_BUNDLE and (path.parent / "recipe.json").is_file()
    return find_bundle(name_or_path), path.parent if inside_run else None


def evaluate_bundle(
    bundle: Bundle,
    pictures: LabeledPictures,
    settings: EvaluationSettings = USUAL,
    *,
    validation: LabeledPictures | None = None,
    joined: Mapping[str, str] | None = None,
    verdict: CheckReport | None = None,
    run: Path | None = None,
    doubts: Sequence[str] = (),
    after_each: Callable[[], None] = lambda: None,
) -> Evaluated:
    """Evaluate a bundle.

    Args:
        bundle: A classification bundle.
        pictures: What to evaluate on.
        settings: How; the limit below which a picture counts as left open is that of the card, and the class looked
            for, where none is named, the card's only blast class of two.
        validation: Pictures that thresholds are chosen on.
        joined: What labels of the pictures are called among the bundle's classes.
        verdict: What the check of the data found, see `verdict_on`.
        run: Folder of the training run, where it is known.
        doubts: What is known to be wrong beforehand, such as missing validation pictures; sentences.
        after_each: Called after each picture that was looked at.

    Raises:
        BundleMismatchError: The bundle takes pictures that are not square.
        DataError: A class is not among the bundle's labels, or no picture could be read.
    """
    card = bundle.card
    settings = replace(
        settings, uncertain_below=card.decision.uncertain_below, positive=settings.positive or looked_for(card)
    )
    answers = ask_bundle(bundle, pictures, joined=joined, after_each=after_each)
    watched, doubt = (None, "") if validation is None else _ask_validation(bundle, validation, joined, after_each)
    thresholds_on = None if watched is None else watched.predictions
    evaluation = evaluate_predictions(answers.predictions, settings, validation=thresholds_on)
    manifest, entries = pictures.manifest, pictures.entries
    foreign = say_other_classes(of_other_classes(card, entries, joined), len(entries))
    told = (foreign, say_not_read([one.path for one in answers.not_read], len(entries)), *doubts, doubt)
    return Evaluated(
        title=f"{card.name} {card.version}",
        predictions=answers.predictions,
        settings=settings,
        evaluation=evaluation,
        warnings=(*evaluation.warnings, *doubts_of_data(card, pictures), *(one for one in told if one)),
        data=manifest.name if manifest is not None else pictures.root.resolve().name,
        part=pictures.part,
        verdict=verdict,
        bundle=bundle,
        quality=answers.quality,
        not_read=answers.not_read,
        other_classes=foreign,
        root=pictures.root,
        validation=thresholds_on,
        validation_not_read=() if watched is None else watched.not_read,
        run=run,
    )


_WITHOUT_THRESHOLDS = "No threshold was chosen on the validation part, because it cannot be used: {why}"


def _ask_validation(
    bundle: Bundle, validation: LabeledPictures, joined: Mapping[str, str] | None, after_each: Callable[[], None]
) -> tuple[BundleAnswers | None, str]:
    """What a bundle says of validation pictures, and what is wrong with them; thresholds are no reason to stop."""
    try:
        answers = ask_bundle(bundle, validation, joined=joined, after_each=after_each)
    except DataError as fault:
        return None, _WITHOUT_THRESHOLDS.format(why=fault.message)
    unread = [one.path for one in answers.not_read]
    return answers, say_not_read(unread, len(validation.entries), "validation pictures")


def doubts_of_data(card: Card, pictures: LabeledPictures) -> tuple[str, ...]:
    """What the data themselves make doubtful: a leaky split, or pictures the model may have learned from."""
    manifest, part = pictures.manifest, pictures.part
    leaky = (LEAKY,) if manifest is not None and manifest.leaky else ()
    if card.training is None:
        return leaky
    same = manifest is not None and card.training.divided(manifest.sha256)
    if same and part == "test":
        return leaky
    if same:
        told = f"part {part}" if part else "the whole of it"
        return (*leaky, f"The model learned from this split or was chosen on it: {told} is no test.")
    names = {pictures.root.resolve().name, *(() if manifest is None else (manifest.name, *_sources(manifest)))}
    seen = [source.name for source in card.data_sources if source.name in names]
    if not seen:
        return leaky
    return (
        *leaky,
        f"The card names {', '.join(seen)} as what the model learned from, and nothing shows that these pictures are "
        "divided as for its training: some of them may be ones it knows, which would make every figure too good.",
    )


def _sources(manifest: Manifest) -> list[str]:
    return [str(name) for name in manifest.table["source"].dropna().unique()]


def _of_part(manifest: Manifest, data: Path, part: Part | None) -> LabeledPictures:
    entries = manifest.part(part) if part else manifest.with_columns(split="test").part("test")
    if not entries:
        raise ManifestError(
            f"{data} holds no labeled picture of the part {part or 'all'!r}.",
            hint="Divide it with `leukoscope data split`, or add --part all to take every picture.",
        )
    return LabeledPictures(entries, manifest.base, manifest, part or "")
