"""R2, mean squared errors and cost functions: which formula gives somebody's numbers on rows that nobody fitted."""

from __future__ import annotations

import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from ..types import Matrix, UsageError, Vector
from ..words import listing, number
from .names import ACTUAL, PREDICTED, parameters, plain
from .problems import digits
from .report import CheckReport, Fault

ALIKE, SINGLE = 1e-9, 1e-5
R2, MSE, RMSE, MAE = "R2", "the mean squared error", "the root of the mean squared error", "the mean absolute error"
HALF, SSE, HALF_SSE = f"half {MSE}", "the sum of squared errors", "half the sum of squared errors"
ADJUSTED = ("the adjusted R2 of one feature", "the adjusted R2 of two features")
Rows = Sequence[tuple[Vector, Vector]]
Formula = tuple[str, str, float]  # a code, or "" where none fits; more; the value
PREDICTIONS: Rows = [
    (np.array([2.1374, 3.9181, 6.2093, 7.8467, 10.1129, 12.3311, 13.7253]),
     np.array([2.9518, 3.1246, 7.5632, 8.4179, 9.2467, 14.0823, 15.1391])),
    (np.array([5.3127, 1.2469, 7.7383, 3.1018, 9.4471, 2.6392, 4.9236]),
     np.array([8.1183, 6.4421, 3.3094, 2.9357, 5.2716, 9.9549, 3.7612])),
]  # fmt: skip
"""Two sets of (y, prediction), seven rows each, no line's: R2 is below 0 on the second."""
COST_ROWS = np.array([[0.5172], [1.1391], [2.2084], [3.4127], [4.1936], [5.6418], [6.3075]]), PREDICTIONS[0][0]
THETAS = ((1.4173, 2.3091), (-0.7319, 4.1187), (2.6234, -1.5478))
NAMES = (
    ("adjusted", r"adj"),
    (R2, r"(?<![a-z])r_?2(?!\d)|(?<![a-z])r_?sq|determination|nash"),
    ("other", r"median|log|max|percent|mape|msle|explained|huber|quantile|pinball|relative|normali[sz]|nr?mse|weight"
              r"|corr|pearson|standard_err|(?<![a-z])(rse|see|mbe|ess|tss|sst)(?![a-z])|ss_?(reg|tot)|medae|bias|devian"
              r"|mean_error"),
    (RMSE, r"rms|root_?m|sqrt"),
    (MSE, r"mse|mean_?sq"),
    (MAE, r"(?<![a-z])(mae|mad|l1)(?![a-z])|abs"),
    (SSE, r"(?<![a-z])(sse|rss|ssr|ss)(?![a-z])|sum|ss_?res"),
    ("score", r"score|goodness"),
    (MSE, r"loss|cost|err|criterion|objective|squared|(?<![a-z])j(?![a-z])"),
)  # fmt: skip
RIGHT = {"adjusted": ADJUSTED, MSE: (MSE, HALF), SSE: (SSE, HALF_SSE), "score": (R2, *ADJUSTED, MSE, RMSE, MAE)}
OTHERS = {
    "the median absolute error": r"med",
    "the largest error": r"max",
    "the mean absolute percentage error": r"mape|percent",
    "the explained variance": r"explained",
    "the correlation": r"corr|pearson",
    "the relative squared error": r"relative|rse|nmse|normali[sz]",
    "the residual standard error": r"standard_err|rse|see",
    "the mean error": r"bias|mean_error|mbe",
    "the sum of squares of the regression": r"ssr|ess|ss_?reg",
}
NOTES = {
    HALF: "LW623: it is half the mean squared error, 1/(2n) sum of squares, as some books have it",
    SSE: "LW621: it is the sum of squared errors, as its name says: it grows with the number of rows",
}
EXTRA = {"p": 2, "k": 2, "nfeatures": 2, "numfeatures": 2, "npredictors": 2, "n": 7, "x": np.ones((7, 2))}
KINDS: dict[str, Callable[[Vector], Any]] = {
    "arrays": np.copy, "lists": lambda v: v.tolist(), "columns": lambda v: v[:, None].copy(),
    "tensors": lambda v: sys.modules["torch"].tensor(v, dtype=sys.modules["torch"].float64),
}  # fmt: skip
Score = Callable[[Matrix, Vector], float]


