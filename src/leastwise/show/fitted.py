"""A fit as JSON by the contract."""

from __future__ import annotations

import json
from typing import Any

from ..atomic import clean
from ..fitted import Fit

SCHEMA = "leastwise.fit/1"


def fit_json(fit: Fit) -> str:
    """One object, full precision, null for what is not a finite number."""
    return json.dumps(clean(fit_record(fit)), allow_nan=False)


def fit_record(fit: Fit) -> dict[str, Any]:
    """The object as a dict of plain Python values."""

    def named(values: Any) -> dict[str, float]:
        return dict(zip(fit.terms, map(float, values), strict=True))

    test = fit.f
    return {
        "schema": SCHEMA,
        "target": fit.target,
        "n": fit.n,
        "df_resid": fit.df_resid,
        "intercept": fit.intercept if fit.has_intercept else None,
        "coef": dict(zip(fit.names, fit.coef.tolist(), strict=True)),
        "se": named(fit.se),
        "t": named(fit.t),
        "p": named(fit.p),
        "conf_int": {term: list(map(float, pair)) for term, pair in zip(fit.terms, fit.conf_int(), strict=True)},
        "r2": fit.r2,
        "adjusted_r2": fit.adjusted_r2,
        "sigma": fit.sigma,
        "rss": fit.rss,
        "f": {"statistic": test.statistic, "df": list(test.df), "p": test.p},
        "log_likelihood": fit.log_likelihood,
        "aic": fit.aic,
        "bic": fit.bic,
        "rank": fit.rank,
        "dropped_rows": fit.dropped_rows,
        "dropped": list(fit.dropped),
        "dependencies": list(fit.dependencies),
        "weights": fit.weights,
        "errors": fit.errors,
        "method": fit.method,
        "reason": fit.reason,
        "digits": fit.digits,
        "status": fit.status,
    }
