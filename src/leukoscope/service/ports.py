"""What the use cases need from the outside, as Protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ImageFinding, ModelRef
from leukoscope.domain.images import SmearImage


@dataclass(frozen=True, slots=True)
class Source:
    """One input of a batch: the path as results quote it, and how to read it.

    `load` raises `InputError` with one sentence where the input cannot be read.
    """

    path: str
    load: Callable[[], SmearImage]


class Analyzer(Protocol):
    """Says what is in a picture; safe to call from one thread at a time."""

    @property
    def cards(self) -> Sequence[Card]:
        """Cards of the models asked, the cell model first."""
        ...

    @property
    def refs(self) -> Sequence[ModelRef]:
        """Which models speak, in the order of `cards`."""
        ...

    def analyze(self, image: SmearImage) -> ImageFinding:
        """Find and name what is in one picture."""
        ...
