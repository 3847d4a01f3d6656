from leukoscope.reporting.wording import NO_BLASTS_HERE
from leukoscope.web.pages.start import choices


def test_automatic_comes_first_and_each_model_says_what_it_names_and_where_it_ends(tiny_bundle) -> None:
    automatic, tiny = choices([tiny_bundle().card])
    assert automatic.name == "automatic"
    assert tiny.lines == ("Names cells: red, green, blue.", NO_BLASTS_HERE)
    assert tiny.limits == ("Knows only colors.", "Weights: Apache-2.0")


def test_without_a_model_that_knows_blasts_automatic_says_so_too(tiny_bundle) -> None:
    assert NO_BLASTS_HERE in choices([tiny_bundle().card])[0].lines


def test_with_a_model_that_knows_blasts_nothing_is_said_to_be_missing(tiny_bundle) -> None:
    said = choices([tiny_bundle(group="blast").card])
    assert all(NO_BLASTS_HERE not in choice.lines for choice in said)


def test_a_model_whose_cells_only_resemble_a_class_says_so_and_leaves_automatic_without_blasts(tiny_bundle) -> None:
    card = tiny_bundle(group="blast").card.model_copy(update={"resembles": "resembles cells labeled {title} elsewhere"})
    automatic, resembling = choices([card])
    assert NO_BLASTS_HERE in automatic.lines
    assert resembling.lines[0] == "Says which of these a cell resembles: red, green, blue."
    assert NO_BLASTS_HERE not in resembling.lines
