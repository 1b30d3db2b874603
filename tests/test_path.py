"""Penalties as values, fits with them, whole paths and what chooses among them, and other libraries' words for them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas
import pytest
import statsmodels.api as sm
from sklearn import linear_model
from sklearn.model_selection import LeaveOneOut, cross_val_score

import leastwise as lw
from leastwise.penalised.ridge import Ridge
from leastwise.rows.chunk import Chunk
from problems import make
from test_cli import run

TIGHT = {"tol": 1e-14, "max_iter": 1_000_000}
PROBLEMS = [make(40, n=80, p=6), make(41, n=60, p=4, weighted=True), make(42, n=50, p=3, offset=3)]


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.3])
def test_fits_are_scikit_learns(problem, l1_ratio: float) -> None:
    """At scikit-learn's alpha, translated: to 1e-8 of the largest slope, weights included; and the intercept."""
    X, y, weight = problem.X, problem.y, problem.weight
    top = lw.path(X, y, weight, l1_ratio=l1_ratio, penalties=1).alphas[0]
    for alpha in (0.5 * top, 0.01 * top):
        given = lw.translate_penalty({"alpha": alpha, "l1_ratio": l1_ratio}, len(y), dialect="sklearn.ElasticNet")
        ours = lw.fit(X, y, weight, penalty=lw.Penalty(**given["leastwise"]))
        theirs = linear_model.ElasticNet(alpha, l1_ratio=l1_ratio, **TIGHT).fit(X, y, sample_weight=weight)
        assert ours.coef == pytest.approx(theirs.coef_, abs=1e-8 * np.abs(theirs.coef_).max())
        assert ours.intercept == pytest.approx(theirs.intercept_, rel=1e-7)
        assert ours.predict(X) == pytest.approx(theirs.predict(X), rel=1e-7)
        assert np.isnan(ours.se).all()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("intercept", [True, False])
def test_ridge_is_scikit_learns(problem, intercept: bool) -> None:
    X, y, weight = problem.X, problem.y, problem.weight
    total = len(y) if weight is None else weight.sum()
    for alpha in (1e-3, 1.0, 100.0):
        ours = lw.fit(X, y, weight, penalty=lw.ridge(alpha / total), intercept=intercept)
        theirs = linear_model.Ridge(alpha, fit_intercept=intercept, solver="svd").fit(X, y, sample_weight=weight)
        assert ours.coef == pytest.approx(theirs.coef_, rel=1e-8)


def test_every_dialect_says_the_same_penalty() -> None:
    """Each library's own solver, given its own words, ends at the same slopes. statsmodels' solver leaves a slope at 0
    that has once been 0, so that none is here.
    """
    X = make(43, n=70, p=4).X
    y = X @ [3, -2, 1.5, 4] + np.random.default_rng(0).standard_normal(70)
    n, sd = len(y), float(y.std())
    ridge, lasso = lw.ridge(0.3), lw.lasso(0.02)
    ours, words = lw.fit(X, y, penalty=ridge), lw.translate_penalty(ridge, n, sd)
    assert ours.coef == pytest.approx(linear_model.Ridge(**words["sklearn.Ridge"]).fit(X, y).coef_, rel=1e-8)
    model = sm.OLS(y, sm.add_constant(X))

    def regularised(penalty: lw.Penalty) -> np.ndarray:
        given = lw.translate_penalty(penalty, n, sd)["statsmodels"]
        alpha = np.r_[0.0, np.full(4, given["alpha"])]
        how = {"cnvrg_tol": 1e-13, "maxiter": 5000}
        return np.asarray(model.fit_regularized("elastic_net", alpha, given["L1_wt"], **how).params)

    assert regularised(ridge)[1:] == pytest.approx(ours.coef, rel=1e-5)
    assert regularised(lasso)[1:] == pytest.approx(lw.fit(X, y, penalty=lasso).coef, abs=1e-5)
    descent = lw.descend(X, y, backend="torch", learning_rate=0.05, epochs=5000, **words["torch"])
    assert descent.coef == pytest.approx(ours.coef, rel=1e-6)
    both = linear_model.ElasticNet(**lw.translate_penalty(lw.Penalty(0.2, 0.3), n)["sklearn.ElasticNet"], **TIGHT)
    assert both.fit(X, y).coef_ == pytest.approx(lw.fit(X, y, penalty=lw.Penalty(0.2, 0.3)).coef, rel=1e-7)
    glmnet = lw.translate_penalty(lw.Penalty(0.2, 0.3), n, sd)["glmnet"]
    scaled = linear_model.ElasticNet(glmnet["lambda"] / sd, l1_ratio=glmnet["alpha"], **TIGHT).fit(X, y / sd)
    assert sd * scaled.coef_ == pytest.approx(both.coef_, rel=1e-7)


