"""No split separates what belongs together, whatever the set looks like; and it can always be made again."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leukoscope.data.manifest import PARTS, Annotation, Manifest, Row
from leukoscope.data.manifest_files import read_manifest, write_manifest
from leukoscope.data.splits.counts import summarize
from leukoscope.data.splits.crossing import find_crossings
from leukoscope.data.splits.division import split_manifest, strata
from leukoscope.data.splits.groups import find_groups, picture_keys
from leukoscope.data.splits.recipe import Shares, SplitRecipe, input_hash_of, read_recipe_of
from leukoscope.domain.regions import Box
from leukoscope.errors import InvalidValueError, ManifestError

SHARES = st.sampled_from(["64/16/20", "60/40", "80/10/10", "50/25/25"]).map(Shares.of_text)
PATIENT = SplitRecipe(by="patient")


def _maybe(values: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | values


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Sets with patients, owners' groups, identical files and file numbers, each of them known for some pictures."""
    labels = draw(st.lists(st.sampled_from("abc"), min_size=24, max_size=60))
    names = st.integers(0, 11).map(str)
    rows = [
        Row(
            f"{label}/{number}.png",
            sha256=f"{draw(st.integers(0, 40)):064x}" if draw(st.booleans()) else f"{1000 + number:064x}",
            label=label,
            patient=f"{label}{draw(names)}" if draw(st.integers(0, 9)) else None,
            group=draw(_maybe(names.map("g".__add__))) if not draw(st.integers(0, 5)) else None,
            series=label,
            number=draw(st.integers(0, 99)),
        )
        for number, label in enumerate(labels)
    ]
    return Manifest.from_rows(rows, Path("/set"), "drawn")


def pairs_of(manifest: Manifest) -> st.SearchStrategy[list[tuple[int, int]]]:
    place = st.integers(0, len(manifest) - 1)
    return st.lists(st.tuples(place, place).filter(lambda pair: pair[0] != pair[1]), max_size=4)


def divided(manifest: Manifest, recipe: SplitRecipe, pairs: list[tuple[int, int]]) -> Manifest:
    try:
        return split_manifest(manifest, recipe, pairs).manifest
    except ManifestError:
        assume(False)
        raise


@settings(deadline=None, max_examples=25)
@given(st.data(), manifests(), SHARES, st.sampled_from(["patient", "group", "copies", "blocks"]), st.integers(0, 5))
def test_no_split_separates_what_belongs_together_and_every_picture_is_in_one_part(data, manifest, shares, by, seed):
    pairs = data.draw(pairs_of(manifest))
    recipe = SplitRecipe(by=by, shares=shares, folds=3, seed=seed, block_size=5)
    made = divided(manifest, recipe, pairs)
    assert made.table["path"].tolist() == manifest.table["path"].tolist()
    assert set(made.table["split"]) <= set(shares.by_part)
    assert find_crossings(made) == ()
    for column in ("split", "fold"):
        held = made.table[column].astype(object).where(made.table[column].notna(), None).tolist()
        assert all(held[first] == held[second] for first, second in pairs)
        groups = defaultdict(set)
        for group, part in zip(made.table["group"], held, strict=True):
            groups[group].add(part)
        assert all(len(parts) == 1 for parts in groups.values())
    # Every picture that is not tested on lies in one of the folds.
    assert ((made.table["split"] == "test") == made.table["fold"].isna()).all()
    assert set(made.table["fold"].dropna()) <= {0, 1, 2}


@settings(deadline=None, max_examples=15)
@given(st.data(), manifests(), st.sampled_from(["patient", "copies", "image"]))
def test_the_order_of_rows_and_the_place_of_the_manifest_change_nothing(data, manifest, by):
    pairs = data.draw(pairs_of(manifest))
    recipe = SplitRecipe(by=by, folds=3, block_size=5)
    made = divided(manifest, recipe, pairs)
    order = data.draw(st.permutations(range(len(manifest))))
    rows = list(manifest.rows())
    moved = [replace(rows[place], path=f"../elsewhere/{rows[place].path}") for place in order]
    where = {old: new for new, old in enumerate(order)}
    turned = [(where[second], where[first]) for first, second in reversed(pairs)]
    again = divided(Manifest.from_rows(moved, Path("/other"), "moved"), recipe, turned)
    assert again.split_method == made.split_method
    for column in ("split", "fold", "group"):
        there = made.table[column].iloc[list(order)].reset_index(drop=True)
        assert again.table[column].astype(object).equals(there.astype(object))


