from __future__ import annotations

import gc
import json
import tracemalloc
from dataclasses import replace

import pytest

from leukoscope.domain.findings import CutCounts, FieldCounts
from leukoscope.reporting.parts import FOLDER, Glimpse, ImageLine, PartStore


def result_of(folder):
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def state_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_inputs_come_in_the_order_in_which_they_were_added(make_writer, make_finding, out):
    writer = make_writer()
    writer.add("b.png", *make_finding([("neutrophil", 0.97)], seed=1))
    writer.add_failure("c.png", "Broken.")
    writer.add("a.png", *make_finding([("lymphocyte", 0.97)], seed=2))
    outcome = writer.finish(complete=True)

    assert [image["path"] for image in result_of(out)["images"]] == ["b.png", "c.png", "a.png"]
    assert [(line.path, line.error) for line in outcome.images] == [
        ("b.png", None),
        ("c.png", "Broken."),
        ("a.png", None),
    ]


def test_a_finished_report_leaves_only_the_report(make_writer, make_finding, out):
    writer = make_writer()
    writer.add("a.png", *make_finding([("neutrophil", 0.97)]))
    writer.finish(complete=True)

    assert sorted(state_of(out)) == ["cells.csv", "report.html", "result.json"]


def test_an_interrupted_run_is_taken_up_where_it_stopped(make_writer, make_finding, out):
    one, two = make_finding([("neutrophil", 0.97)], seed=1), make_finding([("lymphocyte", 0.5)], seed=2)
    make_writer().add("one.png", *one)  # ended here, without finish

    again = make_writer()
    assert again.holds("one.png", one[0].sha256)
    assert not again.holds("two.png", two[0].sha256)
    again.add("two.png", *two)
    again.finish(complete=True)
    resumed = state_of(out)

    whole = make_writer(folder=out.parent / "whole")
    whole.add("one.png", *one)
    whole.add("two.png", *two)
    whole.finish(complete=True)
    assert resumed == state_of(out.parent / "whole")


def test_a_stopped_batch_is_reported_and_can_go_on(make_writer, make_finding, out):
    one = make_finding([("neutrophil", 0.97)])
    first = make_writer()
    first.add("one.png", *one)
    first.finish(complete=False)

    assert [image["path"] for image in result_of(out)["images"]] == ["one.png"]
    assert "stopped before its end" in (out / "report.html").read_text(encoding="utf-8")
    assert make_writer().holds("one.png", one[0].sha256)


def test_a_held_input_that_is_not_asked_for_again_is_left_out(make_writer, make_finding, out):
    make_writer().add("old.png", *make_finding([("neutrophil", 0.97)]))

    writer = make_writer()
    writer.add("new.png", *make_finding([("neutrophil", 0.97)], seed=1))
    writer.finish(complete=True)

    assert [image["path"] for image in result_of(out)["images"]] == ["new.png"]


def test_a_changed_file_is_not_held(make_writer, make_finding):
    make_writer().add("one.png", *make_finding([("neutrophil", 0.97)], seed=1))
    changed, _ = make_finding([("neutrophil", 0.97)], seed=2)

    assert not make_writer().holds("one.png", changed.sha256)


@pytest.mark.parametrize("change", [{"version": "0.2.0"}, {"settings": "pixel size 0.2"}, {"cards": True}])
def test_parts_of_another_version_model_or_setting_are_thrown_away(change, make_writer, make_finding, blast_card, out):
    image, finding = make_finding([("neutrophil", 0.97)])
    make_writer().add("one.png", image, finding)
    cards = [blast_card] if change.pop("cards", False) else []

    assert not make_writer(*cards, **change).holds("one.png", image.sha256)
    assert not (out / FOLDER).exists()


def test_a_part_cut_off_by_a_crash_is_not_held_and_hides_no_other(make_writer, make_finding, out):
    one, two, three = (make_finding([("neutrophil", 0.97)], seed=seed) for seed in (1, 2, 3))
    writer = make_writer()
    writer.add("one.png", *one)
    writer.add("two.png", *two)
    journal = out / FOLDER / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])

    again = make_writer()
    assert again.holds("one.png", one[0].sha256)
    assert not again.holds("two.png", two[0].sha256)
    again.add("three.png", *three)
    assert make_writer().holds("three.png", three[0].sha256)


def test_an_input_added_again_replaces_the_earlier_one(make_writer, make_finding, out):
    writer = make_writer()
    writer.add_failure("one.png", "Broken.")
    writer.add("one.png", *make_finding([("neutrophil", 0.97)]))
    writer.finish(complete=True)

    assert [(image["path"], image["error"]) for image in result_of(out)["images"]] == [("one.png", None)]


def test_when_writing_fails_the_earlier_report_stays_whole(make_writer, make_finding, out):
    first = make_writer()
    first.add("one.png", *make_finding([("neutrophil", 0.97)]))
    first.finish(complete=True)
    before = state_of(out)

    second = make_writer()
    second.add("two.png", *make_finding([("neutrophil", 0.97)], seed=1))
    (out / FOLDER / "000001.json").unlink()
    with pytest.raises(FileNotFoundError):
        second.finish(complete=True)

    after = {name: content for name, content in state_of(out).items() if not name.startswith(FOLDER)}
    assert after == before


