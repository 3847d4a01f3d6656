"""Divides a set from manifest to manifest: what belongs together, then the split, then its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from leukoscope.data.copies import find_copies
from leukoscope.data.manifest import Manifest
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.data.splits.counts import SplitSummary, summarize
from leukoscope.data.splits.division import SplitResult, split_manifest
from leukoscope.data.splits.groups import Pairs
from leukoscope.data.splits.pair_files import read_pairs, write_pairs
from leukoscope.data.splits.recipe import BLOCK_SIZE, By, Shares, SplitRecipe, input_hash_of, read_recipe_of
from leukoscope.errors import ManifestError

Watch = Callable[[int, str], AbstractContextManager[Callable[[], None]]]
"""Shows progress: steps in all and what is done; gives what to call after each step."""
SEEDS = 200
"""How many seeds are tried for the one that leaves out least, where none is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitWish:
    """What a user asks for; what is None is chosen to fit the manifest.

    Attributes:
        by: What is kept together; None takes the patient where all are named, else the `group`, else copies.
        shares: Size of the parts; None makes none where there are folds.
        folds: How many folds; 0 makes none.
        seed: Seed; None takes 0, or of many the one that leaves out least.
        block_size: Pictures per block of neighboring file numbers.
        leave_out: Whether to leave copies out instead of keeping all groups they tie together.
        repeat: A manifest whose recipe is to be repeated; the other wishes are then not looked at.
    """

    by: By | None = None
    shares: Shares | None = field(default_factory=Shares)
    folds: int = 0
    seed: int | None = None
    block_size: int = BLOCK_SIZE
    leave_out: bool = False
    repeat: Path | None = None


@dataclass(frozen=True, slots=True)
class AugmentFirst:
    """The wrong way: copies are made by a preset before the set is divided.

    Attributes:
        preset: Name of the preset.
        versions: Copies per picture; None takes the preset's.
        balance: Fill every class up to this many pictures; None takes the preset's.
        workers: Processes; None takes one per core.
    """

    preset: str
    versions: int | None = None
    balance: int | None = None
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class SplitOutcome:
    """A divided set, where it was written, its recipe and its figures."""

    path: Path
    result: SplitResult
    recipe: SplitRecipe
    summary: SplitSummary


def split_set(
    path: Path, out: Path, wish: SplitWish, *, images: Path | None, pairs: Path | None, watch: Watch
) -> SplitOutcome:
    """Divide a set and write the divided manifest.

    Args:
        path: The manifest.
        out: The manifest to write; pairs that were searched for are written beside it, as `<name>-pairs.csv`.
        wish: How to divide it.
        images: Folder that the paths of the manifest start from; by default its own.
        pairs: File of pairs that show the same thing; without it they are searched for where copies count.
        watch: Shows progress of the search.

    Raises:
        ManifestError: A manifest or the file of pairs does not fit, or the set cannot be divided so.
    """
    manifest = read_manifest(path, images)
    recipe = choose_recipe(manifest, wish)
    known = read_pairs(pairs, manifest) if pairs is not None else ()
    if pairs is None and recipe.by == "copies":
        known = _search(manifest, out, watch)
    result = split_manifest(manifest, recipe, known)
    summary = summarize(result, recipe)
    summary = replace(summary, warnings=(*_warn_of_input(manifest, recipe), *summary.warnings))
    if wish.repeat is not None:
        summary = _compare_input(summary, result.manifest, read_manifest(wish.repeat))
    write_manifest(result.manifest, out)
    return SplitOutcome(out, result, recipe, summary)


def _warn_of_input(manifest: Manifest, recipe: SplitRecipe) -> Iterator[str]:
    parts = manifest.table["split"].dropna()
    if len(parts) and recipe.by != "official":
        counts = ", ".join(f"{part} {count}" for part, count in parts.value_counts().items() if count)
        yield f"The set has parts already ({counts}); they are replaced. --official keeps them."
    if recipe.by == "blocks" and manifest.table["number"].isna().all():
        yield "The set names no file numbers; they were read from the ends of the files' names."
    unread = manifest.table["path"][manifest.table["sha256"].isna()]
    if 0 < len(unread) < len(manifest):
        yield (
            f"{len(unread)} pictures have no hash, so they could not be read when the set was imported, the first is "
            f"{unread.iloc[0]}. `leukoscope data check --fix` leaves them out."
        )