@settings(deadline=None, max_examples=15)
@given(manifests(), st.integers(0, 3))
def test_the_recorded_recipe_repeats_the_split(manifest: Manifest, seed: int) -> None:
    made = divided(manifest, SplitRecipe(by="patient", shares=Shares(0.1, 0.3), folds=2, seed=seed), [])
    again = split_manifest(manifest, read_recipe_of(made)).manifest
    assert again.table.equals(made.table)
    twice = split_manifest(made, read_recipe_of(made)).manifest
    for column in ("split", "fold", "group"):
        assert twice.table[column].equals(made.table[column])
    assert input_hash_of(twice) == input_hash_of(made)


@settings(deadline=None, max_examples=15)
@given(st.integers(2, 6), st.integers(0, 5))
def test_folds_partition_the_pictures(folds: int, seed: int) -> None:
    rows = [Row(f"{n}.png", label="ab"[n % 2], patient=str(n // 6)) for n in range(180)]
    made = split_manifest(
        Manifest.from_rows(rows, Path()), SplitRecipe(by="patient", shares=None, folds=folds, seed=seed)
    ).manifest
    assert made.table["split"].isna().all()
    counts = Counter(made.table["fold"].tolist())
    assert sum(counts.values()) == 180
    assert set(counts) == set(range(folds))
    assert max(counts.values()) - min(counts.values()) <= 12


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 12), min_size=20, max_size=60), SHARES, st.integers(0, 9))
def test_every_class_meets_its_shares_within_the_largest_group(sizes: list[int], shares: Shares, seed: int) -> None:
    rows = [
        Row(f"{label}/{patient}-{n}.png", label=label, patient=f"{label}{patient}")
        for label in "ab"
        for patient, size in enumerate(sizes)
        for n in range(size)
    ]
    made = split_manifest(
        Manifest.from_rows(rows, Path()), SplitRecipe(by="patient", shares=shares, seed=seed)
    ).manifest
    for label in "ab":
        found = Counter(made.table["split"][made.table["label"] == label])
        for part, share in shares.by_part.items():
            assert abs(found[part] - share * sum(sizes)) <= max(sizes)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from("abc"), min_size=30, max_size=200), SHARES)
def test_single_pictures_meet_their_shares_to_the_picture(labels: list[str], shares: Shares) -> None:
    assume(min(Counter(labels).values()) >= 6)
    rows = [Row(f"{n}.png", label=label) for n, label in enumerate(labels)]
    made = split_manifest(Manifest.from_rows(rows, Path()), SplitRecipe(by="image", shares=shares)).manifest
    for label, n in Counter(labels).items():
        found = Counter(made.table["split"][made.table["label"] == label])
        assert all(abs(found[part] - share * n) <= 1 for part, share in shares.by_part.items())
        assert sum(found.values()) == n


def test_patients_that_share_one_picture_are_one_group() -> None:
    rows = [
        Row("a.png", label="x", patient="20", sha256="1" * 64),
        Row("b.png", label="x", patient="21", sha256="1" * 64),
        Row("c.png", label="x", patient="21", original_sha256="2" * 64),
        Row("d.png", label="x", patient="22", original_sha256="2" * 64),
        Row("e.png", label="x", patient="23", copy_of="f.png"),
        Row("f.png", label="x", patient="24"),
        Row("g.png", label="x"),
    ]
    groups = find_groups(Manifest.from_rows(rows, Path()), PATIENT, [(5, 6)])
    assert groups.names == ("patient:20+21+22", "patient:23+24")
    assert groups.number.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert groups.made_from == ("patient", "sha256", "original_sha256", "copy_of", "pairs")


