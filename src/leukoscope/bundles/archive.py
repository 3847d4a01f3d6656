"""A bundle on disk: a folder or a zip with `model.onnx`, `card.toml` and `golden.npz`.

Bundles are data from strangers: sizes are bounded before anything is read, a zip that holds anything but the three
files is refused by every command alike, nothing is unpacked to disk and nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from leukoscope.bundles.card import Card
from leukoscope.bundles.golden import GoldenSamples
from leukoscope.bundles.golden_boxes import GoldenBoxes
from leukoscope.bundles.golden_columns import GoldenColumns
from leukoscope.bundles.golden_masks import GoldenMasks
from leukoscope.bundles.graph import check_graph
from leukoscope.bundles.package import CARD, GOLDEN, MAX_BYTES, MODEL, check_members
from leukoscope.domain.findings import ModelRef
from leukoscope.errors import InvalidBundleError, NotFoundError

Golden = GoldenSamples | GoldenBoxes | GoldenColumns | GoldenMasks
# What zipfile is known to raise on damaged bytes; NotImplementedError is a RuntimeError.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, KeyError),
    *(EOFError, OSError, OverflowError, RuntimeError, ValueError),
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle in memory: the graph's bytes and its card; golden samples are read when asked for."""

    card: Card
    model: bytes
    golden_bytes: bytes | None

    @property
    def ref(self) -> ModelRef:
        """Name, version and hash, as results quote them."""
        return ModelRef(self.card.name, self.card.version, self.card.onnx_sha256)

    def golden(self) -> GoldenSamples:
        """The golden samples of a classifier.

        Raises:
            InvalidBundleError: There are none, or they are damaged.
        """
        return GoldenSamples.from_bytes(self._golden_bytes())

    def golden_boxes(self) -> GoldenBoxes:
        """The golden samples of a detector.

        Raises:
            InvalidBundleError: There are none, or they are damaged.
        """
        return GoldenBoxes.from_bytes(self._golden_bytes())

    def golden_columns(self) -> GoldenColumns:
        """The golden samples of a classifier of measurements.

        Raises:
            InvalidBundleError: There are none, or they are damaged.
        """
        return GoldenColumns.from_bytes(self._golden_bytes())

    def golden_masks(self) -> GoldenMasks:
        """The golden samples of a segmenter.

        Raises:
            InvalidBundleError: There are none, or they are damaged.
        """
        return GoldenMasks.from_bytes(self._golden_bytes())

    def samples(self) -> Golden:
        """The golden samples, of the kind that the card's task has.

        Raises:
            InvalidBundleError: There are none, or they are damaged.
        """
        if self.card.task == "detection":
            return self.golden_boxes()
        if self.card.task == "segmentation":
            return self.golden_masks()
        return self.golden_columns() if self.card.task == "measurements" else self.golden()

    def _golden_bytes(self) -> bytes:
        if self.golden_bytes is None:
            raise InvalidBundleError(f"The bundle {self.card.name!r} has no {GOLDEN}.", hint="Export it again.")
        return self.golden_bytes


def read_bundle(path: Path) -> Bundle:
    """Read a bundle from a folder or a zip.

    Raises:
        NotFoundError: Nothing is at `path`.
        InvalidBundleError: A file is missing or too large, a zip holds others, the card does not fit, or the graph is
            not the card's or reaches for files or operators of others.
    """
    if path.is_dir():
        parts = {name: _read_file(path / name, MAX_BYTES[name]) for name in MAX_BYTES if (path / name).is_file()}
    elif path.is_file():
        parts = _read_zip(path)
    else:
        raise NotFoundError(f"There is no bundle at {path}.", hint="`leukoscope model list` shows what is installed.")
    for name in (MODEL, CARD):
        if name not in parts:
            raise InvalidBundleError(f"{path} is no bundle: {name} is missing.", hint="Give a bundle folder or zip.")
    try:
        card = _card_of(parts[CARD].decode("utf-8"))
    except UnicodeDecodeError as fault:
        raise InvalidBundleError(f"card.toml of {path} is not UTF-8.", hint="Export the bundle again.") from fault
    digest = hashlib.sha256(parts[MODEL]).hexdigest()
    if digest != card.onnx_sha256:
        raise InvalidBundleError(
            f"model.onnx of {card.name!r} is not the one its card names (sha256 {digest[:12]}, card "
            f"{card.onnx_sha256[:12]}).",
            hint="The file is damaged or was exchanged; fetch the bundle again.",
        )
    check_graph(parts[MODEL], card.name)
    return Bundle(card, parts[MODEL], parts.get(GOLDEN))


def read_card(path: Path) -> Card:
    """Read only the card of a bundle folder or zip; cheap, the graph is not touched.

    Raises:
        NotFoundError: Nothing is at `path`.
        InvalidBundleError: There is no valid card.
    """
    if path.is_dir() and (path / CARD).is_file():
        return _card_of(_read_file(path / CARD, MAX_BYTES[CARD]).decode("utf-8", errors="replace"))
    return read_bundle(path).card


@lru_cache(maxsize=32)
def _card_of(text: str) -> Card:
    """The same text is read once: an analysis looks for bundles six times, and all cards take 20 ms each time."""
    return Card.from_toml(text)


def write_bundle(folder: Path, card: Card, model: bytes, golden: Golden) -> None:
    """Write a bundle folder; each file appears whole or not at all.

    Raises:
        InvalidBundleError: The card names another graph.
    """
    if hashlib.sha256(model).hexdigest() != card.onnx_sha256:
        raise InvalidBundleError(f"The card of {card.name!r} names another graph.", hint="Fill in onnx_sha256 last.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((MODEL, model), (GOLDEN, golden.to_bytes()), (CARD, card.to_toml().encode())):
        unfinished = folder / f".{name}.tmp"
        unfinished.write_bytes(content)
        unfinished.replace(folder / name)


def zip_bundle(bundle: Bundle, path: Path) -> None:
    """Write a bundle as one zip, for others to install; it appears whole or not at all.

    Raises:
        InvalidBundleError: The bundle has no golden samples, so nobody could verify it.
    """
    bundle.samples()
    parts = {MODEL: bundle.model, CARD: bundle.card.to_toml().encode(), GOLDEN: bundle.golden_bytes or b""}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.tmp")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            member = zipfile.ZipInfo(name)  # dated 1980, so that equal bundles make equal zips
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, content)
    unfinished.replace(path)


def _read_file(path: Path, limit: int) -> bytes:
    size = path.stat().st_size
    if size > limit:
        raise InvalidBundleError(
            f"{path.name} has {size} bytes; at most {limit} are read.", hint="Use a smaller model."
        )
    return path.read_bytes()


def _read_zip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, path)
            return {name: _read_member(archive, name) for name in MAX_BYTES if name in archive.namelist()}
    except InvalidBundleError:
        raise
    except _DAMAGE as fault:
        raise InvalidBundleError(f"{path} is not a readable zip.", hint="Give a bundle folder or zip.") from fault


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    # The size in the directory can lie, so the stream itself is bounded too.
    limit = MAX_BYTES[name]
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidBundleError(f"{name} is neither stored nor deflated.", hint="Zip the bundle folder again.")
    with archive.open(name) as stream:
        buffer = io.BytesIO(stream.read(limit + 1))
    if buffer.getbuffer().nbytes > limit:
        raise InvalidBundleError(f"{name} unpacks to more than {limit} bytes.", hint="Use a smaller model.")
    return buffer.getvalue()
