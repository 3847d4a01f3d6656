"""What makes a comparison doubtful beforehand: which models may have learned from the set, and is its split leaky?"""

from __future__ import annotations

from collections.abc import Sequence

from leukoscope.experiments.comparison_sets import TestSet
from leukoscope.experiments.contenders import Candidate
from leukoscope.experiments.model_facts import trained_on
from leukoscope.experiments.split_use import LEAKY


def doubts_about(candidates: Sequence[Candidate], test_set: TestSet) -> list[str]:
    """That the split is leaky, and which models may have learned from what they are asked about, as sentences.

    Args:
        candidates: Models and files of predictions.
        test_set: What they are asked about.
    """
    told = [_doubt(one, test_set) for one in candidates]
    others = [one.name for one in candidates if one.bundle is not None and not _is_known(one, test_set)]
    strangers = (
        f"{', '.join(others)}: the card does not name {test_set.name}; should its pictures come from a set the model "
        "learned from, some of them may be among those."
    )
    manifest = test_set.pictures.manifest
    leaky = LEAKY if manifest is not None and manifest.leaky else ""
    return [sentence for sentence in (leaky, *told, strangers if others else "") if sentence]


def is_own(one: Candidate, test_set: TestSet) -> bool:
    """Whether the card of a model names this set as what it learned from."""
    return any(name and name in test_set.name for name in trained_on(one))


def _doubt(one: Candidate, test_set: TestSet) -> str:
    if one.bundle is None:
        return f"{one.name}: a file of predictions does not say what the model learned from."
    if one.bundle.card.training is None:
        return f"{one.name}: its card does not say what it learned from; pictures of this set may be among that."
    if _same_division(one, test_set) or not is_own(one, test_set):
        return ""
    return (
        f"{one.name} was trained on this set, divided otherwise: pictures it is asked about here may be among those it "
        "learned from, and its figures may be too good."
    )


def _is_known(one: Candidate, test_set: TestSet) -> bool:
    """Whether something was said of this model by itself, or nothing need be said."""
    return bool(_doubt(one, test_set)) or _same_division(one, test_set)


def _same_division(one: Candidate, test_set: TestSet) -> bool:
    training = None if one.bundle is None else one.bundle.card.training
    manifest = test_set.pictures.manifest
    return training is not None and manifest is not None and manifest.sha256 == training.manifest_sha256
