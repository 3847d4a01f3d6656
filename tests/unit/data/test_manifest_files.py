"""Manifests are read and written without losing anything, and faults are named by row and column."""

from pathlib import Path

import pytest

from leukoscope.data.manifest import Annotation, Entry, Manifest, Row
from leukoscope.data.manifest_files import check_files, is_manifest, read_manifest, sha256_of, write_manifest
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

ROWS = [
    Row(
        "images/ä b.png",
        sha256="0" * 64,
        phash="f" * 16,
        width=640,
        height=480,
        label="NA",
        boxes=(Annotation(Box(1, 2, 3.5, 4), "WBC", ((1, 2), (3, 4), (1, 4))),),
        mask="masks/1.png",
        patient="007",
        group="007",
        series="a",
        number=0,
        split="train",
        fold=0,
        pixel_size_um=0.1,
        copy_of="images/c.png",
    ),
    Row("images/c.png", label="hem, with comma", boxes=(), split="test"),
    Row("https://example.org/d.png"),
]


@pytest.mark.parametrize("name", ["m.csv", "m.parquet", "M.CSV"])
def test_a_manifest_comes_back_whole(tmp_path: Path, name: str) -> None:
    write_manifest(Manifest.from_rows(ROWS, tmp_path), tmp_path / name)
    back = read_manifest(tmp_path / name)
    assert list(back.rows()) == ROWS
    assert back.base == tmp_path
    assert back.table.dtypes.to_list() == Manifest.from_rows(ROWS, tmp_path).table.dtypes.to_list()
    assert list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize("heading", ["path;label", "\ufeffname\tlabel", '"path";"label"'])
def test_a_manifest_that_a_spreadsheet_saved_with_another_separator_is_read(tmp_path: Path, heading: str) -> None:
    separator = ";" if ";" in heading else "\t"
    (tmp_path / "m.csv").write_text(f"{heading}\na, b.png{separator}ALL\n", encoding="utf-8")
    assert list(read_manifest(tmp_path / "m.csv").rows()) == [Row("a, b.png", label="ALL")]


def test_paths_are_told_from_the_new_place(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    write_manifest(Manifest.from_rows(ROWS, tmp_path / "set"), tmp_path / "out" / "m.csv")
    paths = [(row.path, row.mask, row.copy_of) for row in read_manifest(tmp_path / "out" / "m.csv").rows()]
    assert paths[0] == ("../set/images/ä b.png", "../set/masks/1.png", "../set/images/c.png")
    assert paths[2] == ("https://example.org/d.png", None, None)


def test_a_folder_can_move_with_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "one" / "images").mkdir(parents=True)
    (tmp_path / "one" / "images" / "c.png").write_bytes(b"c")
    write_manifest(Manifest.from_rows([Row("images/c.png")], tmp_path / "one"), tmp_path / "one" / "m.parquet")
    (tmp_path / "one").rename(tmp_path / "two")
    moved = read_manifest(tmp_path / "two" / "m.parquet")
    assert moved.locate("images/c.png").read_bytes() == b"c"


