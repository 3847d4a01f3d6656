"""Which values to try next?  Optuna behind a narrow door: a study that is asked, told, and outlives its process."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning
import optuna
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from leukoscope.errors import InvalidValueError, RecipeError
from leukoscope.modeling.search_space import Among, SearchPart, Value
from leukoscope.modeling.training.curves import CURVES, read_curves

Ending = Literal["finished", "pruned", "failed"]
_OF, _WORKER, _FOLDER, _WHY, _BEGUN = "of", "worker", "folder", "why", "begun"
_MOST_BEGINNINGS = 3
"""How often a trial may take its process with it before its first epoch is over."""
_MOST_OPENINGS, _PAUSE_S = 3, 1.0
"""How often a new database is opened that another process fills with its tables meanwhile."""
_DONE = (TrialState.COMPLETE, TrialState.PRUNED)


class PrunedError(Exception):
    """A trial is worse than half of the others were at this epoch."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting that was tried, or is being tried.

    Attributes:
        number: From 0, over all processes that share the study.
        values: Value by key.
        folder: Name of its run folder.
        ending: How it ended; None while it runs.
        score: Validation score by which it is compared: of its kept epoch, or of its last where it was pruned.
        why: What went wrong, if it failed.
        seconds: How long it took, in its last process.
    """

    number: int
    values: Mapping[str, Value]
    folder: str
    ending: Ending | None = None
    score: float | None = None
    why: str = ""
    seconds: float | None = None


class Study:
    """A search that is kept in a database, so that it goes on after any interruption.

    Args:
        url: Database: `sqlite:///FILE`, or `postgresql+psycopg://...` for several machines.
        name: Name of the search in it.
        of: What is searched, as a hash; another search of this name is refused.
        part: What may be tried.
        seed: Of the choice of values.
        worker: Who asks: trials that this worker left running are dead when it asks again.

    Raises:
        InvalidValueError: The database cannot be opened.
        RecipeError: It holds another search under this name.
    """

    def __init__(self, url: str, name: str, *, of: str, part: SearchPart, seed: int, worker: str) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._part, self._worker = part, worker
        self._study = _open(url, name, part)
        known = self._study.user_attrs.get(_OF)
        if known not in (None, of):
            raise RecipeError(
                f"The database holds a search {name!r} of another recipe, range or data set.",
                hint="Give another folder with --out, or another database.",
            )
        self._study.set_user_attr(_OF, of)
        # The same seed again would repeat the values of the trials before the interruption.
        count = len(self._study.trials)
        self._study.sampler = optuna.samplers.TPESampler(seed=(seed * 1_000_003 + count) % 2**32)
        self._open: dict[int, optuna.Trial] = {}
        self._revive()

    def ask(self) -> Trial:
        """The next setting to try; one that was interrupted comes first, in its own folder."""
        trial = self._study.ask()
        for key, among in self._part.keys.items():
            _suggest(trial, key, among)
        folder = trial.user_attrs.get(_FOLDER) or f"{trial.number:04d}"
        trial.set_user_attr(_FOLDER, folder)
        trial.set_user_attr(_WORKER, self._worker)
        self._open[trial.number] = trial
        return Trial(trial.number, dict(trial.params), folder)

    def watch(self, number: int, folder: Path) -> lightning.Callback:
        """What tells the study each epoch of a running trial and ends it if it is worse than half of the others."""
        return _Report(self._open[number], folder, pruned=self._part.prune)

    def tell(self, number: int, score: float) -> None:
        """A trial has finished; one whose score is no number has failed."""
        if not math.isfinite(score):
            self.give_up(number, f"The validation score is {score}.")
            return
        self._study.tell(self._open.pop(number), score)

    def give_up(self, number: int, why: str = "") -> None:
        """A trial was pruned; or failed, if it says why."""
        trial = self._open.pop(number)
        if why:
            trial.set_user_attr(_WHY, why)
        self._study.tell(trial, state=TrialState.PRUNED)

    def trials(self) -> tuple[Trial, ...]:
        """All trials in their order; one that went on after an interruption once, under its last number."""
        by_folder = {one.user_attrs[_FOLDER]: one for one in self._study.trials if _FOLDER in one.user_attrs}
        return tuple(_trial(by_folder[folder]) for folder in sorted(by_folder))

    @property
    def done(self) -> int:
        """Trials that have ended."""
        return sum(one.state in _DONE for one in self._study.trials)

    @property
    def best(self) -> Trial | None:
        """The finished trial with the highest score."""
        finished = [one for one in self.trials() if one.ending == "finished" and one.score is not None]
        return max(finished, key=lambda one: (one.score or 0.0, -one.number), default=None)

    def _revive(self) -> None:
        """Ask first what this worker's last process did not bring to an end."""
        for trial in self._study.get_trials(states=(TrialState.RUNNING,)):
            if trial.user_attrs.get(_WORKER) != self._worker:
                continue
            before = 0 if trial.intermediate_values else int(trial.user_attrs.get(_BEGUN, 0))
            known = {_FOLDER: trial.user_attrs[_FOLDER], _BEGUN: before + 1}
            if before + 1 < _MOST_BEGINNINGS:
                self._study.enqueue_trial(trial.params, user_attrs=known)
            else:
                self._study.add_trial(_given_up(trial, known))
            self._study.tell(trial.number, state=TrialState.FAIL)


