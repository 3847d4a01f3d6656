from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from leukoscope.data.sources.registry import FORMATS, SETS, SOURCES, find_source, recognize
from leukoscope.data.sources.source import DataCard, Source
from leukoscope.errors import ManifestError, NotFoundError

CARDS = [source.card for source in SETS]


def test_every_name_is_found_and_comes_once() -> None:
    assert [find_source(source.card.name) for source in SOURCES] == list(SOURCES)
    assert len({source.card.name for source in SOURCES}) == len(SOURCES)


def test_a_misspelled_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="Did you mean cnmc-2019"):
        find_source("cnmc2019")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_tells_what_a_researcher_must_know(card: DataCard) -> None:
    assert card.title
    assert card.layout
    assert card.licence
    assert card.traps
    assert card.official_splits
    assert card.citation or card.name == "subtypes"
    assert card.downloads or card.how_to_get
    assert all(one.meaning.endswith(".") for one in card.classes)
    assert len({one.name for one in card.classes}) == len(card.classes)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_addresses_are_encrypted_and_file_names_plain(card: DataCard) -> None:
    for one in card.downloads:
        assert urlsplit(one.url).scheme == "https"
        assert Path(one.filename).name == one.filename
        assert not one.filename.startswith(".")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.card.name)
def test_an_empty_folder_or_a_stranger_file_is_nothing(source: Source, tmp_path: Path) -> None:
    assert not source.recognizes(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    assert not source.recognizes(tmp_path)
    assert not source.recognizes(tmp_path / "notes.txt")
    assert not source.recognizes(tmp_path / "nowhere")


def test_what_is_not_recognized_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="holds no picture"):
        recognize(tmp_path)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ManifestError, match="--list"):
        recognize(tmp_path)
    with pytest.raises(ManifestError, match="There is no"):
        recognize(tmp_path / "nowhere")


def test_named_sets_go_before_formats() -> None:
    assert (*SETS, *FORMATS) == SOURCES
