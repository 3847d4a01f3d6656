"""`leukoscope model`: which models are there, what they say of themselves, whether they still agree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from leukoscope.cli.card_json import card_as_dict
from leukoscope.cli.detector_text import detector_text, map50_text
from leukoscope.cli.exit_codes import ExitCode
from leukoscope.cli.measurements_text import measurement_lines
from leukoscope.cli.model_files import AsJson, export, install, uninstall
from leukoscope.cli.model_import import import_model
from leukoscope.cli.model_quantize import quantize
from leukoscope.cli.segmenter_text import dice_text, segmenter_text

if TYPE_CHECKING:
    from leukoscope.bundles.card import Card, FigureCard
    from leukoscope.bundles.registry import Registered

model_app = typer.Typer(
    help="Models: list, show, verify, install, import, export, uninstall, quantize.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

model_app.command()(install)
model_app.command("import")(import_model)
model_app.command()(export)
model_app.command()(uninstall)
model_app.command()(quantize)

Name = Annotated[str, typer.Argument(help="A model's name, or the path of a bundle.")]


@model_app.command("list")
def list_models(*, as_json: AsJson = False) -> None:
    """List the models that are installed, with what they were measured at and their licence."""
    from leukoscope.bundles.registry import list_bundles

    bundles = list_bundles()
    if as_json:
        print(json.dumps([_row(one) for one in bundles], indent=2))
        return
    from rich.console import Console
    from rich.table import Column, Table

    # A name is what every other command wants, so it stays whole on the narrowest terminal.
    widest = max((len(one.name) for one in bundles), default=0)
    name = Column("model", no_wrap=True, min_width=widest)
    others = ("version", "reads", "names", "held-out accuracy, AP50 or Dice [95 %]", "weights licence")
    table = Table(name, *(Column(other, overflow="fold") for other in others))
    for one in bundles:
        if one.card is None:
            table.add_row(one.name, "-", "damaged", one.fault, "-", "-")
        else:
            names = ", ".join(label.name for label in one.card.labels)
            level = "one cell" if one.card.level == "cell" else "whole field"
            table.add_row(one.name, one.card.version, level, names, _held_out(one.card), one.card.weights_licence)
    Console().print(table)


@model_app.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """Show a model's card."""
    from leukoscope.bundles.registry import find_bundle

    card = find_bundle(name).card
    if as_json:
        print(json.dumps(card_as_dict(card), indent=2))
    else:
        print(_text(card))


@model_app.command()
def verify(name: Name, *, as_json: AsJson = False) -> None:
    """Check a model's files and run its golden samples: does it still say what its trainer saw?"""
    from leukoscope.bundles.registry import find_bundle
    from leukoscope.inference.verification import verify_bundle

    bundle = find_bundle(name)
    outcome = verify_bundle(bundle)
    if as_json:
        facts = {"samples": outcome.samples, "largest_difference": outcome.largest_difference, "agrees": outcome.agrees}
        print(json.dumps({"name": bundle.card.name, "version": bundle.card.version} | facts, indent=2))
    else:
        verdict = "agrees" if outcome.agrees else "DISAGREES"
        print(f"{bundle.card.name} {bundle.card.version}: {verdict} on {outcome.samples} golden samples")
        for output, difference in outcome.largest_difference.items():
            print(f"  {output}: largest relative difference {difference:.1e} (allowed {outcome.tolerance:.0e})")
    raise typer.Exit(ExitCode.DONE if outcome.agrees else ExitCode.SOME_FAILED)


def _row(one: Registered) -> dict[str, object]:
    card = None if one.card is None else card_as_dict(one.card)
    return {"name": one.name, "path": str(one.path), "fault": one.fault or None, "card": card}


def _held_out(card: Card) -> str:
    if card.segmentation is not None:
        return dice_text(card.segmentation)
    return _accuracy(card) if card.detection is None else map50_text(card.detection)


def _text(card: Card) -> str:
    if card.segmentation is not None:
        return segmenter_text(card, card.segmentation)
    return _card_text(card) if card.detection is None else detector_text(card, card.detection)


def _accuracy(card: Card) -> str:
    if card.metrics is None:
        return "not measured"
    low, high = card.metrics.accuracy_ci95
    return f"{card.metrics.accuracy:.3f} [{low:.3f}, {high:.3f}], n = {card.metrics.n}"


def _card_text(card: Card) -> str:
    lines = [
        f"{card.name} {card.version}: {card.title}",
        f"For: {card.intended_use}",
        f"Weights licence: {card.weights_licence}",
        f"Held-out accuracy: {_accuracy(card)}",
    ]
    if card.metrics is not None:
        lines.append(f"Held out: {card.metrics.how_held_out}")
    lines += [] if card.measurements is None else measurement_lines(card.measurements)
    lines += _cross_validated(card)
    lines += [
        f"Uncertain below a score of {card.decision.uncertain_below:.3f}: {card.decision.chosen_for}"
        f"{_accepted(card.decision.accepted_share_validation)}",
        "Names:",
    ]
    for label in card.labels:
        measured = "" if card.metrics is None else _recall(card, label.name)
        lines.append(f"  {label.name}: {label.meaning}{measured}")
    lines += [f"Robustness: {row.change}: accuracy {row.accuracy:.3f}" for row in card.robustness]
    lines += _imported(card)
    lines += [f"Limit: {limit}" for limit in card.limits]
    lines += [f"Learned from: {source.name} ({source.licence}): {source.citation}" for source in card.data_sources]
    if card.training is not None:
        lines.append(f"Made by: {card.training.command}")
    return "\n".join(lines)


def _cross_validated(card: Card) -> list[str]:
    section = card.cross_validation
    if section is None:
        return []
    head = f"Cross-validated in {section.folds} folds, n = {section.n}, {section.groups} groups: {section.how}"
    return [head, *(f"  {one.name}: {one.value:.3f}{_ci95(one)}" for one in section.figures)]


def _ci95(figure: FigureCard) -> str:
    return "" if figure.ci95 is None else f" [{figure.ci95[0]:.3f}, {figure.ci95[1]:.3f}]"


def _imported(card: Card) -> list[str]:
    one = card.imported
    if one is None:
        return []
    high = f" (high means {one.positive})" if one.positive else ""
    lines = [
        f"Imported from: {one.file} ({one.format}), sha256 {one.sha256[:12]}",
        f"Stated on import: {card.input.width} x {card.input.height} pixels, scaling {one.scaling}, "
        f"layout {one.layout}, colors {one.colors}, gives {one.gives}{high}",
    ]
    if one.converter_difference is not None:
        lines.append(f"Its own framework and this graph differ by at most {one.converter_difference:.1e}")
    return lines


def _accepted(share: float | None) -> str:
    return "" if share is None else f" ({share:.1%} of validation accepted)"


def _recall(card: Card, name: str) -> str:
    row = card.metrics.per_class.get(name) if card.metrics is not None else None
    if row is None:
        return ""
    low, high = row.recall_ci95
    return f" [held-out recall {row.recall:.3f} ({low:.3f} to {high:.3f}), n = {row.support}]"