@pytest.mark.parametrize(
    "dialect", ["sklearn.ElasticNet", "sklearn.Lasso", "sklearn.Ridge", "glmnet", "torch", "statsmodels"]
)
def test_translations_go_both_ways(dialect: str) -> None:
    penalty = {"sklearn.Lasso": lw.lasso(0.2), "sklearn.Ridge": lw.ridge(0.3), "torch": lw.ridge(0.3)}.get(
        dialect, lw.Penalty(0.2, 0.3)
    )
    there = lw.translate_penalty(penalty, 50, 2.5)[dialect]
    back = lw.translate_penalty(there, 50, 2.5, dialect)["leastwise"]
    assert (back["l1"], back["l2"]) == pytest.approx((penalty.l1, penalty.l2))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_folds_without_rows_are_folds_with_them(problem) -> None:
    """Errors on contiguous folds against scikit-learn's LassoCV, at offsets too: to 1e-7."""
    X, y = problem.X, problem.y
    ours = lw.path(X, y, folds=5)
    theirs = linear_model.LassoCV(alphas=ours.alphas / 2, cv=5, **TIGHT).fit(X, y)
    assert pytest.approx(theirs.mse_path_, rel=1e-7) == ours.folds.T
    assert ours.alphas[ours.best("cv")] == pytest.approx(2 * theirs.alpha_)
    assert ours.best("1se") <= ours.best("cv")
    assert ours.cv_mean[ours.best("1se")] <= ours.cv_mean.min() + ours.cv_se[ours.best("cv")]


def test_the_path_is_a_fit_at_every_penalty() -> None:
    problem = PROBLEMS[1]
    path = lw.path(problem.X, problem.y, problem.weight, l1_ratio=0.7, penalties=15)
    assert path.gap.max() <= 1e-8
    assert (path.coef[0] == 0).all()
    for k in (0, 7, 14):
        fit = lw.fit(path.triangle, penalty=path.penalties[k])
        assert path.coef[k] == pytest.approx(fit.coef, abs=1e-10)
        assert path.intercept[k] == pytest.approx(fit.intercept)
        assert path.loss[k] == pytest.approx(
            np.average((problem.y - fit.predict(problem.X)) ** 2, weights=problem.weight)
        )


def test_criteria() -> None:
    """AIC and BIC against statsmodels' least squares on the same slopes; ridge's df and GCV against the hat matrix."""
    problem = PROBLEMS[0]
    X, y, n = problem.X, problem.y, len(problem.y)
    path = lw.path(X, y, penalties=[lw.lasso(0.5), lw.Penalty()])
    full = sm.OLS(y, sm.add_constant(X)).fit()
    shift = n * np.log(full.ssr / n) + 2 * 7 - full.aic
    assert path.criterion("aic")[1] - shift == pytest.approx(full.aic)
    assert path.criterion("bic")[1] - path.criterion("aic")[1] == pytest.approx(full.bic - full.aic)
    ridge = lw.path(X, y, l1_ratio=0.0, penalties=5)
    centred = X - X.mean(axis=0)
    for k, penalty in enumerate(ridge.penalties):
        hat = centred @ np.linalg.solve(centred.T @ centred + n * penalty.l2 * np.eye(6), centred.T)
        assert ridge.df[k] == pytest.approx(np.trace(hat))
        assert ridge.criterion("gcv")[k] == pytest.approx(ridge.loss[k] / (1 - (np.trace(hat) + 1) / n) ** 2)


