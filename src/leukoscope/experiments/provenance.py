"""From which state of the code does a figure come?"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_MAKERS = ("bundles", "data", "evaluation", "experiments", "imaging/preprocessing.py", "modeling")


def git_revision() -> str:
    """Commit of the working tree this package lies in; "unknown" outside of one.

    `-changed` is added where what makes a model differs from the commit; the rest of the tree does not matter.
    """
    git = shutil.which("git")
    folder = Path(__file__).parent.parent
    if git is None:
        return "unknown"
    asked = ([git, "rev-parse", "HEAD"], [git, "status", "--porcelain", "--", *_MAKERS])
    # Fixed arguments, no shell, and the program was looked up in PATH.
    answers = [subprocess.run(one, cwd=folder, capture_output=True, text=True, check=False) for one in asked]  # noqa: S603
    if answers[0].returncode:
        return "unknown"
    return answers[0].stdout.strip() + ("-changed" if answers[1].stdout.strip() else "")
