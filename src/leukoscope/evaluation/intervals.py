"""How sure a figure is: exact limits of a proportion."""

from __future__ import annotations

from leukoscope.errors import InvalidValueError


def clopper_pearson(count: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Exact (Clopper-Pearson) limits of a proportion.

    Args:
        count: Successes, in [0, n].
        n: Trials, at least 0; with none the limits are (0, 1).
        confidence: Two-sided coverage, in (0, 1).

    Returns:
        Lower and upper limit, in [0, 1].

    Raises:
        InvalidValueError: `count` is not in [0, n], or `confidence` not in (0, 1).

    References:
        Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".

    Example:
        >>> low, high = clopper_pearson(0, 100)
        >>> round(low, 3), round(high, 3)
        (0.0, 0.036)
    """
    if not 0 <= count <= n:
        raise InvalidValueError(f"A count must lie in [0, {n}], got {count}.")
    if not 0 < confidence < 1:
        raise InvalidValueError(f"A confidence must lie in (0, 1), got {confidence}.")
    from scipy.special import betaincinv  # 60 ms to import: only where a proportion is told

    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1 - tail))
    return low, high
