"""The cards and readers of the data sets, held against the real folders."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from leukoscope.data.sources import apl_aml, cnmc, registry
from leukoscope.data.sources.source import Imported
from leukoscope.experiments.data_import import read_set

pytestmark = pytest.mark.real_data

COUNTS: dict[str, tuple[str, dict[str | None, int], dict[str | None, int]]] = {
    "taleqani-all": ("taleqani-all", {"benign": 387, "early": 767, "pre": 753, "pro": 596}, {None: 2503}),
    "cnmc-2019": ("cnmc-2019", {"all": 2542, "hem": 1345}, {"train": 3887}),
    "cnmc-2019-sample": ("cnmc-2019", {"all": 10, "hem": 20}, {"train": 23, "test": 7}),
    "pbc-crops": (
        "pbc-crops",
        {
            "basophil": 854,
            "eosinophil": 1000,
            "erythroblast": 737,
            "immature-granulocyte": 1000,
            "lymphocyte": 928,
            "monocyte": 1000,
            "neutrophil": 1000,
        },
        {None: 6519},
    ),
    "pbc-frames": (
        "pbc-frames",
        dict.fromkeys(
            (
                "basophil",
                "eosinophil",
                "erythroblast",
                "immature-granulocyte",
                "lymphocyte",
                "monocyte",
                "neutrophil",
            ),
            60,
        ),
        {None: 420},
    ),
    "bccd": (
        "bccd",
        {"neutrophil": 180, "eosinophil": 68, "lymphocyte": 28, "monocyte": 17, "basophil": 2, None: 9},
        {"train": 177, "validation": 70, "test": 57},
    ),
    "txl-pbc": ("txl-pbc", {None: 780}, {"train": 549, "validation": 154, "test": 77}),
    "jtsc-wbc": (
        "jtsc-wbc",
        {"neutrophil": 139, "lymphocyte": 43, "monocyte": 40, "eosinophil": 17, "basophil": 1},
        {None: 240},
    ),
    "aml-lmu-sample": (
        "aml-lmu",
        {
            "erythroblast": 1,
            "eosinophil": 8,
            "lymphocyte": 8,
            "monocyte": 8,
            "myelocyte": 1,
            "myeloblast": 8,
            "segmented-neutrophil": 8,
        },
        {None: 42},
    ),
    "apl-aml-sample": ("apl-aml", {"aml": 14, "apl": 14}, {None: 28}),
}


@cache
def read(folder: Path) -> Imported:
    return read_set(registry.recognize(folder), folder)


@pytest.mark.parametrize("name", COUNTS)
def test_a_folder_is_recognized_and_gives_the_counts_its_owners_tell(real_data: Path, name: str) -> None:
    expected_source, classes, parts = COUNTS[name]
    source = registry.recognize(real_data / name)
    assert source.card.name == expected_source
    rows = read(real_data / name).rows
    assert Counter(row.label for row in rows) == classes
    assert Counter(row.split for row in rows) == parts
    assert {row.label for row in rows} - {None} <= {one.name for one in source.card.classes}
    assert all((real_data / name / row.path).is_file() for row in rows)
    assert all(row.mask is None or (real_data / name / row.mask).is_file() for row in rows)


@pytest.mark.parametrize("name", [name for name in COUNTS if name != "bccd"])
def test_a_sound_folder_gives_no_problems(real_data: Path, name: str) -> None:
    assert read(real_data / name).problems == ()


def test_the_two_boxes_without_area_and_the_unclear_types_of_bccd_are_told(real_data: Path) -> None:
    problems = read(real_data / "bccd").problems
    assert Counter(one.file.rpartition("/")[2] for one in problems) == {
        "BloodImage_00338.xml": 1,
        "BloodImage_00343.xml": 1,
        "wbc_class_labels.csv": 9,
    }


def test_patients_of_cnmc_are_those_of_its_table(real_data: Path) -> None:
    rows = read(real_data / "cnmc-2019").rows
    lines = (real_data / "cnmc-2019" / "manifest.csv").read_text().splitlines()[1:]
    table = {
        path: (patient, group, int(fold[-1]), sha256)
        for path, _, patient, group, fold, sha256 in (line.split(",") for line in lines)
    }
    assert {row.path: (row.patient, row.group, row.fold, row.original_sha256) for row in rows} == table
    assert len({row.patient for row in rows if row.label == "all"}) == 29
    assert len({row.patient for row in rows if row.label == "hem"}) == 15


def test_the_official_list_of_cnmc_holds_what_its_card_says(real_data: Path) -> None:
    imported = read(real_data / "cnmc-2019-sample" / "official_sha256.tsv.gz")
    assert imported.problems == ()
    counts = Counter((row.label, row.split) for row in imported.rows)
    assert counts == {
        ("all", "train"): 7272,
        ("hem", "train"): 3389,
        ("all", "test"): 1219,
        ("hem", "test"): 648,
        (None, "test"): 2586,
    }
    told = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]{2,}", cnmc.card.official_splits)]
    assert told == [10661, 7272, 3389, 1867, 1219, 648, 2586]


def test_the_106_identical_pairs_of_cnmc_never_divide_a_group(real_data: Path) -> None:
    rows = sorted(
        read(real_data / "cnmc-2019-sample" / "official_sha256.tsv.gz").rows, key=lambda row: row.sha256 or ""
    )
    pairs = [(one, other) for one, other in pairwise(rows) if one.sha256 == other.sha256]
    assert len(pairs) == 106
    assert all(one.group == other.group and one.label == other.label for one, other in pairs)
    assert sum(one.patient != other.patient for one, other in pairs) == 71 + 11 + 10 + 1 + 3 + 2 + 1


def test_the_sources_of_txl_are_told_by_size(real_data: Path) -> None:
    assert Counter(row.source for row in read(real_data / "txl-pbc").rows) == {"raabin-wbc": 500, "pbc": 280}


def test_crops_count_by_sub_prefix_as_told(real_data: Path) -> None:
    counts = Counter((row.series or "").upper() for row in read(real_data / "pbc-crops").rows)
    assert counts == {
        "BA": 854,
        "EO": 1000,
        "ERB": 737,
        "IG": 87,
        "MMY": 296,
        "MY": 310,
        "PMY": 307,
        "LY": 928,
        "MO": 1000,
        "BNE": 492,
        "NEUTROPHIL": 30,
        "SNE": 478,
    }


def test_the_label_of_apl_aml_is_the_patients_and_the_cell_stands_beside_it(real_data: Path) -> None:
    rows = read(real_data / "apl-aml-sample").rows
    assert {row.subtype for row in rows if row.label == "apl"} >= {"SMU", "LY"}
    assert "the patient's" in apl_aml.card.traps[0]


@pytest.mark.parametrize("name", COUNTS)
def test_a_card_agrees_with_what_the_folder_says_of_itself(real_data: Path, name: str) -> None:
    """Licence and address stand in the set's own SOURCE.md."""
    said = (real_data / name / "SOURCE.md").read_text(encoding="utf-8")
    card = registry.recognize(real_data / name).card
    licence = next(line for line in said.splitlines() if line.startswith("- Licence"))
    assert any(word.lower() in licence.lower() for word in (card.licence.partition(" according")[0], card.licence[:3]))
    address = card.url.removeprefix("https://doi.org/").removeprefix("https://github.com/")
    assert address.lower() in said.lower()
    for download in card.downloads:
        commit = re.search(r"[0-9a-f]{40}", download.url)
        assert commit is None or commit[0] in said
