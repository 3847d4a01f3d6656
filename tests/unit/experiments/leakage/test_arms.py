from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.data.manifest import PARTS, Manifest, Row
from leukoscope.data.splits.crossing import find_crossings
from leukoscope.data.splits.recipe import Shares
from leukoscope.errors import ManifestError
from leukoscope.experiments.leakage.arms import (
    divide_augmented,
    divide_by_group,
    divide_by_image,
    most_to_learn,
    usable_copies,
)

SHARES = Shares(validation=0.1, test=0.2)


def pictures(patients: int = 12, each: int = 10) -> Manifest:
    rows = [
        Row(
            f"{label}/{patient}-{number}.png",
            sha256=f"{label}{patient}{number}".encode().hex().ljust(64, "0"),
            label=label,
            patient=f"{label}{patient}",
        )
        for label in ("all", "hem")
        for patient in range(patients)
        for number in range(each)
    ]
    return Manifest.from_rows(rows, Path("/set"), "drawn")


def with_copies(manifest: Manifest, versions: int = 2) -> Manifest:
    rows = []
    for row in manifest.rows():
        rows.append(row)
        rows += [
            Row(f"v{version}/{row.path}", label=row.label, patient=row.patient, copy_of=row.path)
            for version in range(versions)
        ]
    return Manifest.from_rows(rows, manifest.base, "copies")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 10_000))
def test_every_arm_has_parts_of_one_size_class_by_class(seed: int) -> None:
    split = divide_by_group(pictures(), "patient", SHARES, (), seed)
    by_image = divide_by_image(split, seed)
    for part in PARTS:
        assert Counter(entry.label for entry in by_image.part(part)) == dict(split.counts(part))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 10_000))
def test_no_arm_learns_from_a_group_of_the_unseen_part(seed: int) -> None:
    split = divide_by_group(pictures(), "patient", SHARES, (), seed)
    unseen = {entry.group for entry in split.manifest.part("test")}
    copies = with_copies(pictures())
    augmented = divide_augmented(split, copies, seed, learned=most_to_learn(split, copies), preset="flip")
    for arm in (split.manifest, divide_by_image(split, seed), augmented):
        learned = {entry.group.removeprefix("patient:") for part in ("train", "validation") for entry in arm.part(part)}
        assert not learned & {group.removeprefix("patient:") for group in unseen}


def test_the_clean_arm_divides_no_patient_and_the_others_say_that_they_do() -> None:
    split = divide_by_group(pictures(), "patient", SHARES, (), 1)
    assert not find_crossings(split.manifest)
    assert not split.manifest.leaky
    by_image = divide_by_image(split, 1)
    assert by_image.leaky
    assert find_crossings(by_image, ("patient",))


def test_another_seed_gives_another_division_and_the_same_seed_the_same() -> None:
    first, again, other = (divide_by_image(divide_by_group(pictures(), "patient", SHARES, (), s), s) for s in (1, 1, 2))
    assert first.sha256 == again.sha256
    assert first.sha256 != other.sha256


def test_a_picture_that_shows_an_unseen_one_is_left_out_of_every_arm() -> None:
    manifest = pictures()
    paths = manifest.table["path"].tolist()
    held = divide_by_group(manifest, "patient", SHARES, (), 1).manifest.part("test")[0].name
    partner = next(row.path for row in manifest.rows() if row.path not in _tested(manifest))
    split = divide_by_group(manifest, "patient", SHARES, [(paths.index(held), paths.index(partner))], 1)
    assert split.left_out == 1
    assert partner not in set(split.rest.table["path"])
    assert partner not in set(split.manifest.table["path"])


def test_copies_are_told_by_what_they_were_made_of() -> None:
    manifest = pictures()
    split = divide_by_group(manifest, "patient", SHARES, (), 1)
    assert len(usable_copies(split, with_copies(manifest))) == 3 * len(split.rest)


def test_augmented_pictures_beyond_those_there_are_are_refused() -> None:
    manifest = pictures()
    split = divide_by_group(manifest, "patient", SHARES, (), 1)
    copies = with_copies(manifest)
    with pytest.raises(ManifestError, match="do not suffice"):
        divide_augmented(split, copies, 1, learned=len(copies), preset="flip")


def test_a_class_too_rare_for_every_part_is_named() -> None:
    rare = pictures().select([row.label == "all" or row.patient in ("hem0", "hem1") for row in pictures().rows()])
    with pytest.raises(ManifestError, match="leaves nothing of hem"):
        divide_by_group(rare, "patient", SHARES, (), 1)


def _tested(manifest: Manifest) -> set[str]:
    return {entry.name for entry in divide_by_group(manifest, "patient", SHARES, (), 1).manifest.part("test")}
