"""How classes are told apart: a color, and a short code for those who do not see the color."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leukoscope.domain.labels import UNCERTAIN, Label

# Okabe and Ito 2008, "Color Universal Design", without the yellow and sky blue that vanish on a pale smear, then
# darker tones of other hues; all have a contrast of at least 3:1 on white.
COLORS = ("#0072b2", "#d55e00", "#007a5e", "#9a3d86", "#8a6100", "#b0003a", "#3b4cc0", "#4d6b00", "#006d77", "#7a4b2a")
UNCERTAIN_COLOR = "#1f2328"


@dataclass(frozen=True, slots=True)
class Style:
    """How one class is drawn."""

    title: str
    code: str
    color: str


def styles_of(labels: Sequence[Label]) -> dict[str, Style]:
    """A style for each class and for `uncertain`, by name.

    Example:
        >>> styles_of([Label("immature_granulocyte", "Immature granulocyte", "", "immature")]).keys()
        dict_keys(['immature_granulocyte', 'uncertain'])
    """
    styles: dict[str, Style] = {}
    for number, label in enumerate(labels):
        code = _code(label.title, {style.code for style in styles.values()})
        styles[label.name] = Style(label.told, code, COLORS[number % len(COLORS)])
    styles[UNCERTAIN] = Style("Uncertain", "?", UNCERTAIN_COLOR)
    return styles


def _code(title: str, taken: set[str]) -> str:
    words = [word for word in title.replace("(", " ").replace("-", " ").split() if word[:1].isalnum()]
    code = "".join(word[0] for word in words[:3]).upper() if len(words) > 1 else title[:3].upper()
    number = 2
    unique = code
    while unique in taken:
        unique, number = f"{code}{number}", number + 1
    return unique
