"""Which split does a run use, and may it?  One that divides a group is refused, unless it says so itself."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from leukoscope.data.manifest import PARTS, Manifest
from leukoscope.data.manifest_files import check_files, is_manifest, read_manifest
from leukoscope.data.splits.crossing import find_crossings, refuse_crossings
from leukoscope.errors import InvalidValueError, ManifestError, RecipeError
from leukoscope.experiments.begun_run import has_begun

_log = logging.getLogger(__name__)
LEAKY = "This split is leaky on purpose: the same blood lies on both sides, and every figure on it is too good."

DIVIDED = "Groups lie on both sides of this split: its figures say nothing of new patients."


@dataclass(frozen=True, slots=True)
class SplitInUse:
    """The split of a run.

    Attributes:
        manifest: Its pictures.
        own: Whether it is the one the recipe names.
    """

    manifest: Manifest
    own: bool

    def how_held_out(self, of_recipe: str) -> str:
        """How the test part was kept apart, for the card; `of_recipe` is true only of the recipe's own split."""
        said = self.said_of_it(of_recipe)
        if self.manifest.leaky:
            return f"{LEAKY} {said}"
        return f"{DIVIDED} {said}" if find_crossings(self.manifest, ("group", "patient")) else said

    def said_of_it(self, of_recipe: str) -> str:
        """The same without the warning of a leaky split, which goes with the split itself."""
        if self.own:
            return of_recipe
        return f"Parts of {self.manifest.name}: {self.manifest.split_method or 'not said how'}."


def open_split(named: Path, data: Path, images: Path | None, *, despite_findings: bool = False) -> SplitInUse:
    """The split that a run uses, with its pictures found and compared.

    Args:
        named: The split file the recipe names.
        data: Folder of the pictures of that split file; or a manifest that takes its place.
        images: Folder that the paths of such a manifest start from; by default its own.
        despite_findings: Go on although a group lies in two parts; the card will say so.

    Raises:
        InvalidValueError: `images` comes with a folder.
        ManifestError: A part is empty, a group lies in two parts, or pictures are missing or others.
    """
    own = not (is_manifest(data) and data.is_file())
    if own and images is not None:
        raise InvalidValueError("--images goes with --data MANIFEST.", hint="Give the folder with --data alone.")
    manifest = read_manifest(named, data) if own else read_manifest(data, images)
    _demand_parts(manifest, named if own else data)
    demand_undivided(manifest, despite_findings=despite_findings)
    if manifest.leaky:
        _log.warning(LEAKY)
    try:
        check_files([entry for part in PARTS for entry in manifest.part(part)], manifest.base)
    except ManifestError as fault:
        hint = "Give the folder of the pictures with --data." if own else "Give their folder with --images."
        raise ManifestError(fault.message, hint=hint) from fault
    return SplitInUse(manifest, own)


def demand_undivided(manifest: Manifest, *, despite_findings: bool) -> None:
    """Make sure that no group lies in two parts; or, where training is to go on all the same, warn of it.

    Raises:
        ManifestError: One does; the hint says how to go on.
    """
    try:
        refuse_crossings(manifest)
    except ManifestError as fault:
        if not despite_findings:
            raise ManifestError(
                fault.message,
                hint=f"{fault.hint}. `leukoscope leakage` shows what such parts do to figures; with --despite-findings "
                "training goes on, and the card says so.",
            ) from fault
        _log.warning(DIVIDED)


def keep_split(manifest: Manifest, path: Path) -> None:
    """Write down which split a run uses; a run that goes on must use the same.

    Raises:
        RecipeError: The folder holds a run on another split.
    """
    told = {"manifest_sha256": manifest.sha256, "leaky": manifest.leaky, "split_method": manifest.split_method}
    text = json.dumps(told, indent=2) + "\n"
    refuse_other_split(manifest, path)
    path.write_text(text, encoding="utf-8")


def refuse_other_split(manifest: Manifest, path: Path) -> None:
    """Make sure that the split written down in a run folder, if there is one, is this one.

    Raises:
        RecipeError: The folder holds a run on another split.
    """
    kept = json.loads(path.read_text(encoding="utf-8"))["manifest_sha256"] if path.is_file() else manifest.sha256
    if kept != manifest.sha256 and has_begun(path.parent):
        raise RecipeError(f"{path.parent} holds a run on another split.", hint="Give another folder with --out.")


def _demand_parts(manifest: Manifest, path: Path) -> None:
    empty = [part for part in PARTS if not manifest.part(part)]
    if empty:
        raise ManifestError(
            f"{path} holds no labeled picture of the part {' or '.join(empty)}.",
            hint="Divide it with: leukoscope data split MANIFEST --out FILE",
        )
