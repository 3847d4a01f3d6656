from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from leukoscope.reporting.terminal import print_outcome


def printed(outcome) -> str:
    stream = io.StringIO()
    print_outcome(Console(file=stream, width=200), outcome)
    return stream.getvalue().replace("\N{EN DASH}", "-")


def test_the_terminal_tells_the_differential_its_limits_and_what_is_not_named(make_writer, make_finding):
    writer = make_writer()
    writer.add("a.png", *make_finding([("neutrophil", 0.99)] * 9 + [("erythroblast", 0.95)]))
    told = printed(writer.finish(complete=True))

    assert "Neutrophil" in told
    assert "66.4-100" in told
    assert "sampling only; the model's own errors are not included" in told
    assert "11.1 per 100 leukocytes" in told
    assert "not a count of zero" in told
    assert "For research use only" in told


def test_names_cannot_command_the_terminal(make_writer, make_finding):
    writer = make_writer()
    writer.add_failure("[red]\x1b[2Jx.png", "[bold]Broken\x07.")
    told = printed(writer.finish(complete=True))

    assert "[red]\\x1b[2Jx.png: [bold]Broken\\x07." in told
    assert "\x1b" not in told


def test_several_pictures_are_said_to_be_pooled(make_writer, make_finding):
    writer = make_writer()
    writer.add("a.png", *make_finding([("neutrophil", 0.99)]))
    writer.add("b.png", *make_finding([("neutrophil", 0.99)], seed=1))

    assert "pooled over 2 images; meaningful only for one smear" in printed(writer.finish(complete=True))


def test_a_stage_is_told_in_the_words_of_its_card(make_writer, make_finding, cell_card, stage_card):
    writer = make_writer(cell_card, stage_card)
    writer.add("a.png", *make_finding([], stage=("pro", 0.97)))

    assert "a.png: resembles fields labeled Pro in the Taleqani set" in printed(writer.finish(complete=True))


def test_blasts_are_told_where_a_model_knows_them(make_writer, make_finding, blast_card):
    writer = make_writer(blast_card)
    writer.add("a.png", *make_finding([("blast", 0.95), ("neutrophil", 0.99)], card=blast_card))

    assert "Blasts: 1 (50.0 %, 95 % limits 1.3-98.7). Cells the model named blast" in printed(
        writer.finish(complete=True)
    )


def test_many_failures_are_counted_not_all_printed(make_writer):
    writer = make_writer()
    for number in range(30):
        writer.add_failure(f"{number}.png", "Broken.")
    told = printed(writer.finish(complete=True))

    assert told.count("not analyzed") == 20
    assert "and 10 more" in told


def test_pictures_that_are_no_smear_are_told(make_writer, make_finding):
    noise, seen = make_finding([("lymphocyte", 0.97)] * 9)
    writer = make_writer()
    writer.add("noise.png", noise, replace(seen, quality=replace(seen.quality, smear=False)))
    told = printed(writer.finish(complete=True))

    assert "0 nucleated cells, 9 more in pictures that do not look like a smear" in told
    assert "! 1 of 1 picture does not look like a stained smear: look at it; it is not in the counts." in told
