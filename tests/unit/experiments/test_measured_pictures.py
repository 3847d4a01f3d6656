"""What was measured by other code is measured again."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from leukoscope.experiments import measured_pictures
from leukoscope.experiments.measured_pictures import measuring_code, measuring_files

IMAGING = Path(str(files("leukoscope"))) / "imaging"


@pytest.mark.parametrize(
    "place",
    [
        *("color.py", "stain.py", "reading.py", "preprocessing.py", "cell_columns.py"),
        *("formats/decoding.py", "measurements/shape.py", "outlining/masks.py", "segmentation/finder.py"),
    ],
)
def test_all_code_that_has_a_say_in_a_measurement_is_among_what_is_hashed(place: str) -> None:
    assert IMAGING / place in measuring_files(IMAGING)


def test_words_and_drawings_have_no_say() -> None:
    told = {file.relative_to(IMAGING).as_posix() for file in measuring_files(IMAGING)}
    assert not told & {"drawing.py", "quality.py", "morphology/sentence.py"}


def test_another_line_of_code_is_another_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "imaging" / "stain.py"
    module.parent.mkdir()
    module.write_text("VECTOR = 1\n")
    monkeypatch.setattr(measured_pictures, "files", lambda _: tmp_path)
    before = measuring_code()
    module.write_text("VECTOR = 2\n")
    assert measuring_code() != before
