"""Every JobStore keeps these promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.job_store import MemoryJobStore
from leukoscope.errors import NotFoundError
from leukoscope.service.job_ports import JobStore
from leukoscope.service.job_values import Job, JobImage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobStore]:
    if request.param == "memory":
        yield MemoryJobStore()
        return
    from leukoscope.storage.database import open_database
    from leukoscope.storage.job_store import SqlJobStore

    engine = open_database(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    yield SqlJobStore(engine)
    engine.dispose()


def job(job_id: str = "abc", *, minutes: int = 0, images: int = 2) -> Job:
    created = NOW + timedelta(minutes=minutes)
    pictures = tuple(JobImage(number, f"smear {number}.png") for number in range(1, images + 1))
    return Job(job_id, "automatic", "waiting", created, created + timedelta(days=7), pictures)


def test_a_job_comes_back_as_it_was_kept(store: JobStore) -> None:
    store.add(job())
    assert store.get("abc") == job()


def test_times_come_back_with_their_zone(store: JobStore) -> None:
    store.add(job())
    assert store.get("abc").created_at.utcoffset() == timedelta(0)


def test_an_unknown_job_is_not_found(store: JobStore) -> None:
    with pytest.raises(NotFoundError):
        store.get("nope")


def test_unfinished_jobs_come_oldest_first_and_without_the_finished(store: JobStore) -> None:
    for job_id, minutes in (("late", 5), ("early", 1), ("over", 3), ("lost", 4)):
        store.add(job(job_id, minutes=minutes))
    store.set_state("over", "done")
    store.set_state("lost", "failed", "no model")
    store.set_state("late", "running")
    assert [one.id for one in store.unfinished()] == ["early", "late"]


def test_a_failed_job_keeps_its_reason(store: JobStore) -> None:
    store.add(job())
    store.set_state("abc", "failed", "The model is damaged.")
    assert (store.get("abc").state, store.get("abc").error) == ("failed", "The model is damaged.")


def test_each_beginning_of_a_picture_is_counted(store: JobStore) -> None:
    store.add(job())
    assert [store.begin_image("abc", 2), store.begin_image("abc", 2)] == [1, 2]
    assert [image.attempts for image in store.get("abc").images] == [0, 2]


def test_pictures_end_well_or_with_a_reason(store: JobStore) -> None:
    store.add(job())
    store.end_image("abc", 1, None, "5 cells")
    store.end_image("abc", 2, "This is no picture.")
    kept = store.get("abc")
    found = [(one.state, one.error, one.note) for one in kept.images]
    assert found == [("done", "", "5 cells"), ("failed", "This is no picture.", "")]
    assert (kept.images_finished, kept.images_failed) == (2, 1)


def test_only_waiting_pictures_of_unfinished_jobs_are_counted(store: JobStore) -> None:
    store.add(job("one", images=3))
    store.add(job("two", images=4))
    store.end_image("one", 1, None)
    store.set_state("two", "failed", "no model")
    assert store.unfinished_images() == 2


def test_a_removed_job_is_gone_and_late_news_of_it_are_passed_over(store: JobStore) -> None:
    store.add(job())
    store.remove("abc")
    store.remove("abc")
    store.set_state("abc", "done")
    store.end_image("abc", 1, None)
    assert store.begin_image("abc", 1) == 0
    assert store.ids() == frozenset()
    assert store.unfinished_images() == 0


def test_jobs_expire_at_their_time(store: JobStore) -> None:
    store.add(job("old"))
    store.add(job("new", minutes=10))
    assert list(store.expired(NOW + timedelta(days=7))) == ["old"]
    assert list(store.expired(NOW + timedelta(days=7) - timedelta(seconds=1))) == []


def test_names_of_any_script_are_kept(store: JobStore) -> None:
    kept = Job("x", "automatic", "waiting", NOW, NOW + timedelta(days=1), (JobImage(1, "мазок <b>血液</b>.png"),))
    store.add(kept)
    assert store.get("x") == kept


def test_a_well_store_checks_out(store: JobStore) -> None:
    store.check()
