"""What does a bundle say of labeled pictures?  Read, shown and judged some at a time; what cannot be read is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.card import Card
from leukoscope.data.joined_classes import join_classes
from leukoscope.data.manifest import Entry, Manifest
from leukoscope.data.pictures import show_picture
from leukoscope.domain.images import ImageQuality, Pixels, PixelSize, SmearImage
from leukoscope.errors import BundleMismatchError, DataError, InputError
from leukoscope.evaluation.predictions import Predictions
from leukoscope.experiments.label_spelling import classes_spelled, spelled_otherwise
from leukoscope.imaging.quality import judge_quality
from leukoscope.imaging.reading import read_image
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.measured_classifier import MeasuredCells, MeasuredOutput, measure_picture, open_measured

AT_ONCE = 256
"""Pictures held in memory together."""


@dataclass(frozen=True, slots=True)
class LabeledPictures:
    """What to evaluate on.

    Attributes:
        entries: The pictures.
        root: Folder their names start from.
        manifest: The manifest they come from; None for a folder per class.
        part: The part of it; empty for all, and for a folder.
    """

    entries: tuple[Entry, ...]
    root: Path
    manifest: Manifest | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class KnownOfPictures:
    """What a manifest knows of pictures, one text each; empty tuples where nothing is known."""

    patients: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    slides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRead:
    """A picture that could not be read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class BundleAnswers:
    """What a bundle said.

    Attributes:
        predictions: Of all pictures that could be read.
        quality: How fit each of these is to be read.
        not_read: The others.
    """

    predictions: Predictions
    quality: tuple[ImageQuality, ...]
    not_read: tuple[NotRead, ...]


def ask_bundle(
    bundle: Bundle,
    pictures: LabeledPictures,
    *,
    joined: Mapping[str, str] | None = None,
    after_each: Callable[[], None] = lambda: None,
) -> BundleAnswers:
    """Ask a bundle about labeled pictures, as users ask it.

    Args:
        bundle: A classification bundle.
        pictures: What to ask about.
        joined: What labels of the pictures are called among the bundle's classes; takes the place of what its card
            says of its training set.
        after_each: Called after each picture.

    Raises:
        BundleMismatchError: The bundle takes pictures that are not square.
        DataError: A class is not among the bundle's labels, or no picture could be read.
    """
    card = bundle.card
    entries = in_classes_of(card, pictures.entries, joined)
    classes = tuple(label.name for label in card.labels)
    _demand_known(entries, classes)
    answerer = _answerer(bundle, pictures.manifest)
    read: list[Entry] = []
    quality: list[ImageQuality] = []
    rows: list[NDArray[np.float32]] = []
    not_read: list[NotRead] = []
    for start in range(0, len(entries), AT_ONCE):
        shown: list[Any] = []
        for entry, found in _read(entries[start : start + AT_ONCE], pictures.root, answerer):
            if isinstance(found, NotRead):
                not_read.append(found)
            else:
                shown.append(found[0])
                quality.append(found[1])
                read.append(entry)
            after_each()
        if shown:
            rows.append(answerer.probabilities(shown))
    if not rows:
        raise DataError(f"No picture could be read; the first: {not_read[0].path}: {not_read[0].why}")
    predictions = predictions_of(classes, read, np.concatenate(rows), pictures.manifest)
    return BundleAnswers(predictions, tuple(quality), tuple(not_read))


def predictions_of(
    classes: Sequence[str],
    entries: Sequence[Entry],
    probabilities: NDArray[np.floating[Any]],
    manifest: Manifest | None,
) -> Predictions:
    """Probabilities beside what a manifest knows of the pictures.

    Args:
        classes: Names of the columns.
        entries: The pictures, labeled with these names.
        probabilities: Shape (pictures, classes); a row of not-a-number where nothing was said.
        manifest: Where the pictures come from; None where nothing more is known.
    """
    names, paths = tuple(classes), tuple(entry.name for entry in entries)
    known = KnownOfPictures() if manifest is None else columns_of(manifest, paths)
    return Predictions(
        names,
        np.array([names.index(entry.label) for entry in entries], dtype=np.int64),
        probabilities.astype(np.float64),
        paths,
        known.patients,
        known.groups,
        known.sources,
        known.slides,
    )


def columns_of(manifest: Manifest, paths: Sequence[str]) -> KnownOfPictures:
    """What a manifest knows of pictures; empty texts for those it does not name."""
    table = manifest.table

    def column(name: str) -> tuple[str, ...]:
        told = dict(zip(table["path"], table[name].astype("object").where(table[name].notna(), ""), strict=True))
        return tuple(str(told.get(path, "")) for path in paths)

    return KnownOfPictures(column("patient"), column("group"), column("source"), column("slide"))


def pixel_sizes_of(manifest: Manifest) -> dict[str, float]:
    """Size of the pixels in micrometers by name of the picture, where a manifest knows it."""
    known = manifest.table[manifest.table["pixel_size_um"].notna()]
    return {str(path): float(size) for path, size in zip(known["path"], known["pixel_size_um"], strict=True)}


