"""How does a model see pictures?  Its embeddings, batch by batch, and whether the pictures are of its kind at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leukoscope.bundles.registry import find_bundle
from leukoscope.domain.images import Pixels
from leukoscope.errors import BundleMismatchError, InputError
from leukoscope.imaging.reading import read_image
from leukoscope.imaging.segmentation import find_cells
from leukoscope.inference.classifier import BATCH, Classifier
from leukoscope.inference.novelty import novelty_distance

CELL_MODEL, FIELD_MODEL = "wbc-differential", "all-stage"
_LOOKED_AT = 9
"""Pictures that are looked at to tell crops of one cell from fields."""


class PictureEmbedder:
    """Collects pictures in batches and keeps their embeddings.

    Args:
        classifier: The model.

    Raises:
        BundleMismatchError: The model gives no embedding.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._waiting: list[Pixels] = []
        self._found: list[NDArray[np.float64]] = []
        self.rows: list[int] = []
        size = classifier.card.input
        self.size = (size.width, size.height)

    def add(self, row: int, pixels: Pixels) -> None:
        """Take in one picture of the model's size."""
        self.rows.append(row)
        self._waiting.append(pixels)
        if len(self._waiting) == BATCH:
            self._embed()

    def finish(self) -> NDArray[np.float64]:
        """The embeddings of all pictures, shape (pictures, dimensions)."""
        self._embed()
        return np.concatenate(self._found) if self._found else np.zeros((0, 0))

    def share_of_its_kind(self, embeddings: NDArray[np.float64]) -> float | None:
        """Share of the pictures within the model's novelty limit; None where its card has none."""
        novelty = self._classifier.card.novelty
        if novelty is None or not len(embeddings):
            return None
        return float((novelty_distance(embeddings.astype(np.float32), novelty) <= novelty.limit).mean())

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._classifier.card.name

    @property
    def learned_from(self) -> tuple[str, ...]:
        """Names of the sets the model learned from."""
        return tuple(source.name for source in self._classifier.card.data_sources)

    def _embed(self) -> None:
        if not self._waiting:
            return
        embedding = self._classifier.predict(np.stack(self._waiting)).embedding
        self._waiting = []
        if embedding is None:
            raise BundleMismatchError(
                f"{self.name} has no embedding.", hint="Choose another model, or `--model none` for colors and texture."
            )
        self._found.append(embedding.astype(np.float64))


def embedder_for(model: str, files: Sequence[Path], rng: np.random.Generator) -> PictureEmbedder | None:
    """The embedder of a model by its name or path.

    Args:
        model: "none", "auto" (a shipped model for cells or for fields, whichever the pictures show), or a model.
        files: The pictures; with "auto" a few of them are looked at.
        rng: Chooses them.

    Returns:
        None for "none", and for "auto" where no picture can be read.

    Raises:
        NotFoundError: There is no such model.
        BundleError: It is damaged.
    """
    if model == "auto":
        kinds = Counter(kind for kind in map(_kind, _some(files, rng)) if kind)
        if not kinds:
            return None
        model = CELL_MODEL if kinds.most_common(1)[0][0] == "cell" else FIELD_MODEL
    return None if model == "none" else PictureEmbedder(Classifier(find_bundle(model)))


def _some(files: Sequence[Path], rng: np.random.Generator) -> list[Path]:
    chosen = rng.choice(len(files), min(_LOOKED_AT, len(files)), replace=False) if files else ()
    return [files[place] for place in chosen]


def _kind(file: Path) -> str:
    try:
        return str(find_cells(read_image(file).pixels).kind)
    except (InputError, OSError):
        return ""
