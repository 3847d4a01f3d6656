"""Writes an augmented data set: seeded, parallel, resumable; the training part only, unless the wrong way is asked for.

Order: plan (which pictures, how often) -> what an earlier run finished -> pictures in parallel, each noted when it is
written -> manifest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context

from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import write_manifest
from leukoscope.data.sources.source import Problem
from leukoscope.errors import DataError, LeukoscopeError
from leukoscope.experiments.augmentation_journal import Journal
from leukoscope.experiments.augmentation_plan import Plan
from leukoscope.experiments.augmented_rows import augmented_manifest
from leukoscope.modeling.augmentation.pictures import Colors, Made, PictureJob, make_picture
from leukoscope.modeling.augmentation.presets import Preset
from leukoscope.modeling.augmentation.workers import become_worker, one_thread

MANIFEST = "manifest.parquet"
_PAYS = 50
"""Pictures that cost as much as starting a process, which imports torch again."""
_AHEAD = 4
"""Jobs that wait per worker: enough to keep it busy, few enough that Ctrl-C ends soon."""


@dataclass(frozen=True, slots=True)
class AugmentationOutcome:
    """What a run wrote.

    Attributes:
        manifest: The augmented set, in the folder of the run.
        written: Pictures made now.
        resumed: Pictures that an earlier, interrupted run had made.
        problems: Pictures that could not be made; the others were.
    """

    manifest: Manifest
    written: int
    resumed: int
    problems: tuple[Problem, ...]


def carry_out(
    plan: Plan, *, workers: int | None = None, after_each: Callable[[], None] = lambda: None
) -> AugmentationOutcome:
    """Make the pictures of a plan and write its manifest; a run that was stopped goes on.

    Args:
        plan: What to make.
        workers: Processes; by default one per core, fewer for few pictures. The result does not depend on it.
        after_each: Called after every picture, also after one that was finished before.

    Raises:
        DataError: The folder holds another augmentation, or not one picture could be made.
    """
    with Journal.open(plan) as journal:
        done = journal.finished()
        waiting = [job for job in plan.jobs if job not in done]
        resumed = len(done)
        for _ in range(resumed):
            after_each()
        problems = []
        for job, made in _made(plan, waiting, workers or _fitting(len(waiting))):
            if isinstance(made, Made):
                done[job] = made
                journal.note(job, made)
            else:
                problems.append(Problem(job.parent, None, str(made)))
            after_each()
    if plan.jobs and not done:
        raise DataError(
            f"None of {len(plan.jobs)} pictures could be made; the first: {problems[0].file}: {problems[0].message}"
        )
    augmented = augmented_manifest(plan, done)
    write_manifest(augmented, plan.out / MANIFEST)
    return AugmentationOutcome(augmented, len(done) - resumed, resumed, tuple(problems))


def _fitting(jobs: int) -> int:
    """One process per core, but no more than pay for their start."""
    return max(1, min(os.cpu_count() or 1, jobs // _PAYS))


def _made(plan: Plan, jobs: list[PictureJob], workers: int) -> Iterator[tuple[PictureJob, Made | LeukoscopeError]]:
    how = (plan.preset, plan.seed, plan.reference.colors if plan.reference else None)
    if workers == 1 or len(jobs) < 2:
        with one_thread():
            for job in jobs:
                yield job, _attempt(job, *how)
        return
    # spawn: forking a process in which torch has threads can hang.
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=become_worker) as pool:
        running: dict[Future[Made | LeukoscopeError], PictureJob] = {}
        rest = iter(jobs)
        try:
            while True:
                for job in rest:
                    running[pool.submit(_attempt, job, *how)] = job
                    if len(running) >= _AHEAD * workers:
                        break
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _attempt(job: PictureJob, preset: Preset, seed: int, reference: Colors | None) -> Made | LeukoscopeError:
    try:
        return make_picture(job, preset, seed, reference)
    except LeukoscopeError as fault:
        # Errors with two parts do not survive pickling between processes; the sentence does.
        return LeukoscopeError(str(fault))
