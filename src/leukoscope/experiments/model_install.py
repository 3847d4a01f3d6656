"""Installing a bundle of somebody else: checked, asked its golden samples, then copied."""

from __future__ import annotations

from pathlib import Path

from leukoscope.bundles.archive import Bundle, read_bundle
from leukoscope.bundles.installing import check_package, install_bundle, refuse_taken
from leukoscope.errors import InvalidBundleError
from leukoscope.inference.verification import Verification, verify_bundle


def install_model(path: Path, folder: Path, *, replace: bool = False) -> tuple[Path, Bundle, Verification]:
    """Check a bundle, run its golden samples, and copy it into a folder of models.

    Args:
        path: Folder or zip of the bundle.
        folder: Folder of models.
        replace: Take the place of a model of the same name there.

    Returns:
        Where it is now, the bundle, and how far its answers are from its golden samples.

    Raises:
        NotFoundError: Nothing is at `path`.
        InvalidBundleError: A file is unsafe, foreign or missing, or the answers are not those of its trainer.
        InvalidValueError: The name is taken.
    """
    check_package(path)
    bundle = read_bundle(path)
    refuse_taken(bundle.card.name, folder, replace=replace)
    verification = verify_bundle(bundle)
    if not verification.agrees:
        raise InvalidBundleError(
            f"{bundle.card.name} does not answer as its trainer saw it (difference "
            f"{max(verification.largest_difference.values()):.1e}).",
            hint="Ask whoever made it for a new export.",
        )
    return install_bundle(bundle, folder, replace=replace), bundle, verification
