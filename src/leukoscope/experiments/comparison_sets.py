"""On what are models compared?  Labeled sets; pictures are needed only where a bundle is asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope.data.checks.findings import CheckReport
from leukoscope.data.manifest import Part
from leukoscope.errors import ManifestError
from leukoscope.experiments.bundle_answers import LabeledPictures
from leukoscope.experiments.contenders import Candidate
from leukoscope.experiments.evaluation_run import demand_files, find_labels, verdict_on


@dataclass(frozen=True, slots=True, eq=False)
class TestSet:
    """Labeled pictures to compare on.

    Attributes:
        name: As tables call it.
        pictures: The pictures.
        verdict: What the check of the data says.
    """

    __test__ = False  # pytest would take it for a class of tests

    name: str
    pictures: LabeledPictures
    verdict: CheckReport | None = None


def open_set(data: Path, images: Path | None, part: Part | None, candidates: Sequence[Candidate]) -> TestSet:
    """A set to compare on.

    Args:
        data: A manifest, or a folder with one folder per class.
        images: Folder the paths of a manifest start from; by default the manifest's own.
        part: Part of a manifest, None for all its pictures.
        candidates: Who is asked: bundles look at the pictures, files of predictions need only their labels.

    Raises:
        ManifestError: The part is empty, or a bundle is to be asked about pictures that are not there.
        InputNotFoundError: The folder holds no picture.
        MissingExtraError: A manifest was given and the extra `data` is not installed.
    """
    pictures = find_labels(data, images, part)
    if pictures.manifest is not None:
        _demand_files_for(candidates, pictures)
    return TestSet(data.resolve().name if data.is_dir() else data.stem, pictures, verdict_on(pictures))


def _demand_files_for(candidates: Sequence[Candidate], pictures: LabeledPictures) -> None:
    bundles = [one.name for one in candidates if one.bundle is not None]
    if not bundles:
        return
    try:
        demand_files(pictures)
    except ManifestError as fault:
        raise ManifestError(
            f"{fault.message} {bundles[0]} is asked about the pictures themselves; only files of predictions can be "
            "compared without.",
            hint=fault.hint,
        ) from fault
