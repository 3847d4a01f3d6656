"""Puts the shipped models into the wheel, unless asked not to.

`LEUKOSCOPE_WITHOUT_BUNDLES=1` builds a wheel without them: their licences differ from the code's (see NOTICE).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShippedModels(BuildHookInterface[Any]):
    """Adds `src/leukoscope/bundled`, which the static configuration leaves out."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files; an editable install reads the folder where it lies."""
        folder = Path(self.root) / "src" / "leukoscope" / "bundled"
        if version == "editable" or os.environ.get("LEUKOSCOPE_WITHOUT_BUNDLES") == "1" or not folder.is_dir():
            return
        build_data["force_include"][str(folder)] = "leukoscope/bundled"
