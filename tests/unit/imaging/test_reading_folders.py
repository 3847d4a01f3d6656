import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope.errors import InputNotFoundError
from leukoscope.imaging.reading import find_images
from leukoscope.imaging.reading_folders import natural_key

PNG = b"\x89PNG\r\n\x1a\n"


def put(folder: Path, *names: str, content: bytes = PNG) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def told(*paths: Path) -> list[str]:
    return [name for name, _ in find_images(paths)]


def test_folders_are_searched_below_in_natural_order(tmp_path: Path) -> None:
    put(tmp_path, "cell 10.png", "cell 2.png", "b/1.jpg", "a 2/x.bmp", "a 10/x.bmp", "Ünïcode/zelle ä.tif")
    names = [name.removeprefix(f"{tmp_path}/") for name in told(tmp_path)]
    assert names == ["a 2/x.bmp", "a 10/x.bmp", "b/1.jpg", "cell 2.png", "cell 10.png", "Ünïcode/zelle ä.tif"]


def test_hidden_files_and_those_that_are_plainly_no_pictures_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "a.png", ".hidden.png", ".git/x.png", "labels.csv", "truth.XML", "notes.md", "data.json", "old.zip")
    put(tmp_path, "LICENSE", "README", content=b"some text\n")
    put(tmp_path, "picture without suffix")
    assert [Path(name).name for name in told(tmp_path)] == ["a.png", "picture without suffix"]


def test_a_damaged_or_foreign_picture_is_still_listed_so_that_it_is_told(tmp_path: Path) -> None:
    put(tmp_path, "broken.jpg", "moving.gif", content=b"")
    assert len(told(tmp_path)) == 2


def test_what_is_named_is_taken_whatever_its_name(tmp_path: Path) -> None:
    put(tmp_path, "table.csv", ".hidden.png")
    assert told(tmp_path / "table.csv", tmp_path / ".hidden.png") == [
        str(tmp_path / "table.csv"),
        str(tmp_path / ".hidden.png"),
    ]


def test_paths_are_told_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "set/sub/1.png")
    monkeypatch.chdir(tmp_path)
    assert find_images([Path("set")]) == [("set/sub/1.png", Path("set/sub/1.png"))]


def test_the_same_file_named_twice_is_taken_once(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    (tmp_path / "again.png").symlink_to(tmp_path / "1.png")
    assert len(told(tmp_path / "1.png", tmp_path, tmp_path / "1.png")) == 2


def test_the_order_of_the_given_paths_is_kept(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    assert [Path(name).name for name in told(tmp_path / "2.png", tmp_path / "1.png")] == ["2.png", "1.png"]


def test_symbolic_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/1.png", "here/2.png")
    (tmp_path / "here/link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "here/loop").symlink_to(tmp_path / "here", target_is_directory=True)
    assert sorted(Path(name).name for name in told(tmp_path / "here")) == ["1.png", "2.png"]


def test_pipes_and_dangling_links_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "1.png")
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone.png")
    assert [Path(name).name for name in told(tmp_path)] == ["1.png"]


def test_a_missing_path_and_a_folder_without_pictures_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError, match="no file or folder"):
        find_images([tmp_path / "none"])
    put(tmp_path, "labels.csv")
    with pytest.raises(InputNotFoundError, match="holds no picture"):
        find_images([tmp_path])


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_names_can_be_ordered(one: str, other: str) -> None:
    assert (natural_key(one) < natural_key(other)) or (natural_key(one) >= natural_key(other))


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_order_by_value(one: int, other: int) -> None:
    assert (natural_key(f"cell {one}") < natural_key(f"cell {other}")) == (one < other)
