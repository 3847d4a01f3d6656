"""Where is kept what a model said of a set?  Another card, other pictures, labels, patients or joins: another file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from leukoscope.bundles.card import Card
from leukoscope.data.manifest import Entry
from leukoscope.data.manifest_files import sha256_of
from leukoscope.experiments.bundle_answers import LabeledPictures, columns_of


@dataclass(frozen=True, slots=True)
class AnswersOfSet:
    """The files of answers about one set.

    Attributes:
        folder: Where they lie.
        data: Name of the set.
        pictures: Hash of its pictures and of all that is known of them.
    """

    folder: Path
    data: str
    pictures: str

    def place(self, name: str, card: Card, joined: Mapping[str, str]) -> Path:
        """Where the answers of a model are kept.

        Args:
            name: What the model is called.
            card: All of it counts: the network, how pictures are shown, and how classes are joined.
            joined: What labels of the set are called among its classes.
        """
        key = json.dumps([card.model_dump_json(by_alias=True), self.pictures, sorted(joined.items())])
        plain = "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in f"{name}-on-{self.data}")
        return self.folder / f"{plain}-{_short(key)}.csv"


def answers_of(folder: Path, data: str, pictures: LabeledPictures) -> AnswersOfSet:
    """The files of answers about these pictures; where no hash is known, the content of each file is read for it.

    Args:
        folder: Where answers are kept.
        data: Name of the set.
        pictures: The pictures; those of a manifest were held to its hashes when it was opened.
    """
    told = [(one.name, _content(one, pictures.root), one.label, one.group) for one in pictures.entries]
    known: list[tuple[str, ...]] = []
    if pictures.manifest is not None:
        columns = columns_of(pictures.manifest, [one.name for one in pictures.entries])
        known = [columns.patients, columns.groups, columns.sources, columns.slides]
    return AnswersOfSet(folder, data, _short(json.dumps([told, known])))


def _content(entry: Entry, root: Path) -> str:
    if entry.sha256 != "-":
        return entry.sha256
    try:
        return sha256_of(root / entry.name)
    except OSError:
        return "-"  # asking tells why it cannot be read


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
