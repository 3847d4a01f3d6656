"""The one table from what went wrong to the exit code."""

from __future__ import annotations

from enum import IntEnum

from leukoscope import errors


class ExitCode(IntEnum):
    """What a shell learns of a run."""

    DONE = 0
    SOME_FAILED = 1
    WRONG_USAGE = 2
    NOTHING_DONE = 3
    INTERRUPTED = 130


_TABLE: dict[type[errors.LeukoscopeError], ExitCode] = {
    errors.LeukoscopeError: ExitCode.NOTHING_DONE,
    errors.InputError: ExitCode.NOTHING_DONE,
    errors.UnreadableImageError: ExitCode.NOTHING_DONE,
    errors.UnsupportedImageError: ExitCode.NOTHING_DONE,
    errors.InvalidValueError: ExitCode.WRONG_USAGE,
    errors.TooLargeError: ExitCode.NOTHING_DONE,
    errors.InputNotFoundError: ExitCode.NOTHING_DONE,
    errors.DataError: ExitCode.NOTHING_DONE,
    errors.ManifestError: ExitCode.NOTHING_DONE,
    errors.RecipeError: ExitCode.WRONG_USAGE,
    errors.BundleError: ExitCode.NOTHING_DONE,
    errors.InvalidBundleError: ExitCode.NOTHING_DONE,
    errors.BundleMismatchError: ExitCode.WRONG_USAGE,
    errors.MissingExtraError: ExitCode.NOTHING_DONE,
    errors.BusyError: ExitCode.NOTHING_DONE,
    errors.NotFoundError: ExitCode.WRONG_USAGE,
}


def exit_code_of(fault: errors.LeukoscopeError) -> ExitCode:
    """The exit code of an error that ended a command."""
    return _TABLE[type(fault)]
