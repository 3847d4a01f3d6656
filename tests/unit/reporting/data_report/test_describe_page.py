from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from leukoscope.data.description.counting import count_table
from leukoscope.data.description.maps import FEWEST_FOR_UMAP, map_pictures
from leukoscope.data.description.picture_numbers import NUMBERS
from leukoscope.data.description.summary import summarize
from leukoscope.data.description.values import ClassPictures, Description, Unreadable
from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.domain.regions import Box
from leukoscope.reporting.data_report.describe_page import write_description
from leukoscope.reporting.data_report.describe_words import what_stands_out

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def describe(rows: list[Row], *, spread: float = 1.0, name: str = "set", unreadable: int = 0) -> Description:
    """A description whose classes differ by one unit in every number, spread around it by `spread`."""
    rng = np.random.default_rng(0)
    labels = [row.label or "(no label)" for row in rows]
    sources = [row.source or "s" for row in rows]
    order = {label: place for place, label in enumerate(sorted(set(labels)))}
    table = np.array([[order[label]] * len(NUMBERS) for label in labels]) + rng.normal(
        0, spread, (len(rows), len(NUMBERS))
    )
    mapped = min(len(rows), FEWEST_FOR_UMAP - 1)  # PCA alone: UMAP has its own test, and compiles for seconds
    maps = map_pictures(table[:mapped], np.arange(mapped), "numbers", seed=0)
    gray = np.full((96, 96, 3), 128, np.uint8)
    gallery = tuple(
        ClassPictures(label, labels.count(label), gray, tuple((f"{label}/{n}.png", gray) for n in range(2)))
        for label in sorted(order)[:40]
    )
    missing = [Unreadable(f"{name}-{n}.png", "Broken.") for n in range(unreadable)]
    return Description(
        name,
        len(rows),
        0,
        count_table(Manifest.from_rows(rows, Path(), name)),
        summarize(table, labels, sources, [(64, 48)] * len(rows), missing),
        maps,
        (("class", tuple(labels[:mapped])),) if maps else (),
        gallery,
        ("A note.",),
    )


def rows_of(classes: int, each: int) -> list[Row]:
    return [
        Row(f"{c}/{n}.png", label=f"class {c}", patient=f"p{c}-{n % 3}", split="train" if n % 2 else "test",
            source=f"lab {n % 2}", boxes=(Annotation(Box(0, 0, 9 + n, 9), "WBC"),), sha256=f"{c:032x}{n:032x}")
        for c in range(classes)
        for n in range(each)
    ]  # fmt: skip


def written(description: Description, folder: Path) -> str:
    return write_description(description, folder, written_at=NOON).read_text(encoding="utf-8")


def test_the_page_holds_every_chapter_with_figures_that_name_themselves(tmp_path):
    page = written(describe(rows_of(3, 12), unreadable=2), tmp_path)

    chapters = ("What stands out", "Classes</h2>", "Classes by source", "Patients", "Mean and sample pictures", "Sizes")
    chapters += ("Color, light and focus", "RGB by class", "RGB by source", "Maps of the pictures", "Marked objects")
    chapters += ("Copies", "What the manifest tells", "Not read: 2 pictures", "A note.", "For research use only")
    for chapter in chapters:
        assert chapter in page, chapter
    images = re.findall(r"<img [^>]*>", page)
    assert all('src="data:image/' in image and "alt=" in image and "width=" in image for image in images)
    assert "<script" not in page


def test_the_json_holds_the_numbers(tmp_path):
    description = describe(rows_of(2, 10))
    written(description, tmp_path)
    told = json.loads((tmp_path / "description.json").read_text(encoding="utf-8"))

    assert told["schema"] == "leukoscope.description/1"
    assert told["classes"] == {"class 0": 10, "class 1": 10}
    assert told["classes_by_part"]["class 0"] == {"train": 5, "test": 5}
    assert told["patients"]["known"] == 6
    assert told["boxes"]["per_label"] == [{"name": "WBC", "count": 20}]
    assert told["seen"]["per_class"]["red"]["class 0"]["n"] == 10
    assert len(told["maps"][0]["points"]) == len(told["map_groups"]["class"]) == 20


