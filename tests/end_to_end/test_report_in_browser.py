"""The report in a real browser: nothing is fetched, nothing fails, nothing runs out of the screen."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import numpy as np
import pytest

from leukoscope.domain.findings import CellFinding, FieldCounts, ImageFinding, ModelRef, Prediction
from leukoscope.domain.images import ImageQuality, SmearImage
from leukoscope.imaging.preprocessing import square_window
from leukoscope.reporting.writer import ReportWriter
from leukoscope.synthetic import draw_field

pytestmark = pytest.mark.browser

LONG_NAME = "smears/" + "a-very-long-name-without-a-space" * 4 + ".png"


@pytest.fixture(scope="module")
def report(tmp_path_factory, tiny_bundle):
    card = tiny_bundle().card
    drawn = draw_field(np.random.default_rng(3), width=640, height=480, cells={"neutrophil": 3, "lymphocyte": 2})
    heat = np.eye(4, dtype=np.float32)
    cells = []
    for number, cell in enumerate(drawn.cells, start=1):
        window = square_window(cell.box, 1.25, 640, 480)
        said = Prediction(
            card.name, "red", 0.5, {"red": 0.5, "green": 0.3, "blue": 0.2}, uncertain=True, novel=False,
            window=window, activation=heat,
        )  # fmt: skip
        cells.append(CellFinding(number, cell.box, cell.outline, said, {"area_px": 1000.0, "roundness": 0.9}))
    finding = ImageFinding(
        640, 480, "0" * 64, "field", None, ImageQuality(0.9, 230, 0, 0.1, 0.4), FieldCounts(len(cells), None, None),
        tuple(cells), None, "", (),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("report")
    writer = ReportWriter(
        folder,
        cards=[card],
        refs=[ModelRef(card.name, card.version, card.onnx_sha256)],
        version="0.1.0",
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )
    writer.add(LONG_NAME, SmearImage(drawn.pixels, finding.sha256), finding)
    writer.add_failure("broken-" + LONG_NAME, "Broken.")
    writer.finish(complete=True)
    return folder / "report.html", len(cells)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no system Chromium is installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_fits_the_screen_and_fetches_nothing(report, browser, width):
    path, cells = report
    page = browser.new_page(viewport={"width": width, "height": 844})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda one: None if one.url.startswith(("file:", "data:")) else complaints.append(one.url))
    page.goto(path.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("svg polygon.halo").count() == cells
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert complaints == []
    page.close()


def test_an_outline_leads_to_its_cell_also_by_keyboard(report, browser):
    path, _ = report
    page = browser.new_page(viewport={"width": 1280, "height": 844})
    page.goto(path.as_uri())
    page.locator("svg a").first.focus()
    page.keyboard.press("Enter")

    assert page.url.endswith("#cell-1-1")
    assert page.locator("article:target h4").inner_text().startswith("1")
    page.close()


def test_an_injected_script_would_not_run(report, browser):
    path, _ = report
    page = browser.new_page()
    page.goto(path.as_uri())
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = true\">')")
    page.wait_for_function("[...document.images].every(image => image.complete)")

    assert page.evaluate("window.ran === undefined")
    page.close()