def check_metric(target: Callable[..., Any], name: str) -> CheckReport:
    """Is this function of y and a prediction what its name says, and if not, which formula is it?

    It is called on two sets of seven rows; a wrong formula is named where it gives both numbers to 9 digits.
    Raises UsageError where it cannot be run.
    """
    kind, given = _first(target, name)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    given = [-value if "neg" in words else value for value in given]
    meaning = next((meaning for meaning, pattern in NAMES if re.search(pattern, words)), "")
    if not np.isfinite(given).all():
        return CheckReport(name, "metric", (), f"On seven rows it gives no number: {listing([str(v) for v in given])}.")
    report = _judged(name, meaning, _right(meaning, words), given, PREDICTIONS)
    return replace(report, faults=tuple(_columns(target))) if report.ok and kind == "arrays" else report


def check_cost(values: Callable[[Matrix, Vector, Vector], float | None], name: str) -> CheckReport:
    """Is this cost (X (n, 1), y (n,), theta (2,): slope, intercept) the mean squared error, or half of it?

    It is called at three thetas; a wrong formula is named where it gives all three numbers to 9 digits.
    """
    X, y = COST_ROWS
    given = [values(X.copy(), y.copy(), np.array(theta)) for theta in THETAS]
    known = [value for value in given if value is not None and np.isfinite(value)]
    if len(known) < len(given):
        return CheckReport(name, "metric", (), f"It gives a number at {len(known)} of {len(given)} parameters.")
    return _judged(name, MSE, (MSE, HALF), known, [(y, X[:, 0] * w + b) for w, b in THETAS])


def scored(score: Score, predict: Callable[[Matrix], Vector], X: Matrix, y: Vector) -> list[Fault]:
    """The wrong formula for R2 that a class's score gives on rows X (n, p), y (n,), best those it was not fitted on.

    It is scored on the targets in another order too. Nothing where it is R2, another metric, or not known.
    """
    rows, given = [], []
    try:
        for target in (y, np.roll(y, 2) * 1.25):
            rows.append((target, np.asarray(predict(X.copy()), dtype=np.float64).ravel()))
            given.append(_number(score, X.copy(), target.copy()))
        report = _judged("score", "score", RIGHT["score"], given, rows)
    except (Exception, SystemExit):
        return []
    return list(report.faults)


def _first(target: Callable[..., Any], name: str) -> tuple[str, list[float]]:
    errors: list[BaseException] = []
    for kind in ("arrays", "lists", *(["tensors"] if "torch" in sys.modules else []), "columns"):
        try:
            return kind, [_call(target, kind, y, p) for y, p in PREDICTIONS]
        except (Exception, SystemExit) as error:
            errors.append(error)
    raise UsageError(f"{name} gives no number for y and a prediction of seven rows ({errors[0]!r})")


def _call(target: Callable[..., Any], kind: str, y: Vector, p: Vector) -> float:
    """Its number; y and the prediction by their names, or else in this order. Raises what it raises."""
    known = list(parameters(target))
    required = [one for one in known if one[1].default is inspect.Parameter.empty]
    needed = required if len(required) >= 2 else known[:2]
    one, two = [plain(name) for name, _ in needed[:2]] if len(needed) >= 2 else ("", "")
    turned = (one in PREDICTED and two not in PREDICTED) or (two in ACTUAL and one not in ACTUAL)
    parts = [KINDS[kind](values) for values in ((p, y) if turned else (y, p))]
    if len(needed) < 2 or any(part.kind is part.POSITIONAL_ONLY for _, part in needed):
        return _number(target, *parts)
    given = dict(zip([name for name, _ in needed], parts, strict=False))
    extra = {name: EXTRA[plain(name)] for name, _ in needed[2:] if plain(name) in EXTRA}
    return _number(target, **given, **extra)


