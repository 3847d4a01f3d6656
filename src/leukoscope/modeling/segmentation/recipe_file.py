"""How is a segmentation recipe read?  The same TOML, extension and changes as other recipes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from leukoscope.modeling.recipe_files import fit_recipe, known_keys, read_content
from leukoscope.modeling.segmentation.recipe import SegmentationRecipe


def read_segmentation_recipe(path: Path, changes: Sequence[str] = ()) -> SegmentationRecipe:
    """Read a segmentation recipe.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit.
    """
    return fit_recipe(
        SegmentationRecipe,
        read_content(path, changes),
        called="A segmentation recipe",
        example="recipes/cell-segmenter.toml",
        keys=known_keys(SegmentationRecipe),
    )
