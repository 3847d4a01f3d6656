from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from leukoscope.domain.findings import ModelRef
from leukoscope.domain.morphology import BlastLikeness, Morphology, ReferenceGroup, Standing
from leukoscope.domain.summary import Summary
from leukoscope.reporting import wording
from leukoscope.reporting.artist import MOST_CELLS
from leukoscope.reporting.conversion import summary_document
from leukoscope.reporting.palette import styles_of
from leukoscope.reporting.parts import Glimpse, ImageLine, PartStore
from leukoscope.reporting.report import MOST_ROWS, Report

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects what a browser would see, and fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words)).replace("\N{EN DASH}", "-")

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.tags if attribute in attributes]


@pytest.fixture
def report(make_writer, out):
    def make(*added, cards=()):
        writer = make_writer(*cards)
        for number, (path, finding) in enumerate(added):
            if isinstance(finding, str):
                writer.add_failure(path, finding)
            else:
                writer.add(path or f"{number}.png", *finding)
        writer.finish(complete=True)
        return Page((out / "report.html").read_text(encoding="utf-8"))

    return make


MIXED = [("neutrophil", 0.99), ("lymphocyte", 0.6), ("erythroblast", 0.95), ("neutrophil", 0.97, True)]


def test_the_report_needs_no_network_and_no_script(report, make_finding):
    page = report(("a.png", make_finding(MIXED)))
    sources = page.values("src") + [link for tag, a in page.tags if tag == "image" for link in [a["href"]]]

    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not {"script", "link", "iframe", "object", "embed", "form"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_every_cell_is_outlined_and_linked_to_its_entry(report, make_finding):
    page = report(("a.png", make_finding(MIXED)), ("b.png", make_finding(MIXED, seed=1)))
    ids = page.values("id")
    links = [link for link in page.values("href") if link.startswith("#")]

    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links} <= set(ids)
    assert sum(link.startswith("#cell-") for link in links) == 8
    assert {link for link in links if link.startswith("#cell-")} == {
        f"#cell-{image}-{cell}" for image in (1, 2) for cell in (1, 2, 3, 4)
    }


def test_doubtful_cells_are_dashed_and_the_others_are_not(report, make_finding):
    page = report(("a.png", make_finding(MIXED)))
    outlines = {a["href"]: a.get("class") for tag, a in page.tags if tag == "a" and a["href"].startswith("#cell")}

    assert outlines == {"#cell-1-1": None, "#cell-1-2": "doubt", "#cell-1-3": None, "#cell-1-4": "doubt"}


def test_the_differential_carries_limits_their_reservation_and_the_held_out_recall(report, make_finding):
    text = report(("a.png", make_finding([("neutrophil", 0.99)] * 9 + [("erythroblast", 0.95)]))).text

    assert "Differential of 9 leukocytes" in text
    assert "66.4-100" in text
    assert wording.SAMPLING_ONLY in text
    assert "0.912 (0.871-0.943)" in text
    assert "11.1 per 100" in text


def test_a_model_without_held_out_figures_is_not_given_any(report, make_finding, cell_card):
    bare = cell_card.model_copy(update={"metrics": None})
    text = report(("a.png", make_finding([("neutrophil", 0.99)] * 9)), cards=(bare,)).text

    assert "Held-out recall" not in text
    assert "How often the model is right is not told on its card." in text
    assert "The card of this model tells no held-out result." in text


def test_the_notice_and_what_cannot_be_named_are_told_at_the_top(report, make_finding):
    text = report(("a.png", make_finding(MIXED))).text

    assert text.index(wording.RESEARCH_USE) < text.index("Differential")
    assert text.index(wording.NO_BLASTS_HERE) < text.index("Differential")


def test_a_model_that_knows_blasts_is_not_said_to_lack_them(report, make_finding, blast_card):
    finding = make_finding([("blast", 0.95), ("neutrophil", 0.99)], card=blast_card)
    text = report(("a.png", finding), cards=(blast_card,)).text

    assert wording.NO_BLASTS_HERE not in text
    assert "Blasts: 1 (50.0 %, 95 % limits 1.3-98.7)" in text


def test_a_stage_is_told_as_a_resemblance_with_the_models_own_accuracy(report, make_finding, cell_card, stage_card):
    text = report(("a.png", make_finding(MIXED, stage=("pro", 0.97))), cards=(cell_card, stage_card)).text

    assert "This picture resembles fields labeled Pro in the Taleqani set." in text
    assert "Held-out accuracy of stages: 0.961 (0.940-0.976)" in text


