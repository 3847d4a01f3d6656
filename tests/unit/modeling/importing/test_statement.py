import pytest

from leukoscope.errors import InvalidValueError
from leukoscope.modeling.importing.statement import Statement, read_scaling, read_size


def stated(**changes: object) -> Statement:
    usual = {
        "width": 32,
        "height": 32,
        "scaling": read_scaling("0-1"),
        "layout": "nchw",
        "colors": "rgb",
        "gives": "probabilities",
        "labels": ("a", "b"),
    }
    return Statement(**(usual | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ("a",)}, "two different labels"),
        ({"labels": ("a", "a")}, "two different labels"),
        ({"positive": "a"}, "no --positive-is"),
        ({"gives": "one-logit"}, "a high value"),
        ({"gives": "one-probability", "positive": "c"}, "a high value"),
        ({"gives": "one-logit", "labels": ("a", "b", "c"), "positive": "a"}, "two classes"),
        ({"gives": "votes"}, "'votes' is not known"),
        ({"layout": "hwc"}, "'hwc' is not known"),
    ],
)
def test_what_cannot_be_true_together_is_refused_with_what_to_say(changes, said):
    with pytest.raises(InvalidValueError, match=said) as refusal:
        stated(**changes)
    assert refusal.value.hint


@pytest.mark.parametrize("text", ["x", "1,2,3", "0.5,0", "0.5,-1", "nan,1", "0.5,inf", ""])
def test_a_scaling_that_is_none_is_refused(text):
    with pytest.raises(InvalidValueError, match="no scaling"):
        read_scaling(text)


@pytest.mark.parametrize("text", ["8", "x", "224x", "224x224x3", "99999", "-224", ""])
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(InvalidValueError, match="no size"):
        read_size(text)
