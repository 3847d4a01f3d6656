"""Which pictures of a batch are not to be counted on?  One sentence a kind, for the summary of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leukoscope.reporting.parts import ImageLine


def picture_flags(lines: Sequence[ImageLine]) -> Iterator[str]:
    """What to say of the pictures of a batch before their sum is read.

    Args:
        lines: Those that were analyzed.

    Example:
        >>> list(picture_flags([ImageLine("a.png", smear=False), ImageLine("b.png")]))
        ['1 of 2 pictures does not look like a stained smear: look at it; it is not in the counts.']
    """
    pictures = f"{len(lines)} picture{'' if len(lines) == 1 else 's'}"
    if strange := sum(not line.smear for line in lines):
        does, them, are = ("does", "it", "it is") if strange == 1 else ("do", "them", "they are")
        yield f"{strange} of {pictures} {does} not look like a stained smear: look at {them}; {are} not in the counts."
    if uncounted := sum(line.smear and line.uncounted for line in lines):
        yield (
            f"In {uncounted} of {pictures} leukocytes were not counted, as the warnings there say (cells in a heap, no "
            "color, or a detector that the stain contradicts); this is not a count of zero."
        )