def test_where_there_is_no_stage_the_reason_is_told(report, make_finding, cell_card, stage_card):
    finding = make_finding(MIXED, note="This picture differs from all that stages was trained on.")

    assert "not classified. This picture differs" in report(("a.png", finding), cards=(cell_card, stage_card)).text


def test_a_picture_of_one_cell_gets_no_percentages(report, make_finding):
    text = report(("a.png", make_finding([("neutrophil", 0.99)], kind="cell"))).text

    assert "Picture of one cell" in text
    assert "Differential" not in text
    assert "not a count of zero" in text


def test_failures_are_listed_with_their_sentence(report, make_finding):
    text = report(("a.png", make_finding(MIXED)), ("b.png", "b.png is empty. Copy it again.")).text

    assert "Not analyzed: 1 input" in text
    assert "b.png is empty. Copy it again." in text


def test_warnings_stand_with_their_picture(report, make_finding):
    assert (
        "The picture is blurred." in report(("a.png", make_finding(MIXED, warnings=("The picture is blurred.",)))).text
    )


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}{% raw %}\u202egnp.exe\udcff"


def test_hostile_names_are_text_and_nothing_else(report, make_finding):
    page = report((HOSTILE, make_finding(MIXED)), ("b.png" + HOSTILE, "</table></style><script>x()</script>\x1b[2J"))

    assert "script" not in {tag for tag, _ in page.tags}
    assert not page.values("onerror")
    assert "<script>alert(1)</script>" in page.text
    assert "{{7*7}}" in page.text
    assert "\u202e" not in page.text
    assert "\x1b" not in page.text
    assert "\\u202egnp.exe\\udcff" in page.text


@pytest.mark.parametrize(
    ("said", "stage"),
    [(MIXED, ("benign", 0.98)), ([], None), ([("neutrophil", 0.99)] * 120, None), ([None], ("pro", 0.5))],
)
def test_no_report_names_a_disease_of_the_patient_or_reassures(
    report, make_finding, cell_card, stage_card, said, stage
):
    cards = (stage_card,) if said == [None] else (cell_card, stage_card)
    text = report(("a.png", make_finding(said, stage=stage)), cards=cards).text
    rest = text.replace(wording.RESEARCH_USE, "")

    assert "diagnos" not in rest.lower()
    assert not re.search(r"\b(healthy|normal|no leukemia|no blasts|all clear|unremarkable|negative)\b", rest.lower())
    assert "looked for" in rest


def test_up_to_thirty_pictures_are_one_file(report, make_finding, out):
    report(*((f"{number}.png", make_finding(MIXED, seed=number)) for number in range(30)))

    assert not (out / "pages").exists()


def test_above_thirty_there_is_an_index_with_a_page_each(report, make_finding, out):
    page = report(*((f"{number}.png", make_finding(MIXED, seed=number)) for number in range(35)), ("x.png", "Broken."))
    links = {link.split("#")[0] for link in page.values("href")}

    assert links == {f"pages/image-{number:06d}.html" for number in range(1, 36)}
    for link in page.values("href"):
        name, _, anchor = link.partition("#")
        other = Page((out / name).read_text(encoding="utf-8"))
        assert not anchor or anchor in other.values("id")
        assert wording.RESEARCH_USE in other.text
    assert (out / "report.html").stat().st_size < 1_000_000
    assert "What needs a look" in page.text
    assert page.text.index("Uncertain (novel)") < page.text.index("Uncertain, 0.600")


def test_the_pages_lead_from_one_to_the_next(report, make_finding, out):
    report(*((f"{number}.png", make_finding(MIXED, seed=number)) for number in range(31)))
    middle = Page((out / "pages" / "image-000002.html").read_text(encoding="utf-8"))

    links = [link for link in middle.values("href") if not link.startswith(("#", "data:"))]
    assert links == ["../report.html", "image-000001.html", "image-000003.html"]


def test_pages_of_an_earlier_larger_report_go(report, make_finding, out):
    report(*((f"{number}.png", make_finding([], seed=number)) for number in range(33)))
    report(*((f"{number}.png", make_finding([], seed=number)) for number in range(31)))
    assert len(list((out / "pages").iterdir())) == 31

    report(("a.png", make_finding([])))
    assert not (out / "pages").exists()


