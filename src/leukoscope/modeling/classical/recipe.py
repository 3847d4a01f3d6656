"""How is a classifier of measurements made?  The recipe of `task = "measurements"`: every key with its default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leukoscope.bundles.card import LabelCard
from leukoscope.modeling.recipes import CardPart, DataPart, DecisionPart

TASK = "measurements"
Kind = Literal["svm-linear", "svm-rbf", "random-forest", "k-nn", "naive-bayes", "gradient-boosting"]
KINDS: tuple[Kind, ...] = ("svm-linear", "svm-rbf", "random-forest", "k-nn", "naive-bayes", "gradient-boosting")
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]

_KEYS: dict[str, frozenset[str]] = {
    "svm-linear": frozenset({"c"}),
    "svm-rbf": frozenset({"c", "gamma"}),
    "random-forest": frozenset({"trees", "leaf", "most_leaves"}),
    "k-nn": frozenset({"neighbors"}),
    "naive-bayes": frozenset({"smoothing"}),
    "gradient-boosting": frozenset({"trees", "leaf", "depth", "rate"}),
}
_WITHOUT_WEIGHTS = ("k-nn",)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MeasuredPart(_Strict):
    """How cells are prepared before they are measured.

    Attributes:
        outlining: Which way draws nucleus and cell; a name of `imaging.outlining`.
        pixel_size_um: Size of the pixels of the set. Cells of pictures with another known size are brought to it; where
            it stands open, all are measured as they are.
    """

    outlining: str = "otsu-density"
    pixel_size_um: Annotated[float, Field(gt=0, le=50)] | None = None


class FeaturesPart(_Strict):
    """What the classifier sees of a cell.

    Attributes:
        measurements: Topics of measurements or names of single ones, or "all".
        embedding: Name of a model whose embedding follows; empty for none.
    """

    measurements: tuple[str, ...] = ()
    embedding: str = ""

    @model_validator(mode="after")
    def _something(self) -> FeaturesPart:
        if not self.measurements and not self.embedding:
            raise ValueError("name measurements, an embedding, or both")
        return self


class SelectionPart(_Strict):
    """Which columns are kept.

    Attributes:
        way: By analysis of variance, column by column (`anova`), or by how much a forest uses them (`forest`).
        keep: How many; 0 for all.
    """

    way: Literal["anova", "forest"] = "anova"
    keep: Annotated[int, Field(ge=0, le=4096)] = 0


class ClassifierPart(_Strict):
    """Which classifier; a key that the kind does not know is refused.

    Attributes:
        kind: Support vectors with a straight or a curved border, a random forest, nearest neighbors, Gaussian naive
            Bayes, or gradient-boosted trees.
        class_weights: Whether rare classes count more, so that all count alike; k-NN cannot.
        c: Price of a wrong side (SVM).
        gamma: How near a support vector must be to count; by default one over the number of columns.
        trees: Trees of a forest, or rounds of boosting.
        leaf: Least training cells in a leaf.
        most_leaves: Most leaves of a tree of the forest; with `trees` it bounds the size of the file.
        depth: Depth of a boosted tree.
        rate: Share of each boosted tree that is added.
        neighbors: Neighbors asked (k-NN); each counts alike.
        smoothing: Share of the largest variance that is added to every one (naive Bayes).
    """

    kind: Kind
    class_weights: bool = True
    c: Positive = 1.0
    gamma: Positive | None = None
    trees: Annotated[int, Field(ge=1, le=500)] = 100
    leaf: Annotated[int, Field(ge=1, le=1000)] = 3
    most_leaves: Annotated[int, Field(ge=2, le=2000)] = 128
    depth: Annotated[int, Field(ge=1, le=8)] = 3
    rate: Annotated[float, Field(gt=0, le=1)] = 0.1
    neighbors: Annotated[int, Field(ge=1, le=200)] = 9
    smoothing: Annotated[float, Field(ge=0, le=1)] = 1e-9

    @model_validator(mode="after")
    def _own_keys(self) -> ClassifierPart:
        foreign = frozenset().union(*_KEYS.values()) - _KEYS[self.kind]
        strange = sorted(self.model_fields_set & foreign)
        if strange:
            raise ValueError(f"{', '.join(strange)} do not belong to {self.kind!r}")
        if self.kind in _WITHOUT_WEIGHTS and "class_weights" in self.model_fields_set and self.class_weights:
            raise ValueError(f"{self.kind} cannot weigh classes")
        return self

    def knows(self, key: str) -> bool:
        """Whether a key means something to this kind."""
        if key == "class_weights":
            return self.kind not in _WITHOUT_WEIGHTS
        return key == "kind" or key in _KEYS[self.kind]

    @property
    def weighs(self) -> bool:
        """Whether rare classes count more."""
        return self.class_weights and self.kind not in _WITHOUT_WEIGHTS


class SearchPart(_Strict):
    """Which settings are tried on folds of the training part; groups of cells stay together.

    Attributes:
        folds: Folds; 0 takes the recipe's own settings without a search.
        keys: Values to try by key of [classifier], or `keep` of [selection]; where it is empty, a small grid of the
            kind's usual ones.
    """

    folds: Annotated[int, Field(ge=0, le=20)] = 4
    keys: dict[str, Annotated[tuple[float | int, ...], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _folds(self) -> SearchPart:
        if self.folds == 1:
            raise ValueError("one fold is none: give at least 2, or 0 for no search")
        return self


class StagePart(_Strict):
    """One decision: what is seen, what is kept, who decides, and what is tried."""

    features: FeaturesPart
    selection: SelectionPart = SelectionPart()
    classifier: ClassifierPart
    search: SearchPart = SearchPart()

    @model_validator(mode="after")
    def _known_search(self) -> StagePart:
        known = _KEYS[self.classifier.kind] | {"keep"}
        strange = sorted(set(self.search.keys) - known)
        if strange:
            raise ValueError(f"search.keys: {', '.join(strange)} do not belong to {self.classifier.kind!r}")
        return self


class FirstPart(StagePart):
    """A decision before the others: is it one of these classes, and which?  The rest is left to what follows."""

    tells: Annotated[tuple[str, ...], Field(min_length=1)]


class MeasuredNovelty(_Strict):
    """Share of validation cells that lie within the distance limit."""

    validation_quantile: Annotated[float, Field(gt=0.5, lt=1)] = 0.98


class ImportancePart(_Strict):
    """How often each column is shuffled to see what it is worth; 0 leaves that out."""

    rounds: Annotated[int, Field(ge=0, le=100)] = 3


class ClassicalRecipe(_Strict):
    """A whole recipe; [features], [selection], [classifier] and [search] are those of the only or the last decision."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9\-]{1,63}$")]
    task: Literal["measurements"]
    seed: int = 0
    data: DataPart
    measured: MeasuredPart = MeasuredPart()
    labels: Annotated[tuple[LabelCard, ...], Field(min_length=2)]
    first: FirstPart | None = None
    features: FeaturesPart
    selection: SelectionPart = SelectionPart()
    classifier: ClassifierPart
    search: SearchPart = SearchPart()
    novelty: MeasuredNovelty = MeasuredNovelty()
    decision: DecisionPart = DecisionPart()
    importance: ImportancePart = ImportancePart()
    card: CardPart

    @property
    def last(self) -> StagePart:
        """The only or the last decision."""
        return StagePart(
            features=self.features, selection=self.selection, classifier=self.classifier, search=self.search
        )

    @property
    def stages(self) -> tuple[StagePart, ...]:
        """The decisions in their order."""
        return (self.last,) if self.first is None else (self.first, self.last)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of their numbers."""
        return tuple(label.name for label in self.labels)

    @model_validator(mode="after")
    def _consistent(self) -> ClassicalRecipe:
        if self.data.classes and set(self.data.classes) != set(self.classes):
            raise ValueError(f"data.classes must name the labels {', '.join(sorted(self.classes))}, each once")
        told = () if self.first is None else self.first.tells
        if not set(told) <= set(self.classes) or len(set(told)) < len(told):
            raise ValueError(f"first.tells must name labels, each once, got {', '.join(told)}")
        if len(self.classes) - len(told) < 2:
            raise ValueError("first.tells must leave at least two classes to the decision that follows")
        if len({stage.features.embedding for stage in self.stages} - {""}) > 1:
            raise ValueError("both decisions must take the embedding of the same model")
        _ = self.last
        return self
