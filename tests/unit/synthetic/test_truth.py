from leukoscope.domain.regions import Box, Outline
from leukoscope.synthetic.truth import SyntheticCell, SyntheticField


def test_cells_are_counted_by_class() -> None:
    import numpy as np

    outline = Outline(((0, 0), (1, 0), (1, 1)))
    cells = tuple(SyntheticCell(label, Box(0, 0, 1, 1), outline, 9.0, 1) for label in ("blast", "monocyte", "blast"))
    nothing = np.zeros((2, 2), np.int32)
    field = SyntheticField(np.zeros((2, 2, 3), np.uint8), cells, nothing, nothing, (), (), 0.1)
    assert field.counts == {"blast": 2, "monocyte": 1}
