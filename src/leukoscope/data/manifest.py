"""What is in a data set?  The manifest: one table, one row per picture, columns that every command agrees on.

Small work goes row by row (`Row`), large work column by column (`Manifest.table`): a million rows fit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError, require_extra

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "leukoscope.manifest/1"
Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)

Dtype = Literal["text", "category", "integer", "number"]
COLUMNS: dict[str, Dtype] = {
    "path": "text",
    "sha256": "text",
    "phash": "text",
    "width": "integer",
    "height": "integer",
    "label": "category",
    "subtype": "category",
    "boxes": "text",
    "mask": "text",
    "patient": "category",
    "slide": "category",
    "source": "category",
    "group": "text",
    "series": "category",
    "number": "integer",
    "split": "category",
    "fold": "integer",
    "pixel_size_um": "number",
    "original_sha256": "text",
    "copy_of": "text",
    "schema": "category",
    "split_method": "category",
}
"""The columns in their order; all but `path` may be empty."""

_IDENTITY = ("path", "sha256", "label", "group", "split")
_SAID_ONCE = ("schema", "split_method")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A marked object of a picture: where it is, what it is, and its outline where one was drawn (x, y in pixels)."""

    box: Box
    label: str
    outline: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One picture of a manifest; what is not known is None.

    Attributes:
        path: Where the picture lies: below the manifest's folder with forward slashes, absolute, or a URI.
        sha256: Hash of the file, in hexadecimal.
        phash: 64-bit perceptual hash of the upright picture, 16 hexadecimal digits.
        width: Width in pixels.
        height: Height in pixels.
        label: Class.
        subtype: A finer class within `label`.
        boxes: Marked objects; an empty tuple says that the picture was looked at and holds none, None that nobody did.
        mask: Where the mask picture lies, like `path`.
        patient: Whose blood it is, as the set's owners number it.
        slide: Which smear.
        source: Data set or laboratory.
        group: What must never be divided between parts.
        series: File numbers of one series count together.
        number: File number in its series.
        split: Part.
        fold: Fold of a cross-validation, from 0.
        pixel_size_um: Edge length of a pixel in micrometers.
        original_sha256: Hash of the official file, where this one was converted from it.
        copy_of: `path` of the picture that this one was made from by augmentation.
    """

    path: str
    sha256: str | None = None
    phash: str | None = None
    width: int | None = None
    height: int | None = None
    label: str | None = None
    subtype: str | None = None
    boxes: tuple[Annotation, ...] | None = None
    mask: str | None = None
    patient: str | None = None
    slide: str | None = None
    source: str | None = None
    group: str | None = None
    series: str | None = None
    number: int | None = None
    split: Part | None = None
    fold: int | None = None
    pixel_size_um: float | None = None
    original_sha256: str | None = None
    copy_of: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture as training and evaluation need it.

    Attributes:
        name: Path below the folder of the set, with forward slashes.
        sha256: Hash of the file, in hexadecimal; "-" where it is not known.
        label: Class, in leukoscope's names.
        group: What is kept together: pictures of one group are never in two parts.
        split: The part.
    """

    name: str
    sha256: str
    label: str
    group: str
    split: Part


