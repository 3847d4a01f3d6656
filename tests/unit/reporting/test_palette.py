from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leukoscope.domain.labels import UNCERTAIN, Label
from leukoscope.reporting.palette import styles_of


def label(name: str, title: str) -> Label:
    return Label(name, title, "A sentence.", "leukocyte")


def test_codes_are_the_letters_a_reader_expects():
    styles = styles_of([label("a", "Neutrophil"), label("b", "Immature granulocyte"), label("c", "Pro (B)")])

    assert [style.code for style in styles.values()] == ["NEU", "IG", "PB", "?"]


@given(st.lists(st.text("abAB (-", min_size=1), min_size=1, max_size=30))
def test_codes_tell_all_classes_apart_without_color(titles):
    styles = styles_of([label(str(number), title) for number, title in enumerate(titles)])
    codes = [style.code for style in styles.values()]

    assert len(set(codes)) == len(codes) == len(titles) + 1


def test_every_color_stands_out_on_white():
    styles = styles_of([label(str(number), "X") for number in range(10)])

    assert len({style.color for style in styles.values()}) == 11
    assert all(contrast_on_white(style.color) >= 4.0 for name, style in styles.items() if name != "1")
    assert contrast_on_white(styles["1"].color) >= 3.0
    assert UNCERTAIN in styles


def contrast_on_white(color: str) -> float:
    # WCAG 2.1, "relative luminance" and "contrast ratio".
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
