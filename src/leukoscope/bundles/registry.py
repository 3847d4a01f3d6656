"""Which bundles are at hand: those shipped with the package, those the user installed, those in further folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from leukoscope.bundles.archive import Bundle, read_bundle, read_card
from leukoscope.bundles.card import Card
from leukoscope.bundles.package import CARD
from leukoscope.errors import LeukoscopeError, NotFoundError


@dataclass(frozen=True, slots=True)
class Registered:
    """A bundle that was found: where it is, its card, or what is wrong with it."""

    name: str
    path: Path
    shipped: bool
    card: Card | None
    fault: str


def shipped_folder() -> Path:
    """The folder of the bundles that ship with the package; it may be empty."""
    return Path(str(files("leukoscope"))) / "bundled"


def user_folder() -> Path:
    """Where `leukoscope model install` and `import` put models: `$XDG_DATA_HOME/leukoscope/models`, or below `~`."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "leukoscope" / "models"


def list_bundles(folders: Sequence[Path] = ()) -> list[Registered]:
    """All bundles in the package, in the user's folder and in `folders`, by name; damaged ones with their fault.

    Args:
        folders: Further folders that hold bundle folders or zips; one that does not exist is passed over, one that
            cannot be read is listed with its fault. A bundle there hides a shipped one of the same name.
    """
    found: dict[str, Registered] = {}
    shipped = shipped_folder()
    for folder in (shipped, user_folder(), *folders):
        for one in _inside(folder, shipped=folder == shipped):
            found[one.name] = one
    return sorted(found.values(), key=lambda one: one.name)


def find_bundle(name_or_path: str, folders: Sequence[Path] = ()) -> Bundle:
    """Read the bundle of that name, or at that path.

    Raises:
        NotFoundError: There is none; the message lists the names there are.
        BundleError: It is damaged.
    """
    known = list_bundles(folders)
    for one in known:
        if one.name == name_or_path:
            return read_bundle(one.path)
    path = Path(name_or_path)
    if path.exists():
        return read_bundle(path)
    names = ", ".join(one.name for one in known) or "none"
    raise NotFoundError(f"There is no model {name_or_path!r}.", hint=f"Known models: {names}; or give a bundle's path.")


def _inside(folder: Path, *, shipped: bool) -> list[Registered]:
    try:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as fault:
        return [Registered(folder.name, folder, shipped, None, f"{folder} cannot be read ({fault.strerror}).")]
    # A name that begins with a dot is an installation under way.
    return [_registered(path, shipped=shipped) for path in paths if not path.name.startswith(".") and _is_bundle(path)]


def _is_bundle(path: Path) -> bool:
    try:
        return path.suffix == ".zip" or (path / CARD).is_file()
    except OSError:  # a folder that cannot be looked into: listed with its fault
        return True


def _registered(path: Path, *, shipped: bool) -> Registered:
    try:
        card = read_card(path)
    except (LeukoscopeError, OSError) as fault:
        return Registered(path.stem if path.suffix == ".zip" else path.name, path, shipped, None, str(fault))
    return Registered(card.name, path, shipped, card, "")
