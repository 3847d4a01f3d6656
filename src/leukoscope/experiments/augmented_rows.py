"""What does the manifest say of augmented pictures?  Everything known of the parent that still holds."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from leukoscope.data.manifest import Manifest, Row
from leukoscope.experiments.augmentation_plan import Plan, is_augmented, is_prepared, keeps_parent
from leukoscope.modeling.augmentation.pictures import PREPARED, Made, PictureJob


def augmented_manifest(plan: Plan, made: Mapping[PictureJob, Made]) -> Manifest:
    """The manifest of what was made; parents that stay as they are keep their files.

    Args:
        plan: The run.
        made: What each job wrote; jobs that failed are missing.
    """
    jobs: dict[str, list[PictureJob]] = defaultdict(list)
    for job in plan.jobs:
        if job in made:
            jobs[job.parent].append(job)
    rows = [one for row in plan.source.rows() for one in _family(plan, row, jobs[row.path], made)]
    return Manifest.from_rows(rows, plan.out, plan.out.name).with_columns(split_method=_split_method(plan))


def _family(plan: Plan, row: Row, jobs: Sequence[PictureJob], made: Mapping[PictureJob, Made]) -> Iterator[Row]:
    """The rows that come of one picture; `copy_of` names the parent as it stands in the new manifest, if it does."""
    origin = _origin(plan, row.path)
    if is_augmented(row, leaky=plan.leaky) and not (row.group or row.patient):
        row = replace(row, group=origin)  # copies of one picture must never be divided
    if not is_prepared(plan.preset) and keeps_parent(row, plan.preset, leaky=plan.leaky):
        yield replace(row, path=origin, mask=row.mask and _origin(plan, row.mask), copy_of=_parent(plan, row))
    parent = next((_place(plan, job) for job in jobs if job.version == PREPARED), origin)
    for job in jobs:
        child = _child(plan, row, job, made[job])
        if job.version == PREPARED:
            yield replace(child, original_sha256=row.original_sha256 or row.sha256, copy_of=_parent(plan, row))
        else:
            yield replace(child, original_sha256=None, copy_of=_parent(plan, row) or parent)


def _child(plan: Plan, row: Row, job: PictureJob, made: Made) -> Row:
    scale = made.magnification
    return replace(
        row,
        path=_place(plan, job),
        sha256=made.sha256,
        phash=None,
        width=made.width,
        height=made.height,
        boxes=made.boxes,
        mask=job.mask_target.relative_to(plan.out).as_posix() if made.has_mask else None,
        pixel_size_um=row.pixel_size_um / scale if row.pixel_size_um and scale else None,
    )


def _parent(plan: Plan, row: Row) -> str | None:
    """Where a picture that is a copy itself comes from."""
    return row.copy_of and _origin(plan, row.copy_of)


def _place(plan: Plan, job: PictureJob) -> str:
    return job.target.relative_to(plan.out).as_posix()


def _origin(plan: Plan, path: str) -> str:
    """A path of the old manifest as the new one has it."""
    if "://" in path or os.path.isabs(path):
        return path
    return os.path.relpath(plan.source.base.resolve() / path, plan.out.resolve()).replace(os.sep, "/")


def _split_method(plan: Plan) -> str | None:
    said = plan.source.split_method
    if not plan.leaky:
        return said or None
    method = json.loads(said) if said else {}
    return json.dumps({**method, "leaky": True, "augmented_before_split": plan.preset.name}, ensure_ascii=False)
