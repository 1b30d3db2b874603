"""Fits against exact rationals, NIST and statsmodels; the same bits in any order; files that come back."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

import leastwise as lw
from leastwise.methods.exact import exact
from leastwise.methods.rational import square_root
from leastwise.rows.chunk import Chunk
from leastwise.solve import Options, fit_triangle
from leastwise.summary.exact import ExactGram, exact_gram
from problems import fractions, make, problems

NIST = Path(__file__).parent / "data" / "nist"
CERTIFIED = json.loads((NIST / "certified.json").read_text())
CEILINGS = json.loads((NIST / "ceilings.json").read_text())


def nist(name: str) -> tuple[np.ndarray, np.ndarray, bool]:
    about = CERTIFIED[name]
    with (NIST / about["file"]).open() as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    y, x = rows[:, 0], rows[:, 1:]
    powers = range(1, about["degree"] + 1) if about["model"] == "polynomial" else ()
    X = np.column_stack([x[:, 0] ** k for k in powers]) if powers else x
    return X, y, about["intercept"]


def exact_fit(X: np.ndarray, y: np.ndarray, intercept: bool) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors of the float64 inputs by Gauss-Jordan elimination in Fractions."""
    rows = [[*fractions(row), *([Fraction(1)] if intercept else [])] for row in X]
    target, q = fractions(y), X.shape[1] + intercept
    gram = [[sum(row[i] * row[j] for row in rows) for j in range(q)] for i in range(q)]
    system = [
        [*gram[i], sum(row[i] * t for row, t in zip(rows, target, strict=True)), *(Fraction(i == j) for j in range(q))]
        for i in range(q)
    ]
    for i in range(q):
        system[i] = [value / system[i][i] for value in system[i]]
        for k in range(q):
            if k != i:
                system[k] = [a - system[k][i] * b for a, b in zip(system[k], system[i], strict=True)]
    theta = [row[q] for row in system]
    left = [t - sum(a * b for a, b in zip(row, theta, strict=True)) for row, t in zip(rows, target, strict=True)]
    rss = sum(value**2 for value in left)
    se = [square_root(system[j][q + 1 + j] * rss / (len(y) - q)) for j in range(q)]
    return np.array([float(value) for value in theta]), np.array(se)


def lre(found: np.ndarray, truth: np.ndarray) -> float:
    """The least number of digits to which any entry agrees; 16 for all of them."""
    worst = [abs(a - b) / abs(b) if b else abs(a) for a, b in zip(found, truth, strict=True) if a != b]
    return -np.log10(max(worst)) if worst else 16.0


@pytest.mark.parametrize("name", CERTIFIED)
def test_nist_exact_is_the_exact_answer(name: str) -> None:
    X, y, intercept = nist(name)
    fit = lw.fit(X, y, method="exact", intercept=intercept)
    theta, se = exact_fit(X, y, intercept)
    assert np.array_equal(fit.theta, theta), "correctly rounded"
    assert np.array_equal(fit.se, se), "correctly rounded"
    assert fit.rank == len(theta)


@pytest.mark.parametrize("name", CERTIFIED)
def test_nist_auto_keeps_13_digits(name: str) -> None:
    X, y, intercept = nist(name)
    fit = lw.fit(X, y, intercept=intercept)
    theta, se = exact_fit(X, y, intercept)
    assert lre(fit.theta, theta) >= 13
    assert lre(fit.se, se) >= 13
    assert fit.reason


@pytest.mark.parametrize("name", CERTIFIED)
def test_nist_reaches_the_certified_values(name: str) -> None:
    """To half a digit of the best that any algorithm can reach once the inputs were rounded to float64."""
    X, y, intercept = nist(name)
    fit = lw.fit(X, y, method="exact", intercept=intercept)
    order = [-1, *range(len(fit.theta) - 1)] if intercept else list(range(len(fit.theta)))
    ceilings = CEILINGS[name]
    best = ceilings.get("f64 x,y; powers correctly rounded") or next(iter(ceilings.values()))
    coef, se = (np.array([float(v) for v in _values(CERTIFIED[name]["exact"][key])]) for key in ("coef", "se"))
    assert lre(fit.theta[order], coef) >= min(best[0], 15.5) - 0.5
    if se.any():
        assert lre(fit.se[order], se) >= min(best[1], 15.5) - 0.5


def _values(found) -> list[str]:
    return list(found.values()) if isinstance(found, dict) else found


@pytest.mark.parametrize("name", CERTIFIED)
def test_nist_qr_is_as_good_as_lapack(name: str) -> None:
    X, y, intercept = nist(name)
    theta, _ = exact_fit(X, y, intercept)
    A = np.column_stack([X, np.ones(len(y))]) if intercept else X
    Q, R = np.linalg.qr(A)
    lapack = np.linalg.solve(R, Q.T @ y)
    assert lre(lw.fit(X, y, method="qr", intercept=intercept).theta, theta) >= min(lre(lapack, theta), 14) - 1


