"""Right implementations as classes, each in another style."""

from dataclasses import dataclass, field

import numpy as np


class LinearRegression:
    """The popular one: the gradient of half the mean squared error, weights and bias."""

    def __init__(self, lr=0.001, n_iters=1000):
        self.lr = lr
        self.n_iters = n_iters
        self.weights = None
        self.bias = None

    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0
        for _ in range(self.n_iters):
            y_pred = np.dot(X, self.weights) + self.bias
            dw = (1 / n_samples) * np.dot(X.T, (y_pred - y))
            db = (1 / n_samples) * np.sum(y_pred - y)
            self.weights = self.weights - self.lr * dw
            self.bias = self.bias - self.lr * db

    def predict(self, X):
        return np.dot(X, self.weights) + self.bias


class OrdinaryLeastSquares:
    """Like scikit-learn: coef_ and intercept_, by lstsq on centred columns."""

    def __init__(self, fit_intercept=True):
        self.fit_intercept = fit_intercept

    def fit(self, X, y):
        X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
        if not self.fit_intercept:
            self.coef_, self.intercept_ = np.linalg.lstsq(X, y, rcond=None)[0], 0.0
            return self
        X_offset, y_offset = X.mean(axis=0), y.mean(axis=0)
        self.coef_ = np.linalg.lstsq(X - X_offset, y - y_offset, rcond=None)[0]
        self.intercept_ = y_offset - X_offset @ self.coef_
        return self

    def predict(self, X):
        return np.asarray(X) @ self.coef_ + self.intercept_

    def score(self, X, y):
        y = np.asarray(y)
        return 1 - ((y - self.predict(X)) ** 2).sum() / ((y - y.mean()) ** 2).sum()


class GDRegressor:
    """theta_ with the intercept first; the cost is of 1/(2m), as the gradient."""

    def __init__(self, alpha=0.01, max_iter=1000):
        self.alpha = alpha
        self.max_iter = max_iter

    def _design(self, X):
        return np.insert(np.asarray(X, dtype=float), 0, 1, axis=1)

    def fit(self, X, y):
        A, m = self._design(X), len(y)
        self.theta_ = np.zeros(A.shape[1])
        self.cost_ = []
        for _ in range(self.max_iter):
            errors = A @ self.theta_ - y
            self.cost_.append(errors @ errors / (2 * m))
            self.theta_ -= self.alpha * (A.T @ errors) / m
        return self

    def predict(self, X):
        return self._design(X) @ self.theta_


class FitTakesAll:
    """Hyper-parameters belong to fit."""

    def fit(self, X, y, learning_rate=0.05, epochs=300):
        X = np.array(X)
        y = np.array(y)
        self.w = np.zeros(X.shape[1])
        self.b = 0.0
        self.losses = []
        for _ in range(epochs):
            residual = y - self.predict(X)
            self.losses.append(np.mean(residual**2))
            self.w = self.w + learning_rate * 2 * (X * residual[:, None]).mean(axis=0)
            self.b = self.b + learning_rate * 2 * residual.mean()
        return self.losses

    def predict(self, X):
        return X @ self.w + self.b


class MyLinReg:
    """Rate and epochs are written in __init__, of one feature; the slope is m and the intercept b."""

    def __init__(self):
        self.lr = 0.01
        self.epochs = 5000
        self.m = 0
        self.b = 0

    def fit(self, X, y):
        x = np.asarray(X, dtype=float).ravel()
        y = np.asarray(y, dtype=float).ravel()
        self.m, self.b = 0, 0
        for _ in range(self.epochs):
            loss_slope_m = -2 * np.sum((y - self.m * x - self.b) * x) / len(x)
            loss_slope_b = -2 * np.sum(y - self.m * x - self.b) / len(x)
            self.m = self.m - self.lr * loss_slope_m
            self.b = self.b - self.lr * loss_slope_b
        return self

    def predict(self, X):
        return self.m * np.asarray(X).ravel() + self.b


class Model:
    """Rows belong to __init__; train says for how many epochs."""

    def __init__(self, X, y, learning_rate=0.01):
        self.X = X
        self.y = y
        self.learning_rate = learning_rate
        self.m, self.n = X.shape
        self.W = np.zeros(self.n)
        self.b = 0.0

    def predict(self, X):
        return X.dot(self.W) + self.b

    def update_weights(self):
        difference = self.y - self.predict(self.X)
        dW = -(2 * (self.X.T).dot(difference)) / self.m
        db = -2 * np.sum(difference) / self.m
        self.W = self.W - self.learning_rate * dW
        self.b = self.b - self.learning_rate * db
        return self

    def train(self, epochs):
        for _ in range(epochs):
            self.update_weights()
        return self


class SimpleOLS:
    """Rows belong to __init__, and fit takes nothing; of one feature."""

    def __init__(self, x, y):
        self.x, self.y = np.asarray(x, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()

    def fit(self):
        self.slope = np.cov(self.x, self.y)[0, 1] / np.var(self.x, ddof=1)
        self.intercept = self.y.mean() - self.slope * self.x.mean()
        return self

    def predict(self, x):
        return self.slope * np.asarray(x) + self.intercept


@dataclass
class Regression:
    """A dataclass, with an early stop so fine that it never matters."""

    eta: float = 0.1
    n_iterations: int = 500
    tol: float = 0.0
    coef: np.ndarray | None = field(default=None, init=False)
    intercept: float = field(default=0.0, init=False)

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Regression":
        self.coef, self.intercept = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_iterations):
            error = self.predict(X) - y
            gradient = 2 * X.T @ error / len(y)
            if np.linalg.norm(gradient) < self.tol:
                break
            self.coef = self.coef - self.eta * gradient
            self.intercept = self.intercept - self.eta * 2 * float(error.mean())
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X @ self.coef + self.intercept


class ScaledRegression:
    """It descends on standardised features, and predict goes through the same scaling."""

    def __init__(self, learning_rate=0.1, n_iters=1000):
        self.learning_rate = learning_rate
        self.n_iters = n_iters

    def fit(self, X, y):
        self.mean = X.mean(axis=0)
        self.std = X.std(axis=0)
        Z = (X - self.mean) / self.std
        self.weights = np.zeros(X.shape[1])
        self.bias = 0.0
        for _ in range(self.n_iters):
            error = Z @ self.weights + self.bias - y
            self.weights = self.weights - self.learning_rate * 2 * Z.T @ error / len(y)
            self.bias = self.bias - self.learning_rate * 2 * error.mean()
        return self

    def predict(self, X):
        return (X - self.mean) / self.std @ self.weights + self.bias


class ScaledBack:
    """It descends on standardised features, and gives parameters back in the units of X."""

    def __init__(self, lr=0.1, epochs=1000):
        self.lr, self.epochs = lr, epochs

    def fit(self, X, y):
        mu, sigma = X.mean(axis=0), X.std(axis=0)
        Z = (X - mu) / sigma
        w, b = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            error = Z @ w + b - y
            w, b = w - self.lr * Z.T @ error / len(y), b - self.lr * error.mean()
        self.coef_ = w / sigma
        self.intercept_ = b - np.sum(w * mu / sigma)
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


RIGHT = [
    LinearRegression,
    OrdinaryLeastSquares,
    GDRegressor,
    FitTakesAll,
    MyLinReg,
    Model,
    SimpleOLS,
    Regression,
    ScaledRegression,
    ScaledBack,
]
