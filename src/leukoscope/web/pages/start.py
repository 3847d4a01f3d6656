"""The start page: drop pictures, choose a model."""

from __future__ import annotations

from collections.abc import Sequence

from leukoscope.bundles.card import Card
from leukoscope.reporting.wording import NO_BLASTS_HERE
from leukoscope.service.jobs import AUTOMATIC, JobService
from leukoscope.web.pages.elements import text
from leukoscope.web.pages.frame import frame
from leukoscope.web.pages.upload_form import Choice, UploadForm


def start_page(service: JobService) -> None:
    """Build the page."""
    cards = service.models()
    with frame("start"):
        text("h1", "Find and name the cells of a blood smear", "title")
        if not cards:
            text("p", "No model is installed; nothing can be analyzed. Ask whoever runs this server.", "fault")
        UploadForm(choices(cards), service.rules.upload)


def choices(cards: Sequence[Card]) -> list[Choice]:
    """The models as the form offers them, "automatic" first."""
    reading = "Names each cell; adds a reading of the whole field only where a field model knows fields like it."
    lines = (reading,) if any(_knows_blasts(card) for card in cards) else (reading, NO_BLASTS_HERE)
    automatic = Choice(AUTOMATIC, "Automatic", lines)
    return [automatic, *(Choice(card.name, card.title, _lines(card), _limits(card)) for card in cards)]


def _lines(card: Card) -> tuple[str, ...]:
    names = ", ".join(label.title.lower() for label in card.labels)
    lines = [f"{_does(card)}: {names}."]
    if card.metrics is not None:
        low, high = card.metrics.accuracy_ci95
        lines.append(
            f"Accuracy on pictures held out: {card.metrics.accuracy:.3f} (95 % {low:.3f}\N{EN DASH}{high:.3f}, "
            f"n = {card.metrics.n})."
        )
    if card.level == "cell" and not _knows_blasts(card) and not card.resembles:
        lines.append(NO_BLASTS_HERE)
    return tuple(lines)


def _does(card: Card) -> str:
    if card.level == "image":
        return "Reads whole fields"
    return "Says which of these a cell resembles" if card.resembles else "Names cells"


def _limits(card: Card) -> tuple[str, ...]:
    held_out = (f"Held out: {card.metrics.how_held_out}",) if card.metrics is not None else ()
    return (*held_out, *card.limits, f"Weights: {card.weights_licence}")


def _knows_blasts(card: Card) -> bool:
    return any(label.group == "blast" and not label.only_resembles for label in card.domain_labels)
