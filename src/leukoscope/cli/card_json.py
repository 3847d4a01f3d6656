"""What does a program learn of a model?  Its card as JSON, for every command that makes or shows one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.bundles.card import Card


def card_as_dict(card: Card) -> dict[str, object]:
    """A card without the means of its classes, which are as long as its embedding."""
    return card.model_dump(mode="json", by_alias=True, exclude={"novelty": {"class_means"}})


def print_document(schema: str, content: Mapping[str, object]) -> None:
    """Print a JSON document that begins with its schema.

    Args:
        schema: Its name and version, such as `leukoscope.trained/1`.
        content: What follows.
    """
    print(json.dumps({"schema": schema, **content}, indent=2, ensure_ascii=False))
