"""What the owner of a model states about it; nothing of it can be read from the file, and nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from leukoscope.errors import InvalidValueError

Layout = Literal["nhwc", "nchw"]
Colors = Literal["rgb", "bgr"]
Gives = Literal["probabilities", "logits", "one-probability", "one-logit"]
Triple = tuple[float, float, float]
_NAMED: dict[str, tuple[float, float]] = {"0-1": (0, 1), "0-255": (0, 1 / 255), "minus-1-1": (0.5, 0.5)}
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_SCALING_HINT = (
    f"Say {', '.join(_NAMED)}, imagenet, or two or six numbers mean,std of values in 0 to 1, such as 0.5,0.25."
)


@dataclass(frozen=True, slots=True)
class Scaling:
    """How a network wants its numbers: (value / 255 - mean) / std, per channel in the order it takes them.

    Attributes:
        told: As it was stated.
        mean: Subtracted from values in [0, 1].
        std: Divided by; positive.
    """

    told: str
    mean: Triple
    std: Triple


@dataclass(frozen=True, slots=True)
class Statement:
    """What a network takes and gives.

    Attributes:
        width: Width of its pictures in pixels.
        height: Height in pixels.
        scaling: How it wants its numbers.
        layout: Order of the axes: channels last ("nhwc", as Keras) or first ("nchw", as PyTorch).
        colors: Order of the channels.
        gives: What comes out: probabilities of the classes, logits (softmax is then added), one probability or one
            logit (then two classes are made of it).
        labels: Names of the classes in the order of the outputs; two for a single output.
        positive: For a single output: the label that a high value means.

    Raises:
        InvalidValueError: The labels do not go with `gives`.
    """

    width: int
    height: int
    scaling: Scaling
    layout: Layout
    colors: Colors
    gives: Gives
    labels: tuple[str, ...]
    positive: str = ""

    def __post_init__(self) -> None:
        for value, kind in ((self.layout, Layout), (self.colors, Colors), (self.gives, Gives)):
            if value not in get_args(kind):
                raise InvalidValueError(f"{value!r} is not known.", hint=f"Say one of {', '.join(get_args(kind))}.")
        if len(self.labels) < 2 or len(set(self.labels)) < len(self.labels):
            raise InvalidValueError(
                f"A classifier needs at least two different labels, got {', '.join(self.labels) or 'none'}.",
                hint="Name them with --labels a,b,c in the order of the model's outputs.",
            )
        if not self.single and self.positive:
            raise InvalidValueError(
                "A model with one output for each class has no --positive-is.",
                hint="Leave it out, or say --gives one-probability or one-logit.",
            )
        if self.single and (len(self.labels) != 2 or self.positive not in self.labels):
            raise InvalidValueError(
                f"A single output tells two classes apart, and one of {', '.join(self.labels)} is what a high value "
                "means.",
                hint="Give two --labels, and with --positive-is the one that a high value means.",
            )

    @property
    def single(self) -> bool:
        """Whether the network has one output unit."""
        return self.gives in ("one-probability", "one-logit")

    @property
    def units(self) -> int:
        """Numbers the network gives for each picture."""
        return 1 if self.single else len(self.labels)


def read_scaling(text: str) -> Scaling:
    """A scaling by name, or as numbers.

    Raises:
        InvalidValueError: It is neither.

    Example:
        >>> read_scaling("minus-1-1").std
        (0.5, 0.5, 0.5)
        >>> read_scaling("0.5,0.25").mean
        (0.5, 0.5, 0.5)
    """
    if text == "imagenet":
        return Scaling(text, *_IMAGENET)
    if text in _NAMED:
        mean, std = _NAMED[text]
        return Scaling(text, (mean, mean, mean), (std, std, std))
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as fault:
        raise InvalidValueError(f"{text!r} is no scaling.", hint=_SCALING_HINT) from fault
    if len(numbers) == 2:
        numbers = [numbers[0]] * 3 + [numbers[1]] * 3
    if len(numbers) != 6 or not all(abs(one) < 1e6 for one in numbers) or min(numbers[3:]) <= 0:
        raise InvalidValueError(f"{text!r} is no scaling.", hint=_SCALING_HINT)
    red, green, blue = numbers[:3]
    over_red, over_green, over_blue = numbers[3:]
    return Scaling(text, (red, green, blue), (over_red, over_green, over_blue))


def read_size(text: str) -> tuple[int, int]:
    """Width and height from "224" or "320x240".

    Raises:
        InvalidValueError: It is no size between 16 and 2048 pixels.

    Example:
        >>> read_size("224"), read_size("320x240")
        ((224, 224), (320, 240))
    """
    parts = text.lower().split("x")
    numbers = [int(one) for one in parts if one.isascii() and one.isdigit()]
    if len(numbers) != len(parts) or len(parts) > 2 or not all(16 <= one <= 2048 for one in numbers):
        raise InvalidValueError(f"{text!r} is no size.", hint="Say 224, or 320x240 for width x height; 16 to 2048.")
    return numbers[0], numbers[-1]
