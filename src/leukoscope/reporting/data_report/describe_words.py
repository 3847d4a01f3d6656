"""What stands out in a description, in sentences; numbers that could mislead a model come first."""

from __future__ import annotations

from collections.abc import Iterator

from leukoscope.data.description.picture_numbers import NUMBERS, title_of
from leukoscope.data.description.values import Description, Separation, Tables
from leukoscope.reporting.wording import plural

STRONG = 0.25
"""Share of a number's variance between classes from which it is told: between two equally large classes of normally
spread numbers it means an AUC of 0.79 (Cohen 1988 calls 0.14 a large effect)."""
_UNEVEN = 3.0
_MOST_TOLD = 4
_FRAME = frozenset(note.name for note in NUMBERS if note.family == "Frame")


def what_stands_out(description: Description) -> tuple[str, ...]:
    """Sentences about what a reader must know before using the set; empty where nothing of the kind was seen."""
    told = [*_shortcuts(description), *_mixed(description.tables), *_uneven(description.tables)]
    if description.seen is not None and description.seen.asked > description.seen.measured:
        missing = description.seen.asked - description.seen.measured
        told.append(f"{plural(missing, 'picture')} could not be read; they are listed at the end.")
    return tuple(told)


def _shortcuts(description: Description) -> Iterator[str]:
    if description.seen is None:
        return
    strong = [one for one in description.seen.separation if (one.between_classes or 0) >= STRONG]
    if strong:
        names = "; ".join(f"{title_of(one.number)} {one.between_classes:.0%}" for one in _by_class(strong)[:_MOST_TOLD])
        yield (
            "Classes differ in numbers that know nothing of cells. Share of the variance that lies between the "
            f"classes: {names}. A model can learn these instead of the cells: quote what color alone reaches "
            "(leukoscope data check tells) beside every score."
        )
    between = [one for one in description.seen.separation if (one.between_sources or 0) >= STRONG]
    if between:
        names = ", ".join(title_of(one.number).lower() for one in between[:_MOST_TOLD])
        yield f"Sources differ plainly in {names}: a model that learns from several can learn the laboratory."


def _by_class(found: list[Separation]) -> list[Separation]:
    return sorted(found, key=lambda one: -(one.between_classes or 0))


def _mixed(tables: Tables) -> Iterator[str]:
    copies = tables.duplicates
    if copies.copies:
        yield f"{_agree(copies.copies, 'picture', 'is an exact copy', 'are exact copies')} of another one of the set."
    if copies.copies_with_other_label:
        yield f"{_agree(copies.copies_with_other_label, 'file', 'comes', 'come')} under more than one class."
    if copies.copies_across_parts:
        said = _agree(copies.copies_across_parts, "file", "lies", "lie")
        yield f"{said} in more than one part: scores on them are worthless."
    patients = tables.patients
    if patients is None:
        yield "No patient is named: pictures of one patient can lie on both sides of any split, and nobody could tell."
    elif patients.in_several_parts:
        yield f"{_agree(patients.in_several_parts, 'patient', 'lies', 'lie')} in more than one part of the split."
    if patients is not None and patients.pictures_without:
        yield f"{_agree(patients.pictures_without, 'picture', 'is', 'are')} of nobody known."
    if patients is not None and not patients.in_several_classes and len(patients.per_class) > 1:
        yield (
            "Every patient has pictures of one class only: the label is the patient's, so intervals must be by patient "
            f"({', '.join(f'{one.name} {one.count}' for one in patients.per_class[:6])} patients)."
        )


def _uneven(tables: Tables) -> Iterator[str]:
    if len(tables.labeled) > 1:
        most, least = max(tables.labeled, key=lambda one: one.count), min(tables.labeled, key=lambda one: one.count)
        if most.count >= _UNEVEN * least.count:
            yield (
                f"Classes are uneven: {most.name} has {most.count / least.count:.1f} times the pictures of {least.name}"
                "; accuracy alone would hide it."
            )
    absent = sum(one.count for one in tables.classes) - sum(one.count for one in tables.labeled)
    # Fields whose cells are marked need no class of their own.
    marked = not tables.labeled and tables.boxes is not None and tables.boxes.annotated >= absent
    if absent and not marked:
        yield f"{_agree(absent, 'picture', 'has', 'have')} no class."


def _agree(count: int, noun: str, one: str, many: str) -> str:
    return f"{plural(count, noun)} {one if count == 1 else many}"
