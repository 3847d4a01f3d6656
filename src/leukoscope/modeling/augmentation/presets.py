"""Which augmentations have a name?  Those of the five source systems with their published parameters, and our own.

What a source did not publish is listed in `assumed`; nothing assumed passes for published.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, fields

from leukoscope.errors import InvalidValueError, NotFoundError
from leukoscope.modeling.augmentation.recipe import OWN_WAY, Augmentation
from leukoscope.modeling.augmentation.steps import (
    Affine,
    Blur,
    Brightness,
    Contrast,
    Density,
    Fill,
    Flip,
    HedDensity,
    KerasAffine,
    Multiply,
    Noise,
    Normalize,
    OwnWay,
    QuarterTurn,
    Resize,
    Step,
    Upright,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a preset, as `--list` shows it; a step without parameters counts as one that is True."""

    key: str
    value: object
    assumed: bool


@dataclass(frozen=True, slots=True)
class Preset:
    """A named augmentation.

    Attributes:
        name: As typed after `--preset` and in recipes.
        source: Whose it is.
        steps: What is done, in this order; neighboring geometric steps are one resampling.
        fill: What comes in from outside the picture.
        versions: Changed copies per training picture, where nobody says otherwise.
        balance: Pictures per class to fill up to instead, or None.
        keeps_parents: Whether the unchanged picture stays beside its copies.
        assumed: Parameters that the source did not publish, as `Step.parameter`, `fill`, `versions` or `order`.
        notes: What a user must know.

    Raises:
        InvalidValueError: `assumed` names something the preset does not have.
    """

    name: str
    source: str
    steps: tuple[Step, ...]
    fill: Fill = "black"
    versions: int = 1
    balance: int | None = None
    keeps_parents: bool = True
    assumed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {one.key for one in self.parameters()} | {"order"}
        if not self.assumed <= known:
            raise InvalidValueError(
                f"The preset {self.name!r} has no {', '.join(sorted(self.assumed - known))}.",
                hint=f"It has {', '.join(sorted(known))}.",
            )

    @property
    def side_px(self) -> int | None:
        """Side that pictures are resized to, or None where they keep their size."""
        return next((step.side_px for step in self.steps if isinstance(step, Resize)), None)

    @property
    def normalizes(self) -> bool:
        """Whether it brings colors to a reference: such a preset treats every part alike and draws nothing."""
        return any(isinstance(step, Normalize) for step in self.steps)

    def parameters(self) -> Iterator[Parameter]:
        """Every parameter that does something, with its value, and whether it is assumed."""
        told = [pair for step in self.steps for pair in _told(step)]
        told += [(name, getattr(self, name)) for name in ("fill", "versions", "balance", "keeps_parents")]
        for key, value in told:
            yield Parameter(key, value, key in self.assumed)


def _told(step: Step) -> Iterator[tuple[str, object]]:
    kind = type(step).__name__
    if isinstance(step, OwnWay):
        yield from step.how.model_dump(exclude={"preset"}).items()
        return
    if not fields(step):
        yield kind, True
    for field in fields(step):
        value = getattr(step, field.name)
        # An affine step at its defaults does nothing; to list what is not done would hide what is.
        if not (isinstance(step, Affine | KerasAffine) and value == field.default):
            yield f"{kind}.{field.name}", value


def find_preset(name: str) -> Preset:
    """The preset of a name.

    Raises:
        NotFoundError: There is none; the hint names the nearest.
    """
    for preset in PRESETS:
        if preset.name == name:
            return preset
    names = [preset.name for preset in PRESETS]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    raise NotFoundError(
        f"There is no augmentation preset {name!r}.",
        hint=f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(names)}.",
    )


def check_on_the_fly(name: str) -> None:
    """Make sure that a preset can be used while training.

    Raises:
        InvalidValueError: There is no such preset; the hint names the nearest.
        ValueError: It is a normalization.
    """
    try:
        preset = find_preset(name)
    except NotFoundError as fault:
        raise InvalidValueError(fault.message, hint=fault.hint) from fault
    if preset.normalizes:
        raise ValueError(
            f"{name!r} normalizes colors: pictures that the finished model meets would have to be normalized too; "
            f"write a normalized data set with `leukoscope data augment --preset {name}` and train on that"
        )


def _assumed_of(*steps: Step) -> frozenset[str]:
    """All parameters of some steps."""
    return frozenset(key for step in steps for key, _ in _told(step))


