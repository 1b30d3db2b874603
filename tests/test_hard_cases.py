"""Hard cases: every fit is right to the digits that it claims, or refused in a sentence.

The truth is the least-squares answer to the float64 inputs in rational arithmetic, with the shortest slopes where
columns depend on each other.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import leastwise as lw

N = 30
I = np.arange(float(N))  # noqa: E741
A, B, C = np.sin(I), np.cos(2 * I), np.sin(3 * I + 1)
E = np.cos(I**2)
Y = 1 + A - 2 * B + 0.5 * C + 0.3 * E
TIME = 1.7e9 + 86400 * I
YEAR = 1960 + I
RNG = np.random.default_rng(0)


def columns(*each) -> np.ndarray:
    return np.column_stack(each)


def lauchli(epsilon: float) -> tuple:
    return np.vstack([np.ones(3), epsilon * np.eye(3)]), np.array([3.0, 1, 2, 3]), None, {"intercept": False}


def hilbert(order: int) -> tuple:
    H = 1 / (np.arange(order + 5)[:, None] + np.arange(order) + 1.0)
    return H, H.sum(axis=1) + 1e-3 * np.cos(np.arange(order + 5.0)), None, {"intercept": False}


def integers(base: int, step: int) -> np.ndarray:
    return base + step * np.arange(N, dtype=np.int64)


CASES: dict[str, tuple] = {
    **{f"offset {by:g}": (columns(A + by, B - by), Y) for by in (1e4, 1e6, 1e8, 1e10, 1e12, 1e15)},
    "offset 1e8 without an intercept": (columns(A + 1e8, B + 1e8), Y, None, {"intercept": False}),
    "offset of the target": (columns(A, B), Y + 1e12),
    "unix time": (TIME, Y), "unix time squared": (columns(TIME, TIME**2), Y), "milliseconds": (1e3 * TIME, Y),
    "julian days": (2.46e6 + I / 24, Y), "powers of the year": (columns(*(YEAR**k for k in range(1, 5))), Y),
    **{f"Lauchli {epsilon:g}": lauchli(epsilon) for epsilon in (1e-4, 1e-6, 1e-8, 1e-10)},
    **{f"collinear to {by:g}": (columns(A, A + by * B), Y) for by in (1e-4, 1e-8, 1e-10, 1e-12, 1e-14)},
    **{f"Hilbert {order}": hilbert(order) for order in (6, 8, 10)},
    "polynomial of degree 9": (columns(*((I / 3) ** k for k in range(1, 10))), Y),
    **{f"scale {by:g}": (columns(A, B) * by, Y) for by in (1e-160, 1e-100, 1e100, 1e160)},
    "columns of 1e-100 and 1e100": (columns(A * 1e-100, B * 1e100), Y),
    "target of 1e-150": (columns(A, B), Y * 1e-150), "target of 1e150": (columns(A, B), Y * 1e150),
    "columns that shrink": (columns(A, B * 1e-8, C * 1e-16), Y),
    "n smaller than p": (columns(A, B, C, E, I)[:3], Y[:3]), "one row": (columns(A, B)[:1], Y[:1]),
    "two rows": (A[:2], Y[:2]), "n = p + 1": (columns(A, B, C)[:4], Y[:4]),
    "a duplicate": (columns(A, B, A), Y), "three of one": (columns(A, A, A), Y),
    "a copy times 1e8": (columns(A, A * 2.0**27), Y),
    "copies times 1e8": (columns(A, A * 2.0**27, B, B * 2.0**-27, C), Y),
    "a sum of columns": (columns(I, I**2, I + I**2), Y),
    "a sum of small and large": (columns(I, 2.0**30 * B, I + 2.0**30 * B), Y),
    "a difference at 1e6": (columns(I + 1e6, I**2, I**2 - I - 1e6), Y),
    "a column of zeros": (columns(A, 0 * A), Y), "a constant column": (columns(A, 0 * A + 0.1), Y),
    "only constants": (columns(0 * A + 1, 0 * A + 2), Y), "a constant target": (columns(A, B), 0 * Y + 0.7),
    "a target of zeros": (columns(A, B), 0 * Y), "dummies of all levels": (np.eye(3)[(I % 3).astype(int)], Y),
    "weights of 1e-8 to 1e8": (columns(A, B), Y, np.logspace(-8, 8, N)),
    "weights of 1e-16 to 1": (columns(A, B), Y, np.logspace(-16, 0, N)),
    "one weight of 1e16": (columns(A, B), Y, np.where(I == 7, 1e16, 1.0)),
    "one weight of 1e30": (columns(A, B), Y, np.where(I == 7, 1e30, 1.0)),
    "weights of zero": (columns(A, B), Y, (I % 3 > 0).astype(float)),
    "integers up to 2^53": (integers(2**53 - 10**6, 1000), Y), "truths": (columns(A > 0, B > 0), Y),
    "integers of 8 bits": (columns(I, I**2 % 100).astype(np.int8), Y),
    "float32": (columns(A, B).astype(np.float32), Y.astype(np.float32)),
    "float32 far from zero": ((columns(A, B) + 1e6).astype(np.float32), Y),
    "float16": (columns(A, B).astype(np.float16), Y),
    "an outlier of 1e20": (columns(A, B), np.where(I == 5, 1e20, Y)),
    "an outlier among the features": (columns(np.where(I == 5, 1e15, A), B), Y),
    "residuals of 1e-13": (columns(A, B), np.float64(1) + A - 2 * B + 1e-13 * E), "a perfect line": (I, 3 * I + 2),
    "digits that cancel": (columns(A, B), 1e9 * A + 1e-3 * E), "alternating": (columns((-1) ** I, (-1) ** I * I), Y),
}  # fmt: skip
REFUSED: dict[str, tuple] = {
    "nan": (np.where(I == 3, np.nan, A), Y), "inf": (np.where(I == 3, np.inf, A), Y),
    "-inf": (np.where(I == 3, -np.inf, A), Y), "a target of nan": (A, np.where(I == 3, np.nan, Y)),
    "a negative weight": (A, Y, I - 3), "a weight of nan": (A, Y, I * np.nan),
    "weights that overflow": (A, Y, np.full(N, 1e308)), "no rows": (A[:0], Y[:0]), "complex": (A * 1j, Y),
    "a column of 5e-324": (columns(A, (I % 2) * 5e-324), Y), "integers beyond 2^53": (integers(2**62, 100), Y),
    "unsigned beyond 2^53": (np.uint64(2**63) + np.arange(N, dtype=np.uint64), Y),
    "dates": (np.datetime64("2020-01-01") + np.arange(N), Y), "texts": (np.array(["a"] * N), Y),
}  # fmt: skip


def solved(rows: list[list[Fraction]], target: list[Fraction]) -> tuple[list[Fraction], list[list[Fraction]]]:
    """One solution of a consistent symmetric system, and a basis of its null space."""
    q = len(rows)
    work = [[*row, value] for row, value in zip(rows, target, strict=True)]
    pivots: list[int] = []
    for j in range(q):
        place = next((k for k in range(len(pivots), q) if work[k][j]), None)
        if place is None:
            continue
        at = len(pivots)
        work[at], work[place] = work[place], work[at]
        work[at] = [value / work[at][j] for value in work[at]]
        for k in range(q):
            if k != at and work[k][j]:
                work[k] = [a - work[k][j] * b for a, b in zip(work[k], work[at], strict=True)]
        pivots.append(j)
    free = [j for j in range(q) if j not in pivots]
    particular = [work[pivots.index(j)][q] if j in pivots else Fraction(0) for j in range(q)]
    null = [[-work[pivots.index(i)][j] if i in pivots else Fraction(int(i == j)) for i in range(q)] for j in free]
    return particular, null


def truth(X, y, weight=None, options=None) -> list[Fraction]:
    """[slopes..., intercept where there is one], exactly."""
    intercept = (options or {}).get("intercept", True)
    X = np.asarray(X, dtype=np.float64)
    X = X[:, None] if X.ndim == 1 else X
    rows = [[*map(Fraction, row.tolist()), *([Fraction(1)] if intercept else [])] for row in X]
    target = [Fraction(value) for value in np.asarray(y, dtype=np.float64).tolist()]
    v = [Fraction(value) for value in (np.ones(len(y)) if weight is None else weight).tolist()]
    q, p = len(rows[0]), X.shape[1]
    gram = [[sum(w * r[i] * r[j] for w, r in zip(v, rows, strict=True)) for j in range(q)] for i in range(q)]
    right = [sum(w * r[i] * t for w, r, t in zip(v, rows, target, strict=True)) for i in range(q)]
    theta, null = solved(gram, right)
    if not null:
        return theta
    small = [[sum(a[i] * b[i] for i in range(p)) for b in null] for a in null]
    parts, _ = solved(small, [sum(a[i] * theta[i] for i in range(p)) for a in null])
    return [t - sum(part * a[i] for part, a in zip(parts, null, strict=True)) for i, t in enumerate(theta)]


def digits(fit: lw.Fit, exact: list[Fraction]) -> float:
    """Of the estimate that is worst off, against itself or its standard error, whichever is larger."""
    worst = 0.0
    for value, se, best in zip(fit.theta.tolist(), fit.se.tolist(), exact, strict=True):
        scale = max(abs(best), Fraction(0 if math.isnan(se) else se))
        error = abs(Fraction(value) - best)
        worst = max(worst, float(error / scale) if scale else float(error > 0))
    return 17.0 if worst == 0 else -math.log10(worst)


def attempt(*arguments, **options) -> tuple[lw.Fit | None, str]:
    """A fit, or the sentence that refuses it."""
    try:
        return lw.fit(*arguments, **options), ""
    except lw.LeastwiseError as error:
        return None, str(error)


def test_there_are_many() -> None:
    assert len(CASES) + len(REFUSED) >= 52


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("method", ["auto", "exact", "qr", "svd", "normal"])
def test_right_to_the_digits_claimed(name: str, method: str) -> None:
    X, y, weight, options = (*CASES[name], None, None)[:4]
    fit, refusal = attempt(X, y, weight, method=method, **(options or {}))
    if fit is None:
        assert method not in ("auto", "exact"), refusal
        assert "\n" not in refusal
        return
    exact = truth(X, y, weight, options)
    # The estimate of the digits is a bound on rounding to first order: three quarters of a digit are left to the rest.
    assert digits(fit, exact) >= min(fit.digits, 15.5) - 0.75, (fit.digits, fit.reason)
    if method in ("auto", "exact"):
        assert digits(fit, exact) >= 12.5


@pytest.mark.parametrize("name", REFUSED)
def test_or_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(lw.LeastwiseError) as refusal:
        lw.fit(*REFUSED[name])
    assert "\n" not in str(refusal.value)
    assert str(refusal.value)


def test_squares_out_of_range_cost_nothing_but_their_sums() -> None:
    """At 1e300 the slopes and errors are those at 1, since both sides scale alike; sums of squares are infinite."""
    X, y = np.array([[1.0], [2], [3], [5]]), np.array([1.0, 2, 3.5, 5])
    near, far = lw.fit(X, y), lw.fit(X * 1e300, y * 1e300)
    assert far.coef == pytest.approx(near.coef, rel=1e-15)
    assert far.se == pytest.approx(near.se * [1, 1e300], rel=1e-14)
    assert far.t == pytest.approx(near.t, rel=1e-14)
    assert "infinite" in far.summary()
