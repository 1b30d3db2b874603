"""Two common mistakes at once, planted in a hand-written trainer: PAIRS holds each with its two codes.

`made` gives a function of a flat x with a start, `made_class` a class of several features that starts at zero. In both
the codes are turned into plain numbers and switches before the code that is checked.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np

CODES = (
    "LW102",
    "LW103",
    "LW104",
    "LW105",
    "LW106",
    "LW107",
    "LW109",
    "LW111",
    "LW112",
    "LW113",
    "LW115",
    "LW117",
    "LW123",
    "LW124",
)

# Those that cancel, or of which one leaves nothing of the other: one epoch less and one more; an intercept that never
# moves and what is wrong with its moves; N x N residuals, whose mean is the mean residual; an intercept after the slope
# where x has mean 0.
EXCLUDED = {
    frozenset({"LW111", "LW112"}),
    frozenset({"LW106", "LW107"}),
    frozenset({"LW106", "LW124"}),
    frozenset({"LW105", "LW123"}),
    frozenset({"LW107", "LW115"}),
}


def made(codes: frozenset[str]) -> Callable:
    """A function of a flat x, y, a start, a rate and epochs."""
    factor = 4 if "LW102" in codes else 2
    reduce = np.sum if "LW103" in codes else np.mean
    direction = 1 if "LW104" in codes else -1
    shape = (-1, 1) if "LW105" in codes else (-1,)
    moving = "LW106" not in codes
    late = "LW107" in codes
    kept = 1 if "LW109" in codes else 0
    more = ("LW112" in codes) - ("LW111" in codes)
    power = 2 if "LW113" in codes else 1
    scaling = "LW115" in codes
    dtype = np.float32 if "LW117" in codes else np.float64
    slope_by_x = "LW123" not in codes
    intercept_by_x = "LW124" in codes

    def train(x, y, w=0.0, b=0.0, lr=0.01, epochs=100):
        x = np.asarray(x, dtype=dtype).reshape(-1)
        y = np.asarray(y, dtype=dtype).reshape(shape)
        if scaling:
            x = (x - x.mean()) / x.std()
        w, b, rate = dtype(w), dtype(b), dtype(lr**power)
        dw, db = dtype(0), dtype(0)
        for _ in range(epochs + more):
            error = w * x + b - y
            dw = kept * dw + factor * reduce(error * x if slope_by_x else error)
            w_new = w + direction * rate * dw
            if late:
                error = w_new * x + b - y
            db = kept * db + factor * reduce(error * x if intercept_by_x else error)
            w = w_new
            if moving:
                b = b + direction * rate * db
        return w, b

    return train


def made_class(codes: frozenset[str]) -> type:
    """A class of several features, with fit and predict."""
    factor = 4 if "LW102" in codes else 2
    summed = "LW103" in codes
    direction = 1 if "LW104" in codes else -1
    shape = (-1, 1) if "LW105" in codes else (-1,)
    moving = "LW106" not in codes
    late = "LW107" in codes
    kept = 1 if "LW109" in codes else 0
    more = ("LW112" in codes) - ("LW111" in codes)
    power = 2 if "LW113" in codes else 1
    scaling = "LW115" in codes
    dtype = np.float32 if "LW117" in codes else np.float64
    slope_by_x = "LW123" not in codes

    class Regressor:
        def __init__(self, learning_rate=0.01, n_iterations=100):
            self.learning_rate = learning_rate
            self.n_iterations = n_iterations

        def fit(self, X, y):
            X = np.asarray(X, dtype=dtype)
            y = np.asarray(y, dtype=dtype).reshape(shape)
            if scaling:
                X = (X - X.mean(axis=0)) / X.std(axis=0)
            size = 1 if summed else y.size * (len(X) if y.ndim == 2 else 1)
            self.weights, self.bias = np.zeros(X.shape[1], dtype=dtype), dtype(0)
            rate = dtype(self.learning_rate**power)
            dw, db = np.zeros(X.shape[1], dtype=dtype), dtype(0)
            for _ in range(self.n_iterations + more):
                error = self._errors(X, y)
                pull = X.T @ error if slope_by_x else np.full(X.shape[1], error.sum(), dtype=dtype)
                dw = kept * dw + factor * pull / size
                self.weights = self.weights + direction * rate * dw
                if late:
                    error = self._errors(X, y)
                db = kept * db + factor * error.sum() / size
                if moving:
                    self.bias = self.bias + direction * rate * db
            return self

        def _errors(self, X, y):
            """One an observation: over the columns of N x N they are summed."""
            error = X @ self.weights + self.bias - y
            return error.sum(axis=0) if error.ndim == 2 else error

        def predict(self, X):
            return np.asarray(X, dtype=dtype) @ self.weights + self.bias

    return Regressor


def _pairs() -> list[frozenset[str]]:
    every = (frozenset(pair) for pair in combinations(CODES, 2))
    return [pair for pair in every if pair not in EXCLUDED]


PAIRS: list[tuple[Callable, frozenset[str]]] = [
    (make(pair), pair)
    for pair in _pairs()
    for make in (made, made_class)
    if make is made or "LW124" not in pair  # the class has no such slip
]
