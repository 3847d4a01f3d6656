"""How is a recipe of measurements read?  The same TOML, extension and changes as other recipes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tomli_w

from leukoscope.modeling import recipe_files
from leukoscope.modeling.classical.recipe import ClassicalRecipe, ClassifierPart


def read_classical_recipe(path: Path, changes: Sequence[str] = ()) -> ClassicalRecipe:
    """Read a recipe of measurements.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit; the message names it and the nearest
            known name.
    """
    return recipe_files.fit_recipe(
        ClassicalRecipe,
        recipe_files.read_content(path, changes),
        called="A recipe of measurements",
        example="recipes/classical-svm.toml",
        keys=known_keys(),
    )


def resolved_text(recipe: ClassicalRecipe) -> str:
    """A recipe as TOML with every default that goes with its kind written out, so that later defaults do not matter."""
    content = recipe.model_dump(mode="json", exclude_none=True)
    content["classifier"] = _own(recipe.classifier)
    if recipe.first is not None:
        content["first"]["classifier"] = _own(recipe.first.classifier)
    return tomli_w.dumps(content)


def _own(part: ClassifierPart) -> dict[str, object]:
    return {key: value for key, value in part.model_dump(mode="json", exclude_none=True).items() if part.knows(key)}


def known_keys() -> tuple[str, ...]:
    """Every key of a recipe of measurements, dotted; those of the first decision are those of the last one."""
    keys = recipe_files.known_keys(ClassicalRecipe)
    of_first = (key for key in keys if key.split(".")[0] in ("features", "selection", "classifier", "search"))
    return (*keys, *(f"first.{key}" for key in of_first), "first.tells")
