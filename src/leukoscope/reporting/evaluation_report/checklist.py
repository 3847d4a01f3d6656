"""What must a paper on this model say?  A checklist in the style of TRIPOD+AI and CLAIM, filled in as far as is known.

Item numbers are those of TRIPOD+AI (Collins et al. 2024, BMJ 385:e078378); topics of imaging follow CLAIM (Tejani et
al. 2024, Radiology: Artificial Intelligence 6:e240300). It does not replace either: an answer is a beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.bundles.card import Card
from leukoscope.evaluation.predictions import Predictions
from leukoscope.reporting.evaluation_report.content import EvaluationPage
from leukoscope.reporting.evaluation_report.evaluation_words import units_text, with_limits

OPEN = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell.

    Attributes:
        section: Where in a paper.
        number: Number in TRIPOD+AI; empty for topics of CLAIM alone.
        question: What must be told.
        answer: What is known; empty where it is open.
    """

    section: str
    number: str
    question: str
    answer: str


def checklist(page: EvaluationPage) -> tuple[Item, ...]:
    """All items; what nobody told leukoscope stays open."""
    return (*_background(page), *_data(page), *_model(page), *_results(page), *_rest(page))


def _background(page: EvaluationPage) -> list[Item]:
    card = page.card
    return [
        Item("Title", "1", "Named as a study of a prediction model, with population and outcome", OPEN),
        Item("Introduction", "3a", "Setting and intended use", card.intended_use if card else OPEN),
        Item("Introduction", "3c", "Known inequalities between groups of people", OPEN),
        Item("Introduction", "4", "Aim: development, evaluation or both",
             f"Evaluation of {page.title}{_on(page)}." if page.data else OPEN),
    ]  # fmt: skip


def _data(page: EvaluationPage) -> list[Item]:
    predictions, card, verdict = page.predictions, page.card, page.verdict
    counts = ", ".join(f"{one.name} {one.support}" for one in page.evaluation.per_class)
    sources = sorted({name for name in predictions.sources if name})
    read = f"{len(page.not_read)} pictures could not be read and are left out." if page.not_read else ""
    left_out = " ".join(told for told in (page.other_classes, read) if told)
    quality = sum(bool(one.warnings) for one in page.quality)
    return [
        Item("Data", "5a", "Sources of the data",
             _joined(page.data, f"sources {', '.join(sources)}" if sources else "")),
        Item("Data", "5b", "Dates of collection", OPEN),
        Item("Data", "6a", "Setting and number of centers", OPEN),
        Item("Data", "6b", "Who was included and left out", OPEN),
        Item("Data", "", "Pictures, patients and slides (CLAIM)", _numbers(predictions)),
        Item("Data", "", "How pictures were taken: stain, camera, magnification (CLAIM)", OPEN),
        Item("Data", "7", "Quality of the pictures and preparation",
             _joined(f"{quality} of {len(page.quality)} pictures are warned of" if page.quality else "", read)),
        Item("Data", "8a", "How the true class was found, and by whom", OPEN),
        Item("Data", "", "Agreement between those who labeled (CLAIM)", OPEN),
        Item("Data", "10", "Sample size and how it was chosen", f"{len(predictions)} pictures: {counts}; not planned."),
        Item("Data", "11", "Missing data", left_out or ("None was left out." if page.card else OPEN)),
        Item("Data", "", "How parts were kept apart, and at which level (CLAIM)",
             card.metrics.how_held_out if card and card.metrics else OPEN),
        Item("Data", "", "Copies, leaks and shortcuts looked for", verdict.verdict if verdict else OPEN),
    ]  # fmt: skip


