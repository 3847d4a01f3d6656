"""Asks every candidate about every set and compares them; what was asked before is read again from the folder.

Order: for each set and candidate the answers (from `predictions/` where they are known) -> the comparison on each set
-> the matrix of models and sets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from leukoscope.bundles.archive import Bundle
from leukoscope.errors import InvalidValueError, LeukoscopeError
from leukoscope.evaluation.across_sets import AcrossSets, Cell, ComparedOn
from leukoscope.evaluation.alignment import Contender, Joins, LeftOut
from leukoscope.evaluation.classification import EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.comparison import ROUNDS, compare_models
from leukoscope.evaluation.concordance import Concordance, find_concordance
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.standing import shown_estimate
from leukoscope.experiments.bundle_answers import ask_bundle
from leukoscope.experiments.comparison_doubts import doubts_about, is_own
from leukoscope.experiments.comparison_sets import TestSet
from leukoscope.experiments.contenders import Candidate, joins_of
from leukoscope.experiments.held_labels import contradictions, enriched
from leukoscope.experiments.kept_answers import AnswersOfSet, answers_of
from leukoscope.experiments.left_out import of_other_classes, say_not_read, say_other_classes, unread_of
from leukoscope.experiments.model_facts import find_facts
from leukoscope.experiments.named_classes import demand_known_names
from leukoscope.experiments.predictions_csv import read_predictions, write_predictions

Watch = Callable[[int, str], AbstractContextManager[Callable[[], None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonWish:
    """How to compare.

    Attributes:
        joined: What labels of the data are called among the classes of the models, as the user says.
        rounds: How often patients, groups or pictures are drawn again, at least.
        seed: Seed of the draw.
        keep: Folder that keeps what models said, so that nothing is asked twice; None keeps nothing.
    """

    joined: Mapping[str, str]
    rounds: int = ROUNDS
    seed: int = 0
    keep: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What candidates said on one set; those that could not be asked are told beside.

    Attributes:
        contenders: What they said.
        not_asked: Those that could not be asked, and why.
        notes: Which pictures bundles said nothing of, and why, and where files contradict the data; sentences.
        not_read: How many pictures could not be read, of the bundle with the most.
    """

    contenders: tuple[Contender, ...]
    not_asked: tuple[LeftOut, ...]
    notes: tuple[str, ...] = ()
    not_read: int = 0


def compare_across(
    candidates: Sequence[Candidate],
    sets: Sequence[TestSet],
    wish: ComparisonWish,
    *,
    watch: Watch,
    not_opened: Sequence[LeftOut] = (),
) -> AcrossSets:
    """Compare candidates on each set.

    Args:
        candidates: Models and files of predictions.
        sets: Sets to ask them about, at least one; files of predictions belong to the first.
        wish: How to compare.
        watch: Shows progress of asking.
        not_opened: What was given beside them and could not be opened.

    Raises:
        InvalidValueError: Fewer than two candidates are left, no two of them can be compared on any set, or a name in
            `wish.joined` is unknown.
    """
    if len(candidates) < 2:
        raise InvalidValueError(
            _why_too_few(candidates, not_opened), hint="Name at least two runs, bundles or files of predictions."
        )
    _demand_names(candidates, sets, wish)
    joins = _joins(candidates, wish.joined)
    compared, matrix = [], []
    for place, one in enumerate(sets):
        asked = ask_all(candidates, one, wish, watch=watch, files=place == 0)
        compared.append(_compare_on(one, asked, joins, wish, doubts_about(candidates, one)))
        matrix += [_cell(candidate, one, asked, wish) for candidate in candidates]
    if all(one.comparison is None for one in compared):
        hint = compared[0].hint or "Compare models of the same classes on a set they know."
        raise InvalidValueError(compared[0].why, hint=hint)
    names = [one.name for one in candidates]
    matrix.sort(key=lambda cell: names.index(cell.model))
    facts = tuple(find_facts(one, wish.keep) for one in candidates)
    return AcrossSets(facts, tuple(compared), tuple(matrix), tuple(not_opened))


def concordance_of(
    candidates: Sequence[Candidate], sets: Sequence[TestSet], wish: ComparisonWish, *, watch: Watch
) -> Concordance:
    """What the second of two versions changed against the first.

    Args:
        candidates: The old version and the new one.
        sets: The one frozen set.
        wish: What labels mean, and where answers are kept.
        watch: Shows progress of asking.

    Raises:
        InvalidValueError: There are not two versions and one set, or they do not fit.
        LeukoscopeError: A version cannot be asked.
    """
    if len(candidates) != 2 or len(sets) != 1:
        raise InvalidValueError(
            f"Concordance takes two versions and one set, got {len(candidates)} and {len(sets)}.",
            hint="Give the old version first, then the new one.",
        )
    _demand_names(candidates, sets, wish)
    kept = _kept(sets[0], wish)
    with watch(2 * len(sets[0].pictures.entries), f"Asking about {sets[0].name}") as advance:
        old, new = (Contender(one.name, _ask(one, sets[0], wish, kept, advance)) for one in candidates)
    found = find_concordance(old, new, joins=_joins(candidates, wish.joined), rounds=wish.rounds, seed=wish.seed)
    notes, not_read = _untold(candidates, (old, new), sets[0], wish)
    told = (*notes, *doubts_about(candidates, sets[0]), *found.notes)
    return replace(found, notes=told, not_read=not_read, verdict=_verdict(sets[0]))


def _demand_names(candidates: Sequence[Candidate], sets: Sequence[TestSet], wish: ComparisonWish) -> None:
    demand_known_names(wish.joined, candidates, {entry.label for one in sets for entry in one.pictures.entries})


