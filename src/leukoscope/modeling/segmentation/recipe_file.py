"""How is a segmentation recipe read, and is a recipe one?  The same TOML, extension and changes as other recipes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from leukoscope.errors import RecipeError
from leukoscope.modeling.recipe_files import read_content
from leukoscope.modeling.segmentation.recipe import TASK, SegmentationRecipe


def is_segmentation_recipe(path: Path) -> bool:
    """Whether a recipe says `task = "segmentation"`.

    Raises:
        RecipeError: The file cannot be read.
    """
    return read_content(path).get("task") == TASK


def read_segmentation_recipe(path: Path, changes: Sequence[str] = ()) -> SegmentationRecipe:
    """Read a segmentation recipe.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit.
    """
    try:
        return SegmentationRecipe.model_validate(read_content(path, changes))
    except ValidationError as fault:
        first = next((one for one in fault.errors() if one["type"] == "extra_forbidden"), fault.errors()[0])
        where = ".".join(str(part) for part in first["loc"] if not isinstance(part, int)) or "recipe"
        raise RecipeError(
            f"The segmentation recipe does not fit: {where}: {first['msg']}.", hint="See recipes/cell-segmenter.toml."
        ) from fault
