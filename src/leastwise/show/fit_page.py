"""A fit and its diagnosis as one self-contained HTML page, complete without JavaScript."""

from __future__ import annotations

from html import escape

from ..account import levels_compared
from ..diagnosis import Diagnosis
from ..rows.design import level_names
from ..version import VERSION
from ..words import count, listing, number, p_value
from . import residual_charts
from .html import card, document, facts, row, soft, table, verdict

MOST_LISTED = 200


def fit_report(diagnosis: Diagnosis, label: str, notes: tuple[str, ...] = ()) -> str:
    """The page as text, of a size that does not depend on the rows."""
    fit, found = diagnosis.fit, diagnosis.residuals
    shown = f", of which {len(found.rows):,} are drawn" if len(found.rows) < found.n else ""
    dropped = f", {count(fit.dropped_rows, 'incomplete row')} dropped" if fit.dropped_rows else ""
    opening = "; ".join([f"{label}: {count(fit.n, 'row')}{dropped}{shown}", *notes])
    lines = "The line follows the means of the points. "
    cards = [
        card("Coefficients", _estimates(diagnosis), _remarks(diagnosis), wide=True),
        card("Slopes, standardised", residual_charts.coefficients(diagnosis), soft(_standardised(diagnosis))),
        card("The fit", facts(_summary(diagnosis))),
        card(
            "Residuals over fitted",
            residual_charts.residuals_fitted(diagnosis),
            soft(f"{lines}A bend is a curve that the model lacks, a funnel an unequal spread."),
        ),
        card(
            "Normal quantiles",
            residual_charts.normal_quantiles(diagnosis),
            soft("On the line where errors are normal."),
        ),
        card("Scale over location", residual_charts.scale_location(diagnosis), soft(f"{lines}Level: one variance.")),
        card(
            "Residuals over leverage",
            residual_charts.residuals_leverage(diagnosis),
            soft(
                "Rows far to the right set their own prediction; those beyond a dashed line, if any, move the answer."
            ),
        ),
        card("The most influential rows", _worst(diagnosis)),
        card("Condition indices", _indices(diagnosis)),
    ]
    box = verdict("What stands out", [fit.status, *diagnosis.sentences], len(diagnosis.sentences) == 1)
    return document(_title(diagnosis), opening, box, cards, f"leastwise {VERSION}")


def _title(diagnosis: Diagnosis) -> str:
    fit = diagnosis.fit
    if fit.design.formula:
        return fit.design.formula
    terms = {name: column for column, known in fit.design.levels.items() for name in level_names(column, known)}
    return f"{fit.target} on {listing(list(dict.fromkeys(terms.get(name, name) for name in fit.names)))}"


def _estimates(diagnosis: Diagnosis) -> str:
    fit = diagnosis.fit
    factors = [*(number(float(factor), 4) for factor in diagnosis.inflation), ""]
    rows = [
        row([
            line["term"], number(line["estimate"], 6), number(line["se"], 5), number(line["t"], 4), p_value(line["p"]),
            number(line["low"], 5), number(line["high"], 5), factor,
        ])
        for line, factor in list(zip(fit.tidy(), factors, strict=False))[:MOST_LISTED]
    ]  # fmt: skip
    left = len(fit.terms) - MOST_LISTED
    head = ["term", "estimate", "se", "t", "p", "95% from", "to", "variance inflation"]
    return table(head, rows) + (soft(f"and {left:,} more") if left > 0 else "")


def _remarks(diagnosis: Diagnosis) -> str:
    fit = diagnosis.fit
    weights = [] if fit.weights == "none" else [f"weights: {fit.weights}"]
    return soft("; ".join([f"Errors: {fit.errors}", *weights, *levels_compared(fit)]) + ".")


def _standardised(diagnosis: Diagnosis) -> str:
    left = len(diagnosis.fit.names) - residual_charts.MOST_TERMS
    more = f" The first {residual_charts.MOST_TERMS} features." if left > 0 else ""
    return f"Deviations of {diagnosis.fit.target} for one deviation of the feature, with 95% intervals.{more}"


def _summary(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    fit, found = diagnosis.fit, diagnosis.residuals
    test = fit.f
    return [
        ("r2, adjusted", f"{number(fit.r2, 5)}, {number(fit.adjusted_r2, 5)}"),
        ("sigma", f"{number(fit.sigma, 5)} on {number(fit.df_resid, 12)} degrees of freedom"),
        ("F, p", f"{number(test.statistic, 5)}, {p_value(test.p)}"),
        ("AIC, BIC", f"{number(fit.aic, 7)}, {number(fit.bic, 7)}"),
        ("method", f"{fit.method}. {fit.reason}"),
        ("Durbin-Watson", number(found.durbin_watson, 4)),
        ("Breusch-Pagan p", number(found.breusch_pagan, 3)),
        ("skewness, kurtosis", f"{number(found.skewness, 3)}, {number(found.kurtosis, 3)}"),
        ("Jarque-Bera p", number(found.jarque_bera, 3)),
        ("beyond 3 deviations", count(found.outliers, "row")),
        ("largest leverage", number(found.highest, 4)),
    ]


def _worst(diagnosis: Diagnosis) -> str:
    found = diagnosis.residuals
    columns = (found.worst.cook, found.worst.leverage, found.worst.studentised, found.worst.residual)
    rows = [
        row([f"{int(place) + 1:,}", *(number(float(value), 4) for value in values)])
        for place, *values in zip(found.top, *columns, strict=True)
    ]
    return table(["row", "Cook's distance", "leverage", "studentised", "residual"], rows)


def _indices(diagnosis: Diagnosis) -> str:
    found, terms = diagnosis.collinearity, diagnosis.fit.terms
    rows = []
    for index, share in list(zip(found.indices, found.shares, strict=True))[:5]:
        tied = [f"{terms[j]} {share[j]:.0%}" for j in (-share).argsort()[:3] if share[j] > 0.3]
        rows.append(f'<tr><td>{number(float(index), 4)}</td><td class="left">{escape(listing(tied))}</td></tr>')
    return table(["index", "share of the variance of"], rows) + soft("Over 30, it harms the terms that share it.")
