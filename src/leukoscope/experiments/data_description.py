"""What is in this data set?  Counts its table, reads its pictures, asks a model how they resemble each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from leukoscope.data.description.counting import class_column, count_duplicates, count_table
from leukoscope.data.description.maps import map_pictures
from leukoscope.data.description.picture_numbers import NUMBERS
from leukoscope.data.description.sampling import sample_rows
from leukoscope.data.description.streaming import Asked, Collected, choose_samples, read_pictures
from leukoscope.data.description.summary import summarize
from leukoscope.data.description.values import Description, PictureMap, Tables, Unreadable
from leukoscope.data.manifest import Manifest, Row
from leukoscope.data.manifest_files import read_manifest
from leukoscope.data.sources.registry import recognize
from leukoscope.data.sources.source import Problem
from leukoscope.errors import InvalidValueError, ManifestError
from leukoscope.experiments.picture_embedding import PictureEmbedder, embedder_for
from leukoscope.imaging.reading import find_images

_UNKNOWN = "(not said)"
_MEASURED = [place for place, note in enumerate(NUMBERS) if note.family != "Frame"]
"""The maps compare what a picture shows; its size and file would draw each source as an island."""
_OF_ITS_KIND = 0.5
"""A model chosen by us must know at least this share of the pictures, or its map would mislead."""


@dataclass(frozen=True, slots=True)
class DescribeOptions:
    """How to describe.

    Attributes:
        seed: Of the samples and the maps.
        most_pictures: Pictures that are read at most; 0 counts the table only.
        most_in_map: Pictures on the maps at most.
        model: Bundle whose embedding is mapped; "auto" takes a shipped one that fits, "none" none.
    """

    seed: int = 0
    most_pictures: int = 10_000
    most_in_map: int = 2_000
    model: str = "auto"

    def __post_init__(self) -> None:
        if self.most_pictures < 0 or self.most_in_map < 0:
            raise InvalidValueError("Numbers of pictures cannot be negative.", hint="Give 0 to read none.")


def describe_set(
    manifest: Manifest,
    options: DescribeOptions | None = None,
    *,
    after_each: Callable[[], None] = lambda: None,
) -> Description:
    """Describe a data set.

    Args:
        manifest: The set.
        options: How; the defaults where not given.
        after_each: Called after each picture.

    Raises:
        InvalidValueError: The set is empty.
        BundleMismatchError: The model that was asked for has no embedding.
    """
    how = options or DescribeOptions()
    if not len(manifest):
        raise InvalidValueError("The set holds no pictures.", hint="Import it again, or give another one.")
    tables = count_table(manifest)
    description = Description(manifest.name, len(manifest), how.seed, tables)
    if not how.most_pictures:
        return replace(description, notes=("No picture was opened: only the table was counted.",))
    return _with_pictures(description, manifest, how, after_each)


@dataclass(frozen=True, slots=True, eq=False)
class OpenedSet:
    """A set to describe, and what of it could not be imported."""

    manifest: Manifest
    problems: tuple[Problem, ...] = ()


def open_set(path: Path, images: Path | None = None) -> OpenedSet:
    """A manifest, a folder that holds a set or format that is known, or any folder of pictures.

    Args:
        path: The manifest or the folder; in a folder of no known layout the class is the folder a picture lies in.
        images: Folder that the paths of a manifest start from; by default its own.

    Raises:
        ManifestError: The manifest cannot be read.
        InputNotFoundError: The folder does not exist or holds no picture.
    """
    if not path.is_dir():
        return OpenedSet(read_manifest(path, images))
    try:
        imported = recognize(path).read(path)
    except ManifestError:
        return OpenedSet(_plain_folder(path))
    return OpenedSet(Manifest.from_rows(imported.rows, path, path.resolve().name), imported.problems)


def _plain_folder(folder: Path) -> Manifest:
    paths = [file.relative_to(folder) for _, file in find_images([folder])]
    rows = [Row(path.as_posix(), label=path.parts[-2] if len(path.parts) > 1 else None) for path in paths]
    return Manifest.from_rows(rows, folder, folder.resolve().name)


def _with_pictures(
    description: Description, manifest: Manifest, how: DescribeOptions, after_each: Callable[[], None]
) -> Description:
    rng = np.random.default_rng(how.seed)
    classes = class_column(manifest.table).tolist()
    chosen = sample_rows(classes, how.most_pictures, rng)
    asked, unreadable = _asked(manifest, classes, chosen.tolist())
    mapped = _mapped(asked, how, rng)
    embedder = embedder_for(how.model, [one.file for one in asked], rng) if mapped else None
    collected = Collected(choose_samples(asked, rng))
    for picture in read_pictures(asked, embedder.size if embedder else None, mapped):
        if isinstance(picture, Unreadable):
            unreadable.append(picture)
        else:
            collected.add(picture)
            if embedder is not None and picture.model_input is not None:
                embedder.add(picture.asked.row, picture.model_input)
        after_each()
    sources = manifest.table["source"].astype("object").fillna(_UNKNOWN).astype(str)
    maps, notes = _maps(collected, embedder, mapped, how)
    return replace(
        description,
        tables=_hashed(description, manifest, collected),
        seen=summarize(
            collected.table(), collected.labels, sources.iloc[collected.rows].tolist(), collected.sizes, unreadable
        ),
        maps=maps,
        colorings=_colorings(manifest, maps),
        gallery=collected.gallery(),
        notes=(*_sample_notes(description.pictures, len(chosen), len(mapped)), *notes),
    )


def _mapped(asked: Sequence[Asked], how: DescribeOptions, rng: np.random.Generator) -> frozenset[int]:
    if not how.most_in_map:
        return frozenset()
    places = sample_rows([one.label for one in asked], how.most_in_map, rng)
    return frozenset(asked[place].row for place in places)


def _asked(manifest: Manifest, classes: list[str], rows: list[int]) -> tuple[list[Asked], list[Unreadable]]:
    asked, elsewhere = [], []
    for row, path in zip(rows, manifest.table["path"].iloc[rows].tolist(), strict=True):
        try:
            asked.append(Asked(row, path, manifest.locate(path), classes[row]))
        except ManifestError as fault:
            elsewhere.append(Unreadable(path, str(fault)))
    return asked, elsewhere


def _hashed(description: Description, manifest: Manifest, collected: Collected) -> Tables:
    """The tables with copies counted by the hashes of the files that were read, where the manifest has none."""
    if description.tables.duplicates.hashed or not collected.rows:
        return description.tables
    table = manifest.table.iloc[collected.rows].reset_index(drop=True).assign(sha256=collected.hashes)
    return replace(description.tables, duplicates=count_duplicates(table))


def _maps(
    collected: Collected, embedder: PictureEmbedder | None, mapped: frozenset[int], how: DescribeOptions
) -> tuple[tuple[PictureMap, ...], tuple[str, ...]]:
    """Maps by what a model sees, where its model fits, and by plain numbers."""
    inside = np.array([row in mapped for row in collected.rows], dtype=bool)
    rows = np.array(collected.rows, dtype=np.int64)[inside]
    plain = map_pictures(
        collected.table()[inside][:, _MEASURED],
        rows,
        f"{len(_MEASURED)} numbers of color, light and focus",
        seed=how.seed,
    )
    if embedder is None or not embedder.rows:
        return plain, ()
    embeddings = embedder.finish()
    known = embedder.share_of_its_kind(embeddings)
    if how.model == "auto" and known is not None and known < _OF_ITS_KIND:
        few = f"Only {known:.0%}" if known else "None"
        return plain, (
            f"{few} of the mapped pictures are of the kind that {embedder.name} was trained on, so its "
            f"view of them is not drawn; --model {embedder.name} draws it all the same.",
        )
    seen = map_pictures(embeddings, np.array(embedder.rows), f"the embedding of {embedder.name}", seed=how.seed)
    return (*seen, *plain), (_of_model(embedder, known),)


def _of_model(embedder: PictureEmbedder, known: float | None) -> str:
    share = "" if known is None else f" {known:.0%} of the pictures are within its novelty limit."
    return (
        f"The map of {embedder.name} shows what that model learned to tell apart; it learned from "
        f"{', '.join(embedder.learned_from) or 'sets its card does not name'}, and on pictures it has seen, classes "
        f"lie further apart than on new ones.{share}"
    )


def _colorings(manifest: Manifest, maps: tuple[PictureMap, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not maps:
        return ()
    table = manifest.table.iloc[maps[0].rows]
    found = [("class", tuple(class_column(table).tolist()))]
    for column in ("source", "patient"):
        names = table[column].astype("object").fillna(_UNKNOWN).astype(str)
        if names.nunique() > 1:
            found.append((column, tuple(names.tolist())))
    return tuple(found)


def _sample_notes(pictures: int, read: int, mapped: int) -> tuple[str, ...]:
    notes = []
    if read < pictures:
        notes.append(
            f"{read:,} of {pictures:,} pictures were opened, drawn at random class by class; rare classes keep at "
            "least 30. Counts of the table are of all."
        )
    if 0 < mapped < read:
        notes.append(f"The maps show {mapped:,} of {pictures:,} pictures, drawn at random class by class.")
    return tuple(notes)
