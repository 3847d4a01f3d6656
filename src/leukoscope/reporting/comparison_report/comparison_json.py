"""A comparison as JSON, for programs: `comparison.json`."""

from __future__ import annotations

import json
from dataclasses import asdict

from leukoscope import __version__
from leukoscope.evaluation.across_sets import AcrossSets, ComparedOn
from leukoscope.evaluation.comparison import COMPARED, Compared, ModelResult, Pair
from leukoscope.evaluation.standing import one_answer_of, shown_estimate
from leukoscope.reporting.comparison_report.comparison_words import say_best, warn_of_comparison

SCHEMA = "leukoscope.comparison/1"
Json = dict[str, object]


def comparison_to_json(across: AcrossSets, figure: Compared) -> str:
    """The text of `comparison.json`.

    Args:
        across: What was found.
        figure: By which figure the sentence names the best.
    """
    told: Json = {
        "schema": SCHEMA,
        "version": __version__,
        "by": figure,
        "models": [asdict(one) for one in across.models],
        "sets": [_set(one, figure) for one in across.sets],
        "matrix": [asdict(one) for one in across.matrix],
        "not_asked": [asdict(one) for one in across.not_asked],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _set(one: ComparedOn, figure: Compared) -> Json:
    told: Json = {"data": one.data, "verdict": one.verdict, "why_not": one.why}
    if one.comparison is None:
        return told
    found = one.comparison
    return told | {
        "sentence": say_best(found, figure),
        "warnings": list(warn_of_comparison(one)),
        "classes": list(found.classes),
        "n": found.n,
        "unit": found.unit,
        "units": found.units,
        "units_unnamed": found.units_unnamed,
        "rounds": found.rounds,
        "rankings": {name: asdict(found.ranking(name)) for name in COMPARED},
        "models": [_model(model) for model in found.models],
        "pairs": [_pair(pair) for pair in found.pairs],
        "left_out": [asdict(left) for left in found.left_out],
    }


def _model(model: ModelResult) -> Json:
    found = model.evaluation
    figures = {name: None if one is None else asdict(one) for name, one in found.figures.items()}
    return {
        "name": model.name,
        "figures": figures,
        "accuracy_by_unit": asdict(shown_estimate(found, "accuracy") or found.accuracy_by_unit),
        "one_answer": one_answer_of(found),
        "confusion": [list(row) for row in found.confusion],
        "warnings": list(found.warnings),
    }


def _pair(pair: Pair) -> Json:
    decides = {name: pair.p(name) for name in COMPARED if pair.of(name)}
    return {"first": pair.first, "second": pair.second, "p": decides, "tests": [asdict(one) for one in pair.tests]}
