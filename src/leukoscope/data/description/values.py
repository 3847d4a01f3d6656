"""The numbers that describe a data set, as values that travel to the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.description.spreads import Spread
from leukoscope.domain.images import Pixels

UNLABELED = "(no label)"
"""What stands for a class where a picture has none."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many pictures (or boxes, or patients) have a name."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Cross:
    """Counts of two columns at once, such as classes by parts.

    Attributes:
        by: What the columns are: "part", "source" or "fold".
        rows: Names of the rows.
        columns: Names of the columns.
        counts: One tuple a row, one count a column.
    """

    by: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Patients:
    """Whose blood the pictures show.

    Attributes:
        known: Number of patients.
        pictures_without: Pictures of nobody known.
        per_class: Patients a class.
        pictures_each: Pictures a patient.
        most: The patients with the most pictures.
        in_several_parts: Patients whose pictures lie in more than one part.
        in_several_classes: Patients whose pictures have more than one class.
    """

    known: int
    pictures_without: int
    per_class: tuple[Count, ...]
    pictures_each: Spread
    most: tuple[Count, ...]
    in_several_parts: int
    in_several_classes: int


@dataclass(frozen=True, slots=True)
class Boxes:
    """The marked objects.

    Attributes:
        pictures: Pictures whose boxes were read.
        annotated: Pictures somebody marked, empty ones included.
        empty: Pictures that were looked at and hold none.
        per_label: Boxes a label.
        per_picture: Boxes a picture, for each label.
        sides: Square root of the area in pixels, for each label.
    """

    pictures: int
    annotated: int
    empty: int
    per_label: tuple[Count, ...]
    per_picture: tuple[tuple[str, Spread], ...]
    sides: tuple[tuple[str, Spread], ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Pictures that come more than once, told by hashes alone; `leukoscope data check` compares the pixels.

    Attributes:
        hashed: Pictures whose file hash is known.
        copies: Pictures that could be left out because their file comes before.
        copies_with_other_label: Files that come under more than one class.
        copies_across_parts: Files that lie in more than one part.
        perceptual: Pictures whose perceptual hash is known.
        look_alikes: Pictures whose perceptual hash comes before, exact copies not counted.
    """

    hashed: int
    copies: int
    copies_with_other_label: int
    copies_across_parts: int
    perceptual: int
    look_alikes: int


@dataclass(frozen=True, slots=True)
class Tables:
    """What the table of a set says, all its rows counted."""

    classes: tuple[Count, ...]
    subtypes: tuple[tuple[str, Count], ...]
    crosses: tuple[Cross, ...]
    patients: Patients | None
    filled: tuple[Count, ...]
    boxes: Boxes | None
    duplicates: Duplicates

    @property
    def labeled(self) -> tuple[Count, ...]:
        """The classes without those pictures that have none."""
        return tuple(one for one in self.classes if one.name != UNLABELED)


@dataclass(frozen=True, slots=True)
class Separation:
    """How much of a number's variance lies between classes, or between sources: 0 none, 1 all (eta squared).

    Pictures without a class are left out of the first.
    """

    number: str
    between_classes: float | None
    between_sources: float | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A picture that could not be read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pictures say that were read.

    Attributes:
        asked: Pictures that were to be read.
        measured: Pictures that were.
        unreadable: The others; the first hundred.
        sizes: Width x height with their counts, the commonest first.
        per_class: For each number, the spread in each class.
        per_source: The same for each source; empty where there is one.
        separation: What tells the classes apart, the strongest first.
    """

    asked: int
    measured: int
    unreadable: tuple[Unreadable, ...]
    sizes: tuple[Count, ...]
    per_class: tuple[tuple[str, tuple[tuple[str, Spread], ...]], ...]
    per_source: tuple[tuple[str, tuple[tuple[str, Spread], ...]], ...]
    separation: tuple[Separation, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PictureMap:
    """Pictures as points of a plane: like ones lie together.

    Attributes:
        method: "PCA" or "UMAP".
        basis: What was compared, for people.
        points: Shape (pictures, 2).
        rows: Their rows in the manifest.
        explained: Share of the variance that each axis of a PCA holds; empty for UMAP.
    """

    method: str
    basis: str
    points: NDArray[np.float64]
    rows: NDArray[np.int64]
    explained: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ClassPictures:
    """The mean picture of a class, and some of its pictures with their paths."""

    label: str
    count: int
    mean: Pixels
    samples: tuple[tuple[str, Pixels], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """A data set in numbers.

    Attributes:
        name: Name of the set.
        pictures: Rows of its table.
        seed: Seed of the samples and maps.
        tables: What the table says.
        seen: What the pictures say; None where none was read.
        maps: Maps of the pictures.
        notes: What must be known to read the figures.
        gallery: Mean and sample pictures of the classes.
        colorings: What the points of the maps belong to ("class", "source", "patient"), one name a point.
    """

    name: str
    pictures: int
    seed: int
    tables: Tables
    seen: Seen | None = None
    maps: tuple[PictureMap, ...] = ()
    colorings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gallery: tuple[ClassPictures, ...] = ()
    notes: tuple[str, ...] = ()