def test_patients_of_two_laboratories_stay_apart() -> None:
    rows = [Row(f"{s}/{p}.png", label="x", patient=p, source=s) for s in ("kn", "sh") for p in "12"]
    groups = find_groups(Manifest.from_rows(rows, Path()), PATIENT)
    assert groups.names == ("patient:kn/1", "patient:kn/2", "patient:sh/1", "patient:sh/2")


def test_a_split_by_blocks_can_be_made_again_with_other_blocks() -> None:
    rows = [Row(f"{n:03d}.png", label="x", series="x", number=n) for n in range(100)]
    first = split_manifest(Manifest.from_rows(rows, Path()), SplitRecipe(by="blocks", block_size=10)).manifest
    assert first.table["group"].nunique() == 10
    second = split_manifest(first, SplitRecipe(by="blocks", block_size=4)).manifest
    assert second.table["group"].nunique() == 25
    assert second.table["group"].iloc[0] == "block:x-00"


def test_rows_without_a_patient_are_kept_together_by_file_number() -> None:
    rows = [Row(f"{n:03d}.png", label="x", patient=str(n // 5)) for n in range(50)]
    rows += [Row(f"n{n:03d}.png", label="x", series="n", number=n) for n in range(50)]
    made = split_manifest(Manifest.from_rows(rows, Path()), SplitRecipe(by="patient", block_size=10)).manifest
    assert made.table["group"].iloc[50:].nunique() == 5


@pytest.mark.parametrize("leave_out", [False, True])
def test_file_numbers_are_read_from_names_where_the_manifest_has_none(leave_out: bool) -> None:
    rows = [Row(f"set/{c}/WBC-{c}-{n:03d}.jpg", label=c) for c in ("Benign", "Pre") for n in range(1, 61)]
    recipe = SplitRecipe(by="blocks", block_size=10, leave_out=leave_out)
    made = split_manifest(Manifest.from_rows(rows, Path()), recipe).manifest
    assert made.table["number"].tolist() == [*range(1, 61), *range(1, 61)]
    assert set(made.table["series"]) == {"Benign/WBC-Benign", "Pre/WBC-Pre"}
    assert made.table["group"].nunique() == 12
    assert len(find_groups(Manifest.from_rows(rows, Path()), recipe).names) == 12
    assert made.table["split"].groupby(made.table["group"]).nunique().max() == 1
    kept = split_manifest(Manifest.from_rows(rows, Path()), SplitRecipe(by="copies", block_size=10)).manifest
    assert kept.table["number"].isna().all()


def test_what_was_kept_together_in_place_of_patients_is_what_is_told() -> None:
    rows = [Row(f"{n:03d}.png", label="x", sha256=f"{n:064x}") for n in range(100)]
    copies = SplitRecipe(by="copies", block_size=10)

    def told(rows: list[Row], recipe: SplitRecipe, pairs: list[tuple[int, int]]) -> str:
        warnings = summarize(split_manifest(Manifest.from_rows(rows, Path()), recipe, pairs), recipe).warnings
        return next(one for one in warnings if one.startswith("No patient"))

    assert told(rows, copies, []) == (
        "No patient is named: identical files were kept together, but one patient may still be divided. Without file "
        "numbers neighbors may lie on both sides. No copies were found by their looks."
    )
    assert "pictures found to show the same thing and identical files were" in told(rows, copies, [(0, 1)])
    numbered = [replace(row, series="x", number=n) for n, row in enumerate(rows)]
    assert told(numbered, replace(copies, by="blocks"), []) == (
        "No patient is named: neighbors in file number and identical files were kept together, but one patient may "
        "still be divided."
    )


def test_marked_fields_without_a_class_are_spread_by_their_rarest_object() -> None:
    common, rare = Annotation(Box(0, 0, 1, 1), "RBC"), Annotation(Box(0, 0, 1, 1), "Platelets")
    rows = [Row(f"{n}.png", boxes=(common, rare) if n % 5 == 0 else (common,)) for n in range(100)]
    rows.append(Row("empty.png", boxes=()))
    manifest = Manifest.from_rows(rows, Path())
    numbers, names = strata(manifest)
    assert names == ("", "Platelets", "RBC")
    assert np.bincount(numbers).tolist() == [1, 20, 80]
    made = split_manifest(manifest, SplitRecipe(by="image", shares=Shares(0.2, 0.2))).manifest
    assert (made.table["split"][numbers == 1] == "test").sum() == 4


@pytest.mark.parametrize(
    ("rows", "recipe", "said"),
    [
        ([Row("a", label="x", patient="7"), Row("b", label="x", patient="7")], PATIENT, "belong to one group"),
        (
            [Row(f"{n}", label="xy"[n % 2], patient=str(n) if n % 2 else "H24") for n in range(8)],
            PATIENT,
            "One group, 'patient:H24', has all 4 pictures of 'x'",
        ),
        ([Row("a", label="x")], PATIENT, "names no patient"),
        ([Row("a", label="x")], SplitRecipe(by="group"), "names no group"),
        ([Row("a", label="x")], SplitRecipe(by="blocks"), "names no file number"),
        (
            [Row(f"{n}", label="x") for n in range(1, 9)],
            SplitRecipe(by="blocks"),
            "at most 4 pictures with --block-size",
        ),
        (
            [Row("p-1.jpg", label="x"), Row("p-2.jpg", label="x"), Row("flip.jpg", label="x")],
            SplitRecipe(by="blocks"),
            "1 of its 3 files' names end in none, the first is flip.jpg",
        ),
        (
            [Row(f"{name}7.png", label="x") for name in ("9f", "e2", "c4")],
            SplitRecipe(by="blocks"),
            "follow no series",
        ),
        ([Row("a", label="x")], SplitRecipe(by="official", shares=None), "has no official parts"),
        ([Row(str(n), label="x", patient=str(n)) for n in range(3)], SplitRecipe(by="patient", folds=4), "4 folds"),
        ([], PATIENT, "names no picture"),
    ],
)
def test_what_cannot_be_divided_is_refused_with_the_reason(rows: list[Row], recipe: SplitRecipe, said: str) -> None:
    with pytest.raises(ManifestError) as refused:
        split_manifest(Manifest.from_rows(rows, Path()), recipe)
    assert said in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "luck"},
        {"by": "patient", "folds": 1},
        {"by": "patient", "shares": None},
        {"by": "patient", "seed": -1},
        {"by": "blocks", "block_size": 0},
        {"by": "patient", "leave_out": True},
        {"by": "blocks", "tries": 3},
    ],
)
def test_a_recipe_that_means_nothing_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError):
        SplitRecipe(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "64", "a/b", "0/0/0", "0/50/50", "100/0", "1/2/3/4", "-1/2", "64/16/20/"])
