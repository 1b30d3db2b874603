"""adelie in an interpreter of its own: python peer_adelie.py case l1.npy out.npz tolerance."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from penalised_data import MAKE

OPTIONS: dict[str, Any] = {"early_exit": False, "progress_bar": False}


def fitted(case: str, X: Any, y: Any, alphas: Any, tol: float) -> Any:
    """Slopes by gaussian_cov on the centred Gram matrix for tall data, by grpnet for the rest."""
    import adelie

    if case == "tall":
        Z = X - X.mean(axis=0)
        A, v = np.asfortranarray(Z.T @ Z / len(y)), Z.T @ (y - y.mean()) / len(y)
        return adelie.solver.gaussian_cov(A, v, lmda_path=alphas, tol=tol, rdev_tol=0, n_threads=1, **OPTIONS).betas
    make = adelie.matrix.sparse if case == "sparse" else adelie.matrix.dense
    M = make(X, method="naive", n_threads=2)
    model = adelie.glm.gaussian(y)
    return adelie.grpnet(M, model, lmda_path=alphas, tol=tol, adev_tol=1.0, n_threads=2, **OPTIONS).betas


def main(case: str, l1: str, out: str, tol: str) -> None:
    """The best of three runs from the raw arrays, and the slopes."""
    X, y = MAKE[case]()
    alphas, best = np.load(l1) / 2, np.inf
    coef: Any = None
    for _ in range(3):
        begin = time.perf_counter()
        coef = fitted(case, X, y, alphas, float(tol))
        best = min(best, time.perf_counter() - begin)
    np.savez(out, seconds=best, coef=coef.toarray())


if __name__ == "__main__":
    main(*sys.argv[1:])
