"""The pages of `data check` and `data describe` in a real browser: nothing is fetched, fails or overflows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from leukoscope.data.checks.findings import CheckReport, Finding, Measure, Pair, SetSummary
from leukoscope.reporting.data_report import write_check_report
from leukoscope.synthetic import draw_field

pytestmark = pytest.mark.browser

LONG = "smears/" + "a-very-long-name-without-a-space" * 4 + ".png"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    for number in range(8):
        label = folder / ("with spaces é" if number % 2 else "x" * 60)
        label.mkdir(exist_ok=True)
        field = draw_field(np.random.default_rng(number), width=320, height=240, cells={"neutrophil": 2})
        cv2.imwrite(str(label / f"{number}.png"), field.pixels)
    return folder


@pytest.fixture(scope="module")
def described(pictures, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("described")
    command = [sys.executable, "-m", "leukoscope.cli", "data", "describe", str(pictures), "--out", str(out), "--json"]
    done = subprocess.run([*command, "--model", "none"], capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout)["pictures"] == 8
    return out / "describe.html"


@pytest.fixture(scope="module")
def checked(pictures, tmp_path_factory) -> Path:
    files = sorted(pictures.rglob("*.png"))
    pairs = (Pair(LONG, "b", "retake", 0.93, crosses=True, note="shifted"), Pair("c", "d", "same-file", 1.0))
    measures = (Measure("color alone, accuracy on blocks left out in turn", 0.9, 0.85, 0.94, 0.25, 500),)
    findings = (
        Finding(
            "copies", "severe", f"Two are one: {LONG}.", "`leukoscope data check X`", 2, (LONG, "b"), pairs, measures
        ),
        Finding("imbalance", "note", "Uneven.", "", 0),
    )
    report = CheckReport((SetSummary(LONG, 8, ((LONG, 8),), ()),), findings, ("Masks.",))
    return write_check_report(report, tmp_path_factory.mktemp("checked"), lambda name: files[len(name) % len(files)])


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
@pytest.mark.parametrize("which", ["described", "checked"])
def test_the_page_fits_the_screen_and_fetches_nothing(which, width, browser, request):
    path = request.getfixturevalue(which)
    page = browser.new_page(viewport={"width": width, "height": 844})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("request", lambda one: None if one.url.startswith(("file:", "data:")) else complaints.append(one.url))
    page.goto(path.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.images.length") > 3
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    assert complaints == []
    page.close()


def test_a_line_of_the_overview_leads_to_its_finding(checked, browser):
    page = browser.new_page()
    page.goto(checked.as_uri())
    page.locator(".toc a").first.focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#finding-1")
    assert page.locator(".finding.severe .cross").first.inner_text().lower() == "crosses"
    page.close()