def test_shares_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Shares.of_text(text)


def test_shares_are_written_as_they_are_read() -> None:
    assert Shares.of_text("64/16/20") == Shares() == Shares.of_text("0.64/0.16/0.2")
    assert Shares.of_text("60/40").by_part == {"train": 0.6, "test": 0.4}
    for text in ("64/16/20", "60/0/40", "70/30/0"):
        assert Shares.of_text(text).text == text


def test_official_parts_stay_and_divided_groups_are_counted() -> None:
    rows = [Row(str(n), label="x", patient=str(n // 2), split="train" if n < 5 else "test") for n in range(8)]
    made = split_manifest(Manifest.from_rows(rows, Path()), SplitRecipe(by="official", shares=None)).manifest
    assert [row.split for row in made.rows()] == ["train"] * 5 + ["test"] * 3
    told = json.loads(made.split_method)
    assert (told["by"], told["crossing"], told.get("leaky", False)) == ("official", 1, False)


def test_dividing_by_image_across_patients_is_marked_forever() -> None:
    rows = [Row(str(n), label="x", patient=str(n // 10)) for n in range(100)]
    made = split_manifest(Manifest.from_rows(rows, Path()), SplitRecipe(by="image")).manifest
    told = json.loads(made.split_method)
    assert made.leaky
    assert told["grouped"] is False
    assert told["crossing"] == 10
    apart = Manifest.from_rows([Row(str(n), label="x") for n in range(100)], Path())
    harmless = split_manifest(apart, SplitRecipe(by="image")).manifest
    assert not harmless.leaky
    assert json.loads(harmless.split_method)["grouped"] is False


@pytest.mark.parametrize("name", ["m.csv", "m.parquet"])
def test_the_mark_of_a_leaky_split_cannot_be_lost(tmp_path: Path, name: str) -> None:
    rows = [Row(str(n), label="x", patient=str(n // 10)) for n in range(40)]
    made = split_manifest(Manifest.from_rows(rows, tmp_path), SplitRecipe(by="image"), augmented="subtypes").manifest
    write_manifest(made, tmp_path / name)
    back = read_manifest(tmp_path / name).select([n % 2 == 0 for n in range(40)]).with_columns(split="test", fold=None)
    assert back.leaky
    with pytest.raises(ManifestError, match="stays with it"):
        back.with_columns(split_method=None)
    with pytest.raises(ManifestError, match="stays with it"):
        split_manifest(back, SplitRecipe(by="patient"))
    assert input_hash_of(back) == input_hash_of(made)


def test_a_manifest_divided_by_hand_tells_no_recipe() -> None:
    with pytest.raises(ManifestError, match="does not say how it was divided"):
        read_recipe_of(Manifest.from_rows([Row("a", split="train")], Path(), "by hand"))


def test_pictures_left_out_are_named_and_the_seed_that_won_is_recorded() -> None:
    rows = [Row(f"{n:03d}.png", label="x", series="x", number=n) for n in range(100)]
    manifest = Manifest.from_rows(rows, Path())
    recipe = SplitRecipe(by="blocks", block_size=10, leave_out=True)
    plain = split_manifest(manifest, recipe).manifest.table["split"].tolist()
    train, test = plain.index("train"), plain.index("test")
    result = split_manifest(manifest, recipe, [(test, train)])
    assert result.left_out == (f"{train:03d}.png",)
    assert len(result.manifest) == 99
    assert json.loads(result.manifest.split_method)["left_out"] == 1
    best = split_manifest(manifest, SplitRecipe(by="blocks", block_size=10, leave_out=True, tries=40), [(test, train)])
    assert best.left_out == ()
    won = read_recipe_of(best.manifest)
    assert won.tries == 1
    assert split_manifest(manifest, won, [(test, train)]).manifest.table.equals(best.manifest.table)


def test_leaving_out_needs_classes_and_numbers() -> None:
    rows = [Row("a", label="x", series="x", number=1), Row("b", series="x", number=2)]
    with pytest.raises(ManifestError, match="b has no class or no file number"):
        split_manifest(Manifest.from_rows(rows, Path()), SplitRecipe(by="blocks", leave_out=True))


def test_pictures_are_named_below_the_folder_they_share() -> None:
    manifest = Manifest.from_rows([Row("../x/all/1.png"), Row("../x/all/2.png"), Row("../x/hem/1.png")], Path())
    assert picture_keys(manifest).tolist() == ["all/1.png", "all/2.png", "hem/1.png"]
    assert picture_keys(Manifest.from_rows([Row("a/1.png")], Path())).tolist() == ["1.png"]
    assert picture_keys(Manifest.from_rows([], Path())).tolist() == []
    assert PARTS[0] == "train"


@pytest.mark.parametrize("seed", range(4))
def test_a_patient_larger_than_the_test_part_goes_to_the_training_part(seed: int) -> None:
    sizes = {"large": 37} | {f"small{number}": 9 for number in range(7)}
    rows = [
        Row(f"{patient}/{number}.png", label="a", patient=patient)
        for patient, size in sizes.items()
        for number in range(size)
    ]
    manifest = Manifest.from_rows(rows, Path("/set"), "drawn")
    table = split_manifest(
        manifest, SplitRecipe(by="patient", shares=Shares.of_text("64/16/20"), seed=seed), ()
    ).manifest.table
    assert set(table["split"][table["patient"] == "large"]) == {"train"}
    assert set(table["split"]) == set(PARTS)