def ask_all(
    candidates: Sequence[Candidate], test_set: TestSet, wish: ComparisonWish, *, watch: Watch, files: bool = True
) -> Asked:
    """What each candidate says on a set.

    Args:
        candidates: Whom to ask.
        test_set: About what.
        wish: What labels mean, and where answers are kept.
        watch: Shows progress.
        files: Whether files of predictions are about this set.
    """
    told, failed = [], []
    kept = _kept(test_set, wish)
    bundles = sum(one.bundle is not None for one in candidates)
    with watch(bundles * len(test_set.pictures.entries), f"Asking about {test_set.name}") as advance:
        for one in candidates:
            try:
                if one.predictions is not None and not files:
                    raise InvalidValueError(f"{one.name} is a file of predictions of another set.")
                told.append(Contender(one.name, _ask(one, test_set, wish, kept, advance)))
            except LeukoscopeError as fault:
                failed.append(LeftOut(one.name, str(fault)))
    return Asked(tuple(told), tuple(failed), *_untold(candidates, told, test_set, wish))


def _untold(
    candidates: Sequence[Candidate], told: Sequence[Contender], test_set: TestSet, wish: ComparisonWish
) -> tuple[tuple[str, ...], int]:
    """Which pictures bundles said nothing of and where files contradict the data, as sentences; most not read."""
    said, joins = {one.name: one.predictions for one in told}, _joins(candidates, wish.joined)
    notes, most, entries = [], 0, test_set.pictures.entries
    for one in candidates:
        if one.name not in said:
            continue
        if one.bundle is None:
            notes += [f"{one.name}: {fault}" for fault in contradictions(said[one.name], test_set.pictures, joins)]
            continue
        card, joined = one.bundle.card, _joins_into(one.bundle, wish.joined) or None
        unread = unread_of(card, entries, said[one.name].paths, joined)
        foreign = of_other_classes(card, entries, joined)
        faults = (say_not_read(unread, len(entries)), say_other_classes(foreign, len(entries)))
        notes += [f"{one.name}: {fault}" for fault in faults if fault]
        most = max(most, len(unread))
    return tuple(notes), most


def _kept(test_set: TestSet, wish: ComparisonWish) -> AnswersOfSet | None:
    return None if wish.keep is None else answers_of(wish.keep, test_set.name, test_set.pictures)


def _ask(
    one: Candidate, test_set: TestSet, wish: ComparisonWish, answers: AnswersOfSet | None, advance: Callable[[], None]
) -> Predictions:
    if one.predictions is not None:
        said = read_predictions(one.predictions, dict(wish.joined), foreign="skip")
        return enriched(said, test_set.pictures.manifest)
    bundle = _bundle_of(one)
    joined = _joins_into(bundle, wish.joined)
    kept = None if answers is None else answers.place(one.name, bundle.card, joined)
    if kept is not None and kept.is_file():
        return read_predictions(kept)
    said = ask_bundle(bundle, test_set.pictures, joined=joined or None, after_each=advance).predictions
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        unfinished = kept.with_suffix(".tmp")
        write_predictions(said, unfinished)
        unfinished.replace(kept)
    return said


def _joins_into(bundle: Bundle, joined: Mapping[str, str]) -> dict[str, str]:
    """The joins whose class the model knows; its finer classes are joined after it was asked."""
    known = {label.name for label in bundle.card.labels}
    return {label: name for label, name in joined.items() if name in known}


def _bundle_of(one: Candidate) -> Bundle:
    if one.bundle is None:
        raise InvalidValueError(f"{one.name} is a file of predictions.", hint="Give a bundle.")
    return one.bundle


def _joins(candidates: Sequence[Candidate], joined: Mapping[str, str]) -> Joins:
    found = dict(joins_of(candidates))
    for fine, coarse in joined.items():
        found[fine] = frozenset({coarse})
    return found


def _compare_on(
    test_set: TestSet, asked: Asked, joins: Joins, wish: ComparisonWish, unsure: Sequence[str]
) -> ComparedOn:
    verdict = _verdict(test_set)
    try:
        found = compare_models(asked.contenders, joins=joins, rounds=wish.rounds, seed=wish.seed)
    except InvalidValueError as fault:
        why = " ".join([fault.message, *(f"{one.name}: {one.why}" for one in asked.not_asked)])
        return ComparedOn(test_set.name, verdict, None, why, fault.hint if len(asked.contenders) > 1 else "")
    told = replace(found, left_out=(*found.left_out, *asked.not_asked), notes=(*asked.notes, *unsure, *found.notes))
    return ComparedOn(test_set.name, verdict, told, not_read=asked.not_read)


def _verdict(test_set: TestSet) -> str:
    return "" if test_set.verdict is None else test_set.verdict.verdict


def _cell(one: Candidate, test_set: TestSet, asked: Asked, wish: ComparisonWish) -> Cell:
    own = is_own(one, test_set)
    said = {contender.name: contender.predictions for contender in asked.contenders}.get(one.name)
    if said is None:
        why = next((fault.why for fault in asked.not_asked if fault.name == one.name), "was not asked")
        return Cell(one.name, test_set.name, own, why=why)
    found = evaluate_predictions(said, EvaluationSettings(rounds=wish.rounds, seed=wish.seed))
    accuracy, balanced = (shown_estimate(found, figure) for figure in ("accuracy", "balanced_accuracy"))
    return Cell(one.name, test_set.name, own, len(said), len(said.classes), accuracy, balanced)


def _why_too_few(candidates: Sequence[Candidate], not_opened: Sequence[LeftOut]) -> str:
    failed = "".join(f" {one.name} cannot be used: {one.why}" for one in not_opened)
    return f"A comparison needs at least two models, {len(candidates)} can be used.{failed}"
