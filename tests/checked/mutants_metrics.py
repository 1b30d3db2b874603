"""R2 and the mean squared error: right ones in RIGHT_METRICS, and in MUTANTS those with one slip each."""

import numpy as np
import torch


def r2_score(y_true, y_pred):
    ss_res = np.sum((y_true - y_pred) ** 2)
    ss_tot = np.sum((y_true - np.mean(y_true)) ** 2)
    return 1 - ss_res / ss_tot


def r_squared(predictions, targets):
    return 1.0 - np.mean((targets - predictions) ** 2) / np.var(targets)


def coefficient_of_determination(y, y_hat):
    mean = sum(y) / len(y)
    total = sum((a - mean) ** 2 for a in y)
    residual = sum((a - p) ** 2 for a, p in zip(y, y_hat, strict=True))
    return (total - residual) / total


def mse(y, y_hat):
    return np.mean((y - y_hat) ** 2)


def mean_squared_error(actual, predicted):
    total = 0.0
    for i in range(len(actual)):
        total += (predicted[i] - actual[i]) ** 2
    return total / float(len(actual))


def mse_loss(pred, target):
    pred, target = torch.as_tensor(pred), torch.as_tensor(target)
    return torch.nn.functional.mse_loss(pred.reshape(-1), target.reshape(-1)).item()


RIGHT_METRICS = [r2_score, r_squared, coefficient_of_determination, mse, mean_squared_error, mse_loss]


class _LeastSquares:
    def fit(self, X, y):
        A = np.column_stack([np.ones(len(X)), X])
        self.intercept_, *coef = np.linalg.lstsq(A, y, rcond=None)[0]
        self.coef_ = np.array(coef)
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


class RightScore(_LeastSquares):
    def score(self, X, y):
        residual = y - self.predict(X)
        return 1 - residual @ residual / np.sum((y - y.mean()) ** 2)


RIGHT_METRICS.append(RightScore)


def r2_ratio(y_true, y_pred):
    return np.sum((y_true - y_pred) ** 2) / np.sum((y_true - np.mean(y_true)) ** 2)


class RatioScore(_LeastSquares):
    def score(self, X, y):
        u = ((y - self.predict(X)) ** 2).sum()
        v = ((y - y.mean()) ** 2).sum()
        return u / v


def r2_turned(y_true, y_pred):
    ss_res = np.sum((y_true - y_pred) ** 2)
    ss_tot = np.sum((y_true - y_true.mean()) ** 2)
    return 1 - ss_tot / ss_res


class TurnedScore(_LeastSquares):
    def score(self, X, y):
        rss, tss = ((y - self.predict(X)) ** 2).sum(), ((y - y.mean()) ** 2).sum()
        return 1 - tss / rss


def r2_raw(y, y_hat):
    return 1 - ((y - y_hat) ** 2).sum() / (y**2).sum()


class RawScore(_LeastSquares):
    def score(self, X, y):
        return 1 - np.sum((y - self.predict(X)) ** 2) / np.dot(y, y)


def r2_corr(y_true, y_pred):
    return np.corrcoef(y_true, y_pred)[0, 1] ** 2


def r2_pearson(actual, predicted):
    return np.corrcoef(actual, predicted)[0, 1]


def r2_var(y, y_pred):
    return 1 - np.mean((y - y_pred) ** 2) / np.var(y, ddof=1)


class MixedScore(_LeastSquares):
    def score(self, X, y):
        return 1 - np.sum((y - self.predict(X)) ** 2) / np.var(y)


def r2_pred_mean(y_true, y_pred):
    return 1 - np.sum((y_true - y_pred) ** 2) / np.sum((y_true - np.mean(y_pred)) ** 2)


def r2_explained(y_test, y_hat):
    return np.sum((y_hat - np.mean(y_test)) ** 2) / np.sum((y_test - np.mean(y_test)) ** 2)


def r2_spread_of_prediction(y, pred):
    ss_res = np.sum((y - pred) ** 2)
    ss_tot = np.sum((pred - pred.mean()) ** 2)
    return 1 - ss_res / ss_tot


class SwappedScore(_LeastSquares):
    def score(self, X, y):
        return r2_score(self.predict(X), y)


def sum_squares(y, y_hat):
    return np.sum((y - y_hat) ** 2)


def mse_total(y_true, y_pred):
    error = 0
    for a, p in zip(y_true, y_pred, strict=True):
        error += (a - p) ** 2
    return error


def mse_root(y_true, y_pred):
    return np.sqrt(np.mean((y_true - y_pred) ** 2))


def mse_norm(y, y_hat):
    return np.linalg.norm(y - y_hat) / np.sqrt(len(y))


def mse_half(y, y_hat):
    return np.sum((y_hat - y) ** 2) / (2 * len(y))


def mse_degrees(y_true, y_pred):
    return np.sum((y_true - y_pred) ** 2) / (len(y_true) - 2)


def mse_one_less(predictions, targets):
    return ((predictions - targets) ** 2).sum() / (len(targets) - 1)


def mse_abs(y, y_hat):
    return np.mean(np.abs(y - y_hat))


def mse_outside(y_true, y_pred):
    return np.mean(y_true - y_pred) ** 2


def mse_column(y, y_hat):
    return np.mean((np.reshape(y, (-1, 1)) - np.reshape(y_hat, -1)) ** 2)


def mse_tensor(pred, target):
    pred, target = torch.as_tensor(pred).reshape(-1, 1), torch.as_tensor(target)
    return ((pred - target) ** 2).mean().item()


MUTANTS = [
    (r2_ratio, {"LW611"}),
    (RatioScore, {"LW611"}),
    (r2_turned, {"LW612"}),
    (TurnedScore, {"LW612"}),
    (r2_raw, {"LW613"}),
    (RawScore, {"LW613"}),
    (r2_corr, {"LW614"}),
    (r2_pearson, {"LW614"}),
    (r2_var, {"LW615"}),
    (MixedScore, {"LW615"}),
    (r2_pred_mean, {"LW616"}),
    (r2_explained, {"LW616"}),
    (r2_spread_of_prediction, {"LW616", "LW617"}),
    (SwappedScore, {"LW617"}),
    (sum_squares, {"LW621"}),
    (mse_total, {"LW621"}),
    (mse_root, {"LW622"}),
    (mse_norm, {"LW622"}),
    (mse_half, {"LW623"}),
    (mse_degrees, {"LW624"}),
    (mse_one_less, {"LW624"}),
    (mse_abs, {"LW625"}),
    (mse_outside, {"LW626"}),
    (mse_column, {"LW627"}),
    (mse_tensor, {"LW627"}),
]
