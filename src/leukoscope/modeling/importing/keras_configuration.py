"""Is the description of a Keras model made of known parts only?  Looked at before Keras sees it.

Keras builds a model by importing what its description names; safe mode has been walked around more than once, and for
HDF5 files it was ignored. So nothing is forbidden by name here: what is not known to be harmless is refused.

References:
    CVE-2024-3660 (Lambda), CVE-2025-1550 (any module by name), CVE-2025-9905 (HDF5 without safe mode).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from leukoscope.modeling.importing.refusal import RefusedError

_HOME = re.compile(r"^(?:keras|keras\.(?:src|layers|models|initializers|regularizers|constraints|activations)"
                   r"(?:\.[a-z_0-9]+)*|tensorflow\.keras(?:\.[a-z_]+)*)$")  # fmt: skip
_LAYERS = frozenset(
    """Sequential Functional Model InputLayer Input InputSpec Activation ReLU LeakyReLU PReLU ELU Softmax Dense Dropout
    SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout ActivityRegularization Flatten Reshape Permute Identity
    Conv2D Convolution2D DepthwiseConv2D SeparableConv2D Conv2DTranspose ZeroPadding2D Cropping2D UpSampling2D
    MaxPooling2D MaxPool2D AveragePooling2D AvgPool2D AdaptiveAveragePooling2D GlobalAveragePooling2D GlobalAvgPool2D
    GlobalMaxPooling2D GlobalMaxPool2D BatchNormalization LayerNormalization GroupNormalization UnitNormalization
    Normalization Rescaling Resizing CenterCrop Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness RandomCrop
    TrueDivide GetItem Stack""".split()  # noqa: SIM905 - a block of words reads better than 60 lines
)
_PARTS = frozenset(
    """DTypePolicy Policy GlorotUniform GlorotNormal HeUniform HeNormal LecunUniform LecunNormal Zeros Ones Constant
    RandomNormal RandomUniform TruncatedNormal VarianceScaling Orthogonal Identity L1 L2 L1L2 MaxNorm MinMaxNorm NonNeg
    UnitNorm OrthogonalRegularizer KerasTensor SeedGenerator
    __keras_tensor__ __tensor__ __tuple__ __ellipsis__""".split()  # noqa: SIM905 - as above
)
_KNOWN = _LAYERS | _PARTS
_ACTIVATION = re.compile(r"^[a-z_0-9]{1,32}$")
_FORBIDDEN_KEYS = frozenset({"fn_module", "fn_name", "function", "module_type", "call_fn", "vocabulary"})
_MAX_DEPTH = 40
_HINT = "Import only models of plain layers, or export it to ONNX yourself and import that."


def check_configuration(described: object) -> None:
    """Make sure that a model is described by known layers and values only.

    Args:
        described: The parsed JSON of `config.json`, or of the attribute `model_config` of an HDF5 file.

    Raises:
        RefusedError: It names a Lambda, a custom object, anything of another module, or is not a description.
    """
    if not isinstance(described, dict) or "class_name" not in described or "config" not in described:
        raise RefusedError("does not describe a Keras model.", "Save the whole model with model.save(...).")
    # Optimizer, losses and metrics are never built: the model is loaded without compiling it.
    for key in described.keys() - {"class_name", "config", "module", "registered_name", "build_config",
                                   "compile_config", "keras_version", "backend", "shared_object_id"}:  # fmt: skip
        raise RefusedError(f"has the unknown entry {key[:60]!r} in its description.", _HINT)
    wanted = {key: described[key] for key in ("class_name", "config", "module", "registered_name") if key in described}
    for part in _parts(wanted, 0):
        _check_part(part)


def _parts(value: object, depth: int) -> Iterator[dict[str, object]]:
    if depth > _MAX_DEPTH:
        raise RefusedError("nests its description too deeply.", _HINT)
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner, depth + 1)


def _check_part(part: dict[str, object]) -> None:
    for key in part.keys() & _FORBIDDEN_KEYS:
        raise RefusedError(f"names code or a file by the entry {key!r}, which is refused.", _HINT)
    activation = part.get("activation")
    if isinstance(activation, str) and not _ACTIVATION.match(activation):
        raise RefusedError(f"has the custom activation {activation[:60]!r}, which is refused.", _HINT)
    if "class_name" in part:
        name = part["class_name"]
        if not isinstance(name, str) or name not in _KNOWN:
            kind = "a Lambda layer" if name == "Lambda" else f"{str(name)[:60]!r}, no plain layer of Keras"
            raise RefusedError(f"holds {kind}, which is refused: it may run code of its maker.", _HINT)
        if part.get("registered_name") not in (None, "", name):
            raise RefusedError(
                f"holds the custom object {str(part['registered_name'])[:60]!r}, which is refused.", _HINT
            )
    module = part.get("module")
    if module is not None and not (isinstance(module, str) and _HOME.match(module)):
        raise RefusedError(f"names the module {str(module)[:60]!r}, which is refused.", _HINT)
