"""A comparison as one JSON object, by the contract: full precision, null for what is not a finite number."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ..advice import Advice
from ..atomic import clean
from ..compare import Comparison, Run
from ..sweep import Sweep

SCHEMA = "leastwise.compare/1"


def compare_json(comparison: Comparison, sweep: Sweep | None = None) -> str:
    """The object as text; `sweep` is added where there is one."""
    record = compare_record(comparison) | ({"sweep": _sweep(sweep)} if sweep else {})
    return json.dumps(clean(record), allow_nan=False)


def compare_record(comparison: Comparison) -> dict[str, Any]:
    """The object as a dict of plain Python values.

    A descent that overflowed has null for the losses it did not reach; a closed form, which is at its
    answer from the first, repeats that answer's loss.
    """
    data, settings = comparison.data, comparison.settings
    return {
        "schema": SCHEMA,
        "data": {
            "source": data.selection.source.label,
            "rows": data.triangle.n,
            "features": list(data.selection.features),
            "target": data.selection.target,
            "weight": data.selection.weight,
            "dropped_rows": data.dropped,
            "correlation": dict(zip(data.selection.features, data.triangle.correlations().tolist(), strict=True)),
            "notes": list(data.selection.source.notes),
        },
        "settings": {
            "epochs": settings.epochs,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed if settings.start is None else None,
            "start": {"coef": comparison.start.coef.tolist(), "intercept": float(comparison.start.intercept)},
            "dtype": settings.dtype,
            "device": settings.device,
            "threads": comparison.threads,
            "tolerance": settings.tolerance,
        },
        "methods": [_method(run, settings.epochs) for run in comparison.runs],
        "unavailable": [{"name": name, "why": why} for name, why in comparison.unavailable.items()],
        "reference": {
            "coef": comparison.reference.coef.tolist(),
            "intercept": comparison.reference.intercept,
            "loss": comparison.reference.loss,
            "rank": comparison.reference.rank,
            "digits": comparison.reference.digits,
        },
        "advice": _advice(comparison.advice),
        "versions": comparison.versions,
    }


def _method(run: Run, epochs: int) -> dict[str, Any]:
    losses = run.solution.losses.tolist()
    missing = [None if run.method.iterates else losses[-1]] * (epochs + 1 - len(losses))
    return {
        "name": run.method.name,
        "kind": "descent" if run.method.iterates else "closed form",
        "losses": losses + missing,
        "coef": run.solution.coef.tolist(),
        "intercept": run.solution.intercept,
        "final_loss": run.solution.loss,
        "status": run.solution.status.value,
        "seconds": run.timing.median,
        "seconds_fastest": run.timing.fastest,
        "seconds_slowest": run.timing.slowest,
        "timed_runs": run.timing.runs,
        "agreement_digits": run.agreement_digits,
        "reference_digits": run.reference_digits,
    }


def _advice(advice: Advice) -> dict[str, Any]:
    return {
        "converged": advice.converged,
        "learning_rate_limit": advice.learning_rate_limit,
        "learning_rate_best": advice.learning_rate_best,
        "condition": advice.condition,
        "eigenvalues": advice.eigenvalues.tolist(),
        "removed": advice.removed,
        "epochs_needed": advice.epochs_needed,
        "epochs_needed_best": advice.epochs_needed_best,
        "loss_ratio": advice.loss_ratio,
        "suggested": advice.suggested and asdict(advice.suggested),
        "standardised": advice.standardised and asdict(advice.standardised),
        "verdict": advice.verdict,
    }


def _sweep(sweep: Sweep) -> dict[str, Any]:
    seconds = {name: [timing.median for timing in timings] for name, timings in sweep.epoch.items()}
    return {"rows": list(sweep.rows), "seconds_per_epoch": seconds, "crossings": list(sweep.crossings)}