@pytest.mark.parametrize("intercept", [True, False])
def test_leave_one_out_in_closed_form(intercept: bool) -> None:
    problem = make(44, n=40, p=3)
    triangle, l2 = problem.triangle, np.array([0.01, 0.5])
    rows = [Chunk(problem.X[:25], problem.y[:25]), Chunk(problem.X[25:], problem.y[25:])]
    found = Ridge.of(triangle, intercept).leave_one_out(rows, l2)
    for value, penalty in zip(found, l2, strict=True):
        model = linear_model.Ridge(40 * penalty, fit_intercept=intercept)
        # Leaving a row out leaves alpha, not alpha / n, as it is.
        scores = cross_val_score(model, problem.X, problem.y, cv=LeaveOneOut(), scoring="neg_mean_squared_error")
        assert value == pytest.approx(-scores.mean(), rel=1e-8)


def test_adaptive_lasso() -> None:
    """Slopes that are 0 are found at a penalty at which the plain lasso keeps some, and those that are not are less
    shrunk; and the factors are rescaled columns.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 8))
    y = X @ [3, 0, 0, 1.5, 0, 0, 2, 0] + rng.standard_normal(300)
    free = lw.fit(X, y).coef
    factors = lw.adaptive(free)
    adaptive = lw.fit(X, y, penalty=lw.lasso(0.1, factors=factors))
    plain = lw.fit(X, y, penalty=lw.lasso(0.1))
    assert set(np.flatnonzero(adaptive.coef)) == {0, 3, 6}
    assert set(np.flatnonzero(plain.coef)) > {0, 3, 6}
    assert abs(adaptive.coef[0] - 3) < abs(plain.coef[0] - 3)
    rescaled = lw.fit(X / np.array(factors), y, penalty=lw.lasso(0.1)).coef / factors
    assert adaptive.coef == pytest.approx(rescaled, abs=1e-9)


def test_errors_that_there_are_not() -> None:
    problem = PROBLEMS[0]
    rows, fit = (problem.X, problem.y), lw.fit(problem.X, problem.y, penalty=lw.lasso(0.1))
    for ask in (lambda: fit.predict(problem.X, interval=0.9), lambda: fit.robust(rows), lambda: fit.influence(rows),
                lambda: fit.newey_west(rows, 2)):  # fmt: skip
        with pytest.raises(lw.UsageError, match="have no standard errors"):
            ask()
    wide = np.random.default_rng(0).standard_normal((10, 2501))
    with pytest.raises(lw.UsageError, match="over 2,500 features"):
        lw.path(wide, wide[:, 0])


def test_bounds() -> None:
    problem = PROBLEMS[0]
    free = lw.fit(problem.X, problem.y).coef
    held = lw.fit(problem.X, problem.y, penalty=lw.Penalty(low=-0.1, high=tuple(np.abs(free) / 2)))
    assert (held.coef >= -0.1).all()
    assert (held.coef <= np.abs(free) / 2).all()
    positive = linear_model.LinearRegression(positive=True).fit(problem.X, problem.y)
    assert lw.fit(problem.X, problem.y, penalty=lw.Penalty(low=0.0)).coef == pytest.approx(positive.coef_, abs=1e-9)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
def test_standardised(l1_ratio: float) -> None:
    """Slopes per deviation: those of standardised columns, back in the user's units, folds included."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((90, 4)) * [1, 100, 1e-3, 5] + [0, 1e4, 1, 0]
    y = X / X.std(axis=0) @ [1, 2, 0, -1] + rng.standard_normal(90)
    ours = lw.path(X, y, l1_ratio=l1_ratio, penalties=20, standardised=True)
    scaled = lw.path((X - X.mean(axis=0)) / X.std(axis=0), y, l1_ratio=l1_ratio, penalties=20)
    assert ours.alphas == pytest.approx(scaled.alphas, rel=1e-9)
    assert ours.coef * X.std(axis=0) == pytest.approx(scaled.coef, abs=1e-9)
    fit = lw.fit(X, y, penalty=ours.penalties[7])
    assert fit.coef == pytest.approx(ours.coef[7], rel=1e-6)
    assert "standardised" in fit.summary()


