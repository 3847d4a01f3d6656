"""Opens the graph of a bundle in ONNX Runtime, on the processor: quiet, and without spinning idle cores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from leukoscope.bundles.archive import Bundle
from leukoscope.errors import BundleMismatchError, InvalidBundleError

# From 1.31 ONNX Runtime reports its use by default, and writes a device id as soon as it is imported; a program that
# reads patients' pictures does neither, so this must stand before the import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime as ort


class Session:
    """A graph that takes one array, ready to run.

    Args:
        bundle: The bundle.
        needed: Outputs that the graph must have.
        takes: Name of its only input.
        threads: Cores to use; all of them by default.

    Attributes:
        outputs: Names of all outputs of the graph.

    Raises:
        InvalidBundleError: ONNX Runtime refuses the graph, or it lacks its input or a needed output.
    """

    def __init__(
        self, bundle: Bundle, needed: Sequence[str], *, takes: str = "images", threads: int | None = None
    ) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or os.cpu_count() or 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Idle workers must not spin: reading and segmentation of the next picture need the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Memory of a run goes back afterwards: several models take turns on one picture, and their peaks would add up.
        options.enable_cpu_mem_arena = False
        self._name, self._takes = bundle.card.name, takes
        try:
            self._session = ort.InferenceSession(bundle.model, options, providers=["CPUExecutionProvider"])
        except Exception as fault:  # onnxruntime raises a dozen unrelated classes
            raise InvalidBundleError(
                f"The graph of {self._name!r} cannot be loaded.", hint="Export the bundle again."
            ) from fault
        self.outputs = tuple(str(output.name) for output in self._session.get_outputs())
        inputs = [one.name for one in self._session.get_inputs()]
        if not set(needed) <= set(self.outputs) or inputs != [takes]:
            raise InvalidBundleError(
                f"The graph of {self._name!r} needs the input {takes!r} and the output "
                f"{' and '.join(repr(one) for one in needed)}.",
                hint="Export the bundle again.",
            )

    def run(self, outputs: Sequence[str], batch: NDArray[Any]) -> list[Any]:
        """The outputs for a batch of what the graph takes.

        Raises:
            BundleMismatchError: The graph fails on this input.
        """
        try:
            return list(self._session.run(list(outputs), {self._takes: batch}))
        except Exception as fault:  # onnxruntime raises a dozen unrelated classes
            raise BundleMismatchError(
                f"The graph of {self._name!r} fails on its input.",
                hint="Run `leukoscope model verify` on the bundle.",
            ) from fault
