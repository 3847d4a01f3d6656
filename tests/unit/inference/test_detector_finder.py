from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import ModelRef
from leukoscope.domain.images import Pixels, PixelSize, PixelSizeSource, SmearImage
from leukoscope.domain.objects import Detections
from leukoscope.imaging.tiles import DetectorView
from leukoscope.inference.detector import Detector
from leukoscope.inference.detector_finder import DetectorFinder
from leukoscope.inference.finding import ClassicalFinder
from leukoscope.inference.looking_scale import settle_scale
from leukoscope.synthetic import draw_cell, draw_field
from leukoscope.synthetic.field import SyntheticField

CARD = cast(
    "Card",
    SimpleNamespace(
        name="drawn",
        version="1",
        labels=[SimpleNamespace(name=name) for name in ("wbc", "rbc", "platelet")],
        input=SimpleNamespace(pixel_size_um=(0.05, 0.3)),
    ),
)


@dataclass
class KnowingDetector:
    """Knows what was drawn, but sees it only where it is told the right pixel size within a factor of 1.5."""

    drawn: SyntheticField
    red: bool = True
    asked: list[float] = field(default_factory=list)
    card = CARD
    view = DetectorView(320, 320, "tiles", 0.18, 112, 0.5, 0.55, 1000, multiple_px=32)

    def find(self, pixels: Pixels, um: float) -> Detections:
        self.asked.append(um)
        if max(um / self.drawn.pixel_size_um, self.drawn.pixel_size_um / um) > 1.5:
            return Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
        red = self.drawn.red_cells if self.red else ()
        boxes = [cell.box for cell in self.drawn.cells] + list(red) + list(self.drawn.platelets)
        labels = [0] * len(self.drawn.cells) + [1] * len(red) + [2] * len(self.drawn.platelets)
        return Detections(
            np.array([box.as_list() for box in boxes]), np.ones(len(boxes)), np.array(labels, dtype=np.int64)
        )


def finder(detector: object, *, insist: bool = False) -> DetectorFinder:
    return DetectorFinder(
        CARD, ModelRef("drawn", "1", "0"), lambda: cast("Detector", detector), ClassicalFinder(), insist=insist
    )


@pytest.fixture(scope="module")
def drawn() -> SyntheticField:
    return draw_field(np.random.default_rng(4), width=960, height=720, cells={"neutrophil": 3, "lymphocyte": 2})


def image(drawn: SyntheticField, size: PixelSize | None = None) -> SmearImage:
    return SmearImage(drawn.pixels, "0" * 64, size)


def test_leukocytes_become_cells_and_the_others_are_counted(drawn: SyntheticField) -> None:
    found = finder(KnowingDetector(drawn)).find(image(drawn))

    assert (found.finder, found.kind) == ("drawn 1", "field")
    assert sorted(cell.box.x0 for cell in found.cells) == sorted(cell.box.x0 for cell in drawn.cells)
    assert found.others is not None
    assert (found.others.rbc, found.others.platelet) == (len(drawn.red_cells), len(drawn.platelets))
    cut = sum(box.touches_border(960, 720, 0.4 / drawn.pixel_size_um) for box in drawn.red_cells)
    assert found.others.rbc_cut == cut > 0
    assert found.counted


def test_a_crop_of_one_cell_stays_with_the_classical_finder() -> None:
    cell = draw_cell(np.random.default_rng(1), "lymphocyte")
    found = finder(None).find(SmearImage(cell.pixels, "0" * 64))

    assert (found.finder, found.kind, found.others) == ("classical", "cell", None)


def test_a_known_pixel_size_is_used_and_doubted_where_red_cells_would_be_giants(drawn: SyntheticField) -> None:
    known = KnowingDetector(drawn)
    assert finder(known).find(image(drawn, PixelSize(drawn.pixel_size_um, "metadata"))).warnings == ()
    assert known.asked == [drawn.pixel_size_um]

    @dataclass
    class Careless(KnowingDetector):
        def find(self, pixels: Pixels, um: float) -> Detections:
            return super().find(pixels, self.drawn.pixel_size_um)

    wrong = finder(Careless(drawn)).find(image(drawn, PixelSize(2.5 * drawn.pixel_size_um, "metadata")))
    assert any("check the pixel size" in said for said in wrong.warnings)


def test_an_unknown_pixel_size_is_settled_by_the_red_cells_the_detector_finds(drawn: SyntheticField) -> None:
    detector = KnowingDetector(drawn)
    scale = settle_scale(cast("Detector", detector), drawn.pixels)

    assert scale is not None
    assert scale.um == pytest.approx(drawn.pixel_size_um, rel=0.1)
    assert scale.red_cells >= 10
    assert settle_scale(cast("Detector", detector), np.full((80, 90, 3), 230, np.uint8)) is None