@pytest.mark.parametrize(
    "rows",
    [[Row("one.png")], rows_of(200, 2)],
    ids=["one picture", "two hundred classes"],
)
def test_small_and_wide_sets_are_readable(tmp_path, rows):
    page = written(describe(rows), tmp_path)
    assert "Classes</h2>" in page
    assert (tmp_path / "describe.html").stat().st_size < 8_000_000


def test_a_table_without_pictures_has_a_page(tmp_path):
    tables = count_table(Manifest.from_rows([Row("1.png", label="a")], Path()))
    page = written(Description("", 1, 0, tables), tmp_path)
    assert "Data set" in page
    assert "Color, light and focus" not in page


def test_hostile_names_are_shown_and_never_run(tmp_path):
    names = ("<script>alert(1)</script>", '" onerror="x', "a\u202eb", "x" * 300, "$x_{", "白血病")
    rows = [
        Row(f"{name}{n}.png", label=name, subtype=name, patient=f"{name}{n}", source=name)
        for name in names
        for n in "ab"
    ]
    page = written(describe(rows, name=names[0] + names[2] + "\udce9", unreadable=1), tmp_path)
    assert "<script" not in page
    assert 'onerror="x' not in page
    assert "\u202e" not in page
    assert "白血病" in page


def test_a_color_that_names_the_class_stands_out_and_an_even_one_does_not():
    told = " ".join(what_stands_out(describe(rows_of(2, 30), spread=0.05)))
    quiet = " ".join(what_stands_out(describe(rows_of(2, 30), spread=50)))
    assert "know nothing of cells" in told
    assert "know nothing of cells" not in quiet


def test_what_misleads_is_said():
    rows = [
        Row(f"{n}.png", label="big", patient="p", split="train" if n else "test", sha256="a" * 64) for n in range(12)
    ]
    rows += [Row("small.png", label="small", patient="q"), Row("none.png", label="small")]
    told = " ".join(what_stands_out(describe(rows, spread=9)))

    assert "11 pictures are exact copies" in told
    assert "1 file lies in more than one part" in told
    assert "1 patient lies in more than one part" in told
    assert "1 picture is of nobody known" in told
    assert "Every patient has pictures of one class only" in told
    assert "big has 6.0 times the pictures of small" in told


def test_a_set_without_patients_is_told_to_have_none():
    assert "No patient is named" in " ".join(what_stands_out(describe([Row("1.png", label="a")])))


def test_fields_whose_cells_are_marked_need_no_class():
    marked = [Row(f"{n}.png", boxes=(Annotation(Box(0, 0, 9, 9), "WBC"),)) for n in range(4)]
    assert "no class" not in " ".join(what_stands_out(describe(marked)))
    assert "5 pictures have no class" in " ".join(what_stands_out(describe([*marked, Row("loose.png")])))


def test_pictures_without_a_class_are_no_class_of_their_own(tmp_path: Path) -> None:
    rows = [*rows_of(2, 8), *(Row(f"none/{n}.png") for n in range(8))]
    described = describe(rows, spread=1e-3)
    page = write_description(described, tmp_path, written_at=NOON).read_text(encoding="utf-8")
    assert re.search(r"<dt>Classes</dt><dd>2</dd>", page)
    assert "8 pictures have no class" in page
    assert described.seen is not None
    apart = {one.number: one.between_classes for one in described.seen.separation}
    alone = describe(rows_of(2, 8), spread=1e-3)
    assert alone.seen is not None
    assert set(apart) == {one.number for one in alone.seen.separation}
    assert all(share is not None and share > 0.99 for share in apart.values())


def test_a_set_without_classes_tells_its_sources_apart_and_draws_no_empty_column(tmp_path: Path) -> None:
    rows = [Row(f"{n}.png", source=f"lab {n % 2}") for n in range(12)]
    page = write_description(describe(rows), tmp_path, written_at=NOON).read_text(encoding="utf-8")
    assert "What tells the sources apart" in page
    assert "between classes" not in page
    assert "<dt>Classes</dt><dd>0</dd>" in page
