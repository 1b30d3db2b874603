"""A fit as text: the estimates, and what to know about them."""

from __future__ import annotations

from typing import Any

from .words import aligned, count, listing, number, p_value

FEW_GROUPS = 30


def account(fit: Any) -> str:
    """The text of `Fit.summary` and of `leastwise fit`, of 80 columns."""
    if fit.penalty is not None:
        return _penalised(fit)
    table = aligned([("term", "estimate", "se", "t", "p", "95% from", "to"), *map(_cells, fit.tidy())])
    dropped = f", {fit.dropped_rows:,} incomplete rows dropped" if fit.dropped_rows else ""
    weights = "" if fit.weights == "none" else f"; weights: {fit.weights}"
    test = fit.f
    lines = [
        f"{fit.target}: {count(fit.n, 'row')}{dropped}, {count(fit.rank, 'independent term')}",
        "",
        *table,
        "",
        f"r2{'' if fit.has_intercept else ' (about 0)'} {number(fit.r2, 5)}, adjusted {number(fit.adjusted_r2, 5)}; "
        f"sigma {number(fit.sigma, 5)} on {number(fit.df_resid, 12)} degrees of freedom",
        f"F {number(test.statistic, 5)}, p {p_value(test.p)}; AIC {number(fit.aic, 7)}, BIC {number(fit.bic, 7)}",
        f"errors: {fit.errors}{weights}",
        *_few_groups(fit),
        *levels_compared(fit),
        f"method: {fit.method}. {fit.reason}",
        fit.status,
    ]
    return "\n".join(lines)


def _penalised(fit: Any) -> str:
    """Slopes that a penalty holds, and that penalty in other libraries' words."""
    rows = [(row["term"], number(row["estimate"], 6)) for row in fit.tidy()]
    dropped = f", {fit.dropped_rows:,} incomplete rows dropped" if fit.dropped_rows else ""
    kept = int((fit.coef != 0).sum())
    said = [tuple(part.split(" ", 1)) for part in fit.reason.removesuffix(".").split("; ")]
    lines = [
        f"{fit.target}: {count(fit.n, 'row')}{dropped}, {kept} of {count(len(fit.coef), 'slope')} not 0",
        "",
        *aligned([("term", "estimate"), *rows]),
        "",
        f"r2{'' if fit.has_intercept else ' (about 0)'} {number(fit.r2, 5)}; no standard errors: slopes are drawn to 0",
        *levels_compared(fit),
        f"method: {fit.method}",
        fit.status,
        "",
        f"The penalty{' on standardised features' if fit.penalty.standardised else ''} in the words of",
        *(f"  {name:20}{values}" for name, values in said),
    ]
    return "\n".join(lines)


def _few_groups(fit: Any) -> list[str]:
    if not fit.errors.startswith("clustered") or fit.df_error + 1 >= FEW_GROUPS:
        return []
    return [f"{fit.df_error + 1:.0f} groups are few: such errors come out too small (Cameron & Miller 2015, sec. VI)"]


def levels_compared(fit: Any) -> list[str]:
    """What the levels of each factor are compared with."""
    if "contr." in fit.design.formula:
        return []
    first = [f"{column} with {levels[0]}" for column, levels in fit.design.levels.items()]
    return [f"levels are compared: {listing(first)}"] if first else []


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shown = (number(row["estimate"], 6), number(row["se"], 5), number(row["t"]), p_value(row["p"]))
    return (row["term"], *shown, number(row["low"], 5), number(row["high"], 5))