def split_leaky(
    path: Path, out: Path, wish: SplitWish, first: AugmentFirst, *, images: Path | None, watch: Watch
) -> SplitOutcome:
    """Divide a set the wrong way, for teaching: augment every picture, then deal the copies out at random.

    The manifest says so forever. The copies are written into a folder beside it, named as it is.

    Args:
        path: The manifest.
        out: The manifest to write.
        wish: Shares, folds and seed.
        first: How copies are made.
        images: Folder that the paths of the manifest start from; by default its own.
        watch: Shows progress.

    Raises:
        NotFoundError: There is no such preset.
        DataError: The manifest does not fit, or the folder holds other copies.
    """
    from leukoscope.experiments.augmentation_plan import plan_augmentation
    from leukoscope.experiments.augmentation_run import carry_out

    manifest = read_manifest(path, images)
    copies = out.with_suffix("")
    if copies.exists() and not copies.is_dir():
        raise ManifestError(
            f"--leaky makes a folder named as the manifest, {copies}, for copies, and a file of that name is there.",
            hint="Give --out another name, or move that file away.",
        )
    recipe = SplitRecipe(by="image", shares=wish.shares, folds=wish.folds, seed=wish.seed or 0, leaky=True)
    plan = plan_augmentation(
        manifest,
        first.preset,
        copies,
        versions=first.versions,
        balance=first.balance,
        seed=recipe.seed,
        leaky=True,
    )
    with watch(len(plan.jobs), "Augmenting") as advance:
        augmented = carry_out(plan, workers=first.workers, after_each=advance)
    result = split_manifest(augmented.manifest, recipe, augmented=first.preset)
    failed = tuple(f"{one.file} could not be augmented: {one.message}" for one in augmented.problems)
    summary = summarize(result, recipe)
    write_manifest(result.manifest, out)
    return SplitOutcome(out, result, recipe, replace(summary, warnings=(*failed, *summary.warnings)))


def search_copies(
    manifest: Manifest, *, after_each: Callable[[float], None] = lambda share: None
) -> tuple[tuple[int, int, float], ...]:
    """Look at the pictures of a manifest for those that show the same thing: rows, and how alike they are.

    Args:
        manifest: The pictures.
        after_each: Called with the share of the work that is done.

    Raises:
        ManifestError: Pictures are not there.
    """
    files = [manifest.locate(str(path)) for path in manifest.table["path"]]
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise ManifestError(
            f"{len(missing)} of {len(files)} pictures are not there, the first is {missing[0]}.",
            hint="Give their folder with --images, or divide by what is known: --by patient, group or blocks.",
        )
    return tuple((one.first, one.second, one.similarity) for one in find_copies(files, after_each=after_each))


def choose_recipe(manifest: Manifest, wish: SplitWish) -> SplitRecipe:
    """The recipe of a wish.

    Raises:
        ManifestError: The manifest whose recipe is to be repeated does not tell it.
    """
    if wish.repeat is not None:
        recipe = read_recipe_of(read_manifest(wish.repeat))
        if recipe.leaky:
            raise ManifestError(
                f"{wish.repeat} was divided after its copies had been made; its recipe alone does not repeat that.",
                hint="Make it again with --leaky.",
            )
        return recipe
    return SplitRecipe(
        by=wish.by or _fitting(manifest),
        shares=wish.shares,
        folds=wish.folds,
        seed=wish.seed or 0,
        tries=SEEDS if wish.leave_out and wish.seed is None else 1,
        block_size=wish.block_size,
        leave_out=wish.leave_out,
    )


def _fitting(manifest: Manifest) -> By:
    if manifest.table["patient"].notna().all():
        return "patient"
    return "group" if manifest.table["group"].notna().all() else "copies"


def _search(manifest: Manifest, out: Path, watch: Watch) -> Pairs:
    with watch(100, "Looking for copies, percent") as advance:
        found = search_copies(manifest, after_each=_by_percent(advance))
    out.parent.mkdir(parents=True, exist_ok=True)
    write_pairs(found, manifest, out.with_name(f"{out.stem}-pairs.csv"))
    return [(first, second) for first, second, _ in found]


def _by_percent(advance: Callable[[], None]) -> Callable[[float], None]:
    """One step for every percent that is done."""
    done = 0

    def tell(share: float) -> None:
        nonlocal done
        for _ in range(int(100 * share) - done):
            advance()
        done = max(done, int(100 * share))

    return tell


def _compare_input(summary: SplitSummary, made: Manifest, repeated: Manifest) -> SplitSummary:
    if input_hash_of(made) == input_hash_of(repeated):
        return summary
    said = f"The pictures, classes or groups are not those of {repeated.name}: the recipe was repeated on others."
    return replace(summary, warnings=(said, *summary.warnings))
