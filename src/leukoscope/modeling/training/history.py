"""What did a run do?  Read from its folder: how many epochs, which one is kept, what the watch said."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from leukoscope.modeling.networks.network import Network
from leukoscope.modeling.recipes import TrainingPart
from leukoscope.modeling.training.checkpoints import CHECKPOINTS, FINISHED
from leukoscope.modeling.training.curves import CURVES, WORDS, kept_row, read_curves, read_words


@dataclass(frozen=True, slots=True)
class History:
    """The epochs of a run.

    Attributes:
        epochs: Whole epochs so far.
        kept: The one whose weights the bundle has, from 1.
        finished: Whether the run came to its end; otherwise someone stopped it, and it can go on.
        words: What the watch said, one sentence each.
        seconds: Time of training, validation not counted.
    """

    epochs: int
    kept: int
    finished: bool
    words: tuple[str, ...]
    seconds: float


def read_history(folder: Path, part: TrainingPart) -> History | None:
    """The history of a run folder; None where no epoch ended.

    Args:
        folder: The run folder.
        part: How it was trained; it says which epoch is kept.
    """
    rows = read_curves(folder / CURVES)
    if not rows:
        return None
    return History(
        epochs=int(rows[-1]["epoch"]),
        kept=int(kept_row(rows, part.keep)["epoch"]),
        finished=(folder / CHECKPOINTS / FINISHED).is_file(),
        words=read_words(folder / WORDS),
        seconds=sum(row["seconds"] for row in rows),
    )


def weights_sha256(network: Network) -> str:
    """Hash of all weights and statistics of a network: the same for two runs that are the same bit for bit."""
    state = network.state_dict()
    content = hashlib.sha256()
    for name in sorted(state):
        content.update(name.encode())
        content.update(state[name].contiguous().cpu().numpy().tobytes())
    return content.hexdigest()
