"""The page about the source systems: what they reported, and what our repetitions of them reach.

`python -m leukoscope.experiments.source_page benchmarks/source_systems > docs/explanation/source_systems.md`
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from leukoscope.experiments.source_results import PublishedSystem, SourceRun, read_published, read_runs

_HEAD = """# The source systems, as they reported themselves and as they are here

Research use only; nothing here is a clinical result. Five published student systems did parts of what leukoscope does.
Each has recipes under `recipes/sources/`; this page shows which of them were trained to a bundle that `evaluate` and
`analyze` take, and what came out. It is written from files, no figure is typed by hand:

```text
python benchmarks/source_systems.py --data ../shared/data --runs RUNS
python benchmarks/source_systems.py --collect --runs RUNS > benchmarks/source_systems/results.json
python -m leukoscope.experiments.source_page benchmarks/source_systems > docs/explanation/source_systems.md
```

**The runs are short**, so that all of them fit on two CPU cores: fewer epochs, for the large networks also smaller
pictures and fewer of them (`benchmarks/source_systems/short.toml`, and the table below). Most networks are far from
finished. The figures prove that the way through works; they do not rank the networks, and they say nothing about what
a whole run reaches. Settings were not chosen on any held-out picture: they are the recipes' own, but for time.

All weights start at random.
"""


def render_page(systems: Sequence[PublishedSystem], runs: Mapping[str, SourceRun]) -> str:
    """The whole page as Markdown.

    Args:
        systems: What the source systems reported.
        runs: Our runs, by recipe.
    """
    sources = [run for name, run in runs.items() if name == run.recipe]
    own = [run for name, run in runs.items() if name != run.recipe]
    told = (_trained, _held_out, _bundles, _shortened)
    parts = [
        _HEAD,
        *_through(systems, sources),
        *(line for tell in told for line in tell(sources)),
        *_beside(systems, runs),
        *_seeds(own),
    ]
    return "\n".join(parts)


def main(folder: Path) -> None:
    """Print the page."""
    runs = read_runs(folder / "results.json")
    sys.stdout.write(render_page(read_published(folder / "published.toml"), runs) + "\n")


def _through(systems: Sequence[PublishedSystem], runs: Collection[SourceRun]) -> Iterator[str]:
    recipes = [name for system in systems for name in system.recipes]
    through = {run.recipe for run in runs if run.evaluate.same_figures_as_the_run and run.analyze.exit_code == 0}
    yield f"**{len(through)} of {len(recipes)} recipes** went the whole way here: train, evaluate, analyze."
    if absent := [name for name in recipes if name not in through]:
        yield f"Not yet: {', '.join(absent)}."
    yield ""


def _trained(runs: Collection[SourceRun]) -> Iterator[str]:
    yield "## Trained\n"
    yield "CPU seconds are processor seconds of the whole `train` command on one thread, start, export and held-out"
    yield "figures included; pictures per CPU second are the pictures learned from over all of that time, so short runs"
    yield "look slow.\n"
    yield "| recipe | network | parameters | pictures | side, px | epochs | CPU s | pictures / CPU s |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for run in runs:
        yield (
            f"| {run.recipe} | {run.network} | {run.parameters:,} | {run.pictures['train']:,} "
            f"| {_of(run.side, run.published_side)} | {_of(run.epochs, run.published_epochs)} | {run.train_cpu_s:.0f} "
            f"| {run.learned_per_cpu_s:.1f} |"
        )
    yield ""


def _held_out(runs: Collection[SourceRun]) -> Iterator[str]:
    yield "## Held out\n"
    yield "Limits are 95 %: exact (Clopper-Pearson) for the accuracy, bootstrapped over groups for the macro-F1. Beside"
    yield "each network stands what needs no network: always the most frequent class, and twelve color statistics with"
    yield "the nearest neighbors among the same training pictures. *A network below these has not shown that it knows*"
    yield "*cells.*\n"
    yield "| recipe | set | n | accuracy | macro-F1 | recall of each class | always one class | color alone |"
    yield "|---|---|---:|---|---|---|---:|---:|"
    for run in runs:
        one = run.metrics
        told = [(name, one.per_class[name].recall) for name in one.classes]
        recalls = ", ".join(f"{name} -" if recall is None else f"{name} {recall:.2f}" for name, recall in told)
        yield (
            f"| {run.recipe} | {run.data} | {one.n} | {_with(one.accuracy, one.accuracy_ci95)} "
            f"| {_with(one.macro_f1, one.macro_f1_ci95)} | {recalls} | {one.largest_share:.3f} | {run.by_color:.3f} |"
        )
    yield ""
    yield from _warnings(runs)


def _warnings(runs: Collection[SourceRun]) -> Iterator[str]:
    yield "### Looked for: models that give one answer, swapped class names, classes never named\n"
    found = [(run.recipe, said) for run in runs for said in (*run.metrics.suspicions(), *run.said_while_training)]
    if not found:
        yield "None of these runs shows any of them, neither while training nor held out.\n"
        return
    yield "System 4 was published with such faults. Ours were searched for the same, while training and in the held-out"
    yield "confusion matrix:\n"
    yield from (f"- **{recipe}**: {said}" for recipe, said in found)
    clean = [run.recipe for run in runs if run.recipe not in {recipe for recipe, _ in found}]
    yield f"\nNothing of the kind: {', '.join(clean) or 'none'}.\n"


def _bundles(runs: Collection[SourceRun]) -> Iterator[str]:
    yield "## As bundles\n"
    yield "Pictures per second are those of ONNX Runtime in 32 bits on one core, in batches, the graph alone"
    yield "(probabilities, embedding and activation map), by processor time, at the side given above.\n"
    yield "| recipe | ONNX, MB | pictures / s of one core | `evaluate` gives the run's figures | `analyze` |"
    yield "|---|---:|---:|---|---|"
    for run in runs:
        same = "yes" if run.evaluate.same_figures_as_the_run else f"NO (exit code {run.evaluate.exit_code})"
        analyzed = "yes" if run.analyze.exit_code == 0 else f"NO (exit code {run.analyze.exit_code})"
        yield f"| {run.recipe} | {run.onnx_mb:.1f} | {run.cells_per_cpu_s:,.0f} | {same} | {analyzed} |"
    yield ""


def _shortened(runs: Collection[SourceRun]) -> Iterator[str]:
    yield "## How each was shortened\n"
    yield "Everything else is the recipe's. Where pictures were left out, those of each class and part whose file's"
    yield "SHA-256 is smallest were taken.\n"
    yield "| recipe | `--set` | at most, of each class | seed | code |\n|---|---|---|---:|---|"
    for run in runs:
        most = ", ".join(f"{count} {part}" for part, count in (run.most or {}).items()) or "all"
        settings = ", ".join(f"`{change}`" for change in run.changes)
        yield f"| {run.recipe} | {settings} | {most} | {run.seed} | `{run.git_revision[:12]}` |"
    yield ""


def _beside(systems: Sequence[PublishedSystem], runs: Mapping[str, SourceRun]) -> Iterator[str]:
    yield "## What was published, beside ours\n"
    yield "The published figures come from splits by image: the same patient, often the same field, on both sides. Ours"
    yield "come from splits that keep number blocks or patients together, and from short runs. The figures therefore do"
    yield "not compare networks; [honesty](honesty.md) says how splits are made here.\n"
    for system in systems:
        yield from _system(system, runs)


def _system(system: PublishedSystem, runs: Mapping[str, SourceRun]) -> Iterator[str]:
    yield f"### {system.number}. {system.title}\n"
    yield f"{system.task[:1].upper()}{system.task[1:]}. {system.remark}".strip() + "\n"
    yield "| | split | learned | held out |\n|---|---|---|---|"
    figures = ", ".join(f"{name} {value:g}" for name, value in system.figures.items())
    yield f"| **as published** | {system.split} | {system.learned} | {figures} |"
    for run in (runs[name] for name in system.recipes if name in runs):
        split = "by patient group" if run.data == "cnmc-2019" else "by blocks of file numbers"
        few = "" if run.most is None else ", some of the pictures"
        learned = f"{run.epochs} epoch{'s' if run.epochs > 1 else ''} at {run.side} px{few}"
        accuracy = _with(run.metrics.accuracy, run.metrics.accuracy_ci95)
        yield f"| {run.recipe} ({run.data}) | {split} | {learned} | accuracy {accuracy}, n {run.metrics.n} |"
    yield ""
    yield from (f"> **Warning.** {said}\n" for said in system.suspicions())


def _seeds(runs: Collection[SourceRun]) -> Iterator[str]:
    if not runs:
        return
    yield "## Our own small recipes, from several seeds\n"
    yield "Shortened like the others: these are not the shipped bundles, which [bundles](../reference/bundles.md) tells"
    yield "of. The seed draws the first weights, the order of the pictures and their changes; the split stays. No seed"
    yield "was chosen by these figures: they show how far one run can be trusted.\n"
    yield "| recipe | set | seed | epochs | CPU s | n | accuracy | macro-F1 | AUROC |"
    yield "|---|---|---:|---:|---:|---:|---|---|---:|"
    for run in runs:
        one = run.metrics
        auroc = "-" if one.auroc is None else f"{one.auroc:.3f}"
        epochs = _of(run.epochs, run.published_epochs)
        figures = f"{_with(one.accuracy, one.accuracy_ci95)} | {_with(one.macro_f1, one.macro_f1_ci95)} | {auroc}"
        yield f"| {run.recipe} | {run.data} | {run.seed} | {epochs} | {run.train_cpu_s:.0f} | {one.n} | {figures} |"
    yield ""
    for recipe in dict.fromkeys(run.recipe for run in runs):
        found = [run.metrics.accuracy for run in runs if run.recipe == recipe]
        yield (
            f"- **{recipe}**: accuracy {statistics.mean(found):.3f} over {len(found)} seeds, from {min(found):.3f} to "
            f"{max(found):.3f}."
        )
    yield ""


def _with(value: float, limits: tuple[float, float] | None) -> str:
    if limits is None:
        return f"{value:.3f} (too few groups for limits)"
    return f"{value:.3f} [{limits[0]:.3f}, {limits[1]:.3f}]"


def _of(here: int, published: int) -> str:
    return str(here) if here == published else f"{here} of {published}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
