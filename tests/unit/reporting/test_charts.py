import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.reporting.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Points, histogram, nice_step, scatter

values = st.lists(st.floats(0.5, 5e4), min_size=1, max_size=80)


@given(values)
def test_every_bar_lies_within_the_chart_and_all_cells_are_in_bars(areas):
    chart = histogram(areas, "Nucleus area", "nucleus area (µm²)")
    tall = max(bar.height for bar in chart.bars)

    assert all(bar.x >= LEFT - 0.1 and bar.x + bar.width <= WIDTH - RIGHT + 0.1 for bar in chart.bars)
    assert all(bar.y >= TOP - 0.1 and bar.y + bar.height <= HEIGHT - BOTTOM + 0.1 for bar in chart.bars)
    assert tall == pytest.approx(HEIGHT - BOTTOM - TOP, abs=0.2)
    assert chart.title.endswith(f"n = {len(areas)}")


@given(values)
def test_ticks_rise_stay_on_the_axis_and_are_few(areas):
    ticks = histogram(areas, "Nucleus area", "nucleus area (µm²)").x.ticks

    assert 2 <= len(ticks) <= 11
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)
    assert all(LEFT <= tick.at <= WIDTH - RIGHT for tick in ticks)


def test_the_axis_of_counts_has_whole_numbers_only():
    chart = histogram([1.0, 1.1, 5.0], "Nucleus area", "µm²")

    assert [tick.text for tick in chart.y.ticks] == ["0", "1", "2"]


def test_a_chart_tells_in_words_what_it_shows():
    told = histogram([10.0, 20.0, 30.0, 40.0, 50.0], "Nucleus area", "µm²").told

    assert told == "Nucleus area of 5 cells: median 30, half of them between 20 and 40"


def test_classes_differ_in_shape_not_only_in_color():
    classes = [Points(f"Class {number}", "#000000", [5.0, 6.0], [0.5, 0.6]) for number in range(8)]
    chart = scatter(classes, "N:C against nucleus area", "µm²", "N:C", (0, 1))
    shapes = {(re.sub(r"M[\d.]+,[\d.]+", "M", marks.key), marks.filled) for marks in chart.marks}

    assert len(shapes) == 8
    assert chart.marks[0].title == "Class 0 (2)"


def test_a_mark_lies_where_its_cell_does():
    chart = scatter([Points("A", "#000000", [0.0, 100.0], [0.0, 1.0])], "t", "x", "y", (0, 1))
    (x0, y0), (x1, y1) = (tuple(map(float, place)) for place in re.findall(r"M([\d.]+),([\d.]+)a", chart.marks[0].path))

    assert LEFT - 5 < x0 < x1 < WIDTH - RIGHT
    assert (y0, y1) == (HEIGHT - BOTTOM, TOP)


def test_cells_that_are_all_alike_still_have_an_axis():
    chart = histogram([0.0, 0.0], "Nucleus area", "µm²")

    assert len(chart.bars) == 1
    assert len(chart.x.ticks) >= 2


@given(st.floats(1e-3, 1e6))
def test_steps_are_1_2_or_5_times_a_power_of_ten(width):
    step = nice_step(width)

    assert f"{step:e}"[0] in "125"
    assert 2 <= width / step <= 10
