"""What only the files and their pixels tell: faulty files, copies of every kind, and shortcuts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.checks.findings import CheckReport, Finding
from leukoscope.data.checks.gathered import Gathered
from leukoscope.data.checks.looking import Seen, look_at_all
from leukoscope.data.checks.shortcuts import check_shortcuts, severity_of
from leukoscope.data.manifest import PARTS, Manifest, Row
from leukoscope.data.manifest_files import sha256_of
from leukoscope.data.probes.judging import Accuracy, at_random, keep_apart
from leukoscope.data.probes.looks import look_at
from leukoscope.data.sources.source import Problem
from leukoscope.experiments.data_check import INTERRUPTED, CheckOutcome, Target, check_opened, check_sets
from leukoscope.synthetic import draw_field

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@pytest.fixture(scope="module")
def fields() -> list[Picture]:
    rng = np.random.default_rng(5)
    return [draw_field(rng, width=240, height=240, cells={"neutrophil": 1}).pixels for _ in range(8)]


@pytest.fixture
def base(fields: list[Picture], tmp_path: Path) -> Path:
    for number, field in enumerate(fields):
        save(tmp_path / f"{number}.png", field)
    return tmp_path


def save(path: Path, pixels: Picture) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR))


def rows(base: Path) -> list[Row]:
    return [
        Row(path.name, sha256_of(path), label="ab"[number // 2 % 2], split=("train", "test")[number % 2])
        for number, path in enumerate(sorted(base.iterdir()))
    ]


def check(base: Path, listed: list[Row] | None = None) -> CheckOutcome:
    return check_opened([Target(Manifest.from_rows(rows(base) if listed is None else listed, base, "drawn"))])


def codes(report: CheckReport) -> dict[str, Finding]:
    return {finding.code: finding for finding in report.findings}


def test_a_clean_set_raises_nothing_that_is_severe_or_a_warning_about_its_pictures(base: Path) -> None:
    found = codes(check(base).report)
    assert set(found) <= {"rare-classes"}, "eight pictures are few, and that is all"


def test_a_missing_file_is_told_and_the_rest_is_checked(base: Path) -> None:
    listed = rows(base)
    (base / "3.png").unlink()
    outcome = check(base, listed)
    assert codes(outcome.report)["missing-files"].files == ("3.png",)
    assert outcome.unusable == (3,)


def test_a_truncated_file_is_told_with_its_reason(base: Path) -> None:
    whole = (base / "2.png").read_bytes()
    (base / "2.png").write_bytes(whole[: len(whole) // 2])
    finding = codes(check(base).report)["unreadable-files"]
    assert (finding.severity, finding.files) == ("severe", ("2.png",))
    assert "damaged or cut short" in finding.advice


def test_a_file_that_is_not_the_one_of_the_manifest_is_told(base: Path) -> None:
    listed = [replace(row, sha256="0" * 64) if row.path == "1.png" else row for row in rows(base)]
    assert codes(check(base, listed).report)["changed-files"].files == ("1.png",)


def test_an_extension_that_lies_is_told(base: Path) -> None:
    (base / "0.png").rename(base / "0.tif")
    assert codes(check(base).report)["lying-extensions"].files == ("0.tif",)


def test_odd_sizes_and_modes_are_told(fields: list[Picture], base: Path) -> None:
    for number in range(8, 30):
        save(base / f"{number}.png", np.full((240, 240, 3), 8 * number, np.uint8))
    cv2.imwrite(str(base / "z.png"), cv2.cvtColor(fields[0][:200], cv2.COLOR_RGB2GRAY))
    found = codes(check(base).report)
    assert found["odd-sizes"].files == ("z.png",)
    assert found["odd-modes"].files == ("z.png",)


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "mirrored": lambda field: field[:, ::-1],
    "turned": lambda field: np.rot90(field),
    "brighter": lambda field: np.clip(field * 1.1, 0, 255).astype(np.uint8),
    "blurred": lambda field: np.asarray(cv2.GaussianBlur(field, (0, 0), 1.0), np.uint8),
    "shifted": lambda field: field[:, 40:],
    "cut out": lambda field: field[30:190, 30:190],
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_copy_on_the_other_side_is_severe(name: str, fields: list[Picture], base: Path) -> None:
    save(base / "9.png", CHANGES[name](fields[0]))
    listed = [replace(row, label="a", split="test" if row.path == "9.png" else "train") for row in rows(base)]
    found = codes(check(base, listed).report)
    turned = name in ("mirrored", "turned")
    pair = found["augmented-copies-across-parts" if turned else "copies-across-parts"].pairs[0]
    assert {pair.first, pair.second} == {"0.png", "9.png"}
    assert pair.crosses
    assert (pair.kind == "augmented-copy") == turned


def test_two_sets_that_share_a_picture_are_told(
    fields: list[Picture], base: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    save(other / "x.jpg", fields[0])
    sets = [Target(Manifest.from_rows(rows(folder), folder, folder.name)) for folder in (base, other)]
    outcome = check_opened(sets)
    pair = codes(outcome.report)["copies-across-sets"].pairs[0]
    assert outcome.locate(pair.first) == base / "0.png"
    assert outcome.locate(pair.second) == other / "x.jpg"


def test_what_could_not_be_imported_is_told() -> None:
    target = Target(Manifest.from_rows([Row("a.png")], Path(), "drawn"), None, (Problem("labels.csv", 7, "No class."),))
    finding = codes(check_opened([target], without_pixels=True).report)["import-problems"]
    assert finding.files == ("labels.csv:7: No class.",)


def test_an_interruption_loses_no_finding(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(gathered: Gathered) -> Iterator[Seen]:
        yield from islice(look_at_all(gathered), 2)
        raise KeyboardInterrupt

    monkeypatch.setattr("leukoscope.experiments.data_check.look_at_all", interrupted)
    listed = [replace(row, sha256="1" * 64) for row in rows(base)]
    outcome = check(base, listed)
    assert outcome.interrupted
    assert INTERRUPTED.format(read=2, all=len(listed)) in outcome.report.not_checked
    assert "same-picture-other-label" in codes(outcome.report)
    assert codes(outcome.report)["changed-files"].count == 2
    assert [fact.sha256 is not None for fact in outcome.facts] == [True, True]


def test_same_files_that_were_read_before_an_interruption_are_told(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("leukoscope.experiments.data_check.find_copies", interrupted)
    (base / "again.png").write_bytes((base / "0.png").read_bytes())
    listed = [row for row in rows(base) if row.path != "again.png"]
    outcome = check(base, [*listed, Row("again.png")])
    assert outcome.interrupted
    (pair,) = zip(outcome.pairs.first, outcome.pairs.second, strict=True)
    assert set(outcome.gathered.names[list(pair)]) == {"0.png", "again.png"}


def test_captions_tell_part_and_class(base: Path) -> None:
    listed = [replace(row, sha256="1" * 64) for row in rows(base)]
    captions = check(base, listed).captions()
    assert captions["0.png"] == ", ".join(filter(None, (listed[0].split, listed[0].label)))


def test_empty_folders_of_classes_are_named(tmp_path: Path, fields: list[Picture]) -> None:
    for number, label in enumerate("ab"):
        (tmp_path / label).mkdir()
        save(tmp_path / label / "x.png", fields[number])
    (tmp_path / "c" / "deeper").mkdir(parents=True)
    found = codes(check_sets([tmp_path], without_pixels=True).report)["empty-folders"]
    assert (found.severity, found.files) == ("note", ("c",))


def shortcut_codes(
    draw: Callable[[int, np.random.Generator], Picture], file: Callable[[int], list[float]]
) -> dict[str, Finding]:
    rng = np.random.default_rng(1)
    listed = [Row(f"{n}.png", label="ab"[n % 2]) for n in range(80)]
    looks = [look_at(draw(n % 2, rng), np.array(file(n % 2), float)) for n in range(80)]
    table = Manifest.from_rows(listed, Path()).table
    return {finding.code: finding for finding in check_shortcuts(table, looks)}


def glass(rng: np.random.Generator, level: int = 225) -> Picture:
    picture = rng.normal(level, 4, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    cv2.circle(picture, (32, 32), int(rng.integers(7, 11)), (110, 60, 150), -1)
    return picture


def same_file(label: int) -> list[float]:
    return [64, 64, 4000, 1, 0, 20]


def test_classes_that_differ_in_nothing_but_chance_give_no_shortcut() -> None:
    assert shortcut_codes(lambda label, rng: glass(rng), same_file) == {}


def test_a_darker_background_is_a_shortcut_of_color_and_background() -> None:
    found = shortcut_codes(lambda label, rng: glass(rng, 225 - 30 * label), same_file)
    assert found["shortcut-color"].severity == found["shortcut-background"].severity == "severe"


def test_a_scale_bar_in_the_corner_of_one_class_is_a_shortcut_of_corners() -> None:
    def draw(label: int, rng: np.random.Generator) -> Picture:
        picture = glass(rng)
        if label:
            picture[58:60, 54:62] = 0
        return picture

    finding = shortcut_codes(draw, same_file)["shortcut-corners"]
    assert finding.severity == "severe"
    assert finding.measures[0].chance == pytest.approx(0.5)


def test_a_larger_cell_on_black_is_a_shortcut_of_the_silhouette_told_by_its_area() -> None:
    def draw(label: int, rng: np.random.Generator) -> Picture:
        picture = np.zeros((64, 64, 3), np.uint8)
        cv2.circle(picture, (32, 32), int(rng.integers(9, 12)) + 6 * label, (110, 60, 150), -1)
        return picture

    finding = shortcut_codes(draw, same_file)["shortcut-silhouette"]
    area = finding.measures[-1]
    assert area.value == 1

    assert area.name == "mask area alone, AUC"


def color_figures(brighter: int, pairs: list[tuple[int, int]]) -> dict[str, float]:
    """What color alone tells of 20 noisy pictures in six copies each, in three parts."""
    rng = np.random.default_rng(4)
    drawn = [rng.integers(0, 160, (16, 16, 3), dtype=np.uint8) + np.uint8(brighter * (n % 2)) for n in range(20)]
    listed = [Row(f"{n}.png", label="ab"[n % 2], split=PARTS[n % 3]) for n in range(120)]
    looks = [look_at(drawn[n % 20], np.array(same_file(0), float)) for n in range(120)]
    found = check_shortcuts(Manifest.from_rows(listed, Path()).table, looks, pairs)
    return {one.name: one.value for finding in found if finding.code == "shortcut-color" for one in finding.measures}


def test_copies_are_never_known_and_asked_about_and_the_finding_says_how_pictures_were_kept_apart() -> None:
    pairs = [(n, m) for n in range(120) for m in range(n + 20, 120, 20)]
    told = ("color alone, accuracy on parts left out in turn", "color alone, accuracy at random")
    assert min(color_figures(0, [])[name] for name in told) >= 0.9
    assert max(color_figures(0, pairs).values(), default=0) < 0.8
    assert color_figures(90, pairs[:40]) == {f"{name}, known copies never on both sides": 1.0 for name in told}
    apart = keep_apart(at_random(np.arange(40) % 2), np.array([(0, 1), (2, 7), (30, 3)]))
    assert apart is not None
    for known, asked in apart.pairs:
        assert not any({a, b} & set(known.tolist()) and {a, b} & set(asked.tolist()) for a, b in ((0, 1), (2, 7)))
        assert len(known) >= 29


def test_another_encoding_of_one_class_is_a_shortcut_of_the_file() -> None:
    found = shortcut_codes(lambda label, rng: glass(rng), lambda label: [64, 64, 4000, 1, 0, 20 + 5 * label])
    assert set(found) == {"shortcut-file"}


def test_a_probe_is_judged_by_its_lower_limit_between_chance_and_perfect() -> None:
    cases = {0.96: "severe", 0.7: "warning", 0.6: "note", 0.5: None}
    assert {low: severity_of(Accuracy(low + 0.02, low, 1.0, 0.5, 100)) for low in cases} == cases
