"""How is a detection recipe read?  The same TOML, extension and changes as other recipes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leukoscope.modeling.detection.recipe import DetectionRecipe
from leukoscope.modeling.recipe_files import fit_recipe, known_keys, read_content


def read_detection_recipe(path: Path, changes: Sequence[str] = ()) -> DetectionRecipe:
    """Read a detection recipe.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit.
    """
    return fit_recipe(
        DetectionRecipe,
        read_content(path, changes),
        called="A detection recipe",
        example="recipes/cell-detector.toml",
        keys=known_keys(DetectionRecipe),
    )
