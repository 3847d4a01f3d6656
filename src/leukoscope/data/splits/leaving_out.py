"""Parts of blocks where ties between them are cut by leaving pictures out: how the committed splits were made.

Tying all blocks that share a copy would make one group of most of the Taleqani set; cutting costs few pictures.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leukoscope.data.manifest import Manifest
from leukoscope.data.splits.blocks import Picture, divide
from leukoscope.data.splits.groups import Pairs, picture_keys
from leukoscope.data.splits.recipe import Shares, SplitRecipe
from leukoscope.errors import ManifestError


def divide_blocks(manifest: Manifest, recipe: SplitRecipe, pairs: Pairs) -> tuple[Manifest, SplitRecipe]:
    """The manifest with the block of each picture as its group, and its part; null where a picture is left out.

    Also the recipe with the seed that won.

    Raises:
        ManifestError: A picture has no class or no file number.
    """
    lacking = manifest.table[["label", "number"]].isna().any(axis="columns")
    if lacking.any():
        raise ManifestError(
            f"{manifest.table['path'][lacking].iloc[0]} has no class or no file number.",
            hint="Divide without leaving copies out.",
        )
    keys = picture_keys(manifest).tolist()
    order = np.argsort(np.array(keys, dtype=object), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows = list(manifest.rows())
    pictures = [
        Picture(keys[row], rows[row].label or "", rows[row].series or "", rows[row].number or 0) for row in order
    ]
    moved = sorted((int(min(place[a], place[b])), int(max(place[a], place[b]))) for a, b in pairs)
    division = divide(
        pictures,
        moved,
        block_size=recipe.block_size,
        shares=recipe.shares or Shares(),
        seeds=range(recipe.seed, recipe.seed + recipe.tries),
    )
    blocks, parts = [division.blocks[at] for at in place], [division.parts[at] for at in place]
    return manifest.with_columns(group=blocks, split=parts), replace(recipe, seed=division.seed, tries=1)
