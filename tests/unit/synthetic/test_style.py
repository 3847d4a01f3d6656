import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.errors import InvalidValueError
from leukoscope.synthetic.style import CREAM, STYLES, SmearStyle, StainStyle


def test_a_stain_turned_by_nothing_is_the_same_stain() -> None:
    assert StainStyle().shifted() == StainStyle()


@given(st.floats(-180, 180), st.floats(0.2, 2.0))
def test_turning_the_hue_never_makes_light_out_of_nothing(hue_deg: float, intensity: float) -> None:
    turned = StainStyle().shifted(hue_deg=hue_deg, intensity=intensity)
    assert min(turned.red_cell + turned.nucleus + turned.eosinophil) >= 0


@given(st.floats(-15, 15))
def test_a_small_turn_of_the_hue_keeps_the_total_density(hue_deg: float) -> None:
    assert sum(StainStyle().shifted(hue_deg=hue_deg).red_cell) == pytest.approx(sum(StainStyle().red_cell), rel=1e-3)


def test_presets_look_different() -> None:
    backgrounds = {style.stain.background for style in STYLES.values()}
    assert len(backgrounds) == len(STYLES) >= 3


def test_a_varied_style_is_reproducible_and_differs() -> None:
    first, again = (CREAM.varied(np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert first != CREAM


def test_a_style_varied_by_nothing_keeps_its_colors() -> None:
    varied = CREAM.varied(np.random.default_rng(7), strength=0.0)
    assert varied.stain == CREAM.stain
    assert varied.blur_um == CREAM.blur_um


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(STYLES)))
def test_every_neighbor_of_a_preset_is_a_valid_style(seed: int, name: str) -> None:
    assert isinstance(STYLES[name].varied(np.random.default_rng(seed), strength=2.0), SmearStyle)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pallor": (0.5, 0.2)},
        {"red_cell_cover": 0.9},
        {"film": -0.1},
        {"dirt": -1.0},
        {"brightness": 0.0},
        {"white_balance": (1.0, 0.0, 1.0)},
        {"vignetting": 1.0},
        {"gradient": -0.1},
        {"gradient_deg": float("nan")},
        {"blur_um": -1.0},
        {"sharpening": 9.0},
        {"shot_noise": -1.0},
        {"read_noise": 101.0},
    ],
)
def test_a_style_out_of_range_is_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError, match=next(iter(wrong))) as caught:
        SmearStyle(**wrong)  # type: ignore[arg-type]
    assert caught.value.hint


def test_a_stain_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="background"):
        StainStyle(background=(300.0, 0.0, 0.0))
    with pytest.raises(InvalidValueError, match="nucleus"):
        StainStyle(nucleus=(-0.1, 0.0, 0.0))


def test_the_strength_of_a_variation_has_limits() -> None:
    with pytest.raises(InvalidValueError, match="strength"):
        CREAM.varied(np.random.default_rng(0), strength=3.0)
