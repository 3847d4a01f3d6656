"""How is a recipe of measurements read, and is a recipe one?  The same TOML, extension and changes as other recipes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

import tomli_w
from pydantic import BaseModel, ValidationError

from leukoscope.errors import RecipeError
from leukoscope.modeling.classical.recipe import TASK, ClassicalRecipe, ClassifierPart
from leukoscope.modeling.recipe_files import read_content


def is_classical_recipe(path: Path) -> bool:
    """Whether a recipe says `task = "measurements"`.

    Raises:
        RecipeError: The file cannot be read.
    """
    return read_content(path).get("task") == TASK


def read_classical_recipe(path: Path, changes: Sequence[str] = ()) -> ClassicalRecipe:
    """Read a recipe of measurements.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit; the message names it and the nearest
            known name.
    """
    try:
        return ClassicalRecipe.model_validate(read_content(path, changes))
    except ValidationError as fault:
        first = next((one for one in fault.errors() if one["type"] == "extra_forbidden"), fault.errors()[0])
        where = ".".join(str(part) for part in first["loc"] if not isinstance(part, int)) or "recipe"
        if first["type"] == "extra_forbidden":
            close = difflib.get_close_matches(where, list(known_keys()), n=1, cutoff=0.5)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(known_keys())}."
            raise RecipeError(f"A recipe of measurements has no key {where!r}.", hint=hint) from fault
        raise RecipeError(
            f"The recipe does not fit: {where}: {first['msg']}.", hint="See recipes/classical-svm.toml."
        ) from fault


def resolved_text(recipe: ClassicalRecipe) -> str:
    """A recipe as TOML with every default that goes with its kind written out, so that later defaults do not matter."""
    content = recipe.model_dump(mode="json", exclude_none=True)
    content["classifier"] = _own(recipe.classifier)
    if recipe.first is not None:
        content["first"]["classifier"] = _own(recipe.first.classifier)
    return tomli_w.dumps(content)


def _own(part: ClassifierPart) -> dict[str, object]:
    return {key: value for key, value in part.model_dump(mode="json", exclude_none=True).items() if part.knows(key)}


def known_keys() -> Iterator[str]:
    """Every key of a recipe of measurements, dotted."""
    for name, field in ClassicalRecipe.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{name}.{inner}" for inner in kind.model_fields)
        yield name
    for name in ("features", "selection", "classifier", "search"):
        inner_kind = ClassicalRecipe.model_fields[name].annotation
        if isinstance(inner_kind, type) and issubclass(inner_kind, BaseModel):
            yield from (f"first.{name}.{inner}" for inner in inner_kind.model_fields)
        yield f"first.{name}"
    yield "first.tells"
