"""The one thread that analyzes: a picture of each waiting job in turn, so that nobody waits for another's thousand."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leukoscope import __version__
from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ImageFinding, ModelRef
from leukoscope.domain.images import SmearImage
from leukoscope.errors import LeukoscopeError, NotFoundError
from leukoscope.imaging.reading import read_image
from leukoscope.reporting.writer import ReportWriter
from leukoscope.service.analysis import analyze_one
from leukoscope.service.job_ports import JobFolders, JobStore
from leukoscope.service.job_values import Job, JobImage
from leukoscope.service.jobs import JobService
from leukoscope.service.ports import Analyzer, Source
from leukoscope.service.views import gist, read_view, write_view

MAX_ATTEMPTS = 2
KEPT_ANALYZERS = 3
SWEEP_S = 60.0
_INTERNAL = "Something went wrong in leukoscope itself. Please report it, with the picture if you may share it."
_ENDED_SERVER = "The server was ended twice while it analyzed this picture; it is left out. Try it in a smaller size."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Run:
    """A job in progress: its models, its report, and the pictures still to come."""

    job: Job
    analyzer: Analyzer
    writer: ReportWriter
    images: Iterator[JobImage]


class Worker:
    """Analyzes submitted jobs in one background thread.

    Args:
        service: Where jobs come from.
        store: Rows of the jobs.
        folders: Files of the jobs.
        make_analyzer: Makes the analyzer of a model's name; the last few are kept.
    """

    def __init__(
        self, service: JobService, store: JobStore, folders: JobFolders, make_analyzer: Callable[[str], Analyzer]
    ) -> None:
        self._service, self._store, self._folders = service, store, folders
        self._make_analyzer = make_analyzer
        self._analyzers: OrderedDict[str, Analyzer] = OrderedDict()
        self._stopping = threading.Event()
        self._runs: deque[_Run] = deque()
        self._thread = threading.Thread(target=self._work, name="leukoscope-worker", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether jobs are being worked on."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Take up what the last run of the server left, then work until `stop`."""
        self._service.recover()
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish the picture at hand and stop; what is left is taken up at the next start."""
        self._stopping.set()
        self._service.submitted.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._service.submitted.is_set() or not self._runs:
                    self._service.submitted.clear()
                    self._take_up()
                if not self._turn():
                    self._service.expire()
                    self._service.submitted.wait(SWEEP_S)
            except Exception:
                # The edge of the thread: a locked database must not end the server's only worker.
                _log.exception("the worker stumbled; it goes on in a second")
                self._runs.clear()
                self._stopping.wait(1.0)

    def _turn(self) -> bool:
        """One picture of the next job; False when there is nothing to do."""
        if not self._runs:
            return False
        run = self._runs.popleft()
        try:
            if self._step(run):
                self._runs.append(run)
        except Exception as fault:
            self._give_up(run.job, fault)
        return True

    def _take_up(self) -> None:
        taken = {run.job.id for run in self._runs}
        for job in self._store.unfinished():
            if job.id not in taken:
                self._begin(job)

    def _begin(self, job: Job) -> None:
        self._store.set_state(job.id, "running")
        try:
            analyzer = self._analyzer(job.model)
            writer = ReportWriter(
                self._folders.report(job.id), cards=analyzer.cards, refs=analyzer.refs, version=__version__
            )
        except LeukoscopeError as fault:
            self._store.set_state(job.id, "failed", str(fault))
        except Exception as fault:
            # A model or folder that trips over anything else must not take the other jobs with it, again and again.
            self._give_up(job, fault)
        else:
            self._runs.append(_Run(job, analyzer, writer, iter(job.images)))

    def _analyzer(self, model: str) -> Analyzer:
        if model not in self._analyzers:
            self._analyzers[model] = self._make_analyzer(model)
        self._analyzers.move_to_end(model)
        while len(self._analyzers) > KEPT_ANALYZERS:
            self._analyzers.popitem(last=False)
        return self._analyzers[model]

    def _step(self, run: _Run) -> bool:
        """The next picture, or the end; False at the end."""
        image = next(run.images, None)
        if image is None:
            run.writer.finish(complete=True)
            self._store.set_state(run.job.id, "done")
            return False
        if image.state == "failed":
            run.writer.add_failure(image.name, image.error)
        elif image.state == "done":
            self._analyze(run, image)  # the report holds it, so it is only read again
        else:
            self._first_time(run, image)
        return True

    def _first_time(self, run: _Run, image: JobImage) -> None:
        attempts = self._store.begin_image(run.job.id, image.number)
        if attempts == 0:
            raise NotFoundError("The job was deleted meanwhile.")
        if attempts > MAX_ATTEMPTS:
            run.writer.add_failure(image.name, _ENDED_SERVER)
            error: str | None = _ENDED_SERVER
        else:
            error = self._analyze(run, image)
        note = gist(read_view(self._folders.view(run.job.id, image.number))) if error is None else ""
        self._store.end_image(run.job.id, image.number, error, note)

    def _analyze(self, run: _Run, image: JobImage) -> str | None:
        source = Source(image.name, lambda: read_image(self._folders.upload(run.job.id, image.number)))
        recording = _Recording(run.analyzer, self._folders.view(run.job.id, image.number))
        return analyze_one(source, recording, run.writer)

    def _give_up(self, job: Job, fault: Exception) -> None:
        if job.id not in self._store.ids():
            # Deleted while it was at work: what was written since goes too.
            self._folders.remove(job.id)
            return
        _log.exception("a job failed", exc_info=fault)
        sentence = _INTERNAL
        if isinstance(fault, OSError):
            reason = fault.strerror or "the system gives no reason"
            sentence = f"The results could not be kept ({reason}). Tell whoever runs this server."
        self._store.set_state(job.id, "failed", sentence)


@dataclass(frozen=True, slots=True)
class _Recording:
    """An analyzer that also writes what the page of each picture shows."""

    inner: Analyzer
    folder: Path

    @property
    def cards(self) -> Sequence[Card]:
        return self.inner.cards

    @property
    def refs(self) -> Sequence[ModelRef]:
        return self.inner.refs

    def analyze(self, image: SmearImage) -> ImageFinding:
        finding = self.inner.analyze(image)
        write_view(self.folder, image, finding, self.inner.cards)
        return finding
