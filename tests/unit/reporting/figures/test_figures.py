from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest

from leukoscope.errors import DataError, InvalidValueError
from leukoscope.reporting.figures.counts import MOST_BARS, draw_counts, draw_cross
from leukoscope.reporting.figures.curves import Curve, curves_of_rows, draw_training_curves, read_curves
from leukoscope.reporting.figures.maps import MapPanel, draw_maps
from leukoscope.reporting.figures.spreads import BoxOf, SpreadPanel, draw_spreads
from leukoscope.reporting.figures.style import (
    MOST_LOOKS,
    OTHERS,
    figure_to_png,
    figure_to_svg,
    looks_of,
    new_figure,
    picture_of,
    short,
)

HOSTILE = ("<script>alert(1)</script>", "$\\frac{1}{", "a\u202eb", "x" * 200, "白血病", "_leading", "%s {0}")


def axes_of(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def labels_are_there(figure) -> bool:
    return all(axes.get_xlabel() and (axes.get_ylabel() or axes.get_title(loc="left")) for axes in axes_of(figure))


def test_looks_differ_by_color_and_by_mark_and_by_hatch():
    looks = list(looks_of([f"class {number}" for number in range(MOST_LOOKS)]).values())[:MOST_LOOKS]
    assert {len({getattr(look, what) for look in looks}) for what in ("color", "mark", "hatch")} == {MOST_LOOKS}


def test_more_names_than_looks_share_one_gray():
    looks = looks_of([f"{number}" for number in range(MOST_LOOKS + 2)])
    assert looks[f"{MOST_LOOKS}"] == looks[f"{MOST_LOOKS + 1}"] == looks[OTHERS]


def test_a_figure_without_room_is_refused():
    with pytest.raises(InvalidValueError, match="room"):
        new_figure(0, 3)


def test_the_same_figure_gives_the_same_svg_and_a_png_of_its_size():
    drawn = [draw_counts(["a", "b"], [1, 2], what="Pictures", of="Class") for _ in range(2)]
    one, other = (figure_to_svg(figure) for figure in drawn)

    assert one == other
    assert ElementTree.fromstring(one).tag.endswith("svg")  # noqa: S314 - our own text
    assert "<script" not in one
    png = cv2.imdecode(np.frombuffer(figure_to_png(drawn[0], 96), np.uint8), cv2.IMREAD_COLOR)
    width, height = drawn[0].get_size_inches() * 96
    assert png.shape[:2] == pytest.approx((height, width), abs=1)
    assert png.std() > 5


def test_drawing_leaves_no_figure_behind_in_pyplot():
    import matplotlib.pyplot as pyplot

    before = pyplot.get_fignums()
    picture_of(draw_counts(["a"], [1], what="Pictures", of="Class"), "alt")
    assert pyplot.get_fignums() == before


@pytest.mark.parametrize("count", [1, 2, 200])
def test_counts_are_drawn_with_labels_and_their_sum(count):
    names = [f"class {number}" for number in range(count)]
    figure = draw_counts(names, list(range(1, count + 1)), what="Pictures", of="Class")
    (axes,) = axes_of(figure)

    assert labels_are_there(figure)
    assert f"n = {count * (count + 1) // 2:,}" in axes.get_xlabel()
    assert len(axes.patches) == min(count, MOST_BARS)
    assert sum(bar.get_width() for bar in axes.patches) == count * (count + 1) // 2


def test_a_cross_keeps_all_pictures_also_of_very_many_columns():
    counts = np.random.default_rng(0).integers(0, 9, (50, 30))
    figure = draw_cross([f"c{n}" for n in range(50)], [f"s{n}" for n in range(30)], counts.tolist(), by="source")
    (axes,) = axes_of(figure)

    assert sum(bar.get_width() for bar in axes.patches) == counts.sum()
    assert f"n = {counts.sum():,}" in axes.get_xlabel()
    assert len(axes.get_legend().get_texts()) == MOST_LOOKS


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_drawn_as_they_are(name):
    figure = draw_counts([name, "other"], [3, 4], what="Pictures", of="Class")
    assert "<script>alert" not in figure_to_svg(figure)
    assert len(short(name).replace("\\$", "$")) <= 28
    points = np.random.default_rng(0).normal(size=(6, 2))
    figure_to_png(draw_maps([MapPanel("PCA by class", "1", "2", points, (name, "b") * 3)]), 50)
    box = BoxOf(name, 5, (1, 2, 3, 4, 5))
    figure_to_png(draw_spreads([SpreadPanel("Red", "0 to 255", (box,))], of="Class"), 50)


def test_boxes_lie_where_the_quantiles_are():
    box = BoxOf("ALL", 9, (1.0, 2.0, 3.5, 4.0, 7.0))
    figure = draw_spreads(
        [SpreadPanel("Red", "0 to 255", (box,)), SpreadPanel("Green", "0 to 255", (box,))], of="Class"
    )
    axes = axes_of(figure)[0]

    assert labels_are_there(figure)
    assert axes.patches[0].get_path().get_extents().intervalx.tolist() == [2.0, 4.0]
    assert any(np.allclose(line.get_xdata(), 3.5) for line in axes.lines)
    assert axes.get_yticklabels()[0].get_text() == "ALL (9)"


def test_a_map_draws_every_point_and_tells_how_many():
    rng = np.random.default_rng(1)
    groups = tuple(f"patient {number % 25}" for number in range(500))
    figure = draw_maps([MapPanel("UMAP by patient", "UMAP 1", "UMAP 2", rng.normal(size=(500, 2)), groups)])
    (axes,) = axes_of(figure)

    assert labels_are_there(figure)
    assert "n = 500" in axes.get_title(loc="left")
    assert sum(len(one.get_offsets()) for one in axes.collections) == 500
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(legend) == MOST_LOOKS
    assert sum(int(text.rsplit("(", 1)[1].rstrip(")")) for text in legend) == 500


LOG = [
    {"epoch": "0", "train_loss": "1.5", "validation_loss": "", "train_accuracy": "0.4", "validation_accuracy": ""},
    {"epoch": "0", "train_loss": "", "validation_loss": "1.2", "train_accuracy": "", "validation_accuracy": "0.5"},
    {
        "epoch": "1",
        "train_loss": "0.9",
        "validation_loss": "1.0",
        "train_accuracy": "0.7",
        "validation_accuracy": "0.6",
    },
]


def test_a_log_that_tells_an_epoch_in_two_rows_becomes_curves():
    curves = curves_of_rows(LOG)
    assert curves.train_loss == Curve((0, 1), (1.5, 0.9))
    assert curves.validation_accuracy == Curve((0, 1), (0.5, 0.6))


def test_a_log_is_read_from_a_file_and_drawn(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("epoch,train_loss,validation_loss\n0,1.5,1.2\n1,0.9,1.0\n", encoding="utf-8")
    figure = draw_training_curves(
        read_curves(file), train_pictures=640, validation_pictures=160, best_epoch=1, title="lightweight-cnn"
    )
    loss, accuracy = axes_of(figure)

    assert labels_are_there(figure)
    assert [line.get_ydata().tolist() for line in loss.lines[:2]] == [[1.5, 0.9], [1.2, 1.0]]
    assert loss.lines[0].get_linestyle() != loss.lines[1].get_linestyle()
    told = [text.get_text() for text in loss.get_legend().get_texts()]
    assert told == ["training (n = 640)", "validation (n = 160)", "kept: epoch 1"]
    assert len(accuracy.lines) == 1  # nothing was recorded but which epoch was kept


@pytest.mark.parametrize("row", [{"train_loss": "1"}, {"epoch": "one"}, {"epoch": "1", "train_loss": "much"}])
def test_a_broken_log_names_its_row(row):
    with pytest.raises(DataError, match="Row 1"):
        curves_of_rows([row])


def test_a_curve_needs_a_value_an_epoch():
    with pytest.raises(DataError, match="2 epochs and 1 values"):
        Curve((0, 1), (0.5,))