@given(problems(), st.lists(st.integers(0, 60), max_size=5), st.randoms())
def test_exact_has_the_same_bits_in_any_order(problem, cuts: list[int], random) -> None:
    order = list(range(len(problem.y)))
    random.shuffle(order)
    edges = [0, *sorted(min(cut, len(order)) for cut in cuts), len(order)]
    weight = problem.weight

    def part(rows) -> Chunk:
        return Chunk(problem.X[rows], problem.y[rows], None if weight is None else weight[rows])

    pieces = [part(order[a:b]) for a, b in pairwise(edges) if b > a]
    whole, cut = exact_gram([part(slice(None))], problem.X.shape[1]), exact_gram(pieces, problem.X.shape[1])
    assert (whole.integers == cut.integers).all()
    one, other = exact(whole, whole.n), exact(cut, cut.n)
    assert np.array_equal(one.coef, other.coef)
    assert np.array_equal(one.se, other.se)


@pytest.mark.parametrize("size", [1, 7, 1000, 40_000])
def test_exact_has_the_same_bits_in_any_chunks(size: int) -> None:
    problem = make(3, n=40_000, p=3, offset=1e6) if size >= 1000 else make(3, n=300, p=3, offset=1e6)
    pieces = [Chunk(problem.X[k : k + size], problem.y[k : k + size]) for k in range(0, len(problem.y), size)]
    cut = exact(exact_gram(pieces, 3), len(problem.y))
    whole = lw.fit(problem.X, problem.y, method="exact")
    assert np.array_equal(whole.coef, cut.coef)
    assert np.array_equal(whole.se, cut.se)


@pytest.mark.parametrize("scale", [1e-160, 1e-30, 1.0, 1e30, 1e150])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_exact_at_extremes(scale: float, offset: float) -> None:
    problem = make(7, n=12, p=2)
    X, weight = (problem.X + offset) * scale, 10.0 ** np.arange(-8, 4)
    for w in (None, weight):
        fit = lw.fit(X, problem.y, w, method="exact")
        rows = [[Fraction(float(v)) for v in row] + [Fraction(1)] for row in X]
        ws = [Fraction(1)] * 12 if w is None else fractions(w)
        # The residuals are orthogonal to every column: exactly, for the exact solution; to rounding, for its nearest.
        residual = [
            Fraction(float(t)) - sum(a * Fraction(float(b)) for a, b in zip(row, fit.theta, strict=True))
            for row, t in zip(rows, problem.y, strict=True)
        ]
        for j in range(3):
            parts = [v * row[j] * r for v, row, r in zip(ws, rows, residual, strict=True)]
            size = sum(abs(v * row[j]) * (abs(Fraction(float(t))) + sum(abs(a * Fraction(float(b))) for a, b in zip(row, fit.theta, strict=True))) for v, row, t in zip(ws, rows, problem.y, strict=True))  # fmt: skip  # noqa: E501
            assert abs(sum(parts)) <= size * Fraction(1, 2**52)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("method", ["auto", "qr", "svd", "normal", "exact"])
def test_inference_is_statsmodels(method: str, weighted: bool) -> None:
    rng = np.random.default_rng(1)
    X = rng.standard_normal((200, 3))
    y = X @ [1, 2, -0.5] + 3 + rng.standard_normal(200) * (1 + np.abs(X[:, 0]))
    weight = rng.random(200) + 0.2 if weighted else None
    A = np.column_stack([X, np.ones(200)])
    theirs = sm.WLS(y, A, weights=1.0 if weight is None else weight).fit()
    ours = lw.fit(X, y, weight, method=method)
    pairs = [
        (ours.theta, theirs.params), (ours.se, theirs.bse), (ours.t, theirs.tvalues), (ours.p, theirs.pvalues),
        (ours.conf_int(0.9), theirs.conf_int(0.1)), (ours.r2, theirs.rsquared), (ours.adjusted_r2, theirs.rsquared_adj),
        (ours.f.statistic, theirs.fvalue), (ours.f.p, theirs.f_pvalue), (ours.log_likelihood, theirs.llf),
        (ours.aic, theirs.aic), (ours.bic, theirs.bic), (ours.covariance, theirs.cov_params()),
        (ours.df_resid, theirs.df_resid), (ours.sigma**2, theirs.scale),
    ]  # fmt: skip
    rows = (X, y) if weight is None else (X, y, weight)
    pairs += [(ours.robust(rows, kind).se, getattr(theirs, f"{kind}_se")) for kind in ("HC0", "HC1", "HC2", "HC3")]
    groups = rng.integers(0, 12, 200)
    pairs.append((ours.clustered(rows, groups).se, theirs.get_robustcov_results("cluster", groups=groups).bse))
    for lags in (0, 1, 4):
        hac = theirs.get_robustcov_results("HAC", maxlags=lags, use_correction=False)
        pairs.append((ours.newey_west(rows, lags).se, hac.bse))
    frame = theirs.get_prediction(A[:5]).summary_frame(alpha=0.05)
    found = ours.predict(X[:5], 0.95)
    pairs += [
        (found.mean, frame["mean"]),
        (found.confidence, frame[["mean_ci_lower", "mean_ci_upper"]]),
        (found.prediction, frame[["obs_ci_lower", "obs_ci_upper"]]),
    ]
    R, r = np.array([[1.0, 0, 0, 0], [0, 1, -1, 0]]), np.array([1.0, 0])
    test = theirs.f_test((R, r))
    pairs += [(ours.wald(R, r).statistic, test.fvalue), (ours.wald(R, r).p, test.pvalue)]
    for mine, expected in pairs:
        assert np.asarray(mine) == pytest.approx(np.asarray(expected), rel=1e-10)


