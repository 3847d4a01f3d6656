"""What `--fix` does to a manifest: held-out parts stay whole, what belongs together becomes one group."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.data.checks.files import FileFacts
from leukoscope.data.checks.gathered import gather
from leukoscope.data.checks.hashes import same_files
from leukoscope.data.checks.mending import Mended, mend
from leukoscope.data.checks.pairs import crossing
from leukoscope.data.manifest import PARTS, Manifest, Row


def digest(number: int) -> str:
    return f"{number:064x}"


def mended(*sets: list[Row], unusable: tuple[int, ...] = (), facts: Sequence[FileFacts] = ()) -> Mended:
    gathered = gather([Manifest.from_rows(rows, Path("/data"), f"set-{n}") for n, rows in enumerate(sets)])
    return mend(gathered, same_files(gathered), unusable, facts)


def paths(mend: Mended) -> list[str]:
    return [row.path for row in mend.manifest.rows()]


def test_of_copies_in_two_parts_the_held_out_one_is_kept() -> None:
    found = mended([Row("a", digest(1), split="train"), Row("b", digest(1), split="test"), Row("c", digest(2))])
    assert paths(found) == ["b", "c"]
    assert found.done == ("1 picture left out as copies of a picture that is kept.",)


def test_rows_that_cannot_be_used_are_left_out() -> None:
    assert paths(mended([Row("a"), Row("b")], unusable=(0,))) == ["b"]


def test_what_is_known_of_the_files_fills_gaps_but_not_of_a_file_that_took_anothers_place() -> None:
    fact = FileFacts("", False, digest(7), "ab" * 8, 30, 20)
    rows = [Row("a"), Row("b", digest(1)), Row("c", digest(7), width=5)]
    found = list(mended(rows, facts=[replace(fact, sha256=digest(9)), fact, fact]).manifest.rows())
    assert found == [
        Row("a", digest(9), "ab" * 8, 30, 20),
        rows[1],
        Row("c", digest(7), "ab" * 8, 5, 20),
    ]


def test_the_same_file_under_two_labels_is_left_out_twice() -> None:
    rows = [Row("a", digest(1), label="x"), Row("b", digest(1), label="y"), Row("c", digest(2), label="y")]
    assert paths(mended(rows)) == ["c"]


def test_patients_that_share_a_picture_become_one_group() -> None:
    rows = [Row("a", digest(1), patient="20"), Row("b", digest(1), patient="21"), Row("c", digest(2), patient="21")]
    found = mended(rows)
    assert paths(found) == ["a", "c"]
    assert {row.group for row in found.manifest.rows()} == {"20"}


def test_of_two_sets_the_one_named_first_stays_whole() -> None:
    found = mended([Row("a", digest(1), split="train")], [Row("b", digest(1), split="test"), Row("c", digest(2))])
    assert paths(found) == ["/data/a", "/data/c"]
    assert [row.source for row in found.manifest.rows()] == ["set-0", "set-1"]


def test_the_commoner_spelling_wins() -> None:
    found = mended([Row("1", label="Pre-B"), Row("2", label="Pre-B"), Row("3", label="pre b ")])
    assert {row.label for row in found.manifest.rows()} == {"Pre-B"}


def test_a_sound_manifest_is_left_as_it_is() -> None:
    rows = [Row(str(n), digest(n), label="ab"[n % 2], patient=str(n // 2), split="train") for n in range(6)]
    found = mended(rows)
    assert list(found.manifest.rows()) == rows
    assert found.done == ("Nothing had to be changed.",)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([*PARTS, None]), st.integers(0, 4)), max_size=30))
def test_nothing_crosses_afterwards_and_no_held_out_picture_is_lost(pictures: list[tuple[int, str, int]]) -> None:
    rows = [
        replace(Row(f"{n}", digest(file)), split=part, patient=str(who))  # type: ignore[arg-type]
        for n, (file, part, who) in enumerate(pictures)
    ]
    found = mended(rows)
    again = gather([found.manifest])
    assert not crossing(again, same_files(again)).any()
    tested = {row.sha256 for row in rows if row.split == "test"}
    assert tested == {row.sha256 for row in found.manifest.rows() if row.split == "test"}
