"""Which scikit-learn pipeline is a recipe's stage?  Filling gaps, scaling, selection, classifier; and what is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leukoscope.modeling.classical.recipe import ClassifierPart, Kind, StagePart

CLASSIFIER, SELECTION = "classifier", "selection"
USUAL: Mapping[Kind, Mapping[str, tuple[float | int, ...]]] = {
    "svm-linear": {"c": (0.003, 0.03, 0.3)},
    "svm-rbf": {"c": (1, 5, 25), "gamma": (0.0005, 0.002, 0.01)},
    "random-forest": {"leaf": (1, 4)},
    "k-nn": {"neighbors": (3, 7, 15), "keep": (25, 100, 0)},
    "naive-bayes": {"smoothing": (1e-9, 1e-2), "keep": (15, 50, 0)},
    "gradient-boosting": {"depth": (2, 3)},
}
"""Values that are tried where a recipe names none; keys as in the recipe."""
_NAMES = {
    "c": "C",
    "gamma": "gamma",
    "trees": "n_estimators",
    "leaf": "min_samples_leaf",
    "most_leaves": "max_leaf_nodes",
    "depth": "max_depth",
    "rate": "learning_rate",
    "neighbors": "n_neighbors",
    "smoothing": "var_smoothing",
}
_TREES = ("random-forest", "gradient-boosting")


def build_pipeline(stage: StagePart, width: int, seed: int) -> Any:
    """The pipeline of a stage, not fitted.

    Args:
        stage: What the recipe says.
        width: Columns it takes.
        seed: For what draws at random.

    Returns:
        A scikit-learn pipeline. Trees are not scaled: their borders do not depend on it.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    steps: list[tuple[str, Any]] = [("gaps", SimpleImputer(strategy="median", keep_empty_features=True))]
    if stage.classifier.kind not in _TREES:
        steps.append(("scaling", StandardScaler()))
    if stage.selection.keep or "keep" in tried_values(stage):
        steps.append((SELECTION, _selection(stage, width, seed)))
    return Pipeline([*steps, (CLASSIFIER, _classifier(stage.classifier, seed))])


def tried_values(stage: StagePart) -> Mapping[str, tuple[float | int, ...]]:
    """Values to try by key of the recipe; empty where nothing is searched."""
    if not stage.search.folds:
        return {}
    return stage.search.keys or USUAL[stage.classifier.kind]


def grid_of(stage: StagePart, width: int) -> dict[str, list[Any]]:
    """The same under the names of the pipeline, `keep` within the columns there are."""
    grid: dict[str, list[Any]] = {}
    for key, values in tried_values(stage).items():
        if key == "keep":
            name = "k" if stage.selection.way == "anova" else "max_features"
            grid[f"{SELECTION}__{name}"] = sorted({_kept(int(value), width) for value in values})
        else:
            grid[f"{CLASSIFIER}__{_NAMES[key]}"] = list(values)
    return grid


def in_words_of_recipe(chosen: Mapping[str, Any]) -> dict[str, float | int]:
    """Chosen values under the keys of the recipe."""
    ours = {name: key for key, name in _NAMES.items()}
    names = {name: name.partition("__")[2] for name in chosen}
    return {ours.get(names[name], "keep"): value for name, value in chosen.items()}


def _kept(keep: int, width: int) -> int:
    return width if keep == 0 else min(keep, width)


def _selection(stage: StagePart, width: int, seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.feature_selection import SelectFromModel, SelectKBest, f_classif

    keep = _kept(stage.selection.keep, width)
    if stage.selection.way == "anova":
        return SelectKBest(f_classif, k=keep)
    forest = ExtraTreesClassifier(100, min_samples_leaf=3, class_weight="balanced", random_state=seed)
    return SelectFromModel(forest, max_features=keep, threshold=float("-inf"))


def _classifier(part: ClassifierPart, seed: int) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC

    weights = "balanced" if part.weighs else None
    match part.kind:
        case "svm-linear":
            return SVC(kernel="linear", C=part.c, class_weight=weights, decision_function_shape="ovo", cache_size=500)
        case "svm-rbf":
            return SVC(
                C=part.c,
                gamma=part.gamma or "scale",
                class_weight=weights,
                decision_function_shape="ovo",
                cache_size=500,
            )
        case "random-forest":
            return RandomForestClassifier(
                part.trees,
                min_samples_leaf=part.leaf,
                max_leaf_nodes=part.most_leaves,
                class_weight=weights,
                random_state=seed,
            )
        case "k-nn":
            # Neighbors weighed by distance do not survive the conversion (skl2onnx 1.20: up to 0.02 off).
            return KNeighborsClassifier(part.neighbors, weights="uniform", algorithm="brute")
        case "naive-bayes":
            return GaussianNB(var_smoothing=part.smoothing)
        case "gradient-boosting":
            # HistGradientBoostingClassifier of several classes cannot be converted (skl2onnx 1.20).
            return GradientBoostingClassifier(
                n_estimators=part.trees,
                min_samples_leaf=part.leaf,
                max_depth=part.depth,
                learning_rate=part.rate,
                subsample=0.7,
                max_features="sqrt",
                random_state=seed,
            )
