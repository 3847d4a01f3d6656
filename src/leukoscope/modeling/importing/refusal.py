"""What the child process says of a file it will not convert."""

from __future__ import annotations


class RefusedError(Exception):
    """A file is unsafe or does not fit; told on one line, never as a traceback.

    Args:
        message: What is wrong, going on from the name of the file.
        hint: What to do.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
