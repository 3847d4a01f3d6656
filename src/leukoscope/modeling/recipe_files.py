"""How is a recipe read?  TOML, one over another; a misspelled key is answered with the nearest known one."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import tomli_w
from pydantic import BaseModel, ValidationError

from leukoscope.errors import LeukoscopeError, RecipeError
from leukoscope.modeling.augmentation.recipe import OWN_WAY
from leukoscope.modeling.recipes import MEAN_HEAD, MEAN_HEAD_KEYS, Recipe

_Kind = TypeVar("_Kind", bound=BaseModel)
_SETS = "data"
"""Several sets are a list of tables; a change of theirs means the first, whose place the data given take."""


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe; one that says `extends = "other.toml"` changes only what it names.

    Args:
        path: The TOML file.
        changes: `a.b=value` each, the value as TOML; replaces what the file says.

    Raises:
        RecipeError: The file cannot be read, or a key or value does not fit; the message names it and the nearest
            known name.
    """
    recipe = parse_recipe(read_content(path, changes))
    if not recipe.network.weights:
        return recipe
    weights = (path.parent / recipe.network.weights).as_posix()
    return recipe.model_copy(update={"network": recipe.network.model_copy(update={"weights": weights})})


def read_content(path: Path, changes: Sequence[str] = ()) -> dict[str, Any]:
    """The tables of a recipe of any task, over those of the recipe it extends, with changes applied; not validated.

    Raises:
        RecipeError: The file cannot be read.
    """
    content = _read(path, ())
    for change in changes:
        _apply(content, change)
    return content


def parse_recipe(content: dict[str, Any]) -> Recipe:
    """Validate a recipe that has been read already.

    Raises:
        RecipeError: A key or value does not fit.
    """
    recipe = fit_recipe(Recipe, content, called="A recipe", example="docs and recipes/", keys=known_keys())
    for key in recipe.search.keys:
        if ".".join(key.split(".")[:2]) not in known_keys():
            raise RecipeError(f"A recipe has no key {key!r} to search.", hint=_nearest(key, known_keys()))
    return recipe


def fit_recipe(
    kind: type[_Kind], content: Mapping[str, Any], *, called: str, example: str, keys: Sequence[str]
) -> _Kind:
    """Validate the content of a recipe of any task.

    Args:
        kind: What a recipe of the task holds.
        content: As `read_content` gives it.
        called: What such a recipe is called at the beginning of a sentence.
        example: Where one can be looked at.
        keys: Every key it can have, dotted.

    Raises:
        RecipeError: A key or value does not fit; the message names it and the nearest known key.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as fault:
        first = next((one for one in fault.errors() if one["type"] == "extra_forbidden"), fault.errors()[0])
        where = _where(first["loc"])
        if first["type"] == "extra_forbidden":
            raise RecipeError(f"{called} has no key {where!r}.", hint=_nearest(where, keys)) from fault
        message, hint = _told(first)
        raise RecipeError(f"The recipe does not fit: {where}: {message}.", hint=hint or f"See {example}.") from fault


def _told(fault: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong in our words, without its full stop; and what to do, where that is known."""
    told = fault.get("ctx", {}).get("error")
    if isinstance(told, LeukoscopeError):
        return told.message.removesuffix("."), told.hint or ""
    message = (str(told) if told is not None else fault["msg"]).removesuffix(".")
    if fault["type"] != "literal_error":
        return message, ""
    known = re.findall(r"'([^']*)'", message)
    close = difflib.get_close_matches(str(fault["input"]), known, n=1, cutoff=0.5)
    return message, f"Did you mean {close[0]!r}?" if close else ""


def task_of(path: Path) -> str:
    """The task a recipe names; empty for that of a classifier of pictures, which needs not name it.

    Raises:
        RecipeError: The file cannot be read.
    """
    return str(read_content(path).get("task", ""))


def with_values(recipe: Recipe, values: Mapping[str, object]) -> Recipe:
    """The same recipe with other values, and without a search.

    Args:
        recipe: What to start from.
        values: Value by dotted key.

    Raises:
        RecipeError: A key or value does not fit.
    """
    content = _content(recipe)
    for key, value in values.items():
        _put(content, key, value)
    return parse_recipe(content)


def recipe_text(recipe: Recipe) -> str:
    """A recipe as TOML, with what it says itself and without defaults or a search."""
    return tomli_w.dumps(_content(recipe))


def resolved_text(recipe: Recipe) -> str:
    """A recipe as TOML with every default written out, so that later defaults do not change it; without a search."""
    content = recipe.model_dump(mode="json", exclude_none=True)
    if recipe.network.name != MEAN_HEAD:
        content["network"] = {key: value for key, value in content["network"].items() if key not in MEAN_HEAD_KEYS}
    if recipe.augmentation.preset != OWN_WAY:
        content["augmentation"] = {"preset": recipe.augmentation.preset}
    return tomli_w.dumps(content)


def json_text(recipe: BaseModel) -> str:
    """A recipe of any task as JSON, as a run folder keeps it: the same text is the same recipe."""
    return recipe.model_dump_json(indent=2) + "\n"


def _content(recipe: Recipe) -> dict[str, Any]:
    return recipe.model_dump(mode="json", exclude_unset=True, exclude_none=True)


def _read(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """The content of a recipe, over that of the recipe it extends."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise RecipeError(f"The recipe {path} cannot be read.", hint="Give a TOML file of recipes/.") from fault
    except tomllib.TOMLDecodeError as fault:
        raise RecipeError(f"{path} is not TOML: {fault}.", hint="Mend the line named.") from fault
    extended = content.pop("extends", None)
    if extended is None:
        return content
    here = path.resolve()
    if not isinstance(extended, str) or here in above:
        raise RecipeError(f"{path} cannot extend {extended!r}.", hint="Name one other recipe, beside this one.")
    return _over(_read(path.parent / extended, (*above, here)), content)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Tables are joined, key by key; everything else is replaced."""
    joined = dict(below)
    for key, value in above.items():
        tables = isinstance(value, dict) and isinstance(below.get(key), dict)
        joined[key] = _over(below[key], value) if tables else value
    return joined


def known_keys(kind: type[BaseModel] = Recipe) -> tuple[str, ...]:
    """Every key of a recipe, dotted.

    Args:
        kind: What a recipe of the task holds.
    """
    keys: list[str] = []
    for name, field in kind.model_fields.items():
        inner = get_args(field.annotation)[0] if name == _SETS and get_args(field.annotation) else field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys.extend(f"{name}.{one}" for one in inner.model_fields)
        keys.append(name)
    return tuple(keys)


def _where(place: tuple[int | str, ...]) -> str:
    """A dotted key; without the number of a set, since a recipe with one set does not count it."""
    before = ("", *place)
    told = [one for last, one in zip(before, place, strict=False) if not (last == _SETS and isinstance(one, int))]
    return ".".join(map(str, told)) or "recipe"


def _nearest(key: str, keys: Sequence[str]) -> str:
    close = difflib.get_close_matches(key, keys, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(keys)}."


def _apply(content: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"A change must read a.b=value, got {change!r}.", hint="For example training.epochs=5.")
    _put(content, key.strip(), _value(value.strip()))


def _put(content: dict[str, Any], key: str, value: object) -> None:
    *folders, last = key.split(".")
    table = content
    for folder in folders:
        table = table.setdefault(folder, {})
        if folder == _SETS and isinstance(table, list) and table:
            table = table[0]
        if not isinstance(table, dict):
            raise RecipeError(f"{folder!r} in {key!r} holds a value, no keys.", hint=_nearest(key, known_keys()))
    table[last] = value


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a bare word is a string
