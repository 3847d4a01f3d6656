"""What a stranger's manifest can make an export write: pictures, and nothing else of the disk."""

from pathlib import Path

import pytest
from PIL import Image

from leukoscope.data.exports import ExportWish, export_manifest
from leukoscope.data.exports.export import FORMATS, Format
from leukoscope.data.manifest import Annotation, Manifest, Row
from leukoscope.data.sources import coco
from leukoscope.domain.regions import Box
from leukoscope.errors import ManifestError

SECRETS = {
    "secret.txt": b"the password is swordfish\n",
    "id_key": b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n",
    "secret.png": b"the password is swordfish\n",
    "vector.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nswordfish\n",
    "plain.ppm": b"P3 1 1 255 1 2 3 # swordfish\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in SECRETS.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "set").mkdir()
    for place in ("set/a.png", "set/m.png", "outside.png"):
        Image.new("RGB", (20, 10)).save(tmp_path / place)
    return tmp_path


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((folder / "out").rglob("*")) if path.is_file())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("way", ["up", "absolute", "link"])
@pytest.mark.parametrize("name", SECRETS)
def test_a_file_that_is_no_picture_never_gets_into_an_export(folder: Path, form: Format, way: str, name: str) -> None:
    (folder / "set/link.png").symlink_to(folder / name)
    path = {"up": f"../{name}", "absolute": str(folder / name), "link": "link.png"}[way]
    rows = [
        Row(path, label="x", boxes=(), width=20, height=10),
        Row("a.png", label="x", boxes=(), width=20, height=10, mask=path),
    ]
    exported = export_manifest(Manifest.from_rows(rows, folder / "set"), folder / "out", ExportWish(form))
    assert exported.pictures == 1
    assert exported.problems[0].file == path
    assert len(exported.problems) == (1 if form == "folders" else 2)
    for content in SECRETS.values():
        assert content not in written(folder)


def test_pictures_from_outside_are_exported_and_named(folder: Path) -> None:
    rows = [Row("a.png", boxes=(), mask="../outside.png"), Row("../outside.png", boxes=()), Row("../set/m.png")]
    exported = export_manifest(Manifest.from_rows(rows, folder / "set"), folder / "out", ExportWish("coco"))
    assert not exported.problems
    assert exported.outside == ("../outside.png", "../outside.png", "../set/m.png")


@pytest.mark.parametrize("form", ["yolo", "coco", "voc"])
def test_labels_without_boxes_belong_into_folders(folder: Path, form: Format) -> None:
    manifest = Manifest.from_rows([Row("a.png", label="x")], folder / "set")
    with pytest.raises(ManifestError, match="Use --format folders"):
        export_manifest(manifest, folder / "out", ExportWish(form))
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("form", "label"),
    [
        ("yolo", "a\nb"),
        ("yolo", "a\u2028b"),
        ("yolo", " a"),
        ("voc", "a\x1bb"),
        ("voc", "Zelle: groß"),
        ("voc", "#1"),
        ("coco", "a\rb"),
    ],
)
def test_a_class_that_would_break_the_files_is_refused_by_name(folder: Path, form: Format, label: str) -> None:
    rows = [Row("a.png", boxes=(Annotation(Box(1, 1, 5, 5), label),))]
    with pytest.raises(ManifestError, match="Rename it") as told:
        export_manifest(Manifest.from_rows(rows, folder / "set"), folder / "out", ExportWish(form))
    assert repr(label) in str(told.value)
    assert not (folder / "out").exists()


def test_a_colon_survives_where_it_breaks_nothing(folder: Path) -> None:
    rows = [Row("a.png", boxes=(Annotation(Box(1, 1, 5, 5), "Zelle: groß"),))]
    export_manifest(Manifest.from_rows(rows, folder / "set"), folder / "out", ExportWish("coco"))
    boxes = coco.read(folder / "out").rows[0].boxes
    assert boxes is not None
    assert boxes[0].label == "Zelle: groß"


def test_the_end_of_a_name_is_made_safe(folder: Path) -> None:
    (folder / "set/a.png").rename(folder / "set/a.p|g\n")
    rows = [Row("a.p|g\n", boxes=())]
    export_manifest(Manifest.from_rows(rows, folder / "set"), folder / "out", ExportWish("coco"))
    assert [path.name for path in (folder / "out/images/all").iterdir()] == ["a.p_g_"]