def test_penalised_fits_are_kept(tmp_path: Path) -> None:
    problem = PROBLEMS[0]
    penalty = lw.elastic_net(0.2, 0.7, factors=(1, 2, 0, 1, 1, 1), low=-0.4)
    fit = lw.fit(problem.X, problem.y, penalty=penalty)
    fit.save(tmp_path / "m.json")
    back = lw.load(tmp_path / "m.json")
    assert back.penalty == penalty
    assert np.array_equal(back.predict(problem.X), fit.predict(problem.X))
    assert set(lw.translate_penalty(penalty, 80)) == {"leastwise"}
    text = (tmp_path / "m.json").read_text()
    for old, new in (('"l1": 0.13', '"l1": 1e999, "x": 0.13'), ('"standardised": false', '"standardised": "no"')):
        (tmp_path / "bad.json").write_text(text.replace(old, new))
        with pytest.raises(lw.DataError, match="damaged"):
            lw.load(tmp_path / "bad.json")
    assert lw.fit(problem.X, problem.y).penalty is None


@pytest.mark.parametrize(("make_it", "words"), [
    (lambda: lw.lasso(-1), "at least 0"), (lambda: lw.ridge(float("nan")), "at least 0"),
    (lambda: lw.elastic_net(1, 2), "from 0 to 1"), (lambda: lw.Penalty(low=1.0), "must allow 0"),
    (lambda: lw.Penalty(high=-1.0), "must allow 0"), (lambda: lw.Penalty(low=float("nan")), "nan"),
    (lambda: lw.lasso(1, factors=(1, -1)), "factors"), (lambda: lw.lasso("much"), "at least 0"),
    (lambda: lw.fit([[1.0], [2], [3]], [1, 2, 4], penalty="lasso"), "lw.ridge"),
    (lambda: lw.fit([[1.0], [2], [3]], [1, 2, 4], penalty=lw.lasso(1), method="qr"), "method of its own"),
    (lambda: lw.fit([[1.0], [2], [3]], [1, 2, 4], penalty=lw.lasso(1, factors=(1, 2))), "one a feature"),
    (lambda: lw.fit([[1.0], [2], [3]], [1, 2, 4], [1, 1, 1], penalty=lw.lasso(1), weights="probability"), "analytic"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], folds=1), "at least 2"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], folds=4), "cannot make 4 folds"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], l1_ratio=2), "l1_ratio must be"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], penalties=[]), "at least one penalty"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], factors=(0,)), "nothing is penalised"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4]).best("cv"), "needs folds"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4]).best("magic"), "must be one of"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], penalties=[lw.lasso(1), lw.lasso(1, low=0.0)]), "the same factors"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], penalties=[lw.lasso(1)], low=0.0), "leave the shape out"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], foo=1), "takes no 'foo'"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], penalties=lw.lasso(1)), "a list of them"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], penalties=[0.1]), "nothing else in the list"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], folds=2.5), "at least 2"),
    (lambda: lw.path([[1.0], [2], [3]], [1, 2, 4], l1_ratio="a"), "l1_ratio must be"),
    (lambda: lw.lasso(10**400), "at least 0"), (lambda: lw.Penalty(low=()), "is empty"),
    (lambda: lw.adaptive("a"), "must be numbers"), (lambda: lw.adaptive([float("nan")]), "must be finite"),
    (lambda: lw.Penalty(standardised="no"), "True or False"),
    (lambda: lw.translate_penalty({"alpha": 1.0}, 0, dialect="sklearn.Ridge"), "n must be above 0"),
    (lambda: lw.translate_penalty(lw.ridge(1), -5), "n must be"),
    (lambda: lw.translate_penalty(lw.ridge(1), 5, 0.0), "target_sd must be above 0"),
    (lambda: lw.translate_penalty(1.0, 5), "a dict of"),
    (lambda: lw.translate_penalty(lw.ridge(1), 5, dialect="no"), "dialect must be"),
    (lambda: lw.translate_penalty({"alpha": 1}, 5, dialect="R"), "dialect must be"),
    (lambda: lw.translate_penalty({"lambda": 1}, 5, dialect="sklearn.Ridge"), "is made of alpha"),
])  # fmt: skip
def test_what_is_infeasible_is_refused(make_it, words: str) -> None:
    with pytest.raises((lw.UsageError, lw.DataError), match=words):
        make_it()


