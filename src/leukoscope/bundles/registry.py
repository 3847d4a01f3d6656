"""Which bundles are at hand: those shipped with the package and those in the user's folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from leukoscope.bundles.archive import CARD, Bundle, read_bundle, read_card
from leukoscope.bundles.card import Card
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


def list_bundles(folders: Sequence[Path] = ()) -> list[Registered]:
    """All bundles in the package and in `folders`, by name; a damaged one is listed with its fault.

    Args:
        folders: Further folders that hold bundle folders or zips; one that does not exist is passed over. A bundle
            there hides a shipped one of the same name.
    """
    found: dict[str, Registered] = {}
    for folder in (shipped_folder(), *folders):
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if (path / CARD).is_file() or path.suffix == ".zip":
                one = _registered(path, shipped=folder == shipped_folder())
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


def _registered(path: Path, *, shipped: bool) -> Registered:
    try:
        card = read_card(path)
    except (LeukoscopeError, OSError) as fault:
        return Registered(path.stem if path.suffix == ".zip" else path.name, path, shipped, None, str(fault))
    return Registered(card.name, path, shipped, card, "")
