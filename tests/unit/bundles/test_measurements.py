from __future__ import annotations

import pytest

from leukoscope.bundles.card import Card
from leukoscope.errors import BundleMismatchError, InvalidBundleError

PART = {
    "columns": ["cell_area_px", "nucleus_area_px"],
    "outlining": "otsu-density",
    "definitions": "0123456789ab",
    "method": "SVM on 2 columns.",
}


def card_text(task: str = "measurements", level: str = "cell", *, shown: bool = False, **part: object) -> str:
    import tomli_w

    labels = [{"name": name, "title": name, "meaning": name, "group": "leukocyte"} for name in ("one", "two")]
    return tomli_w.dumps(
        {
            "schema": "leukoscope.card/1",
            "name": "measured",
            "version": "1.0.0",
            "title": "Measured",
            "task": task,
            "level": level,
            "intended_use": "Tests.",
            "limits": [],
            "weights_licence": "Apache-2.0",
            "onnx_sha256": "0" * 64,
            "temperature": 1.0,
            "labels": labels,
            "decision": {"uncertain_below": 0.5, "chosen_for": "tests"},
            "measurements": PART | part,
        }
        | ({"input": {"width": 32, "height": 32}} if shown else {})
    )


def test_a_card_of_measurements_comes_back_as_it_was_written() -> None:
    card = Card.from_toml(card_text())
    assert Card.from_toml(card.to_toml()) == card
    assert card.measurements is not None
    assert card.measurements.width == 2


def test_a_model_of_measurements_says_that_it_is_shown_no_pictures() -> None:
    with pytest.raises(BundleMismatchError, match="takes measurements of cells, no pictures"):
        _ = Card.from_toml(card_text()).input


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (card_text(columns=["cell_area_px", "cell_area_px"]), "stands there twice"),
        (card_text(columns=[]), "neither a column nor an embedding"),
        (card_text(columns=["../../etc/passwd"]), "columns"),
        (card_text(columns=[f"c{number}" for number in range(5000)]), "columns"),
        (card_text(pixel_size_um=-1.0), "pixel_size_um"),
        (card_text(embedding={"name": "net", "version": "1", "sha256": "no hash", "dimensions": 3}), "sha256"),
        (card_text(embedding={"name": "net", "version": "1", "sha256": "0" * 64, "dimensions": 10**9}), "dimensions"),
        (card_text(surprise=1), "surprise"),
        (card_text(level="image"), "level must be cell"),
        (card_text(shown=True), "part input"),
        (card_text("classification"), "part measurements"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidBundleError, match=why):
        Card.from_toml(text)


def test_a_classifier_of_pictures_without_an_input_is_refused() -> None:
    text = card_text("classification").split("[measurements]")[0]
    with pytest.raises(InvalidBundleError, match="part input"):
        Card.from_toml(text)
