"""Run as a process of its own: converts one file under limits of memory, time and file size.

`python -m leukoscope.modeling.importing.child keras_model|exported_program FILE`; pictures, graph and answers are files
beside FILE.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from leukoscope.modeling.importing.conversion import (
    _REFUSED,
    ANSWERS,
    GRAPH,
    MAX_BYTES,
    MEMORY_BYTES,
    PICTURES,
    TIMEOUT_S,
)
from leukoscope.modeling.importing.refusal import RefusedError


def main(module: str, file: Path) -> int:
    """Convert one file; the status tells whether it was done or refused."""
    _limit()
    pictures = np.load(file.parent / PICTURES, allow_pickle=False)
    try:
        if module == "keras_model":
            from leukoscope.modeling.importing.keras_model import convert
        else:
            from leukoscope.modeling.importing.exported_program import convert
        graph, answers = convert(file, pictures)
    except RefusedError as fault:
        sys.stdout.write(f"\n{fault.message}\t{fault.hint}\n")
        return _REFUSED
    (file.parent / GRAPH).write_bytes(graph)
    np.save(file.parent / ANSWERS, answers, allow_pickle=False)
    return 0


def _limit() -> None:
    if sys.platform == "win32":  # no such limits there; the time limit of the parent still holds
        return
    import resource

    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, TIMEOUT_S),
        (resource.RLIMIT_FSIZE, MAX_BYTES),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
