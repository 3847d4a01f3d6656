"""What does the leakage lab say in words?  One sentence for everybody, warnings, and the table for the documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leukoscope.evaluation.leakage import ARMS, Arm, ColorLab, Figure, Gap, Lab, Spread, find_gaps
from leukoscope.reporting.wording import plural

ARM_TITLES: dict[Arm, str] = {
    "group": "Split by group",
    "image": "Split by image",
    "augmented": "Augmented, then split by image",
}
FIGURE_TITLES: dict[Figure, str] = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "auroc": "AUROC",
}
BY_WORDS = {"patient": "patients", "group": "groups", "blocks": "blocks of neighboring file numbers"}
BY_SHORT = {"patient": "patients", "group": "groups", "blocks": "blocks"}
FEW_GROUPS = 10
_FEWEST_SEEDS = 3


def say_leakage(lab: Lab) -> str:
    """As it would have been reported, what the same models reach on unseen groups, and the gap between these."""
    gaps = {gap.arm: gap for gap in find_gaps(lab.runs)}
    if not gaps:
        return "No seed has finished all three arms yet; run the same command again to go on."
    clean, image, augmented = (gaps[arm] for arm in ARMS)
    seeds = len(clean.reported.values)
    return (
        f"Split by image, {lab.recipe} would have reported an accuracy of {_mean(image.reported)} on {lab.data}; the "
        f"same model reaches {_mean(image.unseen)} on {BY_WORDS.get(lab.by, lab.by)} it never saw. Augmented before "
        f"the split it is {_mean(augmented.reported)} and {_mean(augmented.unseen)}. {_verdict(image, augmented)} "
        f"({plural(seeds, 'seed')} an arm; same network, steps and test sizes). Trained split by group it reaches "
        f"{_mean(clean.reported)}."
    )


def say_what_there_is(labs: Sequence[Lab], colors: Sequence[ColorLab]) -> str:
    """Which labs have been run, so that nobody takes the document for more than it holds."""
    with_network = [f"{lab.recipe} on {lab.data} ({_seeds_of(lab)})" for lab in labs] or ["nothing yet"]
    without = [f"{one.data} ({', '.join(one.classes)}; {plural(len(one.image.values), 'division')})" for one in colors]
    told = f"**What there is so far.** With a network: {'; '.join(with_network)}."
    if any(len(lab.seeds) < _FEWEST_SEEDS for lab in labs):
        told += " Fewer than three seeds show nothing either way."
    return told + (f" Without a network: {'; '.join(without)}." if without else "")


def say_shares(lab: ColorLab) -> str:
    """How much of the gap between two arms is left within one model, without a network."""
    by = BY_SHORT.get(lab.by, lab.by)
    return (
        f"On {lab.data} ({', '.join(lab.classes)}) the neighbors dealt by image reach {lab.unseen.mean:.3f} on the "
        f"very {by} on which those dealt by group reach {lab.clean.mean:.3f}: between the arms lie "
        f"{lab.too_good.mean:+.3f}, within the same model {lab.same_model.mean:+.3f}."
    )


def say_limits(by: str, divisions: int) -> str:
    """What the gaps and their limits do not tell; stands where they stand.

    Args:
        by: What the clean arm keeps together, in words.
        divisions: How often the set was divided.
    """
    dealt = (
        "A single division has no limits at all."
        if divisions < 2
        else f"The limits are Student's t over {divisions} divisions of the same pictures: they tell how much dealing "
        f"moves the mean, not how much other {by} would, and are too narrow for that."
    )
    return (
        "\N{LEFT DOUBLE QUOTATION MARK}Too good by\N{RIGHT DOUBLE QUOTATION MARK} is what one model reached on its own "
        f"test pictures minus what it reached on unseen {by}. These are other pictures, so it also holds how much "
        "harder they happen to be. \N{LEFT DOUBLE QUOTATION MARK}Above split by group\N{RIGHT DOUBLE QUOTATION MARK} "
        f"compares two models and is not owed to leaked test pictures alone: the parts hold equally many pictures, not "
        f"{by}, and the other arms also learn from the {by} that split by group only watches. {dealt}"
    )


def say_limits_of(lab: Lab) -> str:
    """The same for a lab: over the seeds that finished all arms."""
    gaps = find_gaps(lab.runs)
    return say_limits(BY_WORDS.get(lab.by, lab.by), len(gaps[0].reported.values) if gaps else 0)


def warn_of_lab(lab: Lab) -> Iterator[str]:
    """What limits these figures, and what looks wrong with them."""
    by = BY_WORDS.get(lab.by, lab.by)
    for run in lab.runs:
        for asked, where in ((run.reported, "its own test part"), (run.unseen, f"unseen {by}")):
            if asked.always:
                yield (
                    f"Seed {run.seed}, {ARM_TITLES[run.arm].lower()}: on {where} the model always says "
                    f"{asked.always!r}; its accuracy is only the share of that class."
                )
    fewest = min((run.unseen.groups for run in lab.runs if run.arm == "group"), default=0)
    if 0 < fewest < FEW_GROUPS:
        yield (
            f"The unseen part comes from as few as {fewest} {by}: which ones they are "
            "moves the figures more than anything else; more seeds show it."
        )
    if len(lab.seeds) < _FEWEST_SEEDS:
        yield "Fewer than three seeds: how much chance moves the figures stays unknown."
    if lab.by == "blocks":
        yield (
            "Blocks of file numbers stand in for patients, who are not known: one patient may lie in two blocks, so "
            "the clean figure may still be too good."
        )


def gap_table(lab: Lab, figure: Figure = "accuracy") -> str:
    """The figures as a Markdown table, for the documents.

    Args:
        lab: What was found.
        figure: Which figure.
    """
    gaps = find_gaps(lab.runs, figure)
    seeds = range(len(gaps[0].reported.values)) if gaps else ()
    each = (f"seed {lab.seeds[place]}" for place in seeds)
    heads = ["arm", *each, "as reported", "the same model, unseen", "too good by", "above split by group"]
    rows = [_row(gap) for gap in gaps]
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows]) + "\n"


def _row(gap: Gap) -> list[str]:
    each = [f"{value:.3f}" for value in gap.reported.values]
    gaps = (gap.same_model, gap.too_good)
    told = ["\N{EN DASH}" if gap.arm == "group" else limits_of(one, signed=True) for one in gaps]
    return [ARM_TITLES[gap.arm], *each, _mean(gap.reported), _mean(gap.unseen), *told]


def limits_of(spread: Spread, *, signed: bool = False) -> str:
    """A mean with its limits, such as `+0.033 [+0.010, +0.056]`."""
    form = "+.3f" if signed else ".3f"
    mean = format(spread.mean, form)
    if spread.ci95 is None:
        return mean
    low, high = spread.ci95 if signed else (max(0.0, spread.ci95[0]), min(1.0, spread.ci95[1]))
    return f"{mean} [{low:{form}}, {high:{form}}]"


def _verdict(image: Gap, augmented: Gap) -> str:
    gaps = {"split by image": image.same_model, "augmented before the split": augmented.same_model}
    clear = [name for name, one in gaps.items() if one.ci95 is not None and one.ci95[0] > 0]
    told = {name: limits_of(one, signed=True) for name, one in gaps.items()}
    first, second = gaps
    if len(clear) == len(gaps):
        return f"What would have been reported is too good by {told[first]}, and by {told[second]}"
    if clear:
        (other,) = (name for name in gaps if name not in clear)
        return (
            f"What would have been reported is too good by {told[clear[0]]} {clear[0]}; {told[other]} {other} may be "
            "chance"
        )
    return f"The differences, {told[first]} and {told[second]}, may be chance"


def _seeds_of(lab: Lab) -> str:
    return plural(len(lab.seeds), "seed")


def _mean(spread: Spread) -> str:
    if len(spread.values) == 1:
        return f"{spread.mean:.3f}"
    return f"{spread.mean:.3f} ({spread.smallest:.3f}\N{EN DASH}{spread.largest:.3f})"
