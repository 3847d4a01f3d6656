"""How does a support vector machine become a graph?  Its kernel and sums in 64 bits.

The operator that skl2onnx writes adds thousands of terms in 32 bits: of 2,400 cells with C = 25, probabilities were off
by more than 1e-4. Plain products of matrices in 64 bits say what scikit-learn says, and need no operator of their own.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from leukoscope.modeling.classical.graph_parts import GraphParts

Floats = NDArray[np.float64]


def add_margins(parts: GraphParts, fitted: Any, given: str, prefix: str) -> str:
    """Add the margins of a fitted `SVC`, one per pair of classes as its `decision_function` gives them.

    Args:
        parts: The graph so far.
        fitted: The machine, with a linear or a radial kernel and margins one against one.
        given: Name of what it takes, float32, shape (n, columns).
        prefix: What its names begin with.

    Returns:
        Name of the margins, float64, shape (n, pairs).

    References:
        Chang and Lin 2011, "LIBSVM: a library for support vector machines", section 2.1 and equation 10.
    """
    weights, offset = pair_weights(fitted), parts.constant(f"{prefix}offset", np.asarray(fitted.intercept_))
    rows = parts.cast(given, f"{prefix}rows", to=TensorProto.DOUBLE)
    if fitted.kernel == "linear":
        slope = parts.constant(f"{prefix}slope", fitted.support_vectors_.T @ weights)
        return parts.add("Add", [parts.add("MatMul", [rows, slope], f"{prefix}sums"), offset], f"{prefix}margins")
    kernel = _add_radial(parts, fitted, rows, prefix)
    summed = parts.add("MatMul", [kernel, parts.constant(f"{prefix}weights", weights)], f"{prefix}sums")
    return parts.add("Add", [summed, offset], f"{prefix}margins")


def pair_weights(fitted: Any) -> Floats:
    """Weight of each support vector in each pair of classes, shape (vectors, pairs).

    scikit-learn keeps, for a vector of one class, its weights against all others in the order of these.
    """
    classes, ends = len(fitted.classes_), np.cumsum(fitted.n_support_)
    of_class = [slice(end - count, end) for end, count in zip(ends, fitted.n_support_, strict=True)]
    weights = np.zeros((len(fitted.support_vectors_), classes * (classes - 1) // 2))
    for place, (one, other) in enumerate(combinations(range(classes), 2)):
        weights[of_class[one], place] = fitted.dual_coef_[other - 1, of_class[one]]
        weights[of_class[other], place] = fitted.dual_coef_[one, of_class[other]]
    return weights


def _add_radial(parts: GraphParts, fitted: Any, rows: str, prefix: str) -> str:
    """exp(-gamma |x - s|^2) for each support vector s, float64, shape (n, vectors)."""
    vectors = fitted.support_vectors_
    # They come of 32-bit columns, so that nothing is lost by keeping them so, and the file is half as large.
    kept = parts.constant(f"{prefix}vectors", vectors.T.astype(np.float32))
    across = parts.cast(kept, f"{prefix}across", to=TensorProto.DOUBLE)
    squares = parts.add("Mul", [rows, rows], f"{prefix}squares")
    axis = parts.constant(f"{prefix}axis", np.array([1], dtype=np.int64))
    lengths = parts.add("ReduceSum", [squares, axis], f"{prefix}lengths", keepdims=1)
    own = parts.constant(f"{prefix}own_lengths", (vectors**2).sum(axis=1))
    products = parts.add("MatMul", [rows, across], f"{prefix}products")
    twice = parts.add("Mul", [products, parts.constant(f"{prefix}two", np.array(2.0))], f"{prefix}twice")
    both = parts.add("Add", [lengths, own], f"{prefix}both")
    apart = parts.add("Sub", [both, twice], f"{prefix}apart")
    # What scikit-learn found where the recipe leaves gamma to it; there is no public name for it.
    gamma = parts.constant(f"{prefix}gamma", np.array(-float(fitted._gamma)))
    return parts.add("Exp", [parts.add("Mul", [apart, gamma], f"{prefix}powers")], f"{prefix}kernel")
