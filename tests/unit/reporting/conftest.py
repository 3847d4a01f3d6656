"""Findings drawn and made by hand, so that every figure in a report is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.bundles.card import Card
from leukoscope.domain.findings import CellFinding, FieldCounts, ImageFinding, ModelRef, Prediction
from leukoscope.domain.images import ImageQuality, PixelSize, SmearImage
from leukoscope.domain.regions import Box, Outline
from leukoscope.imaging.preprocessing import square_window
from leukoscope.reporting.writer import ReportWriter

CLASSES = {
    "neutrophil": ("Neutrophil", "leukocyte"),
    "lymphocyte": ("Lymphocyte", "leukocyte"),
    "immature_granulocyte": ("Immature granulocyte", "immature"),
    "erythroblast": ("Erythroblast", "erythroblast"),
}
STAGES = {"benign": ("Benign (hematogones)", "field"), "pro": ("Pro", "field")}

Said = tuple[str, float] | tuple[str, float, bool]
"""Label, score and, where told, whether the cell is novel."""


def card_of(name: str, level: str, classes: dict[str, tuple[str, str]], *, resembles: str = "") -> Card:
    held_out = {
        "how_held_out": "By contiguous file numbers.",
        "n": 500,
        "accuracy": 0.961,
        "accuracy_ci95": (0.94, 0.976),
        "balanced_accuracy": 0.95,
        "balanced_accuracy_ci95": (0.93, 0.97),
        "macro_f1": 0.95,
        "macro_f1_ci95": (0.93, 0.97),
        "ece": 0.01,
        "per_class": {
            key: {"recall": 0.912, "recall_ci95": (0.871, 0.943), "precision": 0.95, "support": 125} for key in classes
        },
    }
    return Card.model_validate(
        {
            "schema": "leukoscope.card/1",
            "name": name,
            "version": "1.0.0",
            "title": name.title(),
            "task": "classification",
            "level": level,
            "resembles": resembles,
            "intended_use": "Tests.",
            "limits": ["Learned from one laboratory."],
            "weights_licence": "Apache-2.0",
            "onnx_sha256": hashlib.sha256(name.encode()).hexdigest(),
            "temperature": 1.0,
            "input": {"width": 32, "height": 32},
            "labels": [
                {"name": key, "title": title, "meaning": f"{title}, in a sentence.", "group": group}
                for key, (title, group) in classes.items()
            ],
            "decision": {
                "uncertain_below": 0.9,
                "chosen_for": "0.99 accuracy of accepted cells",
                "accepted_share_validation": 0.9,
                "accepted_accuracy_validation": 0.99,
            },
            "metrics": held_out,
        }
    )


@pytest.fixture(scope="session")
def cell_card() -> Card:
    return card_of("cells", "cell", CLASSES)


@pytest.fixture(scope="session")
def blast_card() -> Card:
    return card_of("blast-cells", "cell", CLASSES | {"blast": ("Blast", "blast")})


@pytest.fixture(scope="session")
def stage_card() -> Card:
    return card_of("stages", "image", STAGES, resembles="resembles fields labeled {title} in the Taleqani set")


def prediction(card: Card, label: str, score: float, window: Box, *, novel: bool = False) -> Prediction:
    others = [one.name for one in card.labels if one.name != label]
    rest = {name: (1 - score) / len(others) for name in others}
    activation = np.zeros((4, 4), np.float32)
    activation[1:3, 1:3] = 1
    return Prediction(card.name, label, score, {label: score} | rest, novel or score < 0.9, novel, window, activation)


def circle(x: float, y: float, radius: float) -> Outline:
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    return Outline(tuple((float(x + radius * np.cos(a)), float(y + radius * np.sin(a))) for a in angles))


MakeFinding = Callable[..., tuple[SmearImage, ImageFinding]]


@pytest.fixture(scope="session")
def make_finding(cell_card: Card, stage_card: Card) -> MakeFinding:
    def make(
        said: Sequence[Said | None] = (),
        *,
        stage: Said | None = None,
        kind: str = "field",
        seed: int = 0,
        card: Card = cell_card,
        width: int = 400,
        height: int = 300,
        note: str = "",
        warnings: tuple[str, ...] = (),
    ) -> tuple[SmearImage, ImageFinding]:
        pixels = np.full((height, width, 3), (236, 226, 222), np.uint8)
        pixels[0, 0] = (seed % 256, seed // 256, 0)
        cells = []
        for number, one in enumerate(said, start=1):
            x, y, radius = 30.04 + 45 * ((number - 1) % 8), 40.0 + 60 * ((number - 1) // 8 % 4), 18
            cv2.circle(pixels, (int(x), int(y)), radius, (92, 52, 128), -1)
            box = Box(x - radius, y - radius, x + radius, y + radius)
            named = None
            if one is not None:
                window = square_window(box, 1.25, width, height)
                named = prediction(card, one[0], one[1], window, novel=len(one) == 3 and one[2])
            features = {"area_px": 1017.876, "area_um2": 10.17876, "roundness": 0.98765}
            cells.append(CellFinding(number, box, circle(x, y, radius), named, features))
        image = SmearImage(pixels, hashlib.sha256(pixels.tobytes()).hexdigest())
        classified = None if stage is None else prediction(stage_card, stage[0], stage[1], Box(0, 0, width, height))
        quality = ImageQuality(0.8, 230.0, 0.01, 0.1, 0.4, warnings)
        counts = FieldCounts(len(cells), None, None) if kind == "field" else None
        finding = ImageFinding(
            width,
            height,
            image.sha256,
            kind,
            PixelSize(0.1, "estimated"),
            quality,
            counts,
            tuple(cells),
            classified,
            note,
            (),
        )
        return image, finding

    return make


MakeWriter = Callable[..., ReportWriter]


@pytest.fixture
def make_writer(tmp_path: Path, cell_card: Card) -> MakeWriter:
    def make(*cards: Card, folder: Path = tmp_path / "out", version: str = "0.1.0", settings: str = "") -> ReportWriter:
        cards = cards or (cell_card,)
        refs = [ModelRef(card.name, card.version, card.onnx_sha256) for card in cards]
        noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
        return ReportWriter(folder, cards=cards, refs=refs, version=version, settings=settings, clock=lambda: noon)

    return make


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"
