"""A fit as JSON by the contract."""

from __future__ import annotations

import json
from textwrap import wrap
from typing import Any

from ..atomic import clean
from ..diagnosis import Diagnosis
from ..fitted import Fit
from ..words import listing, number

SCHEMA = "leastwise.fit/1"


def fit_json(fit: Fit, diagnosis: Diagnosis | None = None) -> str:
    """One object, full precision, null for what is not a finite number."""
    more = {"diagnostics": diagnosis_record(diagnosis)} if diagnosis else {}
    return json.dumps(clean({**fit_record(fit), **more}), allow_nan=False)


def diagnosis_record(diagnosis: Diagnosis) -> dict[str, Any]:
    """The diagnosis as a dict of plain Python values; rows are numbered from 1."""
    found, fit = diagnosis.residuals, diagnosis.fit
    worst = zip(found.top, found.worst.cook, found.worst.leverage, found.worst.studentised, strict=True)
    keys = ("row", "cook", "leverage", "studentised")
    return {
        "vif": dict(zip(fit.names, diagnosis.inflation.tolist(), strict=True)),
        "condition_indices": diagnosis.collinearity.indices,
        "durbin_watson": found.durbin_watson,
        "breusch_pagan_p": found.breusch_pagan,
        "skewness": found.skewness,
        "kurtosis": found.kurtosis,
        "jarque_bera_p": found.jarque_bera,
        "outliers": found.outliers,
        "largest_leverage": found.highest,
        "influential": [dict(zip(keys, (int(place) + 1, *map(float, rest)), strict=True)) for place, *rest in worst],
        "sentences": diagnosis.sentences,
    }


def diagnosis_text(diagnosis: Diagnosis, width: int = 80) -> str:
    """The diagnosis as lines of at most `width` columns."""
    found, fit = diagnosis.residuals, diagnosis.fit
    factors = [f"{name} {number(float(factor))}" for name, factor in zip(fit.names, diagnosis.inflation, strict=True)]
    worst = zip(found.top, found.worst.cook, strict=True)
    moved = [f"row {place + 1:,} ({number(float(cook), 3)})" for place, cook in worst]
    lines = [
        f"variance inflation: {listing(factors, 8)}",
        f"condition index {number(float(diagnosis.collinearity.indices[0]))}; Durbin-Watson "
        f"{number(found.durbin_watson)}; Breusch-Pagan p {number(found.breusch_pagan, 3)}",
        f"skewness {number(found.skewness, 3)}, kurtosis {number(found.kurtosis, 3)}, Jarque-Bera p "
        f"{number(found.jarque_bera, 3)}; largest leverage {number(found.highest, 3)}",
        f"largest Cook's distances: {listing(moved, 5)}",
        *diagnosis.sentences,
    ]
    return "\n".join(part for line in lines for part in wrap(line, width))


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
        "penalty": None if fit.penalty is None else {"l1": fit.penalty.l1, "l2": fit.penalty.l2},
    }