def test_the_index_of_thousands_of_pictures_stays_below_five_megabytes(cell_card, tmp_path, monkeypatch):
    def bytes_of_index(pictures: int) -> int:
        parts = PartStore(tmp_path, "same")
        look = tuple(Glimpse(cell, 1, 0.5, "Uncertain") for cell in range(6))
        line = ImageLine(
            "a/rather/long/path/of/a/laboratory/that/keeps/everything/field 00000.png", sha256="s", part=1,
            kind="field", tally=(("neutrophil", False, 20),), waiting=6,
            stage="resembles fields labeled Pro in the Taleqani set", glimpses=look,
        )  # fmt: skip
        parts.keep(line, "{}", "<p></p>", dict.fromkeys(range(6), "data:image/jpeg;base64," + "A" * 6000))
        lines = [dataclasses.replace(line, path=f"{number:05d}{line.path}") for number in range(pictures)]
        summary = summary_document(Summary(0, {}, None, "", None, None, 0, ()), novel=0)
        refs, noon = [ModelRef("m", "1.0.0", "a")], datetime(2026, 1, 2, 12, tzinfo=UTC)
        report = Report([cell_card], refs, "0.1.0", styles_of(cell_card.domain_labels), noon)
        report.write(tmp_path, lines, summary, parts, complete=True)
        return (tmp_path / "report.html").stat().st_size

    small, large = bytes_of_index(100), bytes_of_index(300)
    assert small + (large - small) / 200 * MOST_ROWS < 5_000_000

    monkeypatch.setattr("leukoscope.reporting.report.MOST_ROWS", 100)
    assert bytes_of_index(300) < small + 1000
    assert "200 more pictures are not listed here" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_only_so_many_cells_are_drawn_and_the_rest_are_counted(report, make_finding):
    page = report(("a.png", make_finding([("neutrophil", 0.99)] * (MOST_CELLS + 2) + [("lymphocyte", 0.5)])))

    assert sum(tag == "article" for tag, _ in page.tags) == MOST_CELLS
    assert "3 more cells, named with higher scores, are in result.json" in page.text
    assert any(ident == f"cell-1-{MOST_CELLS + 3}" for ident in page.values("id"))


def measured(finding):
    """The same cells with whole outlines: an area, a ratio, and something to say of them."""
    features = {"nucleus_area_px": 5000.0, "nucleus_area_um2": 50.0, "nucleus_to_cell_ratio": 0.5, "diameter_px": 120.0}
    group = ReferenceGroup("neutrophil", "neutrophils", 195, "pbc-crops")
    meaning = Morphology(
        sentence="Large nucleus, N:C 0.50.",
        standings=(Standing("nucleus_area_um2", 93.0, group),),
        blast_likeness=BlastLikeness(0.31, (("high N:C", 0.0),), scaled=True, chromatin=True),
        conflict="Measures more like a blast than 99 % of 195 reference neutrophils.",
    )
    cells = tuple(dataclasses.replace(cell, features=features, morphology=meaning) for cell in finding.cells)
    return dataclasses.replace(finding, cells=cells)


def test_a_card_tells_a_cell_in_words_among_its_like_and_what_contradicts_its_name(report, make_finding):
    image, finding = make_finding([("neutrophil", 0.99)])
    text = report(("a.png", (image, measured(finding)))).text

    assert "Large nucleus, N:C 0.50." in text
    assert "50 µm² 93 %" in text
    assert "195 reference neutrophils, pbc-crops, measure less" in text
    assert "Measures more like a blast than 99 % of 195 reference neutrophils." in text
    assert "1 cell measures unlike what the model calls it. Look at it early." in text
    assert "It is a description, not a finding of blasts" in text


def test_charts_are_drawn_as_vectors_from_five_measured_cells_on(report, make_finding):
    image, finding = make_finding([("neutrophil", 0.99)] * 5)
    few_image, few = make_finding([("neutrophil", 0.99)] * 4)

    drawn = report(("a.png", (image, measured(finding))))
    charts = [
        attributes["aria-label"] for tag, attributes in drawn.tags if tag == "svg" and attributes.get("role") == "img"
    ]
    assert len(charts) == 3
    assert charts[0] == "Nucleus area of 5 cells: median 50, half of them between 50 and 50"
    assert "5 of 5 cells" in drawn.text
    assert "Measured cells" not in report(("b.png", (few_image, measured(few)))).text