def test_no_intercept_is_statsmodels() -> None:
    problem = make(2, n=60, p=3, offset=2)
    theirs, ours = sm.OLS(problem.y, problem.X).fit(), lw.fit(problem.X, problem.y, intercept=False)
    assert ours.terms == ("x1", "x2", "x3")
    for mine, expected in ((ours.coef, theirs.params), (ours.se, theirs.bse), (ours.r2, theirs.rsquared),
                           (ours.adjusted_r2, theirs.rsquared_adj), (ours.f.statistic, theirs.fvalue)):  # fmt: skip
        assert mine == pytest.approx(expected, rel=1e-10)


def test_frequencies_are_repeated_rows() -> None:
    problem = make(5, n=40, p=2)
    repeats = np.arange(40) % 4
    ours = lw.fit(problem.X, problem.y, repeats, weights="frequency")
    repeated = lw.fit(np.repeat(problem.X, repeats, axis=0), np.repeat(problem.y, repeats))
    assert ours.se == pytest.approx(repeated.se, rel=1e-12)
    assert ours.df_resid == repeated.df_resid
    assert ours.r2 == pytest.approx(repeated.r2, rel=1e-12)


def test_probabilities_get_robust_errors() -> None:
    problem = make(5, n=40, p=2, weighted=True)
    fit = lw.fit(problem.X, problem.y, problem.weight, weights="probability")
    A = np.column_stack([problem.X, np.ones(40)])
    assert fit.se == pytest.approx(sm.WLS(problem.y, A, weights=problem.weight).fit().HC1_se, rel=1e-10)
    assert fit.errors.startswith("HC1")


@pytest.mark.parametrize("method", ["qr", "svd", "exact"])
def test_dependent_columns(method: str) -> None:
    base = make(6, n=50, p=2)
    a, b = np.round(base.X.T * 2**20) / 2**20
    X = np.column_stack([a, b, 2 * a - b + 3])
    least = lw.fit(X, base.y, names=list("abc"), method=method)
    assert least.rank == 3
    assert "c = 2 a - b + a constant" in least.status
    centred = X - X.mean(axis=0)
    assert least.coef == pytest.approx(np.linalg.pinv(centred) @ (base.y - base.y.mean()), rel=1e-10)
    dropped = lw.fit(X, base.y, names=list("abc"), method=method, on_rank_deficient="drop")
    without = lw.fit(X[:, :2], base.y)
    assert dropped.dropped == ("c",)
    assert dropped.coef == pytest.approx([*without.coef, 0.0], rel=1e-10)
    assert dropped.se == pytest.approx([*without.se[:2], 0.0, without.se[2]], rel=1e-9)
    assert least.predict(X) == pytest.approx(without.predict(X[:, :2]), rel=1e-10)
    with pytest.raises(lw.DataError, match=r"depend on each other \(c = 2 a - b"):
        lw.fit(X, base.y, names=list("abc"), method=method, on_rank_deficient="raise")


def test_exact_goes_where_float64_cannot() -> None:
    """Laeuchli's columns at 1e-9: rank 3 exactly, though X'X rounds to rank 1."""
    e = 1e-9
    X = np.array([[1, 1, 1], [e, 0, 0], [0, e, 0], [0, 0, e]])
    fit = lw.fit(X, [3, e, e, e], intercept=False, method="exact")
    assert fit.rank == 3
    assert fit.coef == pytest.approx([1, 1, 1], rel=1e-15)
    wide = lw.fit(np.eye(3, 5), [1, 2, 3], method="exact")
    assert wide.rank == 3
    assert wide.rss == 0
    assert np.isnan(wide.se).all()