def _model(page: EvaluationPage) -> list[Item]:
    card = page.card
    training = card.training if card else None
    return [
        Item("Model", "12c", "Kind of model, and how it was trained",
             f"Recipe {training.recipe}, {training.framework}; {training.command}" if training else OPEN),
        Item("Model", "13", "Imbalance of the classes", OPEN),
        Item("Model", "14", "Fairness between groups of people", OPEN),
        Item("Model", "15", "What comes out and how it is read", _output(card)),
        Item("Model", "16", "How training and evaluation data differ",
             f"Trained on {training.images_train} pictures, chosen on {training.images_validation}." if training else
             OPEN),
        Item("Model", "", "Explanations (CLAIM)",
             "Heat maps of the class that was given, beside each error." if any(one.heat for one in page.errors) else
             OPEN),
        Item("Model", "22", "How the model can be had",
             f"Bundle {card.name} {card.version}, graph SHA-256 {card.onnx_sha256}." if card else OPEN),
    ]  # fmt: skip


def _results(page: EvaluationPage) -> list[Item]:
    evaluation = page.evaluation
    figures = ", ".join(
        f"{title} {with_limits(evaluation.figures[name])}"
        for name, title in (("accuracy", "accuracy"), ("balanced_accuracy", "balanced accuracy"), ("auroc", "AUROC"))
        if evaluation.figures[name] is not None
    )
    drawn = f"{evaluation.rounds} draws of {units_text(evaluation)}, seed {page.settings.seed}"
    robust = ", ".join(one.change for one in page.card.robustness) if page.card else ""
    return [
        Item("Results", "20b", "Age, sex and other traits of the people", OPEN),
        Item("Results", "23a", "Performance with limits", f"{figures}."),
        Item("Results", "12e", "How limits were found",
             f"Exact (Clopper-Pearson) for proportions, bootstrap ({drawn}) for the rest."),
        Item("Results", "23b", "Differences between sources, patients, quality",
             "Drawn on this page, as far as they are known." if page.quality or page.predictions.sources else OPEN),
        Item("Results", "", "Robustness (CLAIM)", f"On the card: {robust}." if robust else OPEN),
        Item("Results", "", "Analysis of errors (CLAIM)",
             f"{sum(page.predictions.correct == 0)} errors, the worst shown on this page."),
        Item("Results", "", "Test on data of another laboratory (CLAIM)", OPEN),
    ]  # fmt: skip


def _rest(page: EvaluationPage) -> list[Item]:
    card = page.card
    return [
        Item("Discussion", "26", "Limits of the model", " ".join(card.limits) if card else OPEN),
        Item("Discussion", "27a", "How poor input is handled",
             f"Answers below {page.settings.uncertain_below:.3g} are left open." if page.settings.uncertain_below else
             OPEN),
        Item("Other", "17", "Ethical approval and consent", OPEN),
        Item("Other", "18a", "Funding and conflicts of interest", OPEN),
        Item("Other", "18c", "Protocol and registration", OPEN),
        Item("Other", "18e", "Access to data",
             "; ".join(f"{one.name}: {one.licence}" for one in card.data_sources) if card else OPEN),
        Item("Other", "18f", "Access to code", "leukoscope is open source; the command is on the card." if card and
             card.training else OPEN),
        Item("Other", "19", "Involvement of patients and the public", OPEN),
    ]  # fmt: skip


def _on(page: EvaluationPage) -> str:
    return f" on {page.data}" + (f", part {page.part}" if page.part else "")


def _numbers(predictions: Predictions) -> str:
    told = [f"{len(predictions)} pictures"]
    for names, what in ((predictions.patients, "patients"), (predictions.slides, "slides")):
        told.append(f"{len(set(names) - {''})} {what}" if names else f"{what} not known")
    return ", ".join(told) + "."


def _output(card: Card | None) -> str:
    if card is None:
        return OPEN
    names = ", ".join(label.name for label in card.labels)
    return (
        f"Probabilities of {names}; below {card.decision.uncertain_below:.3g} left open ({card.decision.chosen_for})."
    )


def _joined(*parts: str) -> str:
    told = [part for part in parts if part]
    return "; ".join(told) if told else OPEN