def test_cells_that_only_the_stain_shows_are_added_and_told(drawn: SyntheticField) -> None:
    @dataclass
    class Blind(KnowingDetector):
        def find(self, pixels: Pixels, um: float) -> Detections:
            found = super().find(pixels, um)
            return Detections(found.boxes[1:], found.scores[1:], found.labels[1:])

    found = finder(Blind(drawn)).find(image(drawn))
    insisted = finder(Blind(drawn), insist=True).find(image(drawn))

    assert len(found.cells) == len(drawn.cells)
    assert any("1 of the cells was found by nuclear stain alone" in said for said in found.warnings)
    assert len(insisted.cells) == len(drawn.cells) - 1
    assert any("shows 1 more cell where the detector found none" in said for said in insisted.warnings)


def test_boxes_without_nuclear_stain_are_no_leukocytes(drawn: SyntheticField) -> None:
    @dataclass
    class Rash(KnowingDetector):
        def find(self, pixels: Pixels, um: float) -> Detections:
            found = super().find(pixels, um)
            labels = found.labels.copy()
            labels[np.flatnonzero(labels == 1)[0]] = 0
            return Detections(found.boxes, found.scores, labels)

    found = finder(Rash(drawn)).find(image(drawn))

    assert len(found.cells) == len(drawn.cells)
    assert any("without nuclear stain: 1 of" in said for said in found.warnings)


def test_where_both_finders_contradict_each_other_the_stain_is_believed_unless_one_insists(
    drawn: SyntheticField,
) -> None:
    @dataclass
    class Confused(KnowingDetector):
        def find(self, pixels: Pixels, um: float) -> Detections:
            found = super().find(pixels, um)
            return Detections(found.boxes, found.scores, np.where(found.labels == 1, 0, found.labels))

    classical = finder(Confused(drawn)).find(image(drawn))
    insisted = finder(Confused(drawn), insist=True).find(image(drawn))

    assert (classical.finder, classical.others) == ("classical", None)
    assert len(classical.cells) == len(drawn.cells)
    assert any("contradict each other" in said for said in classical.warnings)
    assert insisted.finder == "drawn 1"
    assert len(insisted.cells) == len(drawn.cells) + len(drawn.red_cells)


def test_a_detector_that_knows_no_red_cell_counts_none_instead_of_nought(drawn: SyntheticField) -> None:
    found = finder(KnowingDetector(drawn, red=False)).find(image(drawn))

    assert found.others is None
    assert any("neither red cells nor platelets were counted" in said for said in found.warnings)


@pytest.mark.parametrize(("height", "width", "gray"), [(200, 300, 230), (200, 300, 0), (1, 1, 90)])
@pytest.mark.parametrize("size", [None, PixelSize(0.1, "given"), PixelSize(5, "given")])
def test_a_picture_of_nothing_says_that_no_cells_were_seen(
    drawn: SyntheticField, height: int, width: int, gray: int, size: PixelSize | None
) -> None:
    nothing = SmearImage(np.full((height, width, 3), gray, np.uint8), "0" * 64, size)
    found = finder(Unseeing(drawn)).find(nothing)

    assert (found.kind, found.cells, found.others, found.blank) == ("field", (), None, True)
    assert not found.counted
    assert [said for said in found.warnings if "No cells were seen" in said] == list(found.warnings)


def grayed(drawn: SyntheticField) -> SmearImage:
    gray = drawn.pixels.mean(axis=2, keepdims=True).astype(np.uint8)
    return SmearImage(np.repeat(gray, 3, axis=2), "0" * 64, PixelSize(drawn.pixel_size_um, "given"))


def test_in_a_gray_picture_the_cells_of_the_detector_are_told_unconfirmed(drawn: SyntheticField) -> None:
    found = finder(KnowingDetector(drawn)).find(grayed(drawn))

    assert (found.finder, found.counted) == ("drawn 1", True)
    assert len(found.cells) == len(drawn.cells)
    assert any("told unconfirmed" in said for said in found.warnings)


def test_a_gray_picture_in_which_no_cell_was_found_was_not_counted(drawn: SyntheticField) -> None:
    red_only = replace(drawn, cells=())
    for found in (finder(KnowingDetector(red_only)).find(grayed(drawn)), ClassicalFinder().find(grayed(drawn))):
        assert (found.cells, found.counted) == ((), False)
        assert any("no color" in said and "not a count of zero" in said for said in found.warnings)


