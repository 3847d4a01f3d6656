"""What the card of a classifier of measurements says besides: its columns in order, and what makes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAX_COLUMNS = 4096
ColumnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]


class _Strict(BaseModel):
    # Built when first used: with the whole card, not each part by itself besides.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class EmbeddingCard(_Strict):
    """The model whose embedding is among the columns; another of the same name would mean something else.

    Attributes:
        name: Name of the bundle.
        version: Its version.
        sha256: Hash of its `model.onnx`.
        dimensions: Numbers in its embedding.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9\-]{1,63}$")]
    version: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    dimensions: Annotated[int, Field(ge=1, le=MAX_COLUMNS)]


MEASURABLE = 0.0005
"""Loss of macro-F1 from which it shows in the digits that are told; below, a rank would be a rank of noise."""
NOTHING_MATTERS = "No single column matters measurably: shuffling one alone costs no macro-F1 on validation cells."


class ImportanceCard(_Strict):
    """How much macro-F1 on the validation part falls when one column, or the whole embedding, is shuffled.

    Attributes:
        name: The column, or the name of the model whose embedding it is.
        lost: Mean loss of macro-F1; below 0 where shuffling helped.
    """

    name: str
    lost: float


class MeasurementsCard(_Strict):
    """The part `[measurements]` of a card.

    The graph takes `columns`, float32 (n, width), NaN where something could not be measured, and gives `probabilities`,
    float32 (n, classes), and `embedding`, float32 (n, d), by which novelty is judged.

    Attributes:
        columns: Names of the measurements, in the order of the graph's columns; those of the embedding follow.
        outlining: How the masks were made that were measured.
        definitions: Version of the measurements' definitions.
        pixel_size_um: Pixel size that cells are brought to before they are measured; None where it was never known.
        embedding: Whose embedding follows the measurements.
        method: How it decides, in words.
        importance: Columns that matter most, the first the most.
    """

    columns: Annotated[tuple[ColumnName, ...], Field(max_length=MAX_COLUMNS)]
    outlining: Annotated[str, Field(min_length=1)]
    definitions: Annotated[str, Field(min_length=1)]
    pixel_size_um: Annotated[float, Field(gt=0, le=50)] | None = None
    embedding: EmbeddingCard | None = None
    method: str
    importance: tuple[ImportanceCard, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> MeasurementsCard:
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise ValueError(f"the column {twice[0]!r} stands there twice")
        if not self.width:
            raise ValueError("there is neither a column nor an embedding")
        return self

    @property
    def nothing_matters(self) -> bool:
        """Whether columns were shuffled one by one, and none of them alone cost anything that could be measured."""
        return bool(self.importance) and all(one.lost < MEASURABLE for one in self.importance)

    @property
    def width(self) -> int:
        """Columns of the graph, those of the embedding included."""
        return len(self.columns) + (self.embedding.dimensions if self.embedding else 0)