def test_what_an_attacker_found() -> None:
    """Far columns without an intercept, ridge of 0 on dependent ones, tiny and huge numbers, folds of no weight."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((23, 3)) + 1e4 * rng.standard_normal(3)
    X = np.column_stack([X, X[:, 0] + X[:, 1]])
    y = X[:, 2] + rng.standard_normal(23)
    none, least = lw.fit(X, y, penalty=lw.ridge(0.0)), lw.fit(X, y, method="qr")
    assert none.coef == pytest.approx(least.coef)
    bad = np.random.default_rng(1928)
    far = bad.standard_normal((4, 8)) * 10.0 ** bad.integers(-3, 4, 8) + 1e4 * bad.standard_normal(8)
    target = bad.standard_normal(4)
    with pytest.raises(lw.DataError, match="rounding leaves a penalised answer"):
        lw.fit(far, target, penalty=lw.Penalty(0, 0, standardised=True), intercept=False)
    small = X[:, :2] - X[:, :2].mean(axis=0)
    for scale in (1e-200, 1e200):
        with pytest.raises(lw.DataError, match="scale"):
            lw.path(small, y * scale, folds=3)
        with pytest.raises(lw.DataError, match="scale"):
            lw.fit(small * [scale, 1], y, penalty=lw.lasso(0.1))
    with pytest.raises(lw.DataError, match="fold 1"):
        lw.path(small, y, np.r_[np.zeros(8), np.ones(15)], folds=3)
    with pytest.raises(lw.DataError, match="no rows left"):
        lw.path(small, y, np.zeros(23))


def test_df_of_every_ridge() -> None:
    """The trace of the hat matrix, of standardised features and with factors, one of them 0; and no intercept."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((50, 3)) * [1, 10, 0.1]
    y = X @ [1, 0.1, 3] + rng.standard_normal(50)
    Z, factors = X - X.mean(axis=0), np.array([1.0, 0.0, 3.0])
    for how, scale in (({"standardised": True}, Z.std(axis=0)), ({"factors": (1.0, 0.0, 3.0)}, np.ones(3))):
        path = lw.path(X, y, l1_ratio=0, penalties=4, **how)
        held = factors if "factors" in how else np.ones(3)
        for penalty, df in zip(path.penalties, path.df, strict=True):
            U = Z / scale
            hat = U @ np.linalg.solve(U.T @ U + 50 * penalty.l2 * np.diag(held), U.T)
            assert df == pytest.approx(np.trace(hat), rel=1e-8)
    flat = lw.path(X, y, penalties=3, intercept=False)
    assert flat.criterion("aic")[0] == pytest.approx(50 * np.log(np.mean(y**2)))


