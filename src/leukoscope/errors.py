"""Every error a caller may meet.

LeukoscopeError
|-- InputError (ValueError)           the sender of an image or a request can mend it
|   |-- UnreadableImageError              not an image, truncated, damaged
|   |-- UnsupportedImageError             an image, but of a kind or size that is refused
|   |-- InvalidValueError                 an argument outside its range
|   |-- TooLargeError                     more bytes or files than are taken at once
|   `-- InputNotFoundError (FileNotFoundError)  a path that does not exist or holds no image
|-- DataError (ValueError)            the curator of a data set can mend it
|   |-- ManifestError                     a manifest or split file that does not fit
|   `-- RecipeError                       a training recipe that does not fit
|-- BundleError (ValueError)          the owner of a model can mend it
|   |-- InvalidBundleError                a file is missing, unsafe or contradicts the card
|   `-- BundleMismatchError               the bundle cannot do what was asked of it
|-- MissingExtraError (ImportError)   whoever installed leukoscope can mend it
|-- BusyError (RuntimeError)          wait, then ask again
`-- NotFoundError (LookupError)       a name or id that is not known here
"""

from __future__ import annotations


class LeukoscopeError(Exception):
    """Something the caller should be told in one sentence, with what to do about it.

    Args:
        message: One sentence that names the value and what was expected.
        hint: What to do about it, as one sentence; may be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(LeukoscopeError, ValueError):
    """What was sent cannot be used; the sender can mend it."""


class UnreadableImageError(InputError):
    """The bytes are no image, or a damaged one."""


class UnsupportedImageError(InputError):
    """An image of a kind or size that is refused."""


class InvalidValueError(InputError):
    """An argument lies outside its range."""


class TooLargeError(InputError):
    """More bytes, or more files, than are taken at once."""


class InputNotFoundError(InputError, FileNotFoundError):
    """A path does not exist or holds no image."""

    # FileNotFoundError's C-level __str__ would win otherwise and drop the hint.
    __str__ = LeukoscopeError.__str__


class DataError(LeukoscopeError, ValueError):
    """A data set, manifest or recipe is not as it must be; its curator can mend it."""


class ManifestError(DataError):
    """A manifest or split file does not fit its schema or its files."""


class RecipeError(DataError):
    """A training recipe has an unknown key or a value out of range."""


class BundleError(LeukoscopeError, ValueError):
    """A model bundle cannot be used; its owner can mend it."""


class InvalidBundleError(BundleError):
    """A bundle lacks a file, holds an unsafe one, or contradicts its card."""


class BundleMismatchError(BundleError):
    """A sound bundle cannot do what was asked of it."""


class MissingExtraError(LeukoscopeError, ImportError):
    """An optional dependency group is not installed.

    Args:
        extra: Name of the extra, for example ``train``.
        package: The package that was looked for.
    """

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(
            f"This needs the package {package!r}, which is not installed.",
            hint=f"Install it with: pip install 'leukoscope[{extra}]'",
        )
        self.extra = extra
        self.package = package


class BusyError(LeukoscopeError, RuntimeError):
    """The queue is full.

    Args:
        message: One sentence.
        retry_after_s: Seconds after which trying again is sensible.
    """

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message, hint=f"Try again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class NotFoundError(LeukoscopeError, LookupError):
    """A name or id is not known here."""


def require_extra(extra: str, package: str) -> None:
    """Raise unless `package` can be imported.

    Args:
        extra: The extra of leukoscope that brings the package.
        package: Top-level import name.

    Raises:
        MissingExtraError: The package is not installed.
    """
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise MissingExtraError(extra, package)
