"""`leukoscope demo`: draws a synthetic smear, analyzes it, writes the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leukoscope.cli.analyze import analyze


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the picture and the report.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="Another seed draws another smear.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print result.json instead of a table.")] = False,
) -> None:
    """Draw a synthetic smear, analyze it and write the report; needs no image of yours.

    The smear is drawn by the product: it shows how leukoscope works, and nothing about its accuracy on real cells.
    """
    import numpy as np

    from leukoscope.imaging.drawing import to_png
    from leukoscope.synthetic import draw_field

    field = draw_field(np.random.default_rng(seed))
    out.mkdir(parents=True, exist_ok=True)
    picture = out / "synthetic-smear.png"
    picture.write_bytes(to_png(field.pixels))
    if not as_json:
        drawn = ", ".join(f"{count} {name}" for name, count in field.counts.items())
        print(f"Drew {picture} ({field.pixels.shape[1]} x {field.pixels.shape[0]}): {drawn}.")
    analyze([picture], out=out, as_json=as_json)