def _number(target: Callable[..., Any], /, *parts: Any, **named: Any) -> float:
    """What a call gives, without its warnings. Raises where that is not one number."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        result = target(*parts, **named)
    return float(np.asarray(result.detach().cpu() if hasattr(result, "detach") else result, dtype=float).reshape(()))


def _columns(target: Callable[..., Any]) -> list[Fault]:
    """What is right on (n,) is wrong where it is given two columns (n, 1) and broadcasts them."""
    try:
        given = [_call(target, "columns", y, p) for y, p in PREDICTIONS]
    except (Exception, SystemExit):
        return []
    for formula in zip(*(_broadcast(y, p) for y, p in PREDICTIONS), strict=True):
        if not _alike(given, [one[2] for one in formula], ALIKE):
            continue
        return [Fault.of("LW627", f"of y and prediction as columns (n, 1) it gives {_said(given)}: one is flattened")]
    return []


def _judged(name: str, meaning: str, right: Sequence[str], given: Sequence[float], rows: Rows) -> CheckReport:
    """Right, wrong by a formula known here, or unknown; the order is that of trust."""
    standing = [_standing(y, p) for y, p in rows]
    known = {words: [values[words] for values in standing] for words in standing[0]}
    agree = {"on seven rows": _digits(given, [known[words] for words in right])} if meaning and right else {}
    for words in right:
        how = _agrees(given, known[words])
        if how is not None:
            said = (NOTES[words],) if words in NOTES else (f"it is {words}",) if words != meaning else ()
            return CheckReport(name, "metric", (), "", agree, (*said, *([how] if how else [])))
    ours = listing([f"{words} is {_said(known[words])}" for words in (R2, MSE, RMSE, MAE)])
    for formula in zip(*(_wrong(meaning, y, p) for y, p in rows), strict=True):
        (code, more), values = formula[0][:2], [one[2] for one in formula]
        if code and _alike(given, values, ALIKE):
            evidence = f"that formula gives {_said(given)} on {len(rows)} sets of rows, and so does it: {ours}"
            return CheckReport(name, "metric", (Fault.of(code, evidence, more),), "", agree)
        known[Fault.of(code, "", more).sentence if code else more] = values
    return CheckReport(name, "metric", (), _unknown(meaning, given, known) + ours + ".", agree)


def _right(meaning: str, name: str) -> tuple[str, ...]:
    if meaning == "other":
        return tuple(words for words, pattern in OTHERS.items() if re.search(pattern, name))
    if not meaning:
        return (R2, MSE, RMSE, MAE, SSE, HALF, HALF_SSE, *ADJUSTED, *OTHERS)
    named = tuple(words for words, pattern in OTHERS.items() if meaning == SSE and re.search(pattern, name))
    return (*RIGHT.get(meaning, (meaning,)), *named)


def _standing(y: Vector, p: Vector) -> dict[str, float]:
    """Every metric in its own right, by what it is called."""
    e, n, spread = y - p, len(y), y - y.mean()
    res, tot, size = float(e @ e), float(spread @ spread), np.abs(e)
    with np.errstate(all="ignore"):
        others = (np.median(size), size.max(), np.mean(np.abs(e / y)), 1 - e.var() / y.var(), np.corrcoef(y, p)[0, 1],
                  res / tot, np.sqrt(res / (n - 2)), -e.mean(), ((p - y.mean()) ** 2).sum())  # fmt: skip
    adjusted = {words: 1 - res / tot * (n - 1) / (n - 2 - k) for k, words in enumerate(ADJUSTED)}
    usual = {R2: 1 - res / tot, MSE: res / n, RMSE: float(np.sqrt(res / n)), MAE: float(size.mean()), SSE: res}
    named = {words: float(value) for words, value in zip(OTHERS, others, strict=True)}
    return usual | {HALF: res / n / 2, HALF_SSE: res / 2} | adjusted | named


def _wrong(meaning: str, y: Vector, p: Vector) -> Iterator[Formula]:
    with np.errstate(all="ignore"):
        if meaning in (R2, "score", "adjusted", ""):
            yield from _wrong_r2(y, p)
        if meaning in (MSE, ""):
            yield from _wrong_mse(y, p)
        if meaning in (RMSE, MAE, SSE):
            yield from _wrong_others(meaning == RMSE, y, p)
        yield from _broadcast(y, p)


def _wrong_r2(y: Vector, p: Vector) -> Iterator[Formula]:
    n, e = len(y), y - p
    res, tot, reg, own, about = (float(v @ v) for v in (e, y - y.mean(), p - y.mean(), p - p.mean(), y - p.mean()))
    r = float(np.corrcoef(y, p)[0, 1])
    yield from (("LW611", "", res / tot), ("LW612", "", 1 - tot / res), ("LW612", "", tot / res))
    yield from (("LW613", "", 1 - res / float(y @ y)), ("LW617", "", 1 - res / own))
    yield from (("LW614", f"It is {which}.", v) for which, v in (("r", r), ("the size of r", abs(r)), ("r^2", r * r)))
    divisors = {"1": 1, "n": n, "n - 1": n - 1, "n - 2": n - 2}
    for (one, a), (two, b) in permutations(divisors.items(), 2):
        more = f"The residual one is divided by {one}, the total one by {two}."
        yield "LW615", more + " That is the adjusted R2." * ((a, b) == (n - 2, n - 1)), 1 - res / a / (tot / b)
    for value in (1 - res / about, reg / tot, 1 - reg / tot, own / tot, 1 - own / tot, 1 - res / reg,
                  reg / (reg + res), 1 - res / float(p @ p)):  # fmt: skip
        yield "LW616", "", value
    yield "LW626", "It stands for the residual sum of squares in R2.", 1 - float(e.sum()) ** 2 / tot
    yield from (("", "R2 in percent", 100 * (1 - res / tot)), ("", "R2 with its sign turned", res / tot - 1))
    yield "", "R2 cut off at 0", max(1 - res / tot, 0.0)


def _wrong_mse(y: Vector, p: Vector) -> Iterator[Formula]:
    n, e = len(y), y - p
    res, total, size = float(e @ e), float(e.sum()), float(np.abs(e).sum())
    for more, half in (("", 1), ("It is half of it.", 2)):
        yield from (("LW621", more, res / half), ("LW626", more, (total / n) ** 2 / half))
        yield from (("LW624", f"It is n - {k}. {more}".strip(), res / (n - k) / half) for k in (1, 2))
        yield "LW626", f"It is times n. {more}".strip(), total**2 / n / half
    yield from (("LW622", "", float(np.sqrt(res / n))), ("LW625", "", size / n))
    yield from (("", "the square of the summed errors", total**2), ("", "the sum of absolute errors", size))
    yield from (("", f"{MSE} with its sign turned", -res / n), ("", "the root of the sum of squared errors", res**0.5))


def _wrong_others(root: bool, y: Vector, p: Vector) -> Iterator[Formula]:
    n, e = len(y), y - p
    norm, size = float(np.sqrt(e @ e)), float(np.abs(e).sum())
    yield from (("", "the sum of absolute errors", size), ("", "the size of the mean error", abs(float(e.mean()))))
    if root:
        yield from (("LW621", "Its root is taken.", norm), ("LW625", "", size / n))
        yield from (("LW624", f"It is n - {k}, and the root is taken.", norm / np.sqrt(n - k)) for k in (1, 2))
        yield "", "the root of the sum of squared errors over n", norm / n


def _broadcast(y: Vector, p: Vector) -> Iterator[Formula]:
    n, tot = len(y), float(((y - y.mean()) ** 2).sum())
    E = y[:, None] - p
    square, size = float((E**2).sum()), float(np.abs(E).sum())
    means = (square / n**2, square / n, square)
    roots = (np.sqrt(square / n**2), np.sqrt(square / n), size / n**2, size / n, size)
    for value in (*means, *roots, *(mean / 2 for mean in means), 1 - square / tot, 1 - square / n / tot):
        yield "LW627", "", float(value)


def _alike(given: Sequence[float], values: Sequence[float], within: float) -> bool:
    return bool(np.isfinite(values).all() and np.allclose(given, values, rtol=within, atol=0))


def _agrees(given: Sequence[float], values: Sequence[float]) -> str | None:
    """What is special about numbers that agree: nothing, float32, rounded. None where they do not."""
    if _alike(given, values, ALIKE):
        return ""
    if given == [float(np.float32(value)) for value in given] and _alike(given, values, SINGLE):
        return "it computes in float32, about 7 digits"
    k = next((k for k in range(2, 9) if all(round(value, k) == value for value in given)), 0)
    near = all(abs(a - b) <= 0.5000001 * 10.0**-k for a, b in zip(given, values, strict=True))
    return f"it is rounded to {k} decimals: round only what is printed" if k and near else None


def _digits(given: Sequence[float], right: Sequence[Sequence[float]]) -> float:
    apart = [max(abs(a - b) / max(abs(b), 1e-300) for a, b in zip(given, one, strict=True)) for one in right]
    return digits(min(apart))


def _said(values: Sequence[float]) -> str:
    return listing([number(value, 9) for value in values])


def _unknown(meaning: str, given: Sequence[float], known: dict[str, list[float]]) -> str:
    within = SINGLE if given == [float(np.float32(value)) for value in given] else ALIKE
    found = next((words for words, values in known.items() if _alike(given, values, within)), "")
    what = f"which is {found.removeprefix('It is ').rstrip('.')}" if found else "and no formula known here gives that"
    said = {"": "", "score": "", "other": "its name says another metric, and whether it is that is not known; "}
    more = said.get(meaning, f"its name says {'the adjusted R2' if meaning == 'adjusted' else meaning}; ")
    return f"On {len(given)} sets of seven rows it gives {_said(given)}, {what}: {more}"
