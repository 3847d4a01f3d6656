import pytest

from leukoscope.synthetic.kinds import DIFFERENTIAL, KINDS, CellKind


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_has_ranges_that_can_be_drawn_from(kind: CellKind) -> None:
    spans = [kind.diameter_um, kind.nucleus_share, kind.chromatin.density, kind.basophilia, kind.acidophilia]
    spans += [kind.lobes, kind.vacuoles, kind.nucleoli]
    spans += [span for granules in kind.granules for span in (granules.per_um2, granules.radius_um)]
    assert all(0 <= low <= high for low, high in spans)
    assert kind.nucleus_share[1] < 1


def test_kinds_are_as_large_as_in_the_textbook() -> None:
    middle = {label: sum(kind.diameter_um) / 2 for label, kind in KINDS.items()}
    assert 8 <= middle["lymphocyte"] <= 10.5
    assert 12 <= middle["neutrophil"] <= 14
    assert 15 <= middle["monocyte"] <= 18
    assert middle["lymphocyte"] < middle["neutrophil"] < middle["monocyte"]


def test_blasts_have_the_largest_nucleus_for_their_size_and_nucleoli() -> None:
    share = {label: sum(kind.nucleus_share) for label, kind in KINDS.items()}
    assert max(share, key=share.__getitem__) == "blast"
    assert KINDS["blast"].nucleoli == (1, 3)


def test_the_usual_field_shows_twenty_known_cells() -> None:
    assert sum(DIFFERENTIAL.values()) == 20
    assert set(DIFFERENTIAL) <= set(KINDS)
