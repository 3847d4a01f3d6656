import pytest

from leukoscope.bundles.card import Card
from leukoscope.domain.labels import Label
from leukoscope.errors import InvalidBundleError


@pytest.fixture
def card(tiny_bundle):
    return tiny_bundle().card


def test_a_card_survives_toml(card):
    assert Card.from_toml(card.to_toml()) == card


def test_an_unknown_key_is_named(card):
    with pytest.raises(InvalidBundleError, match="acuracy"):
        Card.from_toml("acuracy = 1\n" + card.to_toml())


def test_text_that_is_no_toml_is_said():
    with pytest.raises(InvalidBundleError, match="not TOML"):
        Card.from_toml("= = =")


def test_labels_come_as_domain_values_in_order(card):
    assert card.domain_labels[0] == Label("red", "Red", "Mostly red.", "leukocyte")
    assert [label.name for label in card.domain_labels] == ["red", "green", "blue"]


def test_a_cell_model_that_only_resembles_says_so_of_each_class(card):
    resembling = card.model_copy(update={"resembles": "resembles cells labeled {title} elsewhere"})
    assert [label.told for label in resembling.domain_labels] == ["Resembles Red", "Resembles Green", "Resembles Blue"]
    assert [label.told for label in card.domain_labels] == ["Red", "Green", "Blue"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"labels": []}, "two different names"),
        ({"version": "one"}, "version"),
        ({"temperature": 0}, "temperature"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(card, change, complaint):
    import tomli_w

    content = card.model_dump(mode="json", by_alias=True, exclude_none=True) | change
    with pytest.raises(InvalidBundleError, match=complaint):
        Card.from_toml(tomli_w.dumps(content))


def test_class_means_must_match_the_labels(card):
    content = card.to_toml().replace("class_means = [", "class_means = [\n    [1, 1, 1],", 1)

    with pytest.raises(InvalidBundleError, match="one row per label"):
        Card.from_toml(content)


def test_no_class_may_take_the_name_of_the_row_for_cells_without_a_name(card):
    with pytest.raises(InvalidBundleError, match="uncertain"):
        Card.from_toml(card.to_toml().replace('name = "red"', 'name = "uncertain"'))
