from pathlib import Path

import pytest

from leukoscope.imaging.quality import judge_quality
from leukoscope.imaging.reading import find_images, read_image

ALL_OF = ("aml-lmu-sample", "cnmc-2019-sample", "apl-aml-sample", "jtsc-wbc/images")
FIRST_OF = ("bccd/images", "cnmc-2019", "pbc-crops", "pbc-frames/images", "taleqani-all", "txl-pbc")
SIDES = {
    "aml-lmu-sample": (400, 400),
    "cnmc-2019-sample": (450, 450),
    "cnmc-2019": (450, 450),
    "taleqani-all": (224, 224),
}
COUNTS = {
    "aml-lmu-sample": 42,
    "cnmc-2019-sample": 30,
    "apl-aml-sample": 28,
    "jtsc-wbc/images": 240,
    "bccd/images": 304,
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", [*ALL_OF, *FIRST_OF])
def test_pictures_of_every_real_set_are_read_without_a_warning(real_data: Path, name: str) -> None:
    found = find_images([real_data / name])
    assert len(found) == COUNTS.get(name, len(found))
    for told, path in found if name in ALL_OF else found[:60]:
        image = read_image(path)
        assert image.warnings == (), told
        assert image.pixel_size is None, told
        assert (image.height, image.width) == SIDES.get(name, (image.height, image.width)), told


@pytest.mark.real_data
@pytest.mark.parametrize("name", [*ALL_OF, *FIRST_OF])
def test_real_smears_are_hardly_ever_warned_of(real_data: Path, name: str) -> None:
    found = find_images([real_data / name])
    part = found[:: max(1, len(found) // 120)]
    warned = [told for told, path in part if judge_quality(read_image(path)).warnings]
    assert len(warned) <= 0.05 * len(part), warned
