from __future__ import annotations

import re
from pathlib import Path

import pytest

from leukoscope.experiments import provenance


def test_a_clone_tells_its_commit() -> None:
    if not (Path(__file__).parents[3] / ".git").exists():
        pytest.skip("this is no git clone")
    assert re.fullmatch(r"[0-9a-f]{40}(-changed)?", provenance.git_revision())


def test_outside_of_a_clone_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "experiments" / "provenance.py"))
    assert provenance.git_revision() == "unknown"
    monkeypatch.setenv("PATH", "")
    assert provenance.git_revision() == "unknown"
