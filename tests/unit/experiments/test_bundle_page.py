from __future__ import annotations

import json
from pathlib import Path

import pytest

from leukoscope.bundles.registry import list_bundles, shipped_folder
from leukoscope.experiments import bundle_page

ROOT = Path(__file__).parents[3]


def test_the_page_says_what_the_cards_say(capsys: pytest.CaptureFixture[str]) -> None:
    if not list_bundles():
        pytest.skip("no bundles are shipped with this installation")
    bundle_page.main(ROOT / "recipes" / "elsewhere.json")
    assert capsys.readouterr().out == (ROOT / "docs" / "reference" / "bundles.md").read_text(encoding="utf-8")


def test_every_limit_of_every_card_is_on_the_page() -> None:
    cards = [one.card for one in list_bundles() if one.path.parent == shipped_folder() and one.card is not None]
    page = bundle_page.render_page(cards, json.loads((ROOT / "recipes" / "elsewhere.json").read_text(encoding="utf-8")))
    for card in cards:
        assert all(limit in page for limit in card.limits)
        assert card.weights_licence in page
    assert "diagnos" not in page.lower()