def test_where_only_the_detector_saw_cells_and_the_stain_is_believed_nothing_is_counted_as_nought() -> None:
    red_only = draw_field(np.random.default_rng(4), width=960, height=720, cells={}, platelets=0)

    @dataclass
    class Confused(KnowingDetector):
        def find(self, pixels: Pixels, um: float) -> Detections:
            found = super().find(pixels, um)
            return Detections(found.boxes, found.scores, np.zeros(len(found), np.int64))

    found = finder(Confused(red_only)).find(image(red_only))

    assert (found.cells, found.counted) == ((), False)
    assert any("this is not a count of zero" in said for said in found.warnings)


def test_cells_in_a_heap_are_not_counted_and_those_that_lie_apart_are(drawn: SyntheticField) -> None:
    rng = np.random.default_rng(0)
    pixels = np.full((720, 720, 3), 235, np.uint8)  # cut to its middle, so that cells reach over the edge
    for number in range(100):
        cell = draw_cell(rng, ["lymphocyte", "blast", "neutrophil"][number % 3], pixel_size_um=0.12)
        y, x = rng.integers(0, 440, 2)
        part = pixels[y : y + len(cell.pixels), x : x + len(cell.pixels)]
        part[cell.cell_mask] = cell.pixels[cell.cell_mask]
    pixels = pixels[60:560, 60:560]
    heap = ClassicalFinder().find(SmearImage(pixels, "0" * 64))
    apart = ClassicalFinder().find(image(drawn))

    assert (heap.kind, heap.counted) == ("field", False)
    assert len(heap.cells) < 50
    assert any("lie in a heap" in said for said in heap.warnings)
    assert (apart.counted, apart.warnings) == (True, ())


@dataclass
class Unseeing(KnowingDetector):
    def find(self, pixels: Pixels, um: float) -> Detections:
        return Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


@pytest.mark.parametrize(("um", "wide"), [(5.0, "1.4 pixels wide"), (0.005, "1400 pixels wide")])
@pytest.mark.parametrize("source", ["given", "metadata"])
def test_with_a_pixel_size_that_no_red_cell_can_have_the_detector_is_not_asked(
    drawn: SyntheticField, um: float, wide: str, source: PixelSizeSource
) -> None:
    detector = KnowingDetector(drawn)
    found = finder(detector).find(image(drawn, PixelSize(um, source)))

    assert detector.asked == []
    assert (found.finder, found.others) == ("classical", None)
    assert len(found.cells) == len(drawn.cells)
    assert any(wide in said and "--pixel-size" in said for said in found.warnings)


def test_a_picture_that_would_grow_too_large_is_not_shown_to_the_detector(drawn: SyntheticField) -> None:
    @dataclass
    class Fine(KnowingDetector):
        view = DetectorView(32, 32, "tiles", 0.02, 16, 0.5, 0.55, 1000)

    detector = Fine(drawn)
    found = finder(detector).find(image(drawn, PixelSize(0.5, "given")))

    assert detector.asked == []
    assert any("would be too large" in said for said in found.warnings)


def test_an_object_told_as_leukocyte_is_no_red_cell_and_no_platelet_as_well(drawn: SyntheticField) -> None:
    @dataclass
    class Doubling(KnowingDetector):
        def find(self, pixels: Pixels, um: float) -> Detections:
            found = super().find(pixels, um)
            first = found.boxes[:2] + np.array([1.0, 1.0, -1.0, -1.0])  # told as red cell besides, as platelet instead
            rest = len(found) - 1
            return Detections(
                np.concatenate([found.boxes[np.arange(len(found)) != 1], first]),
                np.ones(rest + 2),
                np.concatenate([found.labels[np.arange(len(found)) != 1], [1, 2]]).astype(np.int64),
            )

    found = finder(Doubling(drawn)).find(image(drawn))

    assert len(found.cells) == len(drawn.cells)
    assert found.others is not None
    assert (found.others.rbc, found.others.platelet) == (len(drawn.red_cells), len(drawn.platelets))


def test_a_box_over_several_stained_cells_gives_way_to_them(drawn: SyntheticField) -> None:
    @dataclass
    class Lumping(KnowingDetector):
        def find(self, pixels: Pixels, um: float) -> Detections:
            found = super().find(pixels, um)
            two = found.boxes[:2]
            lump = np.concatenate([two[:, :2].min(axis=0), two[:, 2:].max(axis=0)])[None]
            return Detections(np.concatenate([lump, found.boxes[2:]]), found.scores[1:], found.labels[1:])

    found = finder(Lumping(drawn)).find(image(drawn))
    insisted = finder(Lumping(drawn), insist=True).find(image(drawn))

    assert len(found.cells) == len(drawn.cells)
    assert any("cells in 1 box of the detector" in said for said in found.warnings)
    assert any("1 box of the detector holds" in said for said in insisted.warnings)
