from leukoscope.inference.classifier import Classifier
from leukoscope.inference.stage import StageJudge


def judge(bundle, *, automatic, loads=None):
    def load():
        if loads is not None:
            loads.append(1)
        return Classifier(bundle)

    return StageJudge(bundle.card, bundle.ref, load, automatic=automatic)


def test_automatic_keeps_silent_about_a_picture_of_one_cell_and_loads_nothing(tiny_bundle, plain):
    loads = []
    verdict = judge(tiny_bundle(level="image"), automatic=True, loads=loads).judge(plain((255, 0, 0)), "cell")

    assert verdict.prediction is None
    assert "one cell" in verdict.note
    assert loads == []


def test_automatic_keeps_silent_about_a_novel_field_and_says_why(tiny_bundle, plain):
    bundle = tiny_bundle(level="image", limit=0.01, group="field")
    verdict = judge(bundle, automatic=True).judge(plain((90, 90, 90)), "field")

    assert verdict.prediction is None
    assert "differs from all" in verdict.note


def test_chosen_by_the_user_it_speaks_of_a_novel_field_but_warns(tiny_bundle, plain):
    bundle = tiny_bundle(level="image", limit=0.01, group="field")
    verdict = judge(bundle, automatic=False).judge(plain((250, 10, 10)), "field")

    assert verdict.prediction.label == "red"
    assert verdict.note.startswith("resembles pictures labeled Red")
    assert "do not rely" in verdict.note


def test_a_known_field_is_told_plainly_and_the_graph_is_loaded_once(tiny_bundle, plain):
    loads = []
    stage = judge(tiny_bundle(level="image", group="field"), automatic=True, loads=loads)
    verdicts = [stage.judge(plain((255, 0, 0)), "field") for _ in range(2)]

    assert verdicts[0].note == "resembles pictures labeled Red"
    assert loads == [1]


def test_a_low_score_is_told_as_too_low(tiny_bundle, plain):
    stage = judge(tiny_bundle(level="image", group="field"), automatic=True)

    assert "too low to rely on" in stage.judge(plain((128, 128, 128)), "field").note


def test_without_a_novelty_limit_automatic_keeps_silent(tiny_bundle, plain):
    bundle = tiny_bundle(level="image")
    card = bundle.card.model_copy(update={"novelty": None})
    stage = StageJudge(card, bundle.ref, lambda: Classifier(bundle), automatic=True)

    assert stage.judge(plain((255, 0, 0)), "field").prediction is None
