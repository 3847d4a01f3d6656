"""Which pictures must stay together?  Everything that shares a patient, a group, a file, an original, a block, a copy.

What is tied together by several keys becomes one group: two patients that share one identical picture are one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.data.manifest import Manifest
from leukoscope.data.splits.recipe import SplitRecipe
from leukoscope.errors import ManifestError

if TYPE_CHECKING:
    import pandas as pd

Pairs = Sequence[tuple[int, int]]
_NAMES_SHOWN = 6
_NUMBERED = r"(?:^|[/\\])([^/\\]*?)(\d{1,9})(?:\.[^./\\]*)?$"
"""What stands before the number that a file's name ends in, and the number."""
_NUMBERS_NEEDED = (
    "Name every picture so that it ends in its number, such as pre-012.jpg, and import again, or fill the columns "
    "series and number; or divide by what is known: --by copies, patient or group."
)


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of a manifest.

    Attributes:
        number: Group of each picture, shape (pictures,), from 0 in the order of the names.
        names: Name of each group, sorted: the same on any machine and in any order of the rows.
        made_from: The columns, and "pairs", that tied pictures together.
    """

    number: NDArray[np.int64]
    names: tuple[str, ...]
    made_from: tuple[str, ...]


def find_groups(manifest: Manifest, recipe: SplitRecipe, pairs: Pairs = ()) -> Groups:
    """Tie together what must not be divided.

    Args:
        manifest: The pictures.
        recipe: What to go by; known patients, groups, identical files and augmented copies are kept together whatever
            it says.
        pairs: Pictures, by row, that show the same thing.

    Raises:
        ManifestError: The manifest does not hold what the recipe goes by.
    """
    if recipe.by == "blocks":
        manifest = with_file_numbers(manifest)
    keys = _keys(manifest, recipe)
    tied = _tie(len(manifest), [keys[name] for name in keys], pairs)
    names = _names(manifest, keys, tied)
    order = np.argsort(names, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    used = (*keys, *(("pairs",) if len(pairs) else ()))
    return Groups(place[tied], tuple(names[order]), used)


def picture_keys(manifest: Manifest) -> pd.Series:
    """A name of each picture that does not depend on where the manifest lies: its path below the folder they share."""
    paths = manifest.table["path"].astype(str)
    shared = _shared_folder(paths.min(), paths.max()) if len(paths) else 0
    return paths.str.slice(shared)


def input_sha256(manifest: Manifest, groups: Groups) -> str:
    """Hash of the pictures, their classes and their groups, in any order of the rows."""
    names = np.asarray(groups.names, dtype=object)[groups.number]
    labels, hashes = manifest.table["label"].astype("string").fillna("-"), manifest.table["sha256"].fillna("-")
    lines = sorted("\t".join(one) for one in zip(picture_keys(manifest), hashes, labels, names, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def block_names(manifest: Manifest, size: int) -> pd.Series:
    """Runs of about `size` neighboring numbers within each series, such as ``pro-03``; null without a number.

    The runs of a series differ by at most one picture. See `blocks.number_blocks` for the same on a list.
    """
    import pandas as pd

    table = manifest.table
    known = table["number"].notna()
    facts = pd.DataFrame(
        {
            "series": (table["series"].astype("string").fillna(""))[known],
            "source": (table["source"].astype("string").fillna(""))[known],
            "number": table["number"][known].astype("int64"),
            "key": picture_keys(manifest)[known],
        }
    ).sort_values(["source", "series", "number", "key"])
    rank = facts.groupby(["source", "series"], sort=False).cumcount().to_numpy()
    n = facts.groupby(["source", "series"], sort=False)["key"].transform("size").to_numpy()
    runs = np.maximum(1, np.rint(n / size)).astype(np.int64)
    short, longer = n // runs, n % runs
    cut = longer * (short + 1)
    block = np.where(rank < cut, rank // (short + 1), (rank - cut) // np.maximum(short, 1) + longer)
    several = facts["source"].nunique() > 1
    prefix = facts["source"] + "/" + facts["series"] if several else facts["series"]
    named = prefix + "-" + pd.Series(block, index=facts.index).astype("string").str.zfill(2)
    return named.reindex(table.index).astype("string")


def with_file_numbers(manifest: Manifest) -> Manifest:
    """The manifest with the file numbers that its pictures' names end in, where it has none of its own.

    Numbers count together in a class and what stands before the number: `Pre/WBC-Pre-012.jpg` is number 12 of the
    series `Pre/WBC-Pre`.

    Raises:
        ManifestError: A name ends in no number, or most names stand alone before it, as hashes do.
    """
    table = manifest.table
    if table["number"].notna().any():
        return manifest
    said = table["path"].astype("string").str.extract(_NUMBERED)
    series = table["label"].astype("string").fillna("") + "/" + said[0].str.rstrip("-_ ")
    series = series.str.strip("/")
    lacking, who = said[1].isna(), manifest.name or "The manifest"
    if lacking.any():
        raise ManifestError(f"{who} names no file number: {_nameless(table, lacking)}.", hint=_NUMBERS_NEEDED)
    if 2 * series.nunique() > len(table):
        raise ManifestError(
            f"{who} names no file number, and those of its files, such as {table['path'].iloc[0]}, follow no series.",
            hint=_NUMBERS_NEEDED,
        )
    return manifest.with_columns(series=series.tolist(), number=said[1].astype("int64").tolist())


def _nameless(table: pd.DataFrame, lacking: pd.Series) -> str:
    """In words, which names end in no number."""
    first, n = table["path"][lacking].iloc[0], int(lacking.sum())
    if n == len(table):
        return f"its column number is empty, and its files' names, such as {first}, end in none"
    return f"its column number is empty, and {n} of its {len(table)} files' names end in none, the first is {first}"


def _keys(manifest: Manifest, recipe: SplitRecipe) -> dict[str, pd.Series]:
    """What ties pictures together, by column; null where a picture has no such key."""
    table = manifest.table
    several = table["source"].nunique() > 1
    origin = table["source"].astype("string").fillna("") + "/" if several else ""
    keys = {"patient": origin + table["patient"].astype("string")}
    if recipe.by == "group" or _given_group(manifest):
        keys["group"] = table["group"].astype("string")
    if recipe.by in ("blocks", "copies", "patient"):
        blocks = block_names(manifest, recipe.block_size)
        # Whose patient is known needs no block; a block would only tie patients together.
        keys["block"] = blocks if recipe.by in ("blocks", "copies") else blocks.where(keys["patient"].isna())
    keys["sha256"], keys["original_sha256"] = table["sha256"], table["original_sha256"]
    keys["copy_of"] = table["copy_of"].fillna(table["path"]) if table["copy_of"].notna().any() else table["copy_of"]
    keys = {name: values for name, values in keys.items() if values.notna().any()}
    wanted = {"patient": "patient", "group": "group", "blocks": "block"}.get(recipe.by)
    if wanted is not None and wanted not in keys:
        raise ManifestError(
            f"{manifest.name or 'The manifest'} names no {wanted}.",
            hint=f"Fill its column {wanted}, or divide it by something else: --by patient, group, copies or blocks.",
        )
    return keys


def _given_group(manifest: Manifest) -> bool:
    """Whether the column `group` comes from the set's owners and not from an earlier split by blocks or copies."""
    told = json.loads(manifest.split_method or "{}")
    return (
        "by" not in told
        or told["by"] in ("patient", "group", "image", "official")
        or "group" in told.get("groups_from", ())
    )