def test_paths_of_triangles() -> None:
    problem = PROBLEMS[0]
    whole = lw.path(problem.X, problem.y, penalties=5)
    assert lw.path(problem.triangle, penalties=5).coef == pytest.approx(whole.coef, abs=1e-12)
    with pytest.raises(lw.UsageError, match="no rows to fold"):
        lw.path(problem.triangle, folds=5)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame({f"x{j}": rng.standard_normal(240) for j in range(5)})
    frame["town"] = rng.choice(["Oslo", "Riga"], 240)
    frame["y"] = 3 * frame.x0 - 2 * frame.x3 + (frame.town == "Riga") + rng.standard_normal(240)
    path = tmp_path_factory.mktemp("path") / "homes.csv"
    frame.to_csv(path, index=False)
    return path


def test_path_as_a_command(homes: Path, tmp_path: Path) -> None:
    page, model = tmp_path / "p.html", tmp_path / "m.json"
    how = ["path", str(homes), "-y", "y", "-x", "x0,x1,x2,x3,x4,town", "--folds", "4"]
    done = run(*how, "--html", str(page), "--save", str(model))
    assert done.returncode == 0, done.stderr.decode()
    assert "Chosen by 1se" in done.stdout.decode()
    again = done.stdout.decode().rpartition("The same again: leastwise ")[2].split()
    fitted = json.loads(run(*again, "-x", "x0,x1,x2,x3,x4,town", "--json").stdout)
    assert page.read_text().count("<svg") == 2
    frame = pandas.read_csv(homes)
    expected = lw.path(frame, "y", x=["x0", "x1", "x2", "x3", "x4", "town"], folds=4)
    found = json.loads(run(*how, "--json").stdout)
    assert found["schema"] == "leastwise.path/1"
    assert found["best"]["1se"] == expected.best("1se")
    assert found["cv_mean"] == pytest.approx(expected.cv_mean.tolist())
    assert fitted["coef"]["x0"] == pytest.approx(found["chosen"]["coef"]["x0"], rel=1e-4)
    assert found["chosen"]["coef"]["x0"] == pytest.approx(expected.coef[expected.best("1se"), 0])
    predicted = run("predict", str(model), str(homes)).stdout.decode()
    assert len(predicted.splitlines()) == 241
    for rule in ("aic", "bic", "gcv"):
        assert run(*how[:-2], "--folds", "0", "--rule", rule).returncode == 0


@pytest.mark.parametrize(("command", "words"), [
    (["path", "--rule", "magic"], "must be one of"), (["path", "--folds", "0", "--rule", "cv"], "needs folds"),
    (["path", "--folds", "1"], "at least 2"), (["path", "--l1-ratio", "3"], "l1_ratio must be"),
    (["path", "--count", "0"], "at least one"), (["fit", "--penalty", "lasso"], "needs --alpha"),
    (["fit", "--alpha", "1"], "needs a --penalty"), (["fit", "--penalty", "magic", "--alpha", "1"], "must be one of"),
    (["fit", "--penalty", "lasso", "--alpha", "-1"], "at least 0"),
    (["fit", "--penalty", "lasso", "--alpha", "1", "--robust", "HC1"], "no standard errors"),
    (["fit", "--penalty", "ridge", "--alpha", "1", "--l1-ratio", "1"], "is for --penalty elastic-net"),
])  # fmt: skip
def test_commands_refuse_in_a_sentence(command: list[str], words: str) -> None:
    done = run(*command)
    assert (done.returncode, words in done.stderr.decode()) == (2, True), done.stderr.decode()
    assert not done.stdout


def test_fit_with_a_penalty_as_a_command() -> None:
    found = json.loads(run("fit", "--penalty", "lasso", "--alpha", "2", "--json").stdout)
    fit = lw.fit("article", y="y", penalty=lw.lasso(2.0))
    assert found["coef"]["x"] == pytest.approx(fit.coef[0])
    assert found["se"]["x"] is None
    assert found["penalty"] == {"l1": 2.0, "l2": 0.0}
    said = run("fit", "--penalty", "elastic-net", "--alpha", "2").stdout.decode()
    assert "sklearn.ElasticNet" in said
    assert "no standard errors" in said
