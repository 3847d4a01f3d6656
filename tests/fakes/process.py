"""The real server, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx


class ServerProcess:
    """`leukoscope serve` on a free port; a context manager that ends it.

    Args:
        data: The data folder.
        models: A folder of model bundles.
        arguments: Further arguments of the command.
        environment: Further environment variables.
    """

    def __init__(self, data: Path, models: Path, *arguments: str, **environment: str) -> None:
        self._data = data
        self.log = data.with_name(f"{data.name}.log")
        self._command = [sys.executable, "-m", "leukoscope.cli", "serve", "--port", "0", "--data-dir", str(data)]
        self._command += arguments
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LEUKOSCOPE_")}
        self._environment = clean | {"LEUKOSCOPE_MODEL_FOLDERS": str(models)} | environment
        self.url = ""

    def __enter__(self) -> Self:
        with self.log.open("ab") as errors:
            self.process = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=errors, env=self._environment, text=True
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"ready at (http://\S+)", line):
                self.url = found[1]
                return self
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=20)
        finally:
            self.process.kill()

    def kill(self) -> None:
        """As `kill -9`: no chance to tidy up."""
        self.process.kill()
        self.process.communicate()

    def drafts(self) -> list[Path]:
        """Uploads on their way in."""
        return list((self._data / "drafts").iterdir())

    def client(self, **options: object) -> httpx.Client:
        """A client that knows the address."""
        return httpx.Client(base_url=self.url, timeout=60, **options)  # type: ignore[arg-type]
