from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.analyzer import ColorAnalyzer
from fakes.desk import Desk, png, wait_until
from leukoscope.domain.images import SmearImage
from leukoscope.errors import InvalidBundleError
from leukoscope.reporting.documents import ResultDocument
from leukoscope.service.job_values import Job
from leukoscope.service.ports import Analyzer


@pytest.fixture
def desk(tmp_path: Path, tiny_bundle) -> Iterator[Desk]:
    made = Desk(tmp_path, tiny_bundle().card)
    yield made
    made.worker.stop()


def finished(desk: Desk, job_id: str) -> bool:
    return desk.service.job(job_id).finished


def result(desk: Desk, job_id: str) -> ResultDocument:
    return ResultDocument.model_validate_json((desk.service.report_folder(job_id) / "result.json").read_bytes())


def submit_to(desk: Desk, model: str) -> Job:
    draft = desk.service.receive(model)
    draft.begin_file("b.png")
    draft.write(png())
    job = desk.service.submit(draft, model)
    draft.close()
    return job


class Gate:
    """Stops the analyzer at each picture until the test lets it on."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self._steps = threading.Semaphore(0)
        self.open = False

    def __call__(self, image: SmearImage) -> None:
        self.seen.append(image.width)
        if not self.open:
            self._steps.acquire()

    def step(self) -> None:
        self._steps.release()

    def open_wide(self) -> None:
        self.open = True
        self._steps.release(100)


def test_a_job_is_analyzed_and_its_report_and_page_are_there(desk: Desk) -> None:
    desk.worker.start()
    job = desk.submit(a=png())
    wait_until(lambda: finished(desk, job.id))
    done = desk.service.job(job.id)
    assert (done.state, done.images_finished, done.images_failed) == ("done", 1, 0)
    assert [len(image.cells) for image in result(desk, job.id).images] == [3]
    assert (desk.service.report_folder(job.id) / "report.html").is_file()
    view = desk.service.view(job.id, 1)
    assert [cell.id for cell in view.cells] == [3, 2, 1]  # novel, uncertain, plain
    names = {file.name for file in desk.service.view_folder(job.id, 1).iterdir()}
    assert {"picture.jpg", "thumb.jpg", "cell-1.jpg", "cell-1-heat.jpg"} <= names


def test_a_picture_that_cannot_be_read_is_told_and_the_rest_goes_on(desk: Desk) -> None:
    desk.worker.start()
    job = desk.submit(bad=b"hello, I am text", good=png())
    wait_until(lambda: finished(desk, job.id))
    states = [(image.state, bool(image.error)) for image in desk.service.job(job.id).images]
    assert states == [("failed", True), ("done", False)]
    assert [bool(image.error) for image in result(desk, job.id).images] == [True, False]


def test_a_mistake_of_ours_on_one_picture_does_not_take_the_others(tmp_path: Path, tiny_bundle) -> None:
    def trip(image: SmearImage) -> None:
        if image.width == 81:
            raise ZeroDivisionError

    desk = Desk(tmp_path, tiny_bundle().card, before=trip)
    desk.worker.start()
    job = desk.submit(odd=png(size=(81, 60)), even=png())
    wait_until(lambda: finished(desk, job.id))
    desk.worker.stop()
    odd, even = desk.service.job(job.id).images
    assert (odd.state, even.state) == ("failed", "done")
    assert "leukoscope itself" in odd.error


def test_a_model_that_cannot_be_loaded_fails_the_job_with_its_sentence(tmp_path: Path, tiny_bundle) -> None:
    def broken(model: str) -> Analyzer:
        raise InvalidBundleError("The model is damaged.")

    desk = Desk(tmp_path, tiny_bundle().card, make_analyzer=broken)
    desk.worker.start()
    job = desk.submit(a=png())
    wait_until(lambda: finished(desk, job.id))
    desk.worker.stop()
    assert (desk.service.job(job.id).state, desk.service.job(job.id).error) == ("failed", "The model is damaged.")


def test_a_model_that_may_not_be_opened_fails_its_job_and_no_other(
    tmp_path: Path, tiny_bundle, caplog: pytest.LogCaptureFixture
) -> None:
    card = tiny_bundle().card

    def locked(model: str) -> Analyzer:
        if model == card.name:
            raise PermissionError(13, "Permission denied")
        return ColorAnalyzer(card)

    desk = Desk(tmp_path, card, make_analyzer=locked)
    before, refused, after = desk.submit(a=png()), submit_to(desk, card.name), desk.submit(c=png())
    desk.worker.start()
    wait_until(lambda: all(finished(desk, job.id) for job in (before, refused, after)))
    desk.worker.stop()
    assert [desk.service.job(job.id).state for job in (before, refused, after)] == ["done", "failed", "done"]
    assert "Permission denied" in desk.service.job(refused.id).error
    assert [record.message for record in caplog.records if record.exc_info] == ["a job failed"]


def test_a_report_that_may_not_be_written_fails_its_job_with_a_sentence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("leukoscope.service.worker.ReportWriter", trip)
    desk.worker.start()
    job = desk.submit(a=png())
    wait_until(lambda: finished(desk, job.id))
    assert desk.service.job(job.id).state == "failed"
    assert "leukoscope itself" in desk.service.job(job.id).error


def test_jobs_take_turns_so_that_a_large_one_holds_nobody_up(tmp_path: Path, tiny_bundle) -> None:
    gate = Gate()
    desk = Desk(tmp_path, tiny_bundle().card, before=gate)
    desk.worker.start()
    large = desk.submit(**{f"a{number}": png(size=(100 + number, 60)) for number in range(5)})
    wait_until(lambda: len(gate.seen) == 1)
    small = desk.submit(b=png(size=(200, 60)))
    gate.open_wide()
    wait_until(lambda: finished(desk, large.id) and finished(desk, small.id))
    desk.worker.stop()
    assert gate.seen.index(200) <= 2
    assert sorted(gate.seen) == [100, 101, 102, 103, 104, 200]


def test_what_was_finished_before_the_server_died_is_not_analyzed_again(tmp_path: Path, tiny_bundle) -> None:
    gate = Gate()
    desk = Desk(tmp_path, tiny_bundle().card, before=gate)
    desk.worker.start()
    job = desk.submit(a=png(size=(101, 60)), b=png(size=(102, 60)))
    gate.step()
    wait_until(lambda: len(gate.seen) == 2)  # it now works on the second picture
    # A killed process says nothing more: its rows and files stay as they are at this moment.
    later = Desk(tmp_path / "later", desk.card, before=gate)
    shutil.copytree(tmp_path / "jobs", tmp_path / "later" / "jobs", dirs_exist_ok=True)
    later.store.add(desk.store.get(job.id))
    gate.open_wide()
    desk.worker.stop()
    gate.seen.clear()
    later.worker.start()
    wait_until(lambda: finished(later, job.id))
    later.worker.stop()
    assert gate.seen == [102]
    assert [len(image.cells) for image in result(later, job.id).images] == [3, 3]


def test_a_picture_that_ends_the_server_twice_is_left_out(desk: Desk) -> None:
    job = desk.submit(bad=png(), good=png())
    desk.store.set_state(job.id, "running")
    for _ in range(2):
        desk.store.begin_image(job.id, 1)
    desk.restart()
    desk.worker.start()
    wait_until(lambda: finished(desk, job.id))
    bad, good = desk.service.job(job.id).images
    assert (bad.state, good.state) == ("failed", "done")
    assert "ended twice" in bad.error


def test_a_job_deleted_while_it_runs_leaves_nothing_and_the_next_one_runs(tmp_path: Path, tiny_bundle) -> None:
    gate = Gate()
    desk = Desk(tmp_path, tiny_bundle().card, before=gate)
    desk.worker.start()
    gone = desk.submit(a=png(), b=png())
    wait_until(lambda: len(gate.seen) == 1)
    desk.service.delete(gone.id)
    after = desk.submit(c=png())
    gate.open_wide()
    wait_until(lambda: finished(desk, after.id))
    wait_until(lambda: [folder.name for folder in (tmp_path / "jobs").iterdir()] == [after.id])
    assert desk.worker.alive
    desk.worker.stop()


def test_a_store_that_stumbles_once_does_not_end_the_worker(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    job = desk.submit(a=png())
    stumbles = [OSError("database is locked")]
    unfinished = desk.store.unfinished

    def once():
        if stumbles:
            raise stumbles.pop()
        return unfinished()

    monkeypatch.setattr(desk.store, "unfinished", once)
    monkeypatch.setattr(desk.service, "recover", desk.service.submitted.set)
    desk.worker.start()
    wait_until(lambda: finished(desk, job.id))


def test_results_that_cannot_be_kept_fail_the_job_with_the_reason(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leukoscope.service.worker.write_view", full)
    desk.worker.start()
    job = desk.submit(a=png())
    wait_until(lambda: finished(desk, job.id))
    assert "No space left on device" in desk.service.job(job.id).error
