"""What goes wrong with a run, in words, as soon as it shows: one class only, a class never found, no progress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_SETTLING = 3
"""Epochs after which the averaged weights must have left their start."""

_LEAST_FALL = 0.01
"""Share by which the training loss must fall to count as learning."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch showed.

    Attributes:
        number: From 1.
        train_loss: Mean loss over the training pictures.
        confusion: Validation pictures by true class (rows) and named class.
    """

    number: int
    train_loss: float
    confusion: tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class Watch:
    """Looks at each epoch and says what is wrong, once per fault and again when it comes back.

    Attributes:
        labels: Class names in the order of their numbers.
        stalled_after: Epochs without a lower training loss after which a run counts as stalled.
    """

    labels: Sequence[str]
    stalled_after: int = 8
    _losses: list[float] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def look(self, epoch: Epoch) -> tuple[str, ...]:
        """What is newly wrong in this epoch, one sentence each."""
        self._losses.append(epoch.train_loss)
        faults = dict(self._faults(epoch))
        new = tuple(said for kind, said in faults.items() if kind not in self._told)
        self._told = set(faults)
        return new

    def memory(self) -> dict[str, list[float] | list[str]]:
        """What was seen so far, for a run that goes on in another process."""
        return {"losses": list(self._losses), "told": sorted(self._told)}

    def remember(self, losses: Sequence[float], told: Sequence[str]) -> None:
        """Take over what another watch had seen."""
        self._losses, self._told = list(losses), set(told)

    def _faults(self, epoch: Epoch) -> Iterator[tuple[str, str]]:
        named = [sum(column) for column in zip(*epoch.confusion, strict=True)]
        begin = f"Epoch {epoch.number}: "
        if sum(one > 0 for one in named) == 1 and epoch.number >= _SETTLING:
            only = self.labels[max(range(len(named)), key=named.__getitem__)]
            yield "collapsed", f"{begin}every validation picture is called {only!r}. {_COLLAPSED}"
        elif epoch.number >= _SETTLING:
            for place, (label, row) in enumerate(zip(self.labels, epoch.confusion, strict=True)):
                if sum(row) and not row[place]:
                    yield f"never {label}", f"{begin}none of {sum(row)} validation pictures of {label!r} {_NEVER}"
        recent, before = self._losses[-self.stalled_after :], self._losses[: -self.stalled_after]
        if before and min(recent) > (1 - _LEAST_FALL) * min(before):
            yield "stalled", f"{begin}the training loss ({recent[-1]:.4g}) {_STALLED.format(self.stalled_after)}"


_COLLAPSED = (
    "The network has collapsed to one class, and its accuracy is only that class's share. Lower "
    "training.learning_rate, or balance the classes."
)
_NEVER = "is recognized (recall 0.00). Balance the classes, or look at these pictures."
_STALLED = (
    "has not fallen for {} epochs: the network has stopped learning. Stop here with Ctrl-C, or change "
    "training.learning_rate."
)