def test_files_of_others_in_the_folder_are_left_alone(make_writer, make_finding, out):
    for name in ("notes.txt", "pages/mine.html", f"{FOLDER}/mine.txt"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("mine")
    writer = make_writer()
    for number in range(32):
        writer.add(f"{number}.png", *make_finding([("neutrophil", 0.97)], seed=number))
    writer.finish(complete=True)

    assert (out / "pages" / "image-000032.html").is_file()
    assert all((out / name).read_text() == "mine" for name in ("notes.txt", "pages/mine.html", f"{FOLDER}/mine.txt"))


def test_the_pooled_summary_says_that_it_is_pooled_and_each_image_has_its_own(make_writer, make_finding, out):
    writer = make_writer()
    writer.add("one.png", *make_finding([("neutrophil", 0.97)] * 3, seed=1))
    writer.add("two.png", *make_finding([("lymphocyte", 0.97)], seed=2))
    writer.add_failure("three.png", "Broken.")
    writer.finish(complete=True)
    result = result_of(out)

    assert result["summary"]["scope"] == "pooled over 2 images; meaningful only for one smear"
    assert result["summary"]["differential"]["neutrophil"]["percent"] == 75
    assert [image["summary"] and image["summary"]["cells"] for image in result["images"]] == [3, 1, None]
    assert result["images"][0]["summary"]["differential"]["neutrophil"]["percent"] == 100


def test_a_summary_of_one_image_is_not_called_pooled(make_writer, make_finding, out):
    writer = make_writer()
    writer.add("one.png", *make_finding([("neutrophil", 0.97)]))
    writer.finish(complete=True)

    assert result_of(out)["summary"]["scope"] == ""
    assert "pooled" not in (out / "report.html").read_text(encoding="utf-8")


def test_nothing_at_all_still_gives_a_valid_report(make_writer, out):
    writer = make_writer()
    writer.add_failure("one.png", "Broken.")
    writer.finish(complete=True)

    assert result_of(out)["summary"]["cells"] == 0
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "Broken." in report
    assert "All pictures together" not in report


def test_memory_holds_a_line_a_picture_and_no_pixels(make_writer, make_finding):
    writer = make_writer()
    image, finding = make_finding([("neutrophil", 0.97), ("lymphocyte", 0.5)] * 8, width=800, height=600)
    for number in range(5):
        writer.add(f"warm {number}.png", image, finding)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(20):
            writer.add(f"{number}.png", image, finding)
        gc.collect()
        a_picture = (tracemalloc.get_traced_memory()[0] - before) / 20
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        writer.finish(complete=False)
        at_the_end = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

    assert a_picture < 8_000
    # All fragments together have some 3 MB; they are never in memory at once.
    assert at_the_end < 1_500_000


def test_the_store_gives_back_what_it_keeps(tmp_path):
    line = ImageLine(
        "ä.png", sha256="s", part=1, kind="field", tally=(("a", True, 2),), glimpses=(Glimpse(3, 1, 0.5, "A"),)
    )
    PartStore(tmp_path, "same").keep(line, "{}", "<p>", {3: "data:x"})
    again = PartStore(tmp_path, "same")

    assert again.held("ä.png", "s") == line
    assert (again.document(line), again.fragment(line)) == ("{}", "<p>")
    assert (again.thumbnail(line, 3), again.thumbnail(line, 4)) == ("data:x", "")
    assert (line.cells, line.uncertain) == (2, 2)
    assert again.next_part() == 2


def unlike_a_smear(finding):
    return replace(finding, quality=replace(finding.quality, smear=False))


def test_cells_of_what_is_no_smear_are_in_no_sum_but_in_their_own_entry(make_writer, make_finding, out):
    counts = FieldCounts(2, 40, 3, CutCounts(0, 0, 0), 0)
    smear, found = make_finding([("neutrophil", 0.97)] * 2, seed=1)
    noise, seen = make_finding([("lymphocyte", 0.97, True)] * 9, seed=2)
    writer = make_writer()
    writer.add("smear.png", smear, replace(found, counts=counts))
    writer.add("noise.png", noise, replace(unlike_a_smear(seen), counts=replace(counts, wbc=9)))
    writer.finish(complete=True)
    told = result_of(out)

    assert (told["summary"]["cells"], told["summary"]["novel"]) == (2, 0)
    assert told["summary"]["differential"]["neutrophil"]["percent"] == 100
    assert (told["summary"]["fields"]["fields"], told["summary"]["fields"]["wbc_per_field"]) == (1, 2)
    assert told["summary"]["flags"][0].startswith("1 of 2 pictures does not look like a stained smear")
    assert told["images"][1]["summary"]["cells"] == len(told["images"][1]["cells"]) == 9


def test_a_batch_of_nothing_but_noise_does_not_say_that_no_cell_was_found(make_writer, make_finding):
    noise, seen = make_finding([("lymphocyte", 0.97)] * 9)
    writer = make_writer()
    writer.add("noise.png", noise, unlike_a_smear(seen))

    (flag,) = writer.finish(complete=True).summary.flags
    assert flag.startswith("1 of 1 picture does not look like a stained smear")


def test_fields_that_could_not_be_counted_are_told(make_writer, make_finding):
    heap, found = make_finding([("lymphocyte", 0.97)] * 3)
    writer = make_writer()
    writer.add("heap.png", heap, replace(found, counts=None))

    assert any(
        "In 1 of 1 picture leukocytes were not counted" in flag for flag in writer.finish(complete=True).summary.flags
    )
