"""Which augmented pictures are made of which?  The plan of a run."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from leukoscope.data.manifest import Manifest, Row
from leukoscope.errors import InvalidValueError, ManifestError
from leukoscope.modeling.augmentation.pictures import PREPARED, PictureJob
from leukoscope.modeling.augmentation.presets import Preset, find_preset
from leukoscope.modeling.augmentation.stain_reference import Reference, reference_of

Suffix = Literal[".png", ".jpg"]
_MOST = 1000
"""Versions per picture above which a request is taken for a slip."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a run makes.

    Attributes:
        source: The set to augment.
        preset: How.
        out: Folder of the result.
        versions: Changed copies per picture, or None where classes are balanced.
        balance: Pictures per class to fill up to, or None.
        seed: Of everything random.
        leaky: Whether every picture is augmented whatever its part: the wrong way, for teaching.
        suffix: File format of the pictures.
        reference: What colors are brought to, by a normalizing preset.
        jobs: Pictures to make.
    """

    source: Manifest
    preset: Preset
    out: Path
    versions: int | None
    balance: int | None
    seed: int
    leaky: bool
    suffix: Suffix
    reference: Reference | None
    jobs: tuple[PictureJob, ...]

    def settings(self) -> Mapping[str, object]:
        """What the result depends on."""
        columns = ["path", "sha256", "label", "split", "boxes", "mask"]
        content = self.source.table[columns].to_csv(index=False, lineterminator="\n")
        return {
            "schema": "leukoscope.augmentation/1",
            "preset": self.preset.name,
            "parameters": {one.key: one.value for one in self.preset.parameters()},
            "assumed": sorted(self.preset.assumed),
            "versions": self.versions,
            "balance": self.balance,
            "seed": self.seed,
            "leaky": self.leaky,
            "format": self.suffix,
            "reference": self.reference.name if self.reference else None,
            "manifest": hashlib.sha256(content.encode()).hexdigest(),
        }


def plan_augmentation(
    manifest: Manifest,
    preset: Preset | str,
    out: Path,
    *,
    versions: int | None = None,
    balance: int | None = None,
    seed: int = 0,
    leaky: bool = False,
    suffix: Suffix = ".png",
    reference: Path | None = None,
) -> Plan:
    """Decide what is made.

    Args:
        manifest: The set; only its part `train` is changed, the other parts are only prepared (sized, normalized).
        preset: A preset, or its name.
        out: Folder of the result.
        versions: Changed copies per training picture; by default the preset's.
        balance: Fill every class of the training part up to this many pictures instead.
        seed: Of everything random.
        leaky: Augment every picture, whatever its part; the manifest is marked forever.
        suffix: `.png`, without loss, or `.jpg`.
        reference: Picture whose colors a normalizing preset brings the others to; by default a drawn smear.

    Raises:
        NotFoundError: There is no such preset.
        InvalidValueError: Versions or balance are out of range, or both are given.
        ManifestError: The manifest has no parts, or lacks labels to balance.
    """
    how = find_preset(preset) if isinstance(preset, str) else preset
    if not (leaky or how.normalizes) and manifest.table["split"].isna().all():
        raise ManifestError(
            "The manifest has no parts yet; augmenting before splitting puts copies of test pictures into training.",
            hint="Split first with `leukoscope data split`; to show what goes wrong otherwise, say --leaky.",
        )
    versions, balance = _how_many(how, versions, balance)
    rows = list(manifest.rows())
    copies = _copies(rows, how, versions, balance, seed, leaky=leaky)
    jobs = tuple(job for row in rows for job in _jobs(manifest, row, how, out, suffix, copies[row.path], leaky=leaky))
    found = reference_of(how, reference)
    return Plan(manifest, how, out, versions, balance, seed, leaky, suffix, found, jobs)


def is_augmented(row: Row, *, leaky: bool) -> bool:
    """Whether changed copies are made of a picture."""
    return leaky or row.split == "train"


def keeps_parent(row: Row, preset: Preset, *, leaky: bool) -> bool:
    """Whether the picture itself, prepared or as it is, is in the augmented set."""
    return preset.keeps_parents or preset.normalizes or not is_augmented(row, leaky=leaky)


def is_prepared(preset: Preset) -> bool:
    """Whether pictures that are not changed at random must be written anew all the same."""
    return preset.normalizes or preset.side_px is not None


def _how_many(preset: Preset, versions: int | None, balance: int | None) -> tuple[int | None, int | None]:
    if versions is not None and balance is not None:
        raise InvalidValueError("Give either versions per picture or a number to balance classes to, not both.")
    for name, value, most in (("versions", versions, _MOST), ("balance", balance, 10**7)):
        if value is not None and not 1 <= value <= most:
            raise InvalidValueError(f"{name} must lie between 1 and {most}, got {value}.")
    if versions is None and balance is None:
        return (None, preset.balance) if preset.balance else (preset.versions, None)
    return versions, balance


def _copies(
    rows: list[Row], preset: Preset, versions: int | None, balance: int | None, seed: int, *, leaky: bool
) -> Counter[str]:
    """Number of changed copies per path."""
    chosen = [] if preset.normalizes else [row for row in rows if is_augmented(row, leaky=leaky)]
    if versions is not None or not chosen:
        return Counter({row.path: versions or 0 for row in chosen})
    missing = sum(row.label is None for row in chosen)
    if missing:
        raise ManifestError(
            f"{missing} of {len(chosen)} pictures to augment have no label, so classes cannot be balanced.",
            hint="Give --versions, or import the set with its labels.",
        )
    target = balance or 0
    copies: Counter[str] = Counter()
    for label in sorted({str(row.label) for row in chosen}):
        members = [row.path for row in chosen if row.label == label]
        have = len(members) if preset.keeps_parents else 0
        every, some = divmod(max(0, target - have), len(members))
        # Which pictures come once more must not follow the file numbers, which follow patients.
        first = sorted(members, key=lambda path: hashlib.sha256(f"{seed}\n{path}".encode()).digest())[:some]
        copies.update(dict.fromkeys(members, every))
        copies.update(first)
    return copies


def _jobs(
    manifest: Manifest, row: Row, preset: Preset, out: Path, suffix: Suffix, copies: int, *, leaky: bool
) -> Iterator[PictureJob]:
    prepared = [PREPARED] if is_prepared(preset) and keeps_parent(row, preset, leaky=leaky) else []
    for version in [*prepared, *range(1, copies + 1)]:
        name = _target(row, version)
        yield PictureJob(
            parent=row.path,
            version=version,
            picture=Path(row.path) if "://" in row.path else manifest.locate(row.path),
            target=out / f"{name}{suffix}",
            boxes=row.boxes,
            mask=manifest.locate(row.mask) if row.mask and "://" not in row.mask else None,
            mask_target=out / "masks" / f"{name}.png",
        )


def _target(row: Row, version: int) -> str:
    """Place in the new folder: part, class, then a name that no other picture has."""
    stem = PurePosixPath(row.path).stem
    mark = hashlib.sha256(row.path.encode()).hexdigest()[:8]
    name = f"{_plain(stem)[:80]}-{mark}" + (f"-v{version}" if version else "")
    return f"{row.split or 'unsplit'}/{_plain(row.label or 'unlabeled')}/{name}"


def _plain(text: str) -> str:
    return re.sub(r"[^\w.\-]+", "_", text).strip("._") or "_"
