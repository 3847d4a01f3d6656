"""What a user tells of a format, where its files do not say it or a guess would be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from leukoscope.data.sources import table, voc, yolo
from leukoscope.data.sources.source import DataCard, Imported, Source
from leukoscope.errors import ManifestError


@dataclass(frozen=True, slots=True)
class ReadingWish:
    """What is told.

    Attributes:
        columns: Of a table: its columns by column of the manifest, such as {"label": "cell_class"}.
        names: Of YOLO: the classes in the order of their numbers.
        one_based: Of VOC: pixels count from 1 and the last one belongs to the box.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    one_based: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    card: DataCard
    recognizes: Callable[[Path], bool]
    read: Callable[[Path], Imported]


def with_wish(source: Source, wish: ReadingWish) -> Source:
    """The source as it reads with what is told; the source itself where nothing is.

    Raises:
        ManifestError: Something is told that another format needs.
    """
    told: dict[str, tuple[str, Callable[[Path], Imported]]] = {}
    if wish.columns:
        told["--column"] = (table.card.name, partial(table.read, columns=wish.columns))
    if wish.names:
        told["--names"] = (yolo.card.name, partial(yolo.read, names=wish.names))
    if wish.one_based:
        told["--one-based"] = (voc.card.name, partial(voc.read, one_based=True))
    for option, (name, read) in told.items():
        if name != source.card.name:
            raise ManifestError(
                f"{option} belongs to {name}, but the set is read as {source.card.name}.",
                hint=f"Leave it away, or write {name} before the path.",
            )
        source = _Told(source.card, source.recognizes, read)
    return source
