import numpy as np
import pytest

from leukoscope.domain.images import PixelSize, SmearImage
from leukoscope.domain.regions import Box
from leukoscope.imaging.morphology import describing
from leukoscope.imaging.morphology.reference_file import shipped_reference
from leukoscope.imaging.outlining import outliner
from leukoscope.inference.cell_findings import CellTeller
from leukoscope.inference.finding import FoundCell
from leukoscope.synthetic import draw_cell, draw_field


@pytest.fixture(scope="module")
def drawn():
    return draw_cell(np.random.default_rng(3), "lymphocyte")


def tell(pixels, box, *, outlined_by="tracer", size=None):
    masks = outliner("tracer").outline(pixels, [box])
    teller = CellTeller({}, shipped_reference(), outlined_by)
    found = FoundCell(box, None)
    return teller.tell(SmearImage(pixels, "0" * 64), [found], masks, [None], size)[0]


def test_a_cell_without_a_name_is_told_in_words_and_stands_among_all_leukocytes(drawn):
    cell = tell(drawn.pixels, drawn.cell.box, size=PixelSize(drawn.pixel_size_um, "given"))

    assert cell.id == 1
    assert "N:C" in cell.morphology.sentence
    assert "nucleus" in cell.morphology.sentence.lower()
    assert {one.group.name for one in cell.morphology.standings} == {"leukocytes"}
    assert 0 <= cell.morphology.blast_likeness.score <= 1


def test_without_a_pixel_size_no_area_is_compared(drawn):
    cell = tell(drawn.pixels, drawn.cell.box)

    assert cell.morphology.standings
    assert not any(one.measurement.endswith("_um2") for one in cell.morphology.standings)


def test_cells_outlined_in_another_way_than_the_reference_cells_are_not_compared(drawn):
    assert tell(drawn.pixels, drawn.cell.box, outlined_by="by hand").morphology.standings == ()


def test_a_cell_cut_out_on_black_is_not_compared_with_cells_of_smears(drawn):
    pixels = np.where(drawn.cell_mask[..., None], drawn.pixels, 0).astype(np.uint8)
    cell = tell(pixels, drawn.cell.box)

    assert cell.features
    assert cell.morphology.standings == ()


def test_a_cell_at_the_edge_is_measured_but_not_told(drawn):
    x0, y0, x1, y1 = (round(edge) for edge in drawn.cell.box.as_list())
    half = np.ascontiguousarray(drawn.pixels[:, : (x0 + x1) // 2])
    cell = tell(half, Box(x0, y0, half.shape[1], y1))

    assert cell.features
    assert cell.morphology.note == describing.CUT
    assert cell.morphology.sentence == ""


def test_where_no_outline_is_found_that_is_said():
    cell = tell(np.full((80, 80, 3), 230, np.uint8), Box(20, 20, 60, 60))

    assert cell.features == {}
    assert cell.morphology.note == describing.NOT_MEASURED


def test_many_cells_are_told_in_their_order_each_as_if_it_were_alone():
    field = draw_field(np.random.default_rng(5), width=640, height=480, cells={"neutrophil": 3, "lymphocyte": 3})
    boxes = [cell.box for cell in field.cells]
    masks = outliner("tracer").outline(field.pixels, boxes)
    found, image = [FoundCell(box, None) for box in boxes], SmearImage(field.pixels, "0" * 64)
    teller = CellTeller({}, shipped_reference(), "tracer")

    together = teller.tell(image, found, masks, [None] * 6, None, first=7)

    alone = [
        teller.tell(image, [cell], [drawn], [None], None, first=number)[0]
        for number, (cell, drawn) in enumerate(zip(found, masks, strict=True), start=7)
    ]
    assert [cell.id for cell in together] == [7, 8, 9, 10, 11, 12]
    for one, other in zip(together, alone, strict=True):
        assert (one.box, one.outline, one.features) == (other.box, other.outline, other.features)
        assert one.morphology == other.morphology


def test_as_many_outlines_as_cells_are_needed(drawn):
    teller, image = CellTeller({}, shipped_reference(), "tracer"), SmearImage(drawn.pixels, "0" * 64)

    with pytest.raises(ValueError, match="shorter"):
        teller.tell(image, [FoundCell(drawn.cell.box, None)] * 5, [None] * 4, [None] * 5, None)