@contextmanager
def database_faults_told() -> Iterator[None]:
    """Say in one sentence what became of a database that was lost in the middle of a search.

    Raises:
        InvalidValueError: It was; nothing but the epoch at hand is lost.
    """
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as fault:
        raise InvalidValueError(
            f"The database of the search was lost: {_first_line(fault.__cause__ or fault)}",
            hint="Once it answers again, the same command goes on from the last whole epoch.",
        ) from fault


class _Report(lightning.Callback):
    def __init__(self, trial: optuna.Trial, folder: Path, *, pruned: bool) -> None:
        self._trial, self._folder, self._pruned = trial, folder, pruned
        self._told: set[int] = set()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        """Tell the study; rows of before an interruption too."""
        for row in read_curves(self._folder / CURVES):
            if row["epoch"] not in self._told:
                self._told.add(int(row["epoch"]))
                self._trial.report(row["validation_score"], int(row["epoch"]))
        if self._pruned and trainer.current_epoch + 1 < int(trainer.max_epochs or 0) and self._trial.should_prune():
            raise PrunedError


def _open(url: str, name: str, part: SearchPart) -> optuna.Study:
    try:
        return _study(url, name, part, openings_left=_MOST_OPENINGS)
    except ImportError as fault:
        raise InvalidValueError(
            "The database of the search cannot be opened: its driver is not installed.",
            hint='Install it, for PostgreSQL with: pip install "psycopg[binary]"',
        ) from fault
    except (SQLAlchemyError, ValueError, RuntimeError) as fault:
        raise InvalidValueError(
            f"The database of the search cannot be opened: {_first_line(fault)}",
            hint="Give sqlite:///FILE, or postgresql+psycopg://USER@HOST/NAME with psycopg installed.",
        ) from fault


def _study(url: str, name: str, part: SearchPart, *, openings_left: int) -> optuna.Study:
    try:
        # A trial may take hours: a connection that died meanwhile is made anew instead of used.
        storage = optuna.storages.RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
        pruner = optuna.pruners.MedianPruner(part.start_pruning, part.prune_after)
        return optuna.create_study(
            study_name=name, storage=storage, direction="maximize", pruner=pruner, load_if_exists=True
        )
    except (ProgrammingError, IntegrityError):  # as where another machine makes the tables at the same moment
        if openings_left <= 1:
            raise
        time.sleep(_PAUSE_S)
        return _study(url, name, part, openings_left=openings_left - 1)


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:200]


def _given_up(trial: FrozenTrial, known: Mapping[str, object]) -> FrozenTrial:
    why = f"Its process ended {_MOST_BEGINNINGS} times before an epoch was over, as it does where memory runs out."
    return optuna.trial.create_trial(
        state=TrialState.PRUNED,
        params=trial.params,
        distributions=trial.distributions,
        user_attrs={**known, _WHY: why},
    )


def _suggest(trial: optuna.Trial, key: str, among: Among) -> None:
    if among.low is None or among.high is None:
        trial.suggest_categorical(key, among.choices)
    elif all(isinstance(one, int) for one in (among.low, among.high)) and not isinstance(among.step, float):
        trial.suggest_int(key, int(among.low), int(among.high), step=int(among.step or 1), log=among.log)
    else:
        trial.suggest_float(key, among.low, among.high, step=among.step, log=among.log)


def _trial(one: FrozenTrial) -> Trial:
    why = str(one.user_attrs.get(_WHY, ""))
    endings: dict[TrialState, Ending] = {TrialState.COMPLETE: "finished", TrialState.PRUNED: "pruned"}
    ending = "failed" if why else endings.get(one.state)
    last = max(one.intermediate_values.items(), default=(0, None))[1]
    return Trial(
        one.number,
        dict(one.params),
        str(one.user_attrs.get(_FOLDER, "")),
        ending,
        one.value if one.state == TrialState.COMPLETE else last,
        why,
        one.duration.total_seconds() if one.duration else None,
    )
