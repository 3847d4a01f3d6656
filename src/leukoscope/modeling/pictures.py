"""Pictures of a split in memory: read once, resized once, handed out as batches of tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from leukoscope.data.manifest import Entry
from leukoscope.domain.images import Pixels
from leukoscope.errors import DataError
from leukoscope.imaging.preprocessing import resize
from leukoscope.imaging.reading import read_image


@dataclass(frozen=True, slots=True, eq=False)
class PictureSet:
    """Pictures of one size with their classes.

    Attributes:
        images: uint8, shape (n, side, side, 3).
        targets: Class number of each picture, shape (n,).
        groups: What each picture must not be separated from; length n.
    """

    images: Pixels
    targets: NDArray[np.int64]
    groups: tuple[str, ...]


def load_pictures(entries: Sequence[Entry], root: Path, side: int, labels: Sequence[str]) -> PictureSet:
    """Read the pictures of a part.

    Args:
        entries: What to read.
        root: Folder of the set.
        side: Height and width they are resized to, in pixels.
        labels: Class names in the order of their numbers.

    Raises:
        DataError: There is nothing to read, or a picture has a class that is not in `labels`.
        InputError: A picture cannot be read.
    """
    unknown = sorted({entry.label for entry in entries} - set(labels))
    if unknown or not entries:
        raise DataError(
            f"The part holds {len(entries)} pictures and the classes {unknown} unknown to the model.",
            hint=f"The classes are {', '.join(labels)}.",
        )
    images = np.empty((len(entries), side, side, 3), dtype=np.uint8)
    for place, entry in enumerate(entries):
        images[place] = resize(read_image(root / entry.name).pixels, side, side)
    targets = np.array([labels.index(entry.label) for entry in entries], dtype=np.int64)
    return PictureSet(images, targets, tuple(entry.group for entry in entries))


class ShuffledBatches:
    """Batches of one epoch; the order depends on seed and epoch only, so a resumed run sees the same.

    With `balance` every class comes equally often: classes are drawn evenly, then pictures within the class without
    repeating one before all had their turn.
    """

    def __init__(self, pictures: PictureSet, batch_size: int, seed: int, *, balance: bool) -> None:
        self._images = torch.from_numpy(pictures.images).permute(0, 3, 1, 2)
        self._targets = torch.from_numpy(pictures.targets)
        self._batch_size = min(batch_size, len(pictures.targets))
        self._seed = seed
        self._balance = balance
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._targets) // self._batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self.epoch)
        order = self._order(generator)
        for start in range(0, len(self) * self._batch_size, self._batch_size):
            chosen = order[start : start + self._batch_size]
            yield self._images[chosen], self._targets[chosen]

    def _order(self, generator: torch.Generator) -> Tensor:
        n = len(self._targets)
        if not self._balance:
            return torch.randperm(n, generator=generator)
        classes = [torch.nonzero(self._targets == one).flatten() for one in self._targets.unique()]
        share = n // len(classes) + 1
        drawn = [self._enough(members, share, generator) for members in classes]
        mixed = torch.cat(drawn)
        return mixed[torch.randperm(len(mixed), generator=generator)[:n]]

    @staticmethod
    def _enough(members: Tensor, count: int, generator: torch.Generator) -> Tensor:
        rounds = -(-count // len(members))
        turns = [members[torch.randperm(len(members), generator=generator)] for _ in range(rounds)]
        return torch.cat(turns)[:count]


class PlainBatches:
    """All pictures in order, as uint8 tensors (n, 3, height, width) with their classes."""

    def __init__(self, pictures: PictureSet, batch_size: int) -> None:
        self._images = torch.from_numpy(pictures.images).permute(0, 3, 1, 2)
        self._targets = torch.from_numpy(pictures.targets)
        self._batch_size = batch_size

    def __len__(self) -> int:
        return -(-len(self._targets) // self._batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for start in range(0, len(self._targets), self._batch_size):
            yield self._images[start : start + self._batch_size], self._targets[start : start + self._batch_size]
