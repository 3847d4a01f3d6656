"""What does a card say of a cross-validation?  What the file says that the runs wrote; nothing is typed by hand."""

from __future__ import annotations

import json
from pathlib import Path

from leukoscope.bundles.card import CrossValidationCard, FigureCard
from leukoscope.errors import RecipeError
from leukoscope.modeling.recipes import CardPart


def told_by_recipe(about: CardPart, beside: Path) -> CrossValidationCard | None:
    """What the card of a recipe says of its cross-validation; None where the recipe names none.

    Args:
        about: What the recipe says for its card.
        beside: Folder that the file it names is relative to.

    Raises:
        RecipeError: The file that the recipe names is missing, or is not such a file.
    """
    if not about.cross_validation:
        return None
    return card_section(beside / about.cross_validation, about.how_cross_validated)


def card_section(path: Path, how: str) -> CrossValidationCard:
    """What a card says of a finished cross-validation.

    Args:
        path: The `cross_validation.json` that `cross_validate` wrote.
        how: How patients were kept apart.

    Raises:
        RecipeError: The file is missing or is not such a file.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return CrossValidationCard(
            how=how,
            folds=len(told["folds"]),
            n=told["pooled"]["n"],
            groups=told["pooled"]["groups"],
            figures=tuple(FigureCard.model_validate(one) for one in told["figures"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise RecipeError(
            f"{path} does not hold the figures of a cross-validation.",
            hint="Run the recipe with --folds and name the cross_validation.json it writes.",
        ) from fault
