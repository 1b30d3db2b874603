"""Many targets at once: each is the fit of its own column, whatever the blocks, the weights and the offsets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from pyarrow import parquet

import leastwise as lw
from leastwise.groups.batched import SHORTEST
from leastwise.summary import targets as module
from leastwise.summary.targets import Targets
from test_cli import run


def rows(seed: int, n: int = 900, p: int = 3, k: int = 5, offset: float = 0.0):
    """X, Y, columns `offset` deviations from 0."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + offset
    return X, X @ rng.standard_normal((p, k)) + rng.standard_normal((n, k)) + offset


@pytest.mark.parametrize("p", [1, 4])
@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_target_is_the_fit_of_its_column(p: int, offset: float, weighted: bool) -> None:
    """To 12 digits of rational arithmetic, though columns lie a million deviations from 0."""
    X, Y = rows(1, p=p, offset=offset)
    rng = np.random.default_rng(2)
    weight = rng.random(len(Y)) * (rng.random(len(Y)) > 0.1) if weighted else None
    found = lw.fit_targets(X, Y, weight)
    assert found.by["target"].tolist() == ["y1", "y2", "y3", "y4", "y5"]
    for j in range(5):
        exact = lw.fit(X, Y[:, j], weight, method="exact")
        size = max(np.abs(X @ exact.coef).max(), 1)
        assert found.intercept[j] == pytest.approx(exact.intercept, abs=1e-13 * size, rel=1e-13)
        for ours, theirs in (
            (found.coef[j], exact.coef), (found.se[j], exact.se), (found.t[j, :-1], exact.t[:-1]),
            (found.sigma[j], exact.sigma), (found.r2[j], exact.r2), (found.df_resid[j], exact.df_resid),
            (found.n[j], exact.n), (found.rank[j], exact.rank),
        ):  # fmt: skip
            assert ours == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_without_an_intercept(offset: float) -> None:
    """To 12 digits of the exact answer, less those that columns a thousand deviations from 0 lose about 0."""
    X, Y = rows(2, offset=offset)
    weight = np.random.default_rng(0).random(len(Y))
    found = lw.fit_targets(X, Y, weight, intercept=False)
    assert found.terms == found.names
    assert not found.intercept.any()
    for j in range(5):
        exact = lw.fit(X, Y[:, j], weight, intercept=False, method="exact")
        size = np.maximum(np.abs(exact.coef), exact.se)
        assert (np.abs(found.coef[j] - exact.coef) <= size * (1e-12 + 1e-13 * offset)).all()
        for name in ("se", "sigma", "r2", "df_resid", "rank"):
            assert getattr(found, name)[j] == pytest.approx(getattr(exact, name), rel=1e-11), name


def test_statsmodels_and_numpy_say_the_same() -> None:
    """To 11 digits, what statsmodels' pinv keeps here."""
    X, Y = rows(3)
    found, A = lw.fit_targets(X, Y), np.column_stack([X, np.ones(len(X))])
    assert np.allclose(found.theta.T, np.linalg.lstsq(A, Y)[0], rtol=1e-11, atol=1e-13)
    for j in range(Y.shape[1]):
        theirs = sm.OLS(Y[:, j], A).fit()
        assert np.allclose(found.se[j], theirs.bse, rtol=1e-11)
        assert np.allclose(found.p[j], theirs.pvalues, rtol=1e-8)
        assert np.allclose(found.conf_int()[j], theirs.conf_int(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 700])
def test_states_add(n: int) -> None:
    """Rows in two parts are the rows together, to 12 digits; an empty state is a true identity."""
    X, Y = rows(4, k=7, offset=100.0)
    whole, added = Targets.of(X, Y), Targets.of(X[:n], Y[:n]) + Targets.of(X[n:], Y[n:])
    empty = Targets.empty(3, 7)
    assert (empty + whole) is whole
    assert (whole + empty) is whole
    for ours, theirs in (
        (added.shift + added.delta, whole.shift + whole.delta), (added.R.T @ added.R, whole.R.T @ whole.R),
        (added.R.T @ added.Z, whole.R.T @ whole.Z), (added.rss, whole.rss), (added.n, whole.n),
    ):  # fmt: skip
        assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-11)


