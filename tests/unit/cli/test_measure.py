import json

import pandas as pd
import pytest

from leukoscope.cli.exit_codes import ExitCode
from leukoscope.errors import InvalidValueError, NotFoundError


def test_a_picture_gives_a_table(leukoscope, smear, tmp_path):
    done = leukoscope("measure", smear, "--out", "out/cells.parquet", "--finder", "classical", "--pixel-size", 0.125)

    assert done.exit_code == ExitCode.DONE, done.output
    assert "2 nucleated cells" in done.output
    assert "research use only" in done.output
    table = pd.read_parquet(tmp_path / "out" / "cells.parquet")
    assert set(table.pixel_size_source) == {"given"}
    assert table.nucleus_area_um2.between(20, 120).all()


def test_csv_is_what_is_written_by_default(leukoscope, smear, tmp_path):
    leukoscope("measure", smear, "--finder", "classical")

    assert len(pd.read_csv(tmp_path / "cells.csv")) == 2


def test_a_failing_input_is_listed_and_the_rest_is_measured(leukoscope, smear, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    done = leukoscope("measure", smear, "text.jpg", "missing.png", "--json", "--finder", "classical")
    told = json.loads(done.stdout)

    assert done.exit_code == ExitCode.SOME_FAILED
    assert (told["pictures"], told["cells"], told["stopped"]) == (1, 2, False)
    assert [one["path"] for one in told["failed"]] == ["text.jpg", "missing.png"]
    assert leukoscope("measure", "text.jpg", "--finder", "classical").exit_code == ExitCode.NOTHING_DONE


def test_every_way_of_outlining_can_be_asked_for(leukoscope, smear, tmp_path):
    leukoscope("measure", smear, "--outline", "watershed", "--finder", "classical")

    assert set(pd.read_csv(tmp_path / "cells.csv").outlined_by) == {"watershed"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--out", "cells.txt"], InvalidValueError),
        (["--outline", "by-eye"], NotFoundError),
        (["--pixel-size", "0"], InvalidValueError),
    ],
)
def test_wrong_usage_is_an_error_with_a_sentence_before_any_work(leukoscope, smear, tmp_path, options, error):
    assert isinstance(leukoscope("measure", smear, *options).exception, error)
    assert not (tmp_path / "cells.csv").exists()


def test_pictures_that_mean_nothing_are_told(leukoscope, smear, tmp_path):
    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    told = leukoscope("measure", smear, "noise.png", "--finder", "classical")
    as_json = json.loads(leukoscope("measure", smear, "noise.png", "--finder", "classical", "--json").stdout)

    assert "! 1 picture, first noise.png: This does not look like a stained smear" in told.output
    assert as_json["warnings"][0]["pictures"] == 1
    assert "does not look like a stained smear" in as_json["warnings"][0]["warning"]
