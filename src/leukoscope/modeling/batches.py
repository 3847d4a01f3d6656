"""Pictures handed out as batches of tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from leukoscope.data.pictures import PictureSet


class ShuffledBatches:
    """Batches of one epoch; the order depends on seed and epoch only, so a resumed run sees the same.

    Several processes share a batch: each takes its turn of it, and together they see what one alone would see.

    With `balance` every class comes equally often: classes are drawn evenly, then pictures within the class without
    repeating one before all had their turn.
    """

    def __init__(self, pictures: PictureSet, batch_size: int, seed: int, *, balance: bool) -> None:
        self._images = torch.from_numpy(pictures.images).permute(0, 3, 1, 2)
        self._targets = torch.from_numpy(pictures.targets)
        self._batch_size = min(batch_size, len(pictures.targets))
        self._seed = seed
        self._balance = balance
        self._epoch, self._rank, self._world = 0, 0, 1

    def take_turn(self, epoch: int, rank: int, world: int) -> None:
        """Say which epoch comes, and for which of how many processes."""
        self._epoch, self._rank, self._world = epoch, rank, world

    def __len__(self) -> int:
        return len(self._targets) // self._batch_size

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = self._order(generator)
        for start in range(0, len(self) * self._batch_size, self._batch_size):
            chosen = order[start : start + self._batch_size][self._rank :: self._world]
            yield self._images[chosen], self._targets[chosen]

    def _order(self, generator: torch.Generator) -> Tensor:
        n = len(self._targets)
        if not self._balance:
            return torch.randperm(n, generator=generator)
        classes = [torch.nonzero(self._targets == one).flatten() for one in sorted(set(self._targets.tolist()))]
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


class RepeatedPictures:
    """Which pictures make up each batch of an epoch, each as often as said; the order depends on seed and epoch only.

    Args:
        repeats: How often each picture is shown per epoch.
        batch_size: Pictures per batch.
        seed: Of the run.
    """

    def __init__(self, repeats: Sequence[int], batch_size: int, seed: int) -> None:
        self._shown = torch.tensor([place for place, count in enumerate(repeats) for _ in range(count)])
        self._batch_size = min(batch_size, len(self._shown))
        self._seed, self._epoch = seed, 0

    def take_turn(self, epoch: int) -> None:
        """Say which epoch comes."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._shown) // self._batch_size

    def chosen(self) -> Iterator[tuple[list[int], torch.Generator]]:
        """Positions of the pictures of each batch, and the source of its random numbers."""
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = self._shown[torch.randperm(len(self._shown), generator=generator)].tolist()
        for start in range(0, len(self) * self._batch_size, self._batch_size):
            yield order[start : start + self._batch_size], generator
