"""Which pictures do the paths on a command line stand for?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.domain.images import PixelSize, SmearImage
    from leukoscope.service.ports import Source


def sources_of(paths: list[Path], given: PixelSize | None) -> list[Source]:
    """One input per picture, each once; a path that leads nowhere becomes an input that fails when it is read.

    Args:
        paths: Pictures and folders.
        given: Pixel size that goes before that of the files; None: theirs.
    """
    from leukoscope.errors import InputNotFoundError
    from leukoscope.imaging.reading import find_images, read_image
    from leukoscope.service.ports import Source

    def loader(path: Path) -> Callable[[], SmearImage]:
        def load() -> SmearImage:
            image = read_image(path)
            return image if given is None else dataclasses.replace(image, pixel_size=given)

        return load

    sources: dict[str, Source] = {}
    for path in paths:
        try:
            found = find_images([path])
        except InputNotFoundError:
            # Reading it again tells the same fault, but as one entry of the batch instead of its end.
            found = [(str(path), path)]
        sources |= {name: Source(name, loader(place)) for name, place in found}
    return list(sources.values())
