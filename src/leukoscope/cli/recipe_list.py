"""`leukoscope train --list`: which recipes lie here, and which networks a recipe can name."""

from __future__ import annotations

from pathlib import Path

import typer

from leukoscope.cli import train_classical, train_detector, train_segmenter


def print_recipes(wanted: bool) -> None:  # the shape of a Typer callback
    """Print recipes and networks, and end.

    Args:
        wanted: Whether `--list` was given.
    """
    if not wanted:
        return
    from leukoscope.errors import RecipeError
    from leukoscope.modeling.networks.plans import PLANS, SHORT_NAMES
    from leukoscope.modeling.recipe_files import read_recipe, task_of
    from leukoscope.modeling.recipes import MEAN_HEAD

    paths = sorted(Path("recipes").glob("**/*.toml"))
    print("Recipes below ./recipes:" if paths else "There is no folder ./recipes here; give the path of a recipe.")
    titles = {one.TASK: one.title_of for one in (train_classical, train_detector, train_segmenter)}
    for path in paths:
        try:
            title_of = titles.get(task_of(path))
            if title_of is not None:
                print(f"  {path.as_posix():48} {title_of(path)}")
                continue
            recipe = read_recipe(path)
        except RecipeError as fault:
            print(f"  {path.as_posix():48} cannot be read: {fault.message}")
            continue
        print(f"  {path.as_posix():48} {recipe.card.title}")
        about = (recipe.network.name, f"{recipe.input.width} px", f"{recipe.training.epochs} epochs", recipe.data.name)
        print(f"  {'':48} {', '.join(about)}")
    print("\nNetworks (network.name):")
    print(f"  {MEAN_HEAD:20} a timm backbone (network.backbone), the mean over places, one linear layer")
    for name, plan in PLANS.items():
        print(f"  {name:20} {plan.side} px; {plan.origin}")
    print(
        f"  by timm: {', '.join(SHORT_NAMES)}, resnet18, resnet50, resnet101, vgg16, vgg19, densenet121, densenet201,"
    )
    print("  and every other name of timm.list_models() whose head pools and is linear")
    raise typer.Exit
