"""The budgets that are behavior (memory), and the benchmark itself, in processes of their own."""

from leukoscope.experiments.benchmark import cold_figures, memory_figures, page_figures


def test_a_hundred_megapixels_and_a_long_batch_stay_within_the_memory_budget(tmp_path):
    figures = memory_figures(tmp_path, many=40)

    assert [figure.name for figure in figures if not figure.within_budget] == []
    few, many = (figure.median for figure in figures[1:])
    assert many < few * 1.25


def test_cold_starts_and_the_first_page_are_measured(tmp_path):
    figures = cold_figures(tmp_path, repetitions=1) + page_figures(tmp_path, repetitions=1)

    assert [figure.unit for figure in figures] == ["s"] * 5
    assert all(0 < figure.median < 60 for figure in figures)
