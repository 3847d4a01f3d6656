"""Putting a bundle of somebody else into a folder of models, and taking it out again.

Nothing is unpacked: the three files a bundle may hold are read into memory within their limits, and written under names
of our own. What else a package holds is a reason to refuse it, since nobody would look at it.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from leukoscope.bundles.archive import Bundle, write_bundle
from leukoscope.bundles.package import CARD, check_members, refuse_others
from leukoscope.bundles.registry import list_bundles, shipped_folder
from leukoscope.errors import InvalidBundleError, InvalidValueError, NotFoundError


def check_package(path: Path) -> None:
    """Make sure that a folder or zip holds the files of a bundle and nothing else.

    Raises:
        NotFoundError: Nothing is at `path`.
        InvalidBundleError: There is another file, a link, a name that leads elsewhere, a name twice, or an encrypted
            file; or it is no zip.
    """
    if path.is_dir():
        for one in sorted(path.iterdir()):
            if one.is_symlink() or not one.is_file():
                raise InvalidBundleError(f"{path} holds {one.name}, which is no plain file.", hint="Remove it.")
            refuse_others(one.name, path)
    elif path.is_file():
        _check_zip(path)
    else:
        raise NotFoundError(f"There is no bundle at {path}.", hint="Give a bundle's folder or zip.")


def install_bundle(bundle: Bundle, folder: Path, *, replace: bool = False) -> Path:
    """Write a checked bundle into a folder of models; it appears whole or not at all.

    Args:
        bundle: The bundle, with golden samples.
        folder: Folder of models; made where it is missing.
        replace: Take the place of a model of the same name there.

    Returns:
        The folder of the bundle.

    Raises:
        InvalidValueError: The name is taken.
        InvalidBundleError: There are no golden samples.
    """
    name, golden = bundle.card.name, bundle.samples()
    refuse_taken(name, folder, replace=replace)
    target, partial, old = folder / name, folder / f".{name}.partial", folder / f".{name}.old"
    for left in (partial, old):
        shutil.rmtree(left, ignore_errors=True)
    write_bundle(partial, bundle.card, bundle.model, golden)
    if target.exists():
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target


def refuse_taken(name: str, folder: Path, *, replace: bool = False) -> None:
    """Raise where a model of this name is there already.

    Raises:
        InvalidValueError: A shipped model has the name, or one in the folder that is not to be replaced.
    """
    shipped = {one.name for one in list_bundles() if one.path.parent == shipped_folder()}
    if name in shipped:
        raise InvalidValueError(
            f"{name!r} is the name of a shipped model, which it would hide.", hint="Give it another name."
        )
    if (folder / name).exists() and not replace:
        raise InvalidValueError(f"{folder} holds a model {name!r} already.", hint="Add --replace to exchange it.")


def uninstall_bundle(name: str, folder: Path) -> Path:
    """Remove an installed model.

    Raises:
        NotFoundError: The folder holds no bundle of that name.
    """
    path = folder / name
    if PurePosixPath(name).name != name or name.startswith(".") or not (path / CARD).is_file():
        raise NotFoundError(f"{folder} holds no model {name!r}.", hint="`leukoscope model list` shows what is there.")
    gone = folder / f".{name}.old"
    shutil.rmtree(gone, ignore_errors=True)
    path.rename(gone)
    shutil.rmtree(gone)
    return path


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, path)
    except InvalidBundleError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise InvalidBundleError(f"{path} is not a readable zip.", hint="Give a bundle's folder or zip.") from fault
