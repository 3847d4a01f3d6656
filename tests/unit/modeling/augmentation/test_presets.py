from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from leukoscope.errors import InvalidValueError, NotFoundError
from leukoscope.modeling.augmentation.presets import PRESETS, Preset, find_preset
from leukoscope.modeling.augmentation.recipe import Augmentation
from leukoscope.modeling.augmentation.steps import Affine, Blur, Contrast, Flip, Resize

SOURCES = ("roboflow", "cnmc-cnn", "lenet-lld-a", "lenet-lld-b", "lightweight-cnn", "subtypes")


def _parameters(name: str) -> dict[str, object]:
    return {one.key: one.value for one in find_preset(name).parameters()}


@pytest.mark.parametrize(
    ("name", "published"),
    [
        (
            "roboflow",
            {
                "Upright": True,
                "Resize.side_px": 640,
                "Flip.horizontal": 0.5,
                "Flip.vertical": 0.5,
                "Affine.rotation_degrees": 30,
                "Brightness.factor": (0.85, 1.15),
                "Blur.sigma_px": (0, 2),
                "versions": 3,
            },
        ),
        (
            "lenet-lld-a",
            {
                "Resize.side_px": 256,
                "KerasAffine.rotation_degrees": 30,
                "KerasAffine.shift": 0.2,
                "KerasAffine.shear_degrees": 0.2,
                "KerasAffine.zoom": (0.8, 1.2),
                "Flip.horizontal": 0.5,
                "Flip.vertical": 0.0,
                "fill": "nearest",
            },
        ),
        (
            "lenet-lld-b",
            {"KerasAffine.rotation_degrees": 72, "KerasAffine.zoom": (0.8, 1.2), "Flip.horizontal": 0.5},
        ),
        (
            "subtypes",
            {
                "Flip.horizontal": 0.5,
                "Blur.sigma_px": (0, 0.5),
                "Blur.share": 0.5,
                "Contrast.factor": (0.75, 1.5),
                "Noise.strength": 0.05,
                "Noise.per_channel": 0.5,
                "Multiply.factor": (0.8, 1.2),
                "Multiply.per_channel": 0.2,
                "balance": 600,
            },
        ),
    ],
)
def test_published_parameters_are_as_published_and_not_called_assumed(name: str, published: dict[str, object]) -> None:
    told = _parameters(name)
    assert {key: told[key] for key in published} == published
    assert not set(published) & find_preset(name).assumed


def test_unpublished_ranges_are_marked() -> None:
    marked = {one.key for one in find_preset("subtypes").parameters() if one.assumed}
    assert {"Affine.scale", "Affine.shift", "Affine.rotation_degrees", "Affine.shear_degrees"} <= marked
    assert _parameters("subtypes")["Affine.scale"] == (0.8, 1.2)
    for name in ("cnmc-cnn", "lightweight-cnn"):
        steps = [one for one in find_preset(name).parameters() if "." in one.key]
        assert steps
        assert all(one.assumed for one in steps)


def test_an_assumption_about_nothing_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"Affine\.sheer"):
        Preset("x", "y", (Affine(rotation_degrees=3),), assumed=frozenset({"Affine.sheer"}))


def test_a_misspelled_preset_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="roboflow"):
        find_preset("robofow")


@pytest.mark.parametrize("name", SOURCES)
def test_a_recipe_may_name_a_source(name: str) -> None:
    assert Augmentation(preset=name).preset == name


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"preset": "robofow"}, "Did you mean 'roboflow'"),
        ({"preset": "roboflow", "flip": False}, "takes no flip"),
        ({"preset": "macenko"}, "normalizes colors"),
    ],
)
def test_a_recipe_that_does_not_fit_is_told_why(part: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Augmentation.model_validate(part)


@pytest.mark.parametrize(
    "make", [lambda: Flip(1.5), lambda: Blur((2, 1)), lambda: Contrast((1.2, 0.8)), lambda: Affine(scale=(0, 1))]
)
def test_a_step_out_of_range_cannot_be_built(make: object) -> None:
    with pytest.raises(InvalidValueError):
        make()  # type: ignore[operator]


def test_names_are_unique_and_sides_known() -> None:
    assert len({one.name for one in PRESETS}) == len(PRESETS)
    assert find_preset("roboflow").side_px == 640
    assert find_preset("stain").side_px is None
    assert Resize(5).side_px == 5


def test_reading_presets_loads_no_torch() -> None:
    program = "import sys; import leukoscope.modeling.augmentation.presets; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "False"
