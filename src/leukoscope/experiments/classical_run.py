"""One run of a recipe of measurements from pictures to bundle; the test part is looked at once, by the finished bundle.

Order: cells measured -> settings by folds of the training part -> fitted on all of it -> probabilities, threshold and
novelty limit (validation) -> graph, held against scikit-learn -> held-out figures through ONNX Runtime -> card.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.card import Card, CrossValidationCard, DecisionCard, NoveltyCard
from leukoscope.bundles.golden_columns import GoldenColumns
from leukoscope.bundles.measurements import ImportanceCard, MeasurementsCard
from leukoscope.data.manifest import Part
from leukoscope.errors import InvalidBundleError
from leukoscope.evaluation.classification import Evaluation, EvaluationSettings, evaluate_predictions
from leukoscope.evaluation.predictions import Predictions
from leukoscope.evaluation.suspicions import find_suspicions
from leukoscope.evaluation.thresholds import smallest_threshold
from leukoscope.experiments.bundle_answers import looked_for, said_of
from leukoscope.experiments.classical_card import complete_card, first_card
from leukoscope.experiments.classical_folder import keep_importance, keep_trials, open_folder
from leukoscope.experiments.classical_material import ClassicalMaterial, measure_material
from leukoscope.experiments.cross_validation_card import told_by_recipe
from leukoscope.experiments.data_verdict import quick_verdict, refuse_severe, warnings_for_card
from leukoscope.experiments.evaluation_files import keep_evaluation
from leukoscope.experiments.finished_bundle import BUNDLE, VALIDATION_PREDICTIONS, warnings_of_parts
from leukoscope.experiments.golden_images import golden_images
from leukoscope.experiments.measured_pictures import FOLDER
from leukoscope.experiments.predictions_csv import write_predictions
from leukoscope.experiments.split_use import open_split
from leukoscope.inference.measured_classifier import MeasuredClassifier, measure_picture
from leukoscope.inference.verification import TOLERANCE, verify_bundle
from leukoscope.modeling.classical.deciding import Decider, fit_decider
from leukoscope.modeling.classical.export import export_onnx
from leukoscope.modeling.classical.importance import Importance, permutation_importance
from leukoscope.modeling.classical.recipe_file import read_classical_recipe

_log = logging.getLogger(__name__)
_GOLDEN_SIDE = 128


@dataclass(frozen=True, slots=True, eq=False)
class ClassicalOutcome:
    """What a run left behind.

    Attributes:
        folder: The bundle's folder.
        card: Its card.
        scores: Its held-out figures.
        decider: What was learned.
        importance: What shuffling columns costs on the validation part, the largest first.
        warnings: What looks wrong with its answers.
        verdict: What the check of the data says.
    """

    folder: Path
    card: Card
    scores: Evaluation
    decider: Decider
    importance: tuple[Importance, ...]
    warnings: tuple[str, ...]
    verdict: str


def train_classical_bundle(
    recipe_file: Path,
    data: Path,
    out: Path,
    changes: Sequence[str] = (),
    *,
    images: Path | None = None,
    despite_findings: bool = False,
    keep: Path | None = None,
    watch: Callable[[int], Callable[[], None]] = lambda total: lambda: None,
) -> ClassicalOutcome:
    """Learn what a recipe of measurements says and write the bundle.

    Args:
        recipe_file: The recipe; its split file lies relative to it.
        data: Folder of the data set; or a manifest, whose split takes the place of the recipe's.
        out: Run folder: `recipe.toml`, `split.csv`, `run.json`, `data_check.json`, `search.csv`, `importance.csv` and
            `.png`, `metrics.json`, `predictions.csv` (test part), `predictions_validation.csv`, `bundle/`.
        changes: `a.b=value`, applied to the recipe.
        images: Folder that the paths of a manifest start from; by default its own.
        despite_findings: Go on although the check of the data found something severe; the card will say so.
        keep: Folder in which measurements are kept, so that a run that was stopped, or another recipe, goes on there;
            by default `measured/` beside the run folder.
        watch: Takes how many pictures are measured, and gives what is called after each.

    Raises:
        DataError: The check of the data found something severe, or a class is missing in a part.
        RecipeError: The recipe does not fit, cannot be exported, names figures of a cross-validation that are not
            there, or the folder holds another run.
        ManifestError: Pictures are missing or are not those of the split, or a group lies in two parts.
        InvalidBundleError: The graph does not agree with scikit-learn.
    """
    recipe = read_classical_recipe(recipe_file, changes)
    split = open_split(recipe_file.parent / recipe.data.split, data, images, despite_findings=despite_findings)
    verdict = quick_verdict(split.manifest)
    if not despite_findings:
        refuse_severe(verdict, split.manifest)
    folds = told_by_recipe(recipe.card, recipe_file.parent)
    command = open_folder(recipe, recipe_file, split, verdict, changes, out)
    material = measure_material(recipe, split, verdict, keep or out.absolute().parent / FOLDER, watch=watch)
    learned, watched = (material.parts[part].table() for part in ("train", "validation"))
    _log.info("%d cells to learn from, %d columns", len(learned.targets), material.width)
    decider = fit_decider(recipe, material.places(), len(material.columns), learned, watched)
    keep_trials(decider, out)
    importance = permutation_importance(
        decider, watched, material.units(), rounds=recipe.importance.rounds, seed=recipe.seed
    )
    keep_importance(importance, out, len(watched.targets))
    bundle = _make_bundle(material, decider, importance, command)
    return _finish(material, bundle, decider, importance, folds, out)


def _make_bundle(
    material: ClassicalMaterial, decider: Decider, importance: Sequence[Importance], command: str
) -> Bundle:
    """Export, hold the graph against scikit-learn, and add golden samples."""
    model = export_onnx(decider, material.width)
    watched = material.parts["validation"].table()
    card = first_card(material, model, command, decider, _decide(material, decider), _limit(material, decider))
    card = card.model_copy(update={"measurements": _with_importance(card, importance)})
    classifier = MeasuredClassifier(Bundle(card, model, None), material.embedder)
    probabilities, _ = classifier.run(watched.columns)
    apart = float(np.abs(probabilities - decider.probabilities(watched.columns)).max())
    if apart > TOLERANCE:
        raise InvalidBundleError(
            f"The graph of {material.recipe.classifier.kind} is off by {apart:.1e} on {len(watched.columns)} cells.",
            hint="skl2onnx does not convert it faithfully: choose another classifier.kind, and report this.",
        )
    golden = _golden(classifier, decider)
    bundle = Bundle(card, model, golden.to_bytes())
    verification = verify_bundle(bundle)
    if not verification.agrees:
        raise InvalidBundleError(f"The graph is off by {verification.largest_difference}.", hint="Report this.")
    _log.info("graph agrees with scikit-learn within %.1e on %d cells", apart, len(watched.columns))
    return bundle


def _golden(classifier: MeasuredClassifier, decider: Decider) -> GoldenColumns:
    """Drawn cells in which a cell is found, what they measure, and what scikit-learn says of that."""
    drawn = [(one, measure_picture(classifier, one)) for one in golden_images("cell", _GOLDEN_SIDE)]
    found = [(image, cells.columns) for image, cells in drawn if cells.measured[0]]
    if not found:
        raise InvalidBundleError("No cell is found in any drawn picture.", hint="Choose another measured.outlining.")
    columns = np.concatenate([one for _, one in found])
    return GoldenColumns(
        np.stack([image for image, _ in found]),
        columns,
        decider.probabilities(columns).astype(np.float32),
        decider.distance.embed(columns).astype(np.float32),
    )


def _decide(material: ClassicalMaterial, decider: Decider) -> DecisionCard:
    watched, wanted = material.parts["validation"].table(), material.recipe.decision.accepted_accuracy
    probabilities = decider.probabilities(watched.columns)
    right = probabilities.argmax(axis=1) == watched.targets
    found = smallest_threshold(probabilities.max(axis=1), right, accuracy=wanted)
    return DecisionCard(
        uncertain_below=_rounded_down(found.threshold),
        chosen_for=f"accepted validation cells are right in {wanted:.0%} of cases",
        accepted_share_validation=round(found.share, 4),
        accepted_accuracy_validation=round(found.accuracy, 4),
    )


def _rounded_down(threshold: float) -> float:
    """A threshold on the card: rounding up, or the last digit of 32 bits, would refuse the cell that set it.

    Where no threshold was good enough it stays 1, which leaves every cell open.
    """
    return 1.0 if threshold >= 1 else max(0.0, float(np.floor(threshold * 1e5) / 1e5) - 1e-5)


def _limit(material: ClassicalMaterial, decider: Decider) -> NoveltyCard:
    quantile = material.recipe.novelty.validation_quantile
    distances = decider.distance.to_nearest_class(material.parts["validation"].table().columns)
    means = decider.distance.whitening.class_means
    return NoveltyCard(
        method=f"Mahalanobis distance to the nearest class mean over {len(decider.distance.places)} columns, shrunk "
        "shared covariance of the training part; limit from the validation part",
        limit=float(np.quantile(distances, quantile)),
        validation_quantile=quantile,
        class_means=tuple(tuple(round(float(one), 6) for one in mean) for mean in means),
    )


def _with_importance(card: Card, importance: Sequence[Importance]) -> MeasurementsCard | None:
    first = tuple(ImportanceCard(name=one.name, lost=round(one.lost, 5)) for one in importance[:10])
    return None if card.measurements is None else card.measurements.model_copy(update={"importance": first})


def _finish(
    material: ClassicalMaterial,
    bundle: Bundle,
    decider: Decider,
    importance: tuple[Importance, ...],
    folds: CrossValidationCard | None,
    out: Path,
) -> ClassicalOutcome:
    classifier = MeasuredClassifier(bundle, material.embedder)
    settings = EvaluationSettings(
        seed=material.recipe.seed,
        uncertain_below=bundle.card.decision.uncertain_below,
        positive=looked_for(bundle.card),
    )
    seen, told = (_said(classifier, material, part) for part in ("validation", "test"))
    scores = evaluate_predictions(told, settings)
    warnings = (
        *warnings_of_parts(find_suspicions(seen), scores.warnings),
        *_not_found(material),
    )
    limits = (*warnings, *warnings_for_card(material.verdict))
    card = complete_card(bundle.card, material, scores, limits, folds)
    write_bundle(out / BUNDLE, card, bundle.model, bundle.golden_columns())
    write_predictions(seen, out / VALIDATION_PREDICTIONS)
    keep_evaluation(told, scores, settings, out)
    return ClassicalOutcome(out / BUNDLE, card, scores, decider, importance, warnings, material.verdict.verdict)


def _said(classifier: MeasuredClassifier, material: ClassicalMaterial, part: Part) -> Predictions:
    return material.predictions(part, said_of(classifier.predict(material.parts[part].cells)).astype(np.float64))


def _not_found(material: ClassicalMaterial) -> tuple[str, ...]:
    told = [
        f"{len(measured.not_found)} of {len(measured.entries)} ({part})"
        for part, measured in material.parts.items()
        if measured.not_found
    ]
    if not told:
        return ()
    return (
        f"No cell was found in some pictures: {', '.join(told)}; those to learn from were left out, of the others "
        "nothing was said, and they count as left open.",
    )