@dataclass(frozen=True, eq=False)
class Manifest:
    """A data set as a table.

    Attributes:
        table: One row per picture with exactly the columns of `COLUMNS`, index 0..n-1. Read it, never write to it.
        base: Folder that relative paths start from.
        name: Name of the set, for people.

    Raises:
        ManifestError: The table has other columns, or a path comes twice.
    """

    table: pd.DataFrame
    base: Path
    name: str = ""

    def __post_init__(self) -> None:
        if list(self.table.columns) != list(COLUMNS):
            raise ManifestError(f"A manifest has the columns {', '.join(COLUMNS)}.", hint="Make it with from_table().")
        twice = self.table["path"].duplicated()
        if twice.any():
            first = self.table["path"][twice].iloc[0]
            raise ManifestError(f"A manifest names {first!r} twice.", hint="Keep one row per picture.")

    @classmethod
    def from_table(cls, table: pd.DataFrame, base: Path, name: str = "") -> Manifest:
        """A manifest of a table that holds some of the columns; the others are empty."""
        require_extra("data", "pandas")
        import pandas as pd

        index = pd.RangeIndex(len(table))
        columns = {column: _typed(table.get(column), dtype, index) for column, dtype in COLUMNS.items()}
        columns["schema"] = _typed(pd.Series([SCHEMA] * len(table)), "category", index)
        return cls(pd.DataFrame(columns, index=index), base, name)

    @classmethod
    def from_rows(cls, rows: Iterable[Row], base: Path, name: str = "") -> Manifest:
        """A manifest of rows."""
        require_extra("data", "pandas")
        import pandas as pd

        listed = list(rows)
        values: dict[str, list[object]] = {
            field.name: [getattr(row, field.name) for row in listed] for field in fields(Row)
        }
        values["boxes"] = [None if row.boxes is None else boxes_to_text(row.boxes) for row in listed]
        return cls.from_table(pd.DataFrame(values), base, name)

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.table)

    def rows(self) -> Iterator[Row]:
        """The pictures one by one, in the order of the table."""
        names = [field.name for field in fields(Row)]
        readers: list[Callable[[object], object]] = [_reader(name) for name in names]
        columns = [self.table[name].astype(object).where(self.table[name].notna(), None) for name in names]
        for values in zip(*columns, strict=True):
            yield Row(*(read(value) for read, value in zip(readers, values, strict=True)))  # type: ignore[arg-type]

    def part(self, part: Part) -> tuple[Entry, ...]:
        """The labeled pictures of one part, in the order of the table."""
        chosen = self.table[(self.table["split"] == part) & self.table["label"].notna()]
        group = chosen["group"].fillna(chosen["patient"].astype("string")).fillna(chosen["path"])
        return tuple(
            Entry(str(path), str(sha256), str(label), str(kept), part)
            for path, sha256, label, kept in zip(
                chosen["path"], chosen["sha256"].fillna("-"), chosen["label"], group, strict=True
            )
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """All classes, sorted."""
        return tuple(sorted(str(label) for label in self.table["label"].dropna().unique()))

    @property
    def split_method(self) -> str:
        """How the parts were made, as JSON text; empty where nobody said."""
        said = self.table["split_method"].dropna().unique()
        return str(said[0]) if len(said) else ""

    @property
    def leaky(self) -> bool:
        """Whether the parts were made the wrong way on purpose; such a manifest can never lose the mark."""
        return any(json.loads(said).get("leaky", False) for said in self.table["split_method"].dropna().unique())

    @cached_property
    def sha256(self) -> str:
        """Hash of which pictures lie in which part under which label; other columns do not change it."""
        names = ["name", *_IDENTITY[1:]]
        text = self.table[list(_IDENTITY)].to_csv(index=False, header=names, lineterminator="\n")
        return hashlib.sha256(text.encode()).hexdigest()

    def locate(self, path: str) -> Path:
        """Where a picture or mask of this manifest lies on this machine.

        Raises:
            ManifestError: The path is a URI.
        """
        if "://" in path:
            raise ManifestError(f"{path} lies on another machine.", hint="Copy it here and import it again.")
        return self.base / path

    def with_columns(self, **columns: Sequence[object] | pd.Series | str | None) -> Manifest:
        """The same pictures with some columns replaced: by one value per picture, or by one text for all.

        Raises:
            ManifestError: There is no such column, or the mark of a leaky split would be lost.
        """
        import pandas as pd

        table = self.table.copy(deep=False)
        for column, values in columns.items():
            if column not in COLUMNS:
                raise ManifestError(f"A manifest has no column {column!r}.", hint=f"It has {', '.join(COLUMNS)}.")
            spread = pd.Series([values] * len(self)) if values is None or isinstance(values, str) else values
            table[column] = _typed(pd.Series(spread), COLUMNS[column], table.index)
        changed = Manifest(table, self.base, self.name)
        if self.leaky and not changed.leaky:
            raise ManifestError(
                f"{self.name or 'The manifest'} was divided the wrong way on purpose, and that stays with it.",
                hint="Divide the manifest it was made from.",
            )
        return changed

    def select(self, chosen: Sequence[bool] | pd.Series) -> Manifest:
        """Only the pictures for which `chosen`, one value per picture, is true."""
        import pandas as pd

        kept = pd.Series(chosen).to_numpy(dtype=bool)
        return Manifest(self.table[kept].reset_index(drop=True), self.base, self.name)


def boxes_to_text(boxes: Iterable[Annotation]) -> str:
    """Marked objects as the text kept in the column `boxes`.

    Example:
        >>> boxes_to_text([Annotation(Box(1, 2, 3, 4.5), "WBC")])
        '[[1,2,3,4.5,"WBC"]]'
    """
    listed = []
    for one in boxes:
        sides: list[object] = [_short(side) for side in one.box.as_list()]
        outline = [[[_short(x), _short(y)] for x, y in one.outline]] if one.outline else []
        listed.append([*sides, one.label, *outline])
    return json.dumps(listed, separators=(",", ":"), ensure_ascii=False)


def boxes_of_text(text: str) -> tuple[Annotation, ...]:
    """Marked objects of the text of a column `boxes`.

    Raises:
        ManifestError: The text is no such list, or a box has no area.
    """
    try:
        return tuple(
            Annotation(
                Box(*(float(side) for side in one[:4])),
                _label(one[4]),
                tuple((float(x), float(y)) for x, y in (one[5] if len(one) == 6 else ())),
            )
            for one in json.loads(text)
        )
    except (ValueError, TypeError, IndexError) as fault:
        raise ManifestError(
            f"The boxes {text[:60]!r} cannot be used: {str(fault).rstrip('.')}.",
            hint='Write [[x0,y0,x1,y1,"label"], ...] in pixels.',
        ) from fault


def _label(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ManifestError(f"A box needs a label, got {value!r}.")
    return value


def _short(value: float) -> float | int:
    return int(value) if float(value).is_integer() else round(float(value), 4)


def _typed(values: pd.Series | None, dtype: Dtype, index: pd.Index) -> pd.Series:
    import pandas as pd

    if values is None:
        values = pd.Series([None] * len(index), dtype="object")
    series = pd.Series(values).set_axis(index)
    if dtype == "integer":
        return pd.to_numeric(series).astype("Int32")
    if dtype == "number":
        return pd.to_numeric(series).astype("Float64")
    text = series.astype("object").where(series.notna(), None).astype("string[pyarrow]")
    return text.astype("category") if dtype == "category" else text


def _reader(column: str) -> Callable[[object], object]:
    if column == "boxes":
        return lambda value: None if value is None else boxes_of_text(str(value))
    kind = {"integer": int, "number": float}.get(COLUMNS[column], str)
    return lambda value: None if value is None else kind(value)