def test_other_images_folder_replaces_the_base(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(f"name,sha256,label,group,split\na.jpg,{'1' * 64},a,a-0,train\n", encoding="utf-8")
    manifest = read_manifest(tmp_path / "s.csv", Path("/pictures"))
    assert manifest.locate("a.jpg") == Path("/pictures/a.jpg")
    assert manifest.part("train") == (Entry("a.jpg", "1" * 64, "a", "a-0", "train"),)
    assert manifest.sha256 == sha256_of(tmp_path / "s.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label\nx\n", "no column path"),
        ("path,label\na,x\n,y\n", r"row 2, column path: .* is empty"),
        ("path\na\nb\na\n", r"row 3, column path: 'a' comes a second time"),
        ("path,split\na,train\nb,dev\n", r"row 2, column split: 'dev' is none of train"),
        ("path,sha256\na,xyz\n", "row 1, column sha256: 'xyz' is not 64 hexadecimal"),
        ("path,width\na,-3\n", "row 1, column width: '-3' is not a fitting number"),
        ("path,width\na,1.5\n", r"row 1, column width: '1\.5' is not a fitting number"),
        ("path,fold\na,many\n", "row 1, column fold: 'many' is not a fitting number"),
        ("path,pixel_size_um\na,0\n", "row 1, column pixel_size_um"),
        ("path,pixel_size_um\na,inf\n", "row 1, column pixel_size_um"),
        ('path,boxes\na,"[[5,5,1,1,""x""]]"\n', "row 1, column boxes"),
        ("path,schema\na,leukoscope.manifest/9\n", r"row 1, column schema: .* is not leukoscope.manifest/1"),
        ("path,split_method\na,by hand\n", "column split_method: 'by hand' is not a JSON object"),
        ("path\na\na\na\na\na\na\na\n", "and 1 more"),
    ],
)
def test_a_fault_is_named_by_its_row_and_column(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=said):
        read_manifest(tmp_path / "m.csv")


@pytest.mark.parametrize(("name", "content"), [("m.parquet", b"PAR1 no"), ("m.csv", b"\xff\xfe\x00"), ("m.csv", b"")])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ManifestError, match=name):
        read_manifest(tmp_path / name)


def test_what_is_not_there_or_no_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.xlsx").write_bytes(b"")
    with pytest.raises(ManifestError, match="There is no manifest"):
        read_manifest(tmp_path / "none.csv")
    with pytest.raises(ManifestError, match="is no manifest"):
        read_manifest(tmp_path / "m.xlsx")
    with pytest.raises(ManifestError, match="no name of a manifest"):
        write_manifest(Manifest.from_rows(ROWS, tmp_path), tmp_path / "m.xlsx")
    assert is_manifest(Path("a.Parquet"))
    assert not is_manifest(Path("a.png"))


def test_a_failing_write_leaves_the_old_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    write_manifest(Manifest.from_rows(ROWS, tmp_path), tmp_path / "m.parquet")
    before = (tmp_path / "m.parquet").read_bytes()

    def fail(table: object, path: Path, **options: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    with pytest.raises(OSError, match="No space left"):
        write_manifest(Manifest.from_rows(ROWS[:1], tmp_path), tmp_path / "m.parquet")
    assert (tmp_path / "m.parquet").read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "m.parquet"]


def test_pictures_that_are_missing_or_others_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    same = Entry("a.jpg", sha256_of(tmp_path / "a.jpg"), "x", "g", "test")
    check_files([same, Entry("a.jpg", "-", "x", "g", "test")], tmp_path)
    with pytest.raises(ManifestError, match=r"1 of 2 pictures .* the first is b\.jpg"):
        check_files([same, Entry("b.jpg", "-", "x", "g", "test")], tmp_path)
    with pytest.raises(ManifestError, match="differ"):
        check_files([Entry("a.jpg", "0" * 64, "x", "g", "test")], tmp_path)


def test_one_faulty_box_among_many_is_named_by_its_row_and_outlines_are_no_fault(tmp_path: Path) -> None:
    rows = [f'i{number},"[[1,2,3,4,""WBC""]]"' for number in range(30)]
    rows[7] = 'i7,"[[1,2,3,4,""WBC"",[[1,2],[3,2],[3,4]]]]"'
    (tmp_path / "m.csv").write_text("path,boxes\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert len(read_manifest(tmp_path / "m.csv")) == 30
    rows[19] = 'i19,"[[3,2,3,4,""WBC""]]"'
    (tmp_path / "m.csv").write_text("path,boxes\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(
        ManifestError, match=r"csv does not fit the schema [^:]*: row 20, column boxes: [^;]*4\.0\]\. Mend"
    ):
        read_manifest(tmp_path / "m.csv")