def test_a_triangle_is_enough() -> None:
    problem = make(8, n=100, p=3, weighted=True)
    halves = [lw.Triangle.of(problem.X[k::2], problem.y[k::2], problem.weight[k::2]) for k in (0, 1)]
    merged, whole = lw.fit(halves[0] + halves[1]), lw.fit(problem.X, problem.y, problem.weight, method="qr")
    assert merged.theta == pytest.approx(whole.theta, rel=1e-12)
    assert merged.se == pytest.approx(whole.se, rel=1e-12)
    assert merged.aic == pytest.approx(whole.aic, rel=1e-12)
    with pytest.raises(lw.DataError, match="exact needs the rows"):
        lw.fit(halves[0], method="exact")


def test_auto_says_why() -> None:
    problem = make(9, n=100, p=2)
    assert lw.fit(problem.X, problem.y).method == "qr"
    near = np.column_stack([problem.X[:, 0], problem.X[:, 0] + 1e-7 * problem.X[:, 1]])
    found = lw.fit(near, problem.y)
    assert found.method == "exact"
    assert "With qr rounding would leave about" in found.reason
    assert "Only the triangle is at hand" in fit_triangle(lw.Triangle.of(near, problem.y), Options()).reason


def test_models_come_back(tmp_path: Path) -> None:
    problem = make(10, n=50, p=2, weighted=True)
    fit = lw.fit(problem.X, problem.y, problem.weight, names=["größe", "b"])
    fit.save(tmp_path / "m.json")
    again = lw.load(tmp_path / "m.json")
    assert again.summary() == fit.summary()
    assert np.array_equal(again.predict(problem.X), fit.predict(problem.X))
    record = json.loads((tmp_path / "m.json").read_text())
    for change, sentence in (
        ({"schema": "leastwise.model/2"}, "is of version leastwise.model/2"),
        ({"schema": "else"}, "is not a model"),
        ({"coef": [1.0]}, "is damaged"),
        ({"coef": "x"}, "is damaged"),
    ):
        (tmp_path / "bad.json").write_text(json.dumps(record | change))
        with pytest.raises(lw.DataError, match=sentence):
            lw.load(tmp_path / "bad.json")
    (tmp_path / "bad.json").write_text("{")
    for path in (tmp_path / "bad.json", tmp_path / "none.json"):
        with pytest.raises(lw.DataError):
            lw.load(path)


def test_triangles_come_back(tmp_path: Path) -> None:
    problem = make(11, n=50, p=2, weighted=True)
    triangle = problem.triangle
    triangle.save(tmp_path / "t.tri")
    again = lw.Triangle.load(tmp_path / "t.tri")
    assert np.array_equal(again.R, triangle.R)
    assert np.array_equal(again.means, triangle.means)
    assert (again.n, again.weight, again.log_weight) == (triangle.n, triangle.weight, triangle.log_weight)
    content = bytearray((tmp_path / "t.tri").read_bytes())
    for wrong, sentence in (
        (content[:-8], "is damaged"),
        (content[:-1] + bytes([content[-1] ^ 1]), "is damaged"),
        (content.replace(b"triangle 1", b"triangle 2"), "of another version"),
        (b"a,b\n", "is not a triangle"),
    ):
        (tmp_path / "bad.tri").write_bytes(wrong)
        with pytest.raises(lw.DataError, match=sentence):
            lw.Triangle.load(tmp_path / "bad.tri")


def test_the_gram_of_nothing_is_the_identity() -> None:
    problem = make(12, n=5, p=2)
    gram = ExactGram.of(Chunk(problem.X, problem.y))
    assert ((gram + ExactGram.empty(2)).integers == gram.integers).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"method": "magic"}, "method must be one of auto, qr"),
        ({"on_rank_deficient": "ignore"}, "on_rank_deficient must be one of"),
        ({"weights": "heavy"}, "weights must be one of"),
        ({"ridge": 1}, "there is no option 'ridge'"),
        ({"method": "covariance"}, "covariance takes one feature"),
    ],
)
def test_wrong_requests(change: dict, sentence: str) -> None:
    problem = make(13)
    with pytest.raises(lw.UsageError, match=sentence):
        lw.fit(problem.X, problem.y, **change)
    fit = lw.fit(problem.X, problem.y)
    for wrong in (lambda: fit.conf_int(2), lambda: fit.predict(problem.X[:, :2]), lambda: fit.wald([1, 2]),
                  lambda: fit.robust((problem.X, problem.y), "HC9")):  # fmt: skip
        with pytest.raises(lw.UsageError):
            wrong()
    with pytest.raises(lw.DataError, match="column 'x2' of the arrays is missing in row 3"):
        lw.fit(np.where(np.arange(120).reshape(40, 3) == 7, np.nan, problem.X), problem.y)
