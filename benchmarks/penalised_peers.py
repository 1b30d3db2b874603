"""A peer in an interpreter of its own: python penalised_peers.py adelie|celer case l1.npy out.npz tolerance."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import scipy.sparse as sp

from penalised_data import MAKE

OPTIONS: dict[str, Any] = {"early_exit": False, "progress_bar": False}


def adelie_path(case: str, X: Any, y: Any, alphas: Any, tol: float) -> Any:
    """Slopes by gaussian_cov on the centred Gram matrix for tall data, by grpnet for the rest."""
    import adelie

    if case == "tall":
        Z = X - X.mean(axis=0)
        A, v = np.asfortranarray(Z.T @ Z / len(y)), Z.T @ (y - y.mean()) / len(y)
        found = adelie.solver.gaussian_cov(A, v, lmda_path=alphas, tol=tol, rdev_tol=0, n_threads=1, **OPTIONS)
        return found.betas.toarray()
    make = adelie.matrix.sparse if case == "sparse" else adelie.matrix.dense
    M = make(X, method="naive", n_threads=2)
    model = adelie.glm.gaussian(y)
    found = adelie.grpnet(M, model, lmda_path=alphas, tol=tol, adev_tol=1.0, n_threads=2, **OPTIONS)
    return found.betas.toarray()


def celer(case: str, X: Any, y: Any, alphas: Any, tol: float) -> Any:
    """celer_path."""
    from celer import celer_path

    dense = not sp.issparse(X)
    more = {} if dense else {"X_offset": np.asarray(X.mean(axis=0)).ravel(), "X_scale": np.ones(X.shape[1])}
    Z = np.asfortranarray(X - X.mean(axis=0)) if dense else X
    return celer_path(Z, y - y.mean(), "lasso", alphas=alphas, tol=tol, max_iter=100, **more)[1].T


def main(peer: str, case: str, l1: str, out: str, tol: str) -> None:
    """The best of some runs from the raw arrays, and the slopes."""
    X, y = MAKE[case]()
    alphas, best, coef = np.load(l1) / 2, np.inf, np.empty(0)
    for _ in range(3 if peer == "adelie" else 1):
        begin = time.perf_counter()
        coef = {"adelie": adelie_path, "celer": celer}[peer](case, X, y, alphas, float(tol))
        best = min(best, time.perf_counter() - begin)
    np.savez(out, seconds=best, coef=coef)


if __name__ == "__main__":
    main(*sys.argv[1:])