def _tie(n: int, keys: Sequence[pd.Series], pairs: Pairs) -> NDArray[np.int64]:
    """Connected pictures, numbered from 0: pictures and keys are the nodes of one graph."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    starts, stops, nodes = [ends[:, 0]], [ends[:, 1]], n
    for values in keys:
        codes, found = values.factorize()
        here = codes >= 0
        starts.append(np.flatnonzero(here))
        stops.append(codes[here].astype(np.int64) + nodes)
        nodes += len(found)
    start, stop = np.concatenate(starts), np.concatenate(stops)
    graph = coo_matrix((np.ones(len(start), dtype=np.int8), (start, stop)), shape=(nodes, nodes))
    labels = connected_components(graph, directed=False)[1][:n]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _names(manifest: Manifest, keys: dict[str, pd.Series], tied: NDArray[np.int64]) -> NDArray[np.object_]:
    """A name per group: its patients, else its groups, else its blocks, else its first picture."""
    import pandas as pd

    names = np.full(int(tied.max(initial=-1)) + 1, None, dtype=object)
    group = pd.Series(tied, index=manifest.table.index)
    for kind, prefix in (("patient", "patient:"), ("group", ""), ("block", "block:")):
        if kind in keys:
            facts = pd.DataFrame({"group": group, "key": keys[kind]}).dropna().drop_duplicates()
            facts = facts[pd.isna(names[facts["group"].to_numpy()])]
            joined = facts.sort_values(["group", "key"]).groupby("group")["key"].agg(_joined)
            names[joined.index.to_numpy()] = (prefix + joined).to_numpy(dtype=object)
    nameless = pd.isna(names)[tied]
    files = pd.DataFrame({"group": group, "key": picture_keys(manifest)})[nameless]
    files = files.sort_values("key").drop_duplicates("group")
    names[files["group"].to_numpy()] = ("file:" + files["key"]).to_numpy(dtype=object)
    return names


def _joined(keys: pd.Series) -> str:
    more = f"+{len(keys) - _NAMES_SHOWN} more" if len(keys) > _NAMES_SHOWN else ""
    return "+".join(str(key) for key in keys[:_NAMES_SHOWN]) + more


def _shared_folder(first: str, last: str) -> int:
    """Length of the folders that two paths share; of the smallest and the largest path, all in between share them."""
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first.rfind("/", 0, same) + 1
