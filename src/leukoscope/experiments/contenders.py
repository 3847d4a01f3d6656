"""What is to be compared?  Runs, bundles, installed models and files of predictions, each under a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.registry import find_bundle
from leukoscope.errors import BundleMismatchError, LeukoscopeError
from leukoscope.evaluation.alignment import Joins, LeftOut

_RUN_BUNDLE = "bundle"


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Something that names pictures.

    Attributes:
        name: As tables and figures call it.
        where: As it was given.
        bundle: The bundle; None for a file of predictions.
        predictions: The file of predictions; None for a bundle.
    """

    name: str
    where: str
    bundle: Bundle | None = None
    predictions: Path | None = None


def open_candidates(given: Sequence[str]) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    """Open what was given; what cannot be opened is told, and the others go on.

    Args:
        given: Run folders, bundles, names of installed models, or CSV files of predictions.

    Returns:
        The candidates, each with a name of its own, and what could not be opened.
    """
    opened, failed = [], []
    for where in given:
        try:
            opened.append(_open(where))
        except LeukoscopeError as fault:
            failed.append(LeftOut(where, str(fault)))
    return _told_apart(opened), tuple(failed)


def joins_of(candidates: Sequence[Candidate]) -> Joins:
    """What fine classes are part of, as the cards of models of joined classes say."""
    found: dict[str, set[str]] = {}
    for one in candidates:
        training = None if one.bundle is None else one.bundle.card.training
        for coarse, fine in ({} if training is None else training.classes).items():
            for name in fine:
                found.setdefault(name, set()).add(coarse)
    return {name: frozenset(coarse) for name, coarse in found.items()}


def _open(where: str) -> Candidate:
    path = Path(where)
    if path.suffix.lower() == ".csv":
        return Candidate(
            path.stem if path.stem != "predictions" else path.resolve().parent.name, where, predictions=path
        )
    run = path / _RUN_BUNDLE
    bundle = find_bundle(str(run) if run.is_dir() else where)
    if bundle.card.task not in ("classification", "measurements"):
        raise BundleMismatchError(
            f"{where} is a model for {bundle.card.task}.", hint="Compare models that name pictures or cells."
        )
    return Candidate(bundle.card.name, where, bundle=bundle)


def _told_apart(opened: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The same with names that come once: with the version, else with the folder, else with a number."""
    found = list(opened)
    for name in {one.name for one in opened}:
        places = [place for place, one in enumerate(opened) if one.name == name]
        for longer in (_with_version, _with_folder, _with_number):
            names = [longer(opened[place], place) for place in places]
            if len(set(names)) == len(places):
                break
        if len(places) > 1:
            for place, told in zip(places, names, strict=True):
                found[place] = replace(opened[place], name=told)
    return tuple(found)


def _with_version(one: Candidate, place: int) -> str:
    return one.name if one.bundle is None else f"{one.name} {one.bundle.card.version}"


def _with_folder(one: Candidate, place: int) -> str:
    path = Path(one.where).resolve()
    folder = path.parent if path.name == _RUN_BUNDLE or path.suffix == ".csv" else path
    return f"{one.name} ({folder.name})"


def _with_number(one: Candidate, place: int) -> str:
    return f"{one.name} #{place + 1}"
