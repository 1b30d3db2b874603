"""A fit as text: the estimates, and what to know about them."""

from __future__ import annotations

from typing import Any

from .words import aligned, count, number, p_value


def account(fit: Any) -> str:
    """The text of `Fit.summary` and of `leastwise fit`, of 80 columns."""
    table = aligned([("term", "estimate", "se", "t", "p", "95% from", "to"), *map(_cells, fit.tidy())])
    dropped = f", {fit.dropped_rows:,} incomplete rows dropped" if fit.dropped_rows else ""
    weights = "" if fit.weights == "none" else f"; weights: {fit.weights}"
    test = fit.f
    lines = [
        f"{fit.target}: {count(fit.n, 'row')}{dropped}, {count(fit.rank, 'independent term')}",
        "",
        *table,
        "",
        f"r2 {number(fit.r2, 5)}, adjusted {number(fit.adjusted_r2, 5)}; sigma {number(fit.sigma, 5)} on "
        f"{number(fit.df_resid, 12)} degrees of freedom",
        f"F {number(test.statistic, 5)}, p {p_value(test.p)}; AIC {number(fit.aic, 7)}, BIC {number(fit.bic, 7)}",
        f"errors: {fit.errors}{weights}",
        f"method: {fit.method}. {fit.reason}",
        fit.status,
    ]
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shown = (number(row["estimate"], 6), number(row["se"], 5), number(row["t"]), p_value(row["p"]))
    return (row["term"], *shown, number(row["low"], 5), number(row["high"], 5))
