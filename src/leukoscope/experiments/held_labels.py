"""Does a file of predictions agree with the data about the truth, and whose blood do the data say it is?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from leukoscope.data.manifest import Manifest
from leukoscope.evaluation.alignment import Joins
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.suspicions import contradicted_supports
from leukoscope.experiments.bundle_answers import LabeledPictures, columns_of
from leukoscope.experiments.label_spelling import spelled_otherwise


def contradictions(told: Predictions, pictures: LabeledPictures, joins: Joins = MappingProxyType({})) -> Iterator[str]:
    """What a file of predictions and the data say differently, as sentences.

    Args:
        told: The file.
        pictures: The data, labeled.
        joins: What fine classes are part of: "early" in the one and "malignant" in the other are then no contradiction.
    """
    labels = _in_words_of(told, {one.name: one.label for one in pictures.entries}, joins)
    if not any(label in joins.get(name, ()) for name in told.classes for label in set(labels.values())):
        supports = Counter(told.classes[number] for number in told.targets.tolist())
        yield from contradicted_supports(supports, Counter(labels.values()))
    known = [place for place, path in enumerate(told.paths) if path in labels]
    if not known:
        yield "None of the pictures of the file has a path that the data know, so single labels were not compared."
        return
    if len(known) < len(told):
        yield f"{len(told) - len(known)} of {len(told)} pictures of the file are not in these data."
    if len(known) < len(labels):
        yield f"The file tells of {len(known)} of {len(labels)} pictures of these data; the rest may be the hard ones."
    yield from _other_labels(told, labels, known, joins)


def enriched(told: Predictions, manifest: Manifest | None) -> Predictions:
    """The predictions with the patients, groups, sources and slides of the manifest where the file names none."""
    if manifest is None:
        return told
    known = columns_of(manifest, told.paths)
    return replace(
        told,
        patients=told.patients or known.patients,
        groups=told.groups or known.groups,
        sources=told.sources or known.sources,
        slides=told.slides or known.slides,
    )


def _in_words_of(told: Predictions, labels: Mapping[str, str], joins: Joins) -> dict[str, str]:
    """Labels of the data by picture; those that are joined to a class of the file, or spelled as one, as that class."""
    own = {name: name for name in told.classes}
    into = {label: sorted(coarse & set(own)) for label, coarse in joins.items() if label not in own}
    one = {label: classes[0] for label, classes in into.items() if len(classes) == 1}
    meant = one | spelled_otherwise(labels.values(), own | one)
    return {path: meant.get(label, label) for path, label in labels.items()}


def _other_labels(told: Predictions, labels: Mapping[str, str], known: list[int], joins: Joins) -> Iterator[str]:
    said = {place: told.classes[int(told.targets[place])] for place in known}
    others = [
        place
        for place in known
        if (label := labels[told.paths[place]]) != said[place] and label not in joins.get(said[place], ())
    ]
    if others:
        first = others[0]
        yield (
            f"{len(others)} of {len(known)} labels of the file contradict the data: {told.paths[first]} is "
            f"{said[first]} in the file and {labels[told.paths[first]]} in the data."
        )
