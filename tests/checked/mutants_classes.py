"""Classes with one slip each, in the many ways in which people lay them out."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


class WarmRegression:
    def __init__(self, learning_rate=0.01, n_iterations=100):
        self.learning_rate = learning_rate
        self.n_iterations = n_iterations
        self.weights = None
        self.bias = 0.0

    def fit(self, X, y):
        if self.weights is None:
            self.weights = np.zeros(X.shape[1])
        for _ in range(self.n_iterations):
            error = X @ self.weights + self.bias - y
            self.weights = self.weights - self.learning_rate * 2 * X.T @ error / len(y)
            self.bias = self.bias - self.learning_rate * 2 * error.mean()
        return self

    def predict(self, X):
        return X @ self.weights + self.bias


class SlopeIntercept:
    """Of one feature."""

    def __init__(self, lr=0.01, epochs=100):
        self.m, self.b = 0.0, 0.0
        self.lr, self.epochs = lr, epochs

    def fit(self, X, y):
        x = np.asarray(X, dtype=float).ravel()
        for _ in range(self.epochs):
            error = self.m * x + self.b - y
            self.m, self.b = self.m - self.lr * 2 * (error * x).mean(), self.b - self.lr * 2 * error.mean()
        return self

    def predict(self, X):
        return self.m * np.asarray(X).ravel() + self.b


class TorchRegressor:
    def __init__(self, lr=0.05, epochs=50):
        self.lr, self.epochs = lr, epochs
        self.linear = None

    def fit(self, X, y):
        X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64).reshape(-1, 1)
        if self.linear is None:
            self.linear = nn.Linear(X.shape[1], 1, dtype=torch.float64)
            nn.init.zeros_(self.linear.weight)
            nn.init.zeros_(self.linear.bias)
        optimizer = torch.optim.SGD(self.linear.parameters(), lr=self.lr)
        for _ in range(self.epochs):
            optimizer.zero_grad()
            nn.functional.mse_loss(self.linear(X), y).backward()
            optimizer.step()
        self.coef_ = self.linear.weight.detach().numpy().ravel().copy()
        self.intercept_ = self.linear.bias.item()
        return self

    def predict(self, X):
        return np.asarray(X) @ self.coef_ + self.intercept_


class InPlaceScaler:
    def fit(self, X, y):
        mean, std = X.mean(axis=0), X.std(axis=0)
        X -= mean
        X /= std
        coef = np.linalg.lstsq(X, y - y.mean(), rcond=None)[0]
        self.coef_ = coef / std
        self.intercept_ = y.mean() - mean @ self.coef_
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


class TwoViews:
    """The parameters that it shows are in the units of X; predict uses the others."""

    def fit(self, X, y):
        mean, std = X.mean(axis=0), X.std(axis=0)
        Z = np.column_stack([np.ones(len(X)), (X - mean) / std])
        self._theta = np.linalg.lstsq(Z, y, rcond=None)[0]
        self.coef_ = self._theta[1:] / std
        self.intercept_ = self._theta[0] - mean @ self.coef_
        return self

    def predict(self, X):
        return self._theta[0] + X @ self._theta[1:]


class OwnScaling:
    def fit(self, X, y):
        mean, std = X.mean(axis=0), X.std(axis=0)
        Z = np.column_stack([np.ones(len(X)), (X - mean) / std])
        self._theta = np.linalg.lstsq(Z, y, rcond=None)[0]
        self.coef_ = self._theta[1:] / std
        self.intercept_ = self._theta[0] - mean @ self.coef_
        return self

    def predict(self, X):
        Z = (X - X.mean(axis=0)) / X.std(axis=0)
        return self._theta[0] + Z @ self._theta[1:]


class ShortPredict:
    def __init__(self, lr=0.05, n_iters=200):
        self.lr = lr
        self.n_iters = n_iters

    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0
        for _ in range(self.n_iters):
            y_pred = np.dot(X, self.weights) + self.bias
            self.weights = self.weights - self.lr * (1 / n_samples) * np.dot(X.T, (y_pred - y))
            self.bias = self.bias - self.lr * (1 / n_samples) * np.sum(y_pred - y)

    def predict(self, X):
        return np.dot(X, self.weights)


class NormalShortPredict:
    def fit(self, X, y):
        A = np.insert(np.asarray(X, dtype=float), 0, 1.0, axis=1)
        beta = np.linalg.lstsq(A, y, rcond=None)[0]
        self.intercept_, self.coef_ = beta[0], beta[1:]
        return self

    def predict(self, X):
        return X @ self.coef_


class _Descent:
    """What the classes below share: they differ in gradients."""

    def __init__(self, eta=0.01, n_iter=100):
        self.eta = eta
        self.n_iter = n_iter

    def fit(self, X, y):
        self.w_ = np.zeros(X.shape[1])
        self.b_ = 0.0
        for _ in range(self.n_iter):
            dw, db = self.gradients(X, y, self.predict(X))
            self.w_ = self.w_ - self.eta * dw
            self.b_ = self.b_ - self.eta * db
        return self

    def predict(self, X):
        return X @ self.w_ + self.b_


class DescentA(_Descent):
    def gradients(self, X, y, output):
        return X.T @ (output - y) * 4 / len(y), 4 * np.mean(output - y)


class DescentB(_Descent):
    def gradients(self, X, y, output):
        return 2 * X.T @ (output - y), 2 * np.sum(output - y)


class DescentC(_Descent):
    def gradients(self, X, y, output):
        return 2 * X.T @ (y - output) / len(y), 2 * np.mean(y - output)


class DescentD(_Descent):
    def gradients(self, X, y, output):
        error = output - y
        return np.full(X.shape[1], 2 * error.mean()), 2 * error.mean()


class DescentE(_Descent):
    def gradients(self, X, y, output):
        error = output - y
        return 2 * X.T @ error / len(y), np.mean(error)


class DescentF(_Descent):
    def gradients(self, X, y, output):
        error = output - y
        return 2 / (len(y) - 1) * X.T @ error, 2 / (len(y) - 1) * error.sum()


class NoIntercept(_Descent):
    def gradients(self, X, y, output):
        return 2 * X.T @ (output - y) / len(y), 0.0


class Adaline:
    def __init__(self, eta=0.01, n_iter=50):
        self.eta = eta
        self.n_iter = n_iter

    def fit(self, X, y):
        self.w_ = np.zeros(1 + X.shape[1])
        self.cost_ = []
        for _ in range(self.n_iter):
            errors = y - self.predict(X)
            self.w_[1:] = self.w_[1:] + self.eta * 2 * X.T.dot(errors) / len(y)
            self.w_[0] = self.w_[0] + self.eta * 2 * (y - self.predict(X)).mean()
            self.cost_.append((errors**2).mean())
        return self

    def predict(self, X):
        return np.dot(X, self.w_[1:]) + self.w_[0]


class Scaled:
    def __init__(self, learning_rate=0.1, epochs=500):
        self.learning_rate, self.epochs = learning_rate, epochs

    def fit(self, X, y):
        X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)
        self.coef_, self.intercept_ = np.zeros(X.shape[1]), 0.0
        for _ in range(self.epochs):
            error = X @ self.coef_ + self.intercept_ - y
            self.coef_ = self.coef_ - self.learning_rate * 2 * X.T @ error / len(y)
            self.intercept_ = self.intercept_ - self.learning_rate * 2 * error.mean()
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


class RateOfItsOwn:
    def __init__(self, learning_rate=0.01, n_iterations=100):
        self.learning_rate = 0.01
        self.n_iterations = n_iterations

    def fit(self, X, y):
        self.theta = np.zeros(X.shape[1] + 1)
        A = np.column_stack([np.ones(len(X)), X])
        for _ in range(self.n_iterations):
            self.theta = self.theta - self.learning_rate * 2 / len(y) * A.T @ (A @ self.theta - y)
        return self

    def predict(self, X):
        return self.theta[0] + X @ self.theta[1:]


@dataclass
class EpochsOfItsOwn:
    lr: float = 0.01
    epochs: int = 100

    def fit(self, X, y):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(500):
            error = X @ self.w + self.b - y
            self.w, self.b = self.w - self.lr * 2 * X.T @ error / len(y), self.b - self.lr * 2 * error.mean()
        return self

    def predict(self, X):
        return X @ self.w + self.b


MUTANTS = [
    (WarmRegression, {"LW204"}),
    (SlopeIntercept, {"LW204"}),
    (TorchRegressor, {"LW204"}),
    (InPlaceScaler, {"LW203"}),
    (TwoViews, {"LW601"}),
    (OwnScaling, {"LW601"}),
    (ShortPredict, {"LW602"}),
    (NormalShortPredict, {"LW602"}),
    (DescentA, {"LW102"}),
    (DescentB, {"LW103"}),
    (DescentC, {"LW104"}),
    (DescentD, {"LW123"}),
    (DescentE, {"LW121"}),
    (DescentF, {"LW140"}),
    (NoIntercept, {"LW106"}),
    (Adaline, {"LW107"}),
    (Scaled, {"LW115"}),
    (RateOfItsOwn, {"LW133"}),
    (EpochsOfItsOwn, {"LW134"}),
]
