"""`leukoscope model install`, `export` and `uninstall`: models as files that people pass on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leukoscope.cli.card_json import card_as_dict, print_document

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Folder = Annotated[
    Path | None, typer.Option(help="Folder of models; by default your own, which every command and the server know.")
]


def install(
    path: Annotated[Path, typer.Argument(help="A bundle: a zip or a folder.")],
    *,
    folder: Folder = None,
    replace: Annotated[bool, typer.Option("--replace", help="Exchange a model of the same name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Install a model that somebody else exported: checked, asked its golden samples, then copied."""
    from leukoscope.bundles.registry import user_folder
    from leukoscope.experiments.model_install import install_model

    place, bundle, verification = install_model(path, folder or user_folder(), replace=replace)
    card = bundle.card
    if as_json:
        checked = {"samples": verification.samples, "largest_difference": verification.largest_difference}
        print_document(
            "leukoscope.installed-model/1",
            {"name": card.name, "path": str(place), "golden_samples": checked, "card": card_as_dict(card)},
        )
        return
    print(f"{card.name} {card.version} is installed at {place}.")
    print(f"It agrees with its trainer on {verification.samples} golden samples.")
    print(f"Weights licence: {card.weights_licence}")
    if card.metrics is None:
        print("Nobody measured it on held-out pictures: run `leukoscope evaluate` before you rely on it.")


def export(
    name: Annotated[str, typer.Argument(help="A model's name, or the path of a bundle.")],
    out: Annotated[Path, typer.Argument(help="The zip to write.")],
) -> None:
    """Write a model as one zip, for another machine to install."""
    from leukoscope.bundles.archive import zip_bundle
    from leukoscope.bundles.registry import find_bundle
    from leukoscope.errors import InvalidValueError

    if out.suffix != ".zip":
        raise InvalidValueError(f"{out} does not end in .zip.", hint="Give a file name such as model.zip.")
    bundle = find_bundle(name)
    zip_bundle(bundle, out)
    print(f"{bundle.card.name} {bundle.card.version} -> {out} ({out.stat().st_size / 1e6:.1f} MB)")
    print(f"Weights licence: {bundle.card.weights_licence}")


def uninstall(name: Annotated[str, typer.Argument(help="A model's name.")], *, folder: Folder = None) -> None:
    """Remove a model that was installed."""
    from leukoscope.bundles.installing import uninstall_bundle
    from leukoscope.bundles.registry import user_folder

    print(f"Removed {uninstall_bundle(name, folder or user_folder())}.")
