"""How is a detection recipe read, and is a recipe one?  The same TOML, extension and changes as other recipes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from leukoscope.errors import RecipeError
from leukoscope.modeling.detection.recipe import TASK, DetectionRecipe
from leukoscope.modeling.recipe_files import read_content


def is_detection_recipe(path: Path) -> bool:
    """Whether a recipe says `task = "detection"`.

    Raises:
        RecipeError: The file cannot be read.
    """
    return read_content(path).get("task") == TASK


def read_detection_recipe(path: Path, changes: Sequence[str] = ()) -> DetectionRecipe:
    """Read a detection recipe.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit.
    """
    try:
        return DetectionRecipe.model_validate(read_content(path, changes))
    except ValidationError as fault:
        first = next((one for one in fault.errors() if one["type"] == "extra_forbidden"), fault.errors()[0])
        where = ".".join(str(part) for part in first["loc"] if not isinstance(part, int)) or "recipe"
        if first["type"] == "extra_forbidden":
            close = difflib.get_close_matches(where, list(known_keys()), n=1, cutoff=0.5)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(known_keys())}."
            raise RecipeError(f"A detection recipe has no key {where!r}.", hint=hint) from fault
        raise RecipeError(
            f"The recipe does not fit: {where}: {first['msg']}.", hint="See recipes/cell-detector.toml."
        ) from fault


def known_keys() -> Iterator[str]:
    """Every key of a detection recipe, dotted."""
    from leukoscope.modeling.detection.recipe import BoxedSet

    yield from (f"data.{inner}" for inner in BoxedSet.model_fields)
    for name, field in DetectionRecipe.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{name}.{inner}" for inner in kind.model_fields)
        yield name
