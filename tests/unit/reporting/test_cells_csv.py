from __future__ import annotations

import csv
import dataclasses

import pytest

from leukoscope.reporting.cells_csv import guarded


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_one_row_a_cell_with_all_that_is_known_of_it(make_writer, make_finding, out):
    writer = make_writer()
    writer.add("ä.png", *make_finding([("neutrophil", 0.97), ("lymphocyte", 0.5)]))
    writer.add_failure("b.png", "Broken.")
    writer.add("c.png", *make_finding([("neutrophil", 0.95, True)], seed=2))
    writer.finish(complete=True)
    rows = rows_of(out / "cells.csv")

    assert [(row["image"], row["id"], row["label"], row["uncertain"], row["novel"]) for row in rows] == [
        ("ä.png", "1", "neutrophil", "false", "false"),
        ("ä.png", "2", "lymphocyte", "true", "false"),
        ("c.png", "1", "neutrophil", "true", "true"),
    ]
    first = rows[0]
    assert [first[key] for key in ("x0", "y0", "x1", "y1")] == ["12.0", "22.0", "48.0", "58.0"]
    assert float(first["p_neutrophil"]) == float(first["score"]) == 0.97
    assert sum(float(value) for key, value in first.items() if key.startswith("p_")) == pytest.approx(1)
    assert float(first["area_px"]) == 1017.876


def test_a_cell_of_which_the_model_could_say_nothing_is_uncertain(make_writer, make_finding, out):
    image, finding = make_finding([("neutrophil", 0.97), ("lymphocyte", 0.9)])
    named, other = finding.cells
    cells = (named, dataclasses.replace(other, prediction=None))
    writer = make_writer()
    writer.add("a.png", image, dataclasses.replace(finding, cells=cells))
    writer.finish(complete=True)

    assert [(row["label"], row["score"], row["uncertain"]) for row in rows_of(out / "cells.csv")] == [
        ("neutrophil", "0.97", "false"),
        ("", "", "true"),
    ]


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@sum.png", "\ta.png", "\ra.png"])
def test_no_spreadsheet_takes_a_file_name_for_a_formula(name, make_writer, make_finding, out):
    writer = make_writer()
    writer.add(name, *make_finding([("neutrophil", 0.97)]))
    writer.finish(complete=True)

    assert rows_of(out / "cells.csv")[0]["image"] == f"'{name}"


def test_names_with_commas_quotes_and_line_breaks_stay_one_field(make_writer, make_finding, out):
    name = 'a,"b"\n=c.png'
    writer = make_writer()
    writer.add(name, *make_finding([("neutrophil", 0.97)]))
    writer.finish(complete=True)

    assert [row["image"] for row in rows_of(out / "cells.csv")] == [name]


def test_without_cells_there_is_only_the_head(make_writer, make_finding, out):
    writer = make_writer()
    writer.add("empty.png", *make_finding([]))
    writer.finish(complete=True)

    assert (out / "cells.csv").read_text().count("\n") == 1


def test_an_ordinary_name_is_left_alone():
    assert guarded("smear 1.png") == "smear 1.png"