def test_blocks_and_tiles_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y = rows(5, n=3000, k=300)
    one = lw.fit_targets(X, Y)
    monkeypatch.setattr(module, "TILE", 7)
    monkeypatch.setattr(module, "CACHE", 1000)
    for other in (lw.fit_targets(X, Y), lw.fit_targets(np.asfortranarray(X), np.asfortranarray(Y))):
        assert np.allclose(one.theta, other.theta, rtol=1e-11, atol=1e-14)
        assert np.allclose(one.se, other.se, rtol=1e-13)


def test_dependent_columns_are_named_once() -> None:
    X, Y = rows(6, p=4)
    X[:, 2] = 2 * X[:, 0] - X[:, 1] + 3
    found = lw.fit_targets(X, Y, names=["a", "b", "c", "d"])
    assert found.notes == ("c = 2 a - b + a constant",)
    assert found.summary().count("c = 2 a - b + a constant.") == 1
    assert set(found.status) == {SHORTEST}
    for j in range(Y.shape[1]):
        best = lw.fit(X, Y[:, j])
        assert found.coef[j] == pytest.approx(best.coef, rel=1e-12)
        assert found.se[j] == pytest.approx(best.se, rel=1e-12)
        assert found.rank[j] == best.rank == 4


def test_nearly_dependent_columns_keep_the_digits_of_fit() -> None:
    """Condition 1e6: the factors are shared, and a step of refinement makes up for it (about 1e-16 x condition)."""
    X, Y = rows(7, p=3)
    X[:, 2] = X[:, 0] + 1e-6 * X[:, 2]
    found = lw.fit_targets(X, Y)
    for j in range(Y.shape[1]):
        exact = lw.fit(X, Y[:, j], method="exact")
        assert found.coef[j] == pytest.approx(exact.coef, rel=1e-9)
        assert found.se[j] == pytest.approx(exact.se, rel=1e-9)


def test_edges() -> None:
    """An exact fit, a constant target, as many rows as terms, fewer than terms: as lw.fit has them."""
    X, _ = rows(8, n=50, p=2)
    Y = np.column_stack([X @ [1.0, 2.0] + 3, np.full(50, 7.0), X[:, 0] ** 2])
    found = lw.fit_targets(X, Y, targets=["exact", "constant", "square"])
    assert found.sigma[0] < 1e-14
    assert found["exact"]["x1"] == pytest.approx(1, rel=1e-14)
    assert np.isnan(found["constant"]["r2"])
    assert found["constant"]["x1"] == 0
    for n in (3, 2):
        few, own = lw.fit_targets(X[:n], Y[:n]), lw.fit(X[:n], Y[:n, 2])
        assert few.coef[2] == pytest.approx(own.coef, rel=1e-10)
        assert few.df_resid[2] == own.df_resid
        assert np.isnan(few.se).all()


def test_columns_of_frames_and_files_are_the_same_as_arrays(tmp_path: Path) -> None:
    X, Y = rows(9)
    town = np.array(["Oslo", "Bern", "Rome"])[np.arange(len(X)) % 3]
    frame = pd.DataFrame(np.hstack([X, Y]), columns=[*"abc", *"uvwxy"]).assign(town=town, heavy=1 + X[:, 0] ** 2)
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path)
    A = np.column_stack([X, town == "Oslo", town == "Rome"])
    plain = lw.fit_targets(A, Y, frame["heavy"])
    for data in (frame, path):
        found = lw.fit_targets(data, list("uvwxy"), "heavy", x=["a", "b", "c", "town"])
        assert found.names == ("a", "b", "c", "town[Oslo]", "town[Rome]")
        assert found.by["target"].tolist() == list("uvwxy")
        assert np.allclose(found.theta, plain.theta, rtol=1e-11, atol=1e-14)
        assert np.allclose(found.se, plain.se, rtol=1e-12)
    assert lw.fit_targets(path, "y", x=["a"])["y"]["a"] == pytest.approx(lw.fit(path, "y", x=["a"]).coef[0], rel=1e-12)
    assert lw.fit_targets(frame[["a"]], frame[["u", "v"]]).by["target"].tolist() == ["u", "v"]
    assert lw.fit_targets(path, ["u", "v"], x=None).names == ("a", "b", "c", "w", "x", "y", "heavy")