_CNMC = (Resize(224), Flip(), QuarterTurn())
_LIGHTWEIGHT = (Resize(128), Flip(), KerasAffine(rotation_degrees=36, zoom=(0.9, 1.1)), Contrast((0.9, 1.1), "mean"))
_SUBTYPES_AFFINE = Affine(rotation_degrees=25, scale=(0.8, 1.2), scale_each_way=True, shift=0.2, shear_degrees=8)

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="roboflow",
        source="source system 1 (Roboflow CNN: Benign, Early, Pre, Pro)",
        steps=(
            Upright(),
            Resize(640),
            Flip(0.5, 0.5),
            Affine(rotation_degrees=30),
            Brightness((0.85, 1.15)),
            Blur((0, 2)),
        ),
        versions=3,
        keeps_parents=False,
        assumed=frozenset({"fill", "order"}),
        notes=(
            "The blur of 0 to 2 px is read as the sigma of the Gaussian.",
            "Three versions take the place of each training picture: 6,591 = 3 x 2,197.",
        ),
    ),
    Preset(
        name="cnmc-cnn",
        source="source system 2 (ALL/HEM CNN, C-NMC)",
        steps=_CNMC,
        assumed=_assumed_of(*_CNMC) | {"fill", "versions", "keeps_parents"},
        notes=(
            "The source publishes no augmentation. Assumed: flips and quarter turns only, since the size of a cell "
            "is what tells the classes of this set best, and zooming throws that away.",
        ),
    ),
    Preset(
        name="lenet-lld-a",
        source="source system 3 (LeNet-LLD), first augmentation",
        steps=(
            Resize(256),
            Flip(0.5, 0.0),
            KerasAffine(rotation_degrees=30, shift=0.2, shear_degrees=0.2, zoom=(0.8, 1.2), zoom_each_way=True),
        ),
        fill="nearest",
        assumed=frozenset({"versions", "keeps_parents"}),
        notes=("Shear 0.2 is in degrees, as Keras' ImageDataGenerator means it: practically none.",),
    ),
    Preset(
        name="lenet-lld-b",
        source="source system 3 (LeNet-LLD), second augmentation",
        steps=(Resize(256), Flip(0.5, 0.5), KerasAffine(rotation_degrees=72, zoom=(0.8, 1.2))),
        fill="mirror",
        assumed=frozenset({"fill", "versions", "keeps_parents"}),
        notes=("Mirroring at the edge is the default of Keras' RandomRotation and RandomZoom.",),
    ),
    Preset(
        name="lightweight-cnn",
        source="source system 4 (Lightweight CNN, C-NMC)",
        steps=_LIGHTWEIGHT,
        fill="mirror",
        assumed=_assumed_of(*_LIGHTWEIGHT) | {"fill", "versions", "keeps_parents", "order"},
        notes=("Resize, rotation, flip, contrast and zoom are named by the source; their ranges are not.",),
    ),
    Preset(
        name="subtypes",
        source="source system 5 (healthy, ALL, AML, CLL, CML)",
        steps=(
            Flip(0.5, 0.0),
            Blur((0, 0.5), share=0.5),
            Contrast((0.75, 1.5), "half"),
            Noise(0.05, per_channel=0.5),
            Multiply((0.8, 1.2), per_channel=0.2),
            _SUBTYPES_AFFINE,
        ),
        balance=600,
        assumed=_assumed_of(_SUBTYPES_AFFINE) | {"fill", "keeps_parents", "order"},
        notes=("A class with more than 600 pictures keeps them all.",),
    ),
    Preset(
        name=OWN_WAY,
        source="our own: what the shipped bundles were trained with, at the defaults of a recipe",
        steps=(OwnWay(Augmentation()),),
        fill="mirror",
        notes=("In a recipe the keys of [augmentation] are its parameters.",),
    ),
    Preset(
        name="stain",
        source="our own: turns at unchanged size, and another staining in optical density",
        steps=(Flip(), Affine(rotation_degrees=180), Density(strength=0.2, mixing=0.06)),
        fill="mirror",
        notes=("No basis of dyes is asked for, so it fits Romanowsky stains as well as others (Tellez et al. 2019).",),
    ),
    Preset(
        name="stain-hed",
        source="Tellez et al. 2018 and 2019, the light version; made for hematoxylin and eosin",
        steps=(Flip(), Affine(rotation_degrees=180), HedDensity(factor=0.05, offset=0.05)),
        fill="mirror",
        assumed=frozenset({"Affine.rotation_degrees", "fill", "versions", "keeps_parents"}),
        notes=("Romanowsky dyes are not those of the basis: for comparison, `stain` is the better choice for smears.",),
    ),
    Preset(
        name="same-size",
        source="our own: flips, quarter turns, a little light and noise; no zoom, so that the size of a cell stays",
        steps=(Flip(), QuarterTurn(), Brightness((0.9, 1.1)), Blur((0, 1), share=0.25), Noise(0.02, per_channel=1.0)),
        notes=("For cells cut out at one magnification, as in C-NMC.",),
    ),
    Preset(
        name="reinhard",
        source="Reinhard et al. 2001: mean and spread of each color axis as in a reference",
        steps=(Normalize("reinhard"),),
        keeps_parents=False,
        notes=("Normalizes every part, not only the training part; see docs/how_to/augment_data.md on smears.",),
    ),
    Preset(
        name="macenko",
        source="Macenko et al. 2009: two dyes and their strength as in a reference",
        steps=(Normalize("macenko"),),
        keeps_parents=False,
        notes=(
            "Normalizes every part, not only the training part. Assumes two dyes; a Romanowsky-stained smear shows "
            "more colors than two (docs/how_to/augment_data.md).",
        ),
    ),
)
