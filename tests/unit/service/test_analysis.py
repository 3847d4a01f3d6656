import numpy as np
import pytest

from fakes.analyzer import ColorAnalyzer
from leukoscope.domain.images import SmearImage
from leukoscope.errors import UnreadableImageError
from leukoscope.reporting.writer import ReportWriter
from leukoscope.service.analysis import analyze_batch
from leukoscope.service.ports import Source


def picture(number):
    return SmearImage(np.full((40, 60, 3), number, np.uint8), f"{number:064x}")


def source(number, load=None):
    return Source(f"{number}.png", load or (lambda: picture(number)))


def raising(fault):
    def load():
        raise fault

    return load


@pytest.fixture
def batch(tiny_bundle, tmp_path):
    card = tiny_bundle().card
    asked = []

    def run(sources):
        analyzer = ColorAnalyzer(card, before=lambda image: asked.append(int(image.pixels[0, 0, 0])))
        writer = ReportWriter(tmp_path / "out", cards=analyzer.cards, refs=analyzer.refs, version="1")
        seen = []
        outcome = analyze_batch(sources, analyzer, writer, after_each=lambda path, error: seen.append((path, error)))
        return outcome, seen

    return run, asked


def test_a_source_that_cannot_be_read_is_told_and_the_rest_goes_on(batch):
    run, _ = batch
    outcome, seen = run(
        [source(1), source(2, raising(UnreadableImageError("Cut off.", hint="Copy it again."))), source(3)]
    )

    assert outcome.failed == 1
    assert not outcome.stopped
    assert seen == [("1.png", None), ("2.png", "Cut off. Copy it again."), ("3.png", None)]
    assert [line.error for line in outcome.result.images] == [None, "Cut off. Copy it again.", None]


def test_too_little_memory_for_one_picture_does_not_end_the_batch(batch):
    run, _ = batch
    outcome, seen = run([source(1, raising(MemoryError())), source(2)])

    assert outcome.failed == 1
    assert "memory" in seen[0][1]
    assert seen[1] == ("2.png", None)


def test_ctrl_c_writes_what_is_done_and_the_next_run_goes_on_from_there(batch, tmp_path):
    run, asked = batch
    outcome, _ = run([source(1), source(2, raising(KeyboardInterrupt())), source(3)])
    assert outcome.stopped
    assert len(outcome.result.images) == 1
    assert (tmp_path / "out" / "report.html").is_file()

    outcome, _ = run([source(1), source(2), source(3)])
    assert not outcome.stopped
    assert len(outcome.result.images) == 3
    assert asked == [1, 2, 3]


def test_a_picture_that_trips_a_library_does_not_end_the_batch(batch):
    run, _ = batch
    outcome, seen = run([source(1, raising(ZeroDivisionError())), source(2)])

    assert outcome.failed == 1
    assert "itself failed" in seen[0][1]
    assert seen[1] == ("2.png", None)


def test_a_report_that_cannot_be_written_ends_the_batch(batch):
    run, _ = batch
    with pytest.raises(PermissionError):
        run([source(1, raising(PermissionError(13, "Permission denied")))])
