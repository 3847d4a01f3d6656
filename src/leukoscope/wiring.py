"""WHO GETS WHAT?  The only place that turns names and settings into live objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.bundles.archive import Bundle
from leukoscope.bundles.registry import find_bundle, list_bundles
from leukoscope.errors import BundleMismatchError
from leukoscope.inference.classifier import Classifier
from leukoscope.inference.measured_classifier import open_measured
from leukoscope.inference.pipeline import Pipeline
from leukoscope.inference.stage import StageJudge

if TYPE_CHECKING:
    from fastapi import FastAPI

    from leukoscope.settings import Settings

AUTOMATIC = "automatic"
CELL_MODEL, STAGE_MODEL = "wbc-differential", "all-stage"


def make_analyzer(model: str = AUTOMATIC, *, folders: Sequence[Path] = (), threads: int | None = None) -> Pipeline:
    """An analyzer for a model by name or path, or the automatic choice.

    Automatic names cells with `wbc-differential` and adds `all-stage` only for fields within its novelty limit.

    Args:
        model: "automatic", a bundle's name, or the path of a bundle.
        folders: Where bundles are looked for, besides the shipped ones.
        threads: Cores for the networks; all by default.

    Raises:
        NotFoundError: No such model.
        BundleError: The model is damaged or of another kind.
    """
    if model == AUTOMATIC:
        cell_bundle = find_bundle(CELL_MODEL, folders)
        return Pipeline(
            Classifier(cell_bundle, threads=threads),
            _stage(find_bundle(STAGE_MODEL, folders), threads, automatic=True),
        )
    bundle = find_bundle(model, folders)
    if bundle.card.task == "measurements":
        return Pipeline(open_measured(bundle, folders, threads=threads), None)
    if bundle.card.task != "classification":
        raise BundleMismatchError(f"{model} is for {bundle.card.task}.", hint="Choose a classification model.")
    if bundle.card.level == "cell":
        return Pipeline(Classifier(bundle, threads=threads), None)
    return Pipeline(None, _stage(bundle, threads, automatic=False))


def _stage(bundle: Bundle, threads: int | None, *, automatic: bool) -> StageJudge:
    # Making the session costs 50 ms and memory; a picture of one cell never needs it.
    return StageJudge(bundle.card, bundle.ref, lambda: Classifier(bundle, threads=threads), automatic=automatic)


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
        lambda: [one.card for one in list_bundles(settings.model_folders) if one.card and one.card.task != "detection"],
        rules=JobRules(settings.keep, settings.max_waiting_images, limits),
        clock=lambda: datetime.now(UTC),
    )
    worker = Worker(
        service,
        store,
        folders,
        lambda model: make_analyzer(model, folders=settings.model_folders, threads=settings.threads),
    )
    token = settings.token.get_secret_value() if settings.token else None
    return create_app(service, worker, AccessRules(token, frozenset({*settings.allowed_hosts, settings.host})))