def in_classes_of(card: Card, entries: Sequence[Entry], joined: Mapping[str, str] | None = None) -> tuple[Entry, ...]:
    """Pictures labeled in the words of a set under the classes of a model.

    A label that differs from a class only in case, hyphens, underscores or spaces means that class, where no second
    label or class does.

    Args:
        card: Card of the model, which knows how its training joined classes.
        entries: The pictures.
        joined: For labels of the set the class of the model, where the user says so.
    """
    meant = spelled_otherwise((entry.label for entry in entries), _classes_by_name(card, joined))
    named = tuple(replace(one, label=meant.get(one.label, one.label)) for one in entries) if meant else tuple(entries)
    if joined:
        lists = {name: tuple(inner for inner, outer in joined.items() if outer == name) for name in joined.values()}
        return join_classes(named, lists)
    if card.training is None:
        return named
    return join_classes(named, card.training.classes, others=card.training.others)


def _classes_by_name(card: Card, joined: Mapping[str, str] | None) -> dict[str, str]:
    """The class of each name that a label may have."""
    lists = {} if card.training is None or joined else card.training.classes
    fine = {inner: outer for outer, inners in lists.items() for inner in inners}
    return {label.name: label.name for label in card.labels} | fine | dict(joined or {})


def said_of(output: MeasuredOutput) -> NDArray[np.float32]:
    """What measured cells were called: probabilities, and not-a-number where no cell was found to be measured."""
    return np.asarray(np.where(output.measured[:, None], output.probabilities, np.nan), dtype=np.float32)


def looked_for(card: Card) -> str:
    """The class that a model of two looks for: its blasts; empty where no single class is meant."""
    blasts = [label.name for label in card.labels if label.group == "blast"]
    return blasts[0] if len(card.labels) == 2 and len(blasts) == 1 else ""


def _demand_known(entries: Sequence[Entry], classes: Sequence[str]) -> None:
    unknown = sorted({entry.label for entry in entries} - set(classes))
    if unknown or not entries:
        spelled = [f"{one}={name}" for one in unknown for name in classes_spelled(one, {two: two for two in classes})]
        example = " ".join(f"--class {one}" for one in spelled) or "--class hem=normal"
        several = " Several labels differ from one class only in how they are spelled." if spelled else ""
        raise DataError(
            f"The data hold {len(entries)} pictures, with the classes {', '.join(unknown) or 'none'} unknown to the "
            f"model, whose classes are {', '.join(classes)}.{several}",
            hint=f"Say what a label means with --class LABEL=CLASS, such as {example}.",
        )


class _Answerer(Protocol):
    """How a kind of bundle is shown a picture, and asked about several."""

    def show(self, entry: Entry, image: SmearImage) -> Any:
        """What the graph takes of one picture."""
        ...

    def probabilities(self, shown: Sequence[Any]) -> NDArray[np.float32]:
        """What it says of what was shown, shape (pictures, classes); not-a-number where it can say nothing."""
        ...


class _ByLooks:
    """Shows pictures."""

    def __init__(self, bundle: Bundle) -> None:
        self._input = bundle.card.input
        if self._input.width != self._input.height:
            raise BundleMismatchError(
                f"{bundle.card.name} takes pictures that are not square.", hint="Use another bundle."
            )
        self._classifier = Classifier(bundle)

    def show(self, entry: Entry, image: SmearImage) -> Pixels:
        return show_picture(image.pixels, self._input.width, self._input.margin_on_black)

    def probabilities(self, shown: Sequence[Pixels]) -> NDArray[np.float32]:
        return self._classifier.predict(np.stack(shown)).probabilities


class _ByMeasurements:
    """Measures the largest cell of each picture; of a picture without one nothing is said."""

    def __init__(self, bundle: Bundle, sizes: Mapping[str, float]) -> None:
        self._classifier, self._sizes = open_measured(bundle), sizes

    def show(self, entry: Entry, image: SmearImage) -> MeasuredCells:
        known = self._sizes.get(entry.name)
        return measure_picture(
            self._classifier, image.pixels, image.pixel_size if known is None else PixelSize(known, "given")
        )

    def probabilities(self, shown: Sequence[MeasuredCells]) -> NDArray[np.float32]:
        columns = np.concatenate([one.columns for one in shown])
        cells = MeasuredCells(columns, np.concatenate([one.measured for one in shown]))
        return said_of(self._classifier.predict(cells))


def _answerer(bundle: Bundle, manifest: Manifest | None) -> _Answerer:
    if bundle.card.task != "measurements":
        return _ByLooks(bundle)
    return _ByMeasurements(bundle, {} if manifest is None else pixel_sizes_of(manifest))


def _read(
    entries: Sequence[Entry], root: Path, answerer: _Answerer
) -> Iterator[tuple[Entry, tuple[Any, ImageQuality] | NotRead]]:
    for entry in entries:
        try:
            image = read_image(root / entry.name)
        except InputError as fault:
            yield entry, NotRead(entry.name, fault.message)
            continue
        yield entry, (answerer.show(entry, image), judge_quality(image))
