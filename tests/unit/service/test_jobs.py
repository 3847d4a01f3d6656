from datetime import timedelta
from pathlib import Path

import pytest

from fakes.desk import NOW, Desk, png
from leukoscope.errors import BusyError, InvalidValueError, NotFoundError
from leukoscope.service.jobs import JobRules


@pytest.fixture
def desk(tmp_path: Path, tiny_bundle) -> Desk:
    return Desk(tmp_path, tiny_bundle().card, JobRules(keep=timedelta(days=2), waiting_images=3))


def test_a_submitted_job_waits_with_its_pictures(desk: Desk) -> None:
    job = desk.submit(a=png(), b=png())
    assert desk.service.job(job.id) == job
    assert [image.name for image in job.images] == ["a.png", "b.png"]
    assert (job.state, job.created_at, job.expires_at) == ("waiting", NOW, NOW + timedelta(days=2))


def test_ids_cannot_be_guessed(desk: Desk) -> None:
    ids = {desk.submit(a=png()).id for _ in range(3)}
    assert len(ids) == 3
    assert all(len(one) >= 22 for one in ids)  # 16 random bytes in base64


def test_a_full_queue_turns_jobs_away_and_says_when_to_come_back(desk: Desk) -> None:
    desk.submit(a=png(), b=png(), c=png())
    with pytest.raises(BusyError) as caught:
        desk.service.receive()
    assert 1 <= caught.value.retry_after_s <= 120


def test_a_draft_taken_in_while_the_queue_filled_up_is_turned_away_too(desk: Desk) -> None:
    late = desk.service.receive()
    late.begin_file("late.png")
    desk.submit(a=png(), b=png(), c=png())
    with pytest.raises(BusyError):
        desk.service.submit(late)


def test_a_job_without_pictures_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidValueError, match="No picture"):
        desk.service.submit(desk.service.receive())


@pytest.mark.parametrize("model", ["/etc/passwd", "../models/other.zip", "", "nope"])
def test_only_known_names_are_taken_as_models_never_paths(desk: Desk, model: str) -> None:
    with pytest.raises(InvalidValueError, match="no model"):
        desk.service.receive(model)


def test_known_models_are_taken(desk: Desk) -> None:
    desk.service.check_model("automatic")
    desk.service.check_model(desk.card.name)


def test_a_job_whose_time_is_over_is_not_found_even_before_it_is_removed(desk: Desk) -> None:
    job = desk.submit(a=png())
    desk.clock.advance(days=2)
    with pytest.raises(NotFoundError):
        desk.service.job(job.id)


def test_expiry_removes_rows_and_files(desk: Desk) -> None:
    job = desk.submit(a=png())
    upload = desk.folders.upload(job.id, 1)
    assert upload.is_file()
    desk.clock.advance(days=2)
    desk.service.expire()
    assert not upload.exists()
    assert desk.store.ids() == frozenset()


def test_a_deleted_job_is_gone_with_its_files(desk: Desk) -> None:
    job = desk.submit(a=png())
    desk.service.delete(job.id)
    assert not desk.folders.upload(job.id, 1).parent.parent.exists()
    with pytest.raises(NotFoundError):
        desk.service.delete(job.id)


def test_recovery_removes_left_overs_and_keeps_jobs(desk: Desk) -> None:
    job = desk.submit(a=png())
    draft = desk.folders.new_draft()
    orphan = desk.folders.new_draft()
    desk.folders.adopt(orphan, "orphan")
    desk.store.set_state(job.id, "running")
    desk.service.recover()
    assert not draft.exists()
    assert not desk.folders.upload("orphan", 1).parent.parent.exists()
    assert desk.service.job(job.id).state == "waiting"
    assert desk.folders.upload(job.id, 1).is_file()


def test_results_are_not_found_before_they_are_there(desk: Desk) -> None:
    job = desk.submit(a=png())
    with pytest.raises(NotFoundError, match="not written yet"):
        desk.service.report_folder(job.id)
    for number in (0, 1, 2):
        with pytest.raises(NotFoundError):
            desk.service.view_folder(job.id, number)
