"""WHO GETS WHAT?  The only place that turns names and settings into live objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.registry import find_bundle, list_bundles
from leukoscope.errors import BundleMismatchError, NotFoundError
from leukoscope.imaging.morphology.reference_file import shipped_reference
from leukoscope.imaging.outlining import WAYS, Outliner, outliner
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.detector import Detector
from leukoscope.inference.detector_finder import WBC, DetectorFinder
from leukoscope.inference.finding import CellFinder, ClassicalFinder
from leukoscope.inference.measured_classifier import open_measured
from leukoscope.inference.naming import CellModel
from leukoscope.inference.outlined import CellOutliner
from leukoscope.inference.pipeline import Pipeline
from leukoscope.inference.segmenter import Segmenter
from leukoscope.inference.stage import StageJudge

if TYPE_CHECKING:
    from fastapi import FastAPI

    from leukoscope.settings import Settings

AUTOMATIC = "automatic"
CELL_MODEL, STAGE_MODEL, DETECTOR = "wbc-differential", "all-stage", "cell-detector"
SEGMENTER, TRACER = "cell-segmenter", "tracer"

_HELPING = ("detection", "segmentation")
"""Tasks of models that name nothing, so that nobody chooses them for an analysis."""


def make_analyzer(
    model: str = AUTOMATIC, *, finder: str = AUTOMATIC, folders: Sequence[Path] = (), threads: int | None = None
) -> Pipeline:
    """An analyzer for a model by name or path, or the automatic choice.

    Automatic names cells with `wbc-differential` and adds `all-stage` only for fields within its novelty limit.

    Args:
        model: "automatic", a bundle's name, or the path of a bundle.
        finder: How cells are found; see `make_finder`.
        folders: Where bundles are looked for, besides the shipped ones.
        threads: Cores for the networks; all by default.

    Raises:
        NotFoundError: No such model.
        BundleError: The model is damaged or of another kind.
    """
    found_by = make_finder(finder, folders=folders, threads=threads)
    drawn_by, way = make_outliner(folders=folders, threads=threads)
    cell_model, stage = _models(model, folders, threads)
    return Pipeline(cell_model, stage, found_by, drawn_by, way)


def _models(model: str, folders: Sequence[Path], threads: int | None) -> tuple[CellModel | None, StageJudge | None]:
    if model == AUTOMATIC:
        cell_bundle = find_bundle(CELL_MODEL, folders)
        stage = _stage(find_bundle(STAGE_MODEL, folders), threads, automatic=True)
        return Classifier(cell_bundle, threads=threads), stage
    bundle = find_bundle(model, folders)
    if bundle.card.task == "measurements":
        return open_measured(bundle, folders, threads=threads), None
    if bundle.card.task != "classification":
        raise BundleMismatchError(f"{model} is for {bundle.card.task}.", hint="Choose a classification model.")
    if bundle.card.level == "cell":
        return Classifier(bundle, threads=threads), None
    return None, _stage(bundle, threads, automatic=False)


def make_finder(finder: str = AUTOMATIC, *, folders: Sequence[Path] = (), threads: int | None = None) -> CellFinder:
    """A way of finding cells.

    Args:
        finder: "automatic": `cell-detector` where it is installed and agrees with the nuclear stain, else the classical
            way; "classical"; "detector": `cell-detector`, whatever the stain says; or the name or path of a detector.
        folders: Where bundles are looked for, besides the shipped ones.
        threads: Cores for the detector; all by default.

    Raises:
        NotFoundError: There is no such detector.
        BundleError: It is damaged, or no detector of leukocytes.
    """
    if finder == "classical" or (finder == AUTOMATIC and not _installed(DETECTOR, folders)):
        return ClassicalFinder()
    if finder in (AUTOMATIC, "detector"):
        bundle = find_bundle(DETECTOR, folders)
    else:
        bundle = _helper(finder, folders, "way of finding cells", (AUTOMATIC, "classical", "detector"))
    if bundle.card.task != "detection" or WBC not in {label.name for label in bundle.card.labels}:
        raise BundleMismatchError(
            f"{bundle.card.name} finds no leukocytes.",
            hint="Give --finder automatic, classical, detector or a detector.",
        )
    # Making the session costs 50 ms and memory; a picture of one cell never needs it.
    return DetectorFinder(
        bundle.card,
        bundle.ref,
        lambda: Detector(bundle, threads=threads),
        ClassicalFinder(),
        insist=finder != AUTOMATIC,
    )


def _installed(name: str, folders: Sequence[Path]) -> bool:
    return any(one.name == name for one in list_bundles(folders))


def _stage(bundle: Bundle, threads: int | None, *, automatic: bool) -> StageJudge:
    # Making the session costs 50 ms and memory; a picture of one cell never needs it.
    return StageJudge(bundle.card, bundle.ref, lambda: Classifier(bundle, threads=threads), automatic=automatic)


def make_cell_outliner(
    outlining: str = AUTOMATIC, *, finder: str = AUTOMATIC, folders: Sequence[Path] = (), threads: int | None = None
) -> CellOutliner:
    """Finds and outlines cells to be measured.

    Args:
        outlining: As in `make_outliner`.
        finder: As in `make_finder`.
        folders: Where bundles are looked for, besides the shipped ones.
        threads: Cores for the networks; all by default.

    Raises:
        NotFoundError: There is no such way and no such segmenter.
        BundleError: The detector or segmenter is damaged or of another kind.
    """
    drawn_by, name = make_outliner(outlining, folders=folders, threads=threads)
    found_by = make_finder(finder, folders=folders, threads=threads)
    drawn_with = (drawn_by.ref,) if isinstance(drawn_by, Segmenter) else ()
    return CellOutliner(found_by, drawn_by, name, (*found_by.refs, *drawn_with))


def make_outliner(
    outlining: str = AUTOMATIC, *, folders: Sequence[Path] = (), threads: int | None = None
) -> tuple[Outliner, str]:
    """A way of outlining nucleus and cell, and its name as results quote it.

    Args:
        outlining: "automatic": `cell-segmenter` where it is installed and the reference cells were outlined by it, so
            that measurements can be compared, else the tracer; a classical way by name (see `imaging.outlining.WAYS`);
            or the name or path of a segmenter.
        folders: Where bundles are looked for, besides the shipped ones.
        threads: Cores for the segmenter; all by default.

    Raises:
        NotFoundError: There is no such way and no such segmenter.
        BundleError: The segmenter is damaged or of another kind.
    """
    if outlining == AUTOMATIC:
        outlining = SEGMENTER if _installed(SEGMENTER, folders) and _is_compared(SEGMENTER) else TRACER
    if outlining in WAYS:
        return outliner(outlining), outlining
    bundle = _helper(outlining, folders, "way of outlining cells", (AUTOMATIC, *WAYS))
    segmenter = Segmenter(bundle, threads=threads)
    return segmenter, segmenter.card.name


def _helper(name: str, folders: Sequence[Path], what: str, words: Sequence[str]) -> Bundle:
    """The detector or segmenter of a name; where there is none, the words that would have been taken are told."""
    try:
        return find_bundle(name, folders)
    except NotFoundError as fault:
        raise NotFoundError(
            f"There is no {what} {name!r}.", hint=f"Say {', '.join(words)}, or the name or path of such a model."
        ) from fault


def _is_compared(outlining: str) -> bool:
    return any(one.outlined_by == outlining for one in shipped_reference().cells)


def build_server(settings: Settings) -> FastAPI:
    """The web application with its worker; once per process.

    Args:
        settings: Deployment settings, already checked by `settings.read_settings`.
    """
    from datetime import UTC, datetime

    from leukoscope.service.jobs import JobRules, JobService
    from leukoscope.service.uploads import UploadLimits
    from leukoscope.service.worker import Worker
    from leukoscope.storage.database import open_database
    from leukoscope.storage.folders import DiskFolders
    from leukoscope.storage.job_store import SqlJobStore
    from leukoscope.web.app import create_app
    from leukoscope.web.guard import AccessRules

    folders = DiskFolders(settings.data_dir)
    folders.lock()
    store = SqlJobStore(open_database(settings.url))
    limits = UploadLimits(int(settings.max_file_mb * 2**20), int(settings.max_request_mb * 2**20), settings.max_files)
    service = JobService(
        store,
        folders,
        lambda: [
            one.card for one in list_bundles(settings.model_folders) if one.card and one.card.task not in _HELPING
        ],
        rules=JobRules(settings.keep, settings.max_waiting_images, limits),
        clock=lambda: datetime.now(UTC),
    )
    worker = Worker(
        service,
        store,
        folders,
        lambda model: make_analyzer(
            model, finder=settings.finder, folders=settings.model_folders, threads=settings.threads
        ),
    )
    token = settings.token.get_secret_value() if settings.token else None
    return create_app(service, worker, AccessRules(token, frozenset({*settings.allowed_hosts, settings.host})))