def test_missing_values() -> None:
    X, Y = rows(10, n=40)
    Y[7, 2], X[9, 1] = np.nan, np.inf
    with pytest.raises(lw.DataError, match=r"'x2' .* infinite in row 10"):
        lw.fit_targets(X, np.nan_to_num(Y))
    with pytest.raises(lw.DataError, match=r"'y3' .* missing in row 8"):
        lw.fit_targets(X, Y)
    found = lw.fit_targets(X, Y, missing="drop")
    keep = np.delete(np.arange(40), [7, 9])
    assert found.dropped_rows == 2
    assert np.allclose(found.theta, lw.fit_targets(X[keep], Y[keep]).theta, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((np.eye(3), np.ones(3)), {}, r"\(n, k\)"), ((np.eye(3), np.eye(4)), {}, "same rows"),
        ((np.eye(3), np.eye(3)), {"targets": ["a"]}, "3 names"),
        ((np.eye(3), np.eye(3)), {"targets": ["x1", "b", "c"]}, "all different"),
        ((np.eye(3), np.eye(3)), {"x": ["x1"]}, "path"), ((np.eye(3), np.eye(3), [1, -1, 1]), {}, "negative"),
        ((np.eye(3), np.eye(3), [0, 0, 0]), {}, "no rows"), ((np.eye(3) * 1e300, np.eye(3) * 1e300), {}, "too large"),
        (("article", np.eye(3)), {}, "list of its columns"), (("article", ["y"]), {"names": ["x"]}, "left out"),
    ],
)  # fmt: skip
def test_what_is_refused(arguments: tuple, options: dict, said: str) -> None:
    with pytest.raises(lw.LeastwiseError, match=said):
        lw.fit_targets(*arguments, **options)


def test_the_command(tmp_path: Path) -> None:
    X, Y = rows(11, n=60, p=2, k=3)
    path, table = tmp_path / "rows.csv", tmp_path / "table.parquet"
    pd.DataFrame(np.hstack([X, Y]), columns=[*"abuvw"]).to_csv(path, index=False)
    ran = run("fit", str(path), "-y", "u,v, w", "-x", "a,b", "-o", str(table))
    assert ran.returncode == 0, ran.stderr
    assert b"3 regressions on a and b, by target." in ran.stdout
    plain = lw.fit_targets(X, Y)
    assert np.allclose(parquet.read_table(table).to_pydict()["se a"], plain.se[:, 0], rtol=1e-9)
    told = json.loads(run("fit", str(path), "-y", "u,v,w", "--json").stdout)
    assert told["schema"] == "leastwise.targets/1"
    assert told["names"] == ["a", "b"]
    assert np.allclose(told["columns"]["b"], plain.coef[:, 1], rtol=1e-9)
    assert run("fit", "-", "-y", "u,v,w", stdin=path.read_bytes()).stdout == run("fit", str(path), "-y", "u,v,w").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-y", "u,z"], 3, b"no column 'z'"), (["-y", "u,u"], 2, b"more than once"),
        (["-y", "u,g", "-x", "a"], 3, b"'g'"), (["-y", "u,v", "--by", "g"], 2, b"exclude each other"),
        (["-y", "u,v", "--robust", "HC1"], 2, b"several columns takes"), (["-y", "u,v,a"], 2, b"a feature besides"),
        (["-y", "u,v", "--save", "m.json"], 2, b"several columns takes"),
        (["-y", "u,v", "-o", "a.txt"], 2, b".parquet"),
    ],
)  # fmt: skip
def test_the_command_refuses_in_a_sentence(tmp_path: Path, arguments: list[str], code: int, said: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,u,v,g\n1,1,2,k\n1.5,2,3,l\n2,4,5,k\n")
    ran = run("fit", str(path), *arguments)
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr
    assert ran.stderr.count(b"\n") == 1
