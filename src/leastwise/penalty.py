"""Penalties as values, and the same penalty in the words of other libraries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .types import UsageError, Vector
from .words import listing

Numbers = tuple[float, ...]
DIALECTS = ("sklearn.ElasticNet", "sklearn.Lasso", "sklearn.Ridge", "glmnet", "torch", "statsmodels")


@dataclass(frozen=True, slots=True)
class Penalty:
    """sum_j factors_j (l1 |w_j| + l2 w_j^2) beside the mean squared error, low <= w <= high; no intercept in it.

    `factors` (p,), 1 by default; 0 leaves a slope free. `low`, `high`: one number or (p,), around 0. `standardised`:
    w_j stands for the slope times its feature's deviation (divisor n) in the sum, as glmnet has it by default.
    Raises UsageError for what is negative or leaves 0 out.
    """

    l1: float = 0.0
    l2: float = 0.0
    factors: Numbers | None = None
    low: float | Numbers = -math.inf
    high: float | Numbers = math.inf
    standardised: bool = False

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            object.__setattr__(self, name, _number(name, getattr(self, name)))
        if self.factors is not None:
            object.__setattr__(self, "factors", _numbers("factors", self.factors))
            if not all(0 <= factor < math.inf for factor in self.factors):
                raise UsageError("factors must be finite numbers of at least 0, one a feature")
        for name in ("low", "high"):
            object.__setattr__(self, name, _bound(name, getattr(self, name)))
        if not isinstance(self.standardised, bool | np.bool_):
            raise UsageError(f"standardised must be True or False: it is {self.standardised!r}")
        if np.max(self.low) > 0 or np.min(self.high) < 0:
            raise UsageError(f"bounds must allow 0: low is {np.max(self.low):g}, high is {np.min(self.high):g}")

    def of(self, features: int) -> tuple[Vector, Vector, Vector]:
        """factors, low and high (p,) of so many features. Raises UsageError where they are for another number."""
        given = {"factors": 1.0 if self.factors is None else self.factors, "low": self.low, "high": self.high}
        for name, values in given.items():
            if np.ndim(values) and len(values) != features:  # type: ignore[arg-type]
                raise UsageError(f"{name} must hold {features} numbers, one a feature: it holds {len(values)}")  # type: ignore[arg-type]
        made = (np.broadcast_to(np.asarray(values, dtype=np.float64), (features,)) for values in given.values())
        return next(made), next(made), next(made)

    @property
    def plain(self) -> bool:
        """Whether it is the same for every slope, without bounds."""
        return self.factors is None and not self.bounded and not self.standardised

    @property
    def bounded(self) -> bool:
        """Whether there is a bound."""
        return bool(np.max(self.low) > -math.inf or np.min(self.high) < math.inf)

    def __call__(self, coef: Vector) -> float:
        """Its value at slopes (p,), of standardised features where it is `standardised`."""
        factors, _, _ = self.of(len(coef))
        return float(factors @ (self.l1 * np.abs(coef) + self.l2 * coef**2))


def ridge(alpha: float, **more: Any) -> Penalty:
    """alpha |w|^2 beside the mean squared error; `more` are factors, low, high, standardised."""
    return Penalty(0.0, alpha, **more)


def lasso(alpha: float, **more: Any) -> Penalty:
    """alpha |w|_1 beside the mean squared error; `more` are factors, low, high, standardised."""
    return Penalty(alpha, 0.0, **more)


def elastic_net(alpha: float, l1_ratio: float = 0.5, **more: Any) -> Penalty:
    """alpha (l1_ratio |w|_1 + (1 - l1_ratio) |w|^2) beside the mean squared error; `more` as in `lasso`."""
    alpha, share = _number("alpha", alpha), _number("l1_ratio", l1_ratio)
    if share > 1:
        raise UsageError(f"l1_ratio must be from 0 to 1: it is {l1_ratio}")
    return Penalty(alpha * share, alpha * (1 - share), **more)


def adaptive(coef: Any, power: float = 1.0) -> Numbers:
    """Factors of the adaptive lasso, 1 / |coef|^power, of an estimate (p,); a slope of 0 gets a factor of 1e10.

    Source: Zou (2006), JASA 101, sec. 3.
    """
    found = np.array(_numbers("coef", coef))
    if not np.isfinite(found).all():
        raise UsageError("coef must be finite: fit without a penalty, or by ridge, first")
    with np.errstate(over="ignore"):
        size = np.abs(found) ** _number("power", power)
    return tuple(np.minimum(1 / np.maximum(size, 1e-300), 1e10).tolist())


def translate_penalty(
    penalty: Penalty | Mapping[str, float], n: float, target_sd: float = 1.0, dialect: str = "leastwise"
) -> dict[str, dict[str, float]]:
    """One penalty in every library's words: {"leastwise": {"l1", "l2"}, "sklearn.Lasso": {"alpha"}, ...}.

    `penalty` is ours, or another's numbers with its `dialect`, {"alpha": 0.1} of "sklearn.Ridge", or as it comes back.
    n is the number of rows, or the total of the weights. Whoever has no such penalty is left out, so all others where
    it has factors, bounds or standardised features. Raises UsageError. The objectives:

    - leastwise: 1/n |y - Xw|^2 + l1 |w|_1 + l2 |w|^2
    - sklearn.ElasticNet, sklearn.Lasso, statsmodels' fit_regularized: 1/(2n) |y - Xw|^2 + alpha (r |w|_1 +
      (1 - r)/2 |w|^2), r = l1_ratio, 1 or L1_wt; of statsmodels give alpha as a vector with 0 for the constant
    - sklearn.Ridge: |y - Xw|^2 + alpha |w|^2
    - glmnet, standardize = FALSE: that of ElasticNet on y / target_sd (divisor n), its lambda times target_sd, so that
      its ridge part is divided by target_sd. Source: Friedman, Hastie & Tibshirani (2010), J. Stat. Software 33
    - torch: MSELoss + weight_decay/2 |w|^2, by a group of its own for the weight, adamw apart
    """
    if (
        isinstance(penalty, Mapping)
        and len(penalty) == 1
        and isinstance(inner := next(iter(penalty.values())), Mapping)
    ):
        dialect, penalty = next(iter(penalty)), inner
    if dialect not in ("leastwise", *DIALECTS):
        raise UsageError(f"dialect must be one of {listing(['leastwise', *DIALECTS])}: it is {dialect!r}")
    if not isinstance(penalty, Penalty | Mapping):
        raise UsageError(f"penalty must be one of ours, or a dict of another's numbers: it is {penalty!r}")
    n, target_sd = _above_0("n", n), _above_0("target_sd", target_sd)
    l1, l2 = (penalty.l1, penalty.l2) if isinstance(penalty, Penalty) else _ours(penalty, n, target_sd, dialect)
    found = {"leastwise": {"l1": l1, "l2": l2}}
    if isinstance(penalty, Penalty) and not penalty.plain:
        return found
    alpha = l1 / 2 + l2
    share = l1 / 2 / alpha if alpha else 1.0
    found["sklearn.ElasticNet"] = {"alpha": alpha, "l1_ratio": share}
    if not l2:
        found["sklearn.Lasso"] = {"alpha": alpha}
    if not l1:
        found["sklearn.Ridge"] = {"alpha": n * l2}
        found["torch"] = {"weight_decay": 2 * l2}
    total = l1 / 2 + l2 * target_sd
    found["glmnet"] = {"lambda": total, "alpha": l1 / 2 / total if total else 1.0}
    found["statsmodels"] = {"alpha": alpha, "L1_wt": share}
    return found


def _ours(given: Mapping[str, float], n: float, target_sd: float, dialect: str) -> tuple[float, float]:
    keys = {
        "leastwise": ("l1", "l2"), "sklearn.ElasticNet": ("alpha", "l1_ratio"), "sklearn.Lasso": ("alpha",),
        "sklearn.Ridge": ("alpha",), "glmnet": ("lambda", "alpha"), "torch": ("weight_decay",),
        "statsmodels": ("alpha", "L1_wt"),
    }  # fmt: skip
    if set(given) != set(keys[dialect]):
        raise UsageError(f"a penalty of {dialect} is made of {listing(keys[dialect])}: it has {listing(list(given))}")
    first, *rest = (_number(name, given[name]) for name in keys[dialect])
    share = rest[0] if rest else 1.0
    if dialect == "leastwise":
        return first, share
    if share > 1:
        raise UsageError(f"{keys[dialect][1]} must be from 0 to 1: it is {share}")
    if dialect == "sklearn.Ridge":
        return 0.0, first / n
    if dialect == "torch":
        return 0.0, first / 2
    return 2 * first * share, first * (1 - share) / (target_sd if dialect == "glmnet" else 1.0)


def _above_0(name: str, value: Any) -> float:
    if _number(name, value) == 0:
        raise UsageError(f"{name} must be above 0: it is {value}")
    return float(value)


def _number(name: str, value: Any) -> float:
    plain = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not plain or not 0 <= value <= 1e300:
        raise UsageError(f"{name} must be a finite number of at least 0: it is {value}")
    return float(value)


def _numbers(name: str, values: Any) -> Numbers:
    try:
        return tuple(np.asarray(values, dtype=np.float64).ravel().tolist())
    except (OverflowError, TypeError, ValueError):
        raise UsageError(f"{name} must be numbers, one a feature: it is {values!r}") from None


def _bound(name: str, value: Any) -> float | Numbers:
    found = _numbers(name, value)
    if not found:
        raise UsageError(f"{name} must be one number, or one a feature: it is empty")
    if any(math.isnan(bound) for bound in found):
        raise UsageError(f"{name} must not be nan")
    return found if np.ndim(value) else found[0]
