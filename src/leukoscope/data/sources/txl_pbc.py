"""TXL-PBC: fields with boxes of WBC, RBC and platelets (YOLO), a mixture whose sources the picture sizes tell apart.

Gan & Li, arXiv:2407.13214; GitHub lugan113/TXL-PBC_Dataset.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from leukoscope.data.manifest import Row
from leukoscope.data.sources import yolo
from leukoscope.data.sources.names import find_named, looks_named
from leukoscope.data.sources.source import ClassNote, DataCard, Download, Imported, Problem

card = DataCard(
    name="txl-pbc",
    title="TXL-PBC: fields with boxes of white cells, red cells and platelets",
    level="field",
    classes=(
        ClassNote("WBC", "0", "White cell; no type is given."),
        ClassNote("RBC", "1", "Red cell."),
        ClassNote("Platelet", "2", "Platelet."),
    ),
    citation="Gan & Li, TXL-PBC: a freely accessible labeled peripheral blood cell dataset, arXiv:2407.13214.",
    licence="MIT for the set; its Acevedo part is CC BY 4.0, that of its Raabin part is not established",
    url="https://github.com/lugan113/TXL-PBC_Dataset",
    official_splits="train, val and test of the authors: random, not by slide or donor. 1,440 fields in all.",
    traps=(
        "Fields of 360x363 and 366x369 pixels are frames of PBC: do not train on one and test on the other.",
        "Fields of 640x480 are BCCD's, those of 416x416 are resized and turned copies of BCCD: take one of them out.",
        "The boxes are half automatic (YOLOv8n, then LabelImg): expect missed platelets and merged red cells.",
        "The size of a picture gives away its source, and with it stain and camera.",
    ),
    downloads=(
        Download(
            "https://github.com/lugan113/TXL-PBC_Dataset/archive/056d09e45403f4d1321b99cdb2cfcc3eb605edcf.zip",
            "TXL-PBC_Dataset.zip",
        ),
    ),
    layout="images/{train,val,test}/<uuid>.jpg and labels/{train,val,test}/<uuid>.txt",
)
_FILE_NAME = re.compile(r"(?:^|/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jpg$")
_EXPECTED = "09436e64-f0d3-5bf4-8b7a-a1402cef406e.jpg"
_SOURCES = {
    (575, 575): "raabin-wbc",
    (360, 363): "pbc",
    (363, 360): "pbc",
    (366, 369): "pbc",
    (369, 366): "pbc",
    (640, 480): "bccd",
    (416, 416): "bccd-resized",
}


def recognizes(root: Path) -> bool:
    """Whether it is the YOLO layout, and most pictures have the long names of the set."""
    return looks_named(root, _FILE_NAME) and yolo.recognizes(root)


def read(root: Path) -> Imported:
    """The rows of the set: its boxes as they are, its source by the size of the picture.

    Raises:
        ManifestError: The folder holds none of the set's pictures.
    """
    find_named(root, _FILE_NAME, _EXPECTED)
    imported = yolo.read(root, names=[one.name for one in card.classes])
    known = [row for row in imported.rows if _FILE_NAME.search(row.path)]
    rows = tuple(replace(row, source=_source_of(row)) for row in known)
    odd = tuple(
        Problem(row.path, None, f"{row.width}x{row.height} pixels are of no known source; it is called {card.name}.")
        for row in rows
        if row.source == card.name
    )
    return Imported(rows, (*imported.problems, *odd))


def _source_of(row: Row) -> str:
    return _SOURCES.get((row.width or 0, row.height or 0), card.name)
