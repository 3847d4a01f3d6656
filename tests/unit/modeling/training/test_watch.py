from __future__ import annotations

from leukoscope.modeling.training.watch import Epoch, Watch

GOOD = ((8, 2), (1, 9))
ONE_CLASS = ((10, 0), (10, 0))


def _watch() -> Watch:
    return Watch(("hem", "all"), stalled_after=3)


def test_a_run_that_collapses_to_one_class_is_told_once() -> None:
    watch = _watch()
    assert watch.look(Epoch(3, 1.0, GOOD)) == ()
    (said,) = watch.look(Epoch(4, 0.9, ONE_CLASS))
    assert "collapsed to one class" in said
    assert "'hem'" in said
    assert watch.look(Epoch(5, 0.8, ONE_CLASS)) == ()
    assert watch.look(Epoch(6, 0.7, GOOD)) == ()
    assert len(watch.look(Epoch(7, 0.6, ONE_CLASS))) == 1  # again, after it had recovered


def test_averaged_weights_may_need_some_epochs_to_leave_their_start() -> None:
    assert _watch().look(Epoch(1, 1.0, ONE_CLASS)) == ()


def test_a_class_that_is_never_recognized_is_named() -> None:
    watch = Watch(("a", "b", "c"))
    (said,) = watch.look(Epoch(3, 1.0, ((5, 0, 0), (3, 0, 2), (0, 0, 5))))
    assert "none of 5 validation pictures of 'b'" in said
    assert "recall 0.00" in said


def test_a_class_without_validation_pictures_is_not_missed() -> None:
    assert Watch(("a", "b", "c")).look(Epoch(3, 1.0, ((5, 0, 0), (0, 5, 0), (0, 0, 0)))) == ()


def test_a_loss_that_does_not_fall_is_told() -> None:
    watch = _watch()
    told = [watch.look(Epoch(number, loss, GOOD)) for number, loss in enumerate((1.0, 0.5, 0.5, 0.5, 0.499), start=1)]
    assert [len(one) for one in told] == [0, 0, 0, 0, 1]
    assert "stopped learning" in told[-1][0]


def test_a_watch_that_takes_over_knows_what_the_other_had_seen() -> None:
    first, second = _watch(), _watch()
    for number, loss in enumerate((1.0, 0.5, 0.5, 0.5), start=1):
        first.look(Epoch(number, loss, ONE_CLASS))
    memory = first.memory()
    second.remember(**memory)  # type: ignore[arg-type]
    said = second.look(Epoch(5, 0.499, ONE_CLASS))
    assert len(said) == 1  # it counts the losses of before, and does not repeat the collapse
    assert "stopped learning" in said[0]
