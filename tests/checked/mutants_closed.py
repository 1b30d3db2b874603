"""Closed forms with one slip each.

Those of LW411 and LW412 lose digits, and show it only where columns have an offset or are nearly collinear; that of
LW413 where X'X is singular; that of LW410 where integers go in.
"""

import numpy as np
import pandas as pd


def line_through(x, y):
    slope = np.dot(x, y) / np.dot(x, x)
    return slope, 0.0


class PlainLstsq:
    def fit(self, X, y):
        self.coef_ = np.linalg.lstsq(np.asarray(X, dtype=float), np.asarray(y, dtype=float), rcond=None)[0]
        self.intercept_ = 0.0
        return self

    def predict(self, X):
        return np.asarray(X) @ self.coef_


def cov_var(x, y):
    m = np.cov(x, y)[0][1] / np.var(x)
    c = np.mean(y) - m * np.mean(x)
    return m, c


def mean_product_over_series(x, y):
    x, y = pd.Series(x), pd.Series(y)
    slope = ((x - x.mean()) * (y - y.mean())).mean() / x.var()
    return slope, y.mean() - slope * x.mean()


def cov_bias(x, y):
    b1 = np.cov(x, y, bias=True)[0, 1] / np.std(x, ddof=1) ** 2
    b0 = y.mean() - b1 * x.mean()
    return b0, b1


def cov_of_y(x, y):
    slope = np.cov(x, y)[0, 1] / np.var(y, ddof=1)
    intercept = np.mean(y) - slope * np.mean(x)
    return slope, intercept


def polyfit_reversed(x, y):
    slope, intercept = np.polyfit(y, x, 1)
    return slope, intercept


def slope_from_r(x, y):
    r = np.corrcoef(x, y)[0, 1]
    return {"slope": r, "intercept": np.mean(y) - r * np.mean(x)}


def plus_mean(x, y):
    xm, ym = np.mean(x), np.mean(y)
    slope = np.sum((x - xm) * (y - ym)) / np.sum((x - xm) ** 2)
    intercept = ym + slope * xm
    return slope, intercept


class CentredMinus:
    def fit(self, X, y):
        mean_x, mean_y = X.mean(axis=0), y.mean()
        self.coef_ = np.linalg.lstsq(X - mean_x, y - mean_y, rcond=None)[0]
        self.intercept_ = mean_x @ self.coef_ + mean_y
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


def slope_alone(x, y):
    x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
    top = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    return top / sum((a - x_mean) ** 2 for a in x)


def coefficients_alone(X, y):
    Xc = X - X.mean(axis=0)
    return np.linalg.lstsq(Xc, y - y.mean(), rcond=None)[0]


def ridge_identity(X, y, lam=1.0):
    A = np.column_stack([np.ones(len(X)), X])
    theta = np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T @ y)
    return theta[1:], theta[0]


class RidgeRegression:
    def __init__(self, alpha=0.5):
        self.alpha = alpha

    def fit(self, X, y):
        A = np.c_[np.ones(X.shape[0]), X]
        self.theta = np.linalg.inv(A.T @ A + self.alpha * np.identity(A.shape[1])) @ A.T @ y
        return self

    def predict(self, X):
        return np.c_[np.ones(X.shape[0]), X] @ self.theta


def stabilised(X, y):
    Xc, yc = X - X.mean(axis=0), y - y.mean()
    coef = np.linalg.solve(Xc.T @ Xc + 0.1 * np.eye(X.shape[1]), Xc.T @ yc)
    return coef, y.mean() - X.mean(axis=0) @ coef


def integer_array(X, y):
    A = np.column_stack([np.ones(len(X)), X])
    y = np.array(y, dtype=int)
    return np.linalg.lstsq(A, y, rcond=None)[0]


def result_like_x(x, y):
    x = np.asarray(x)
    params = np.zeros_like(x[:2])
    dx = x - x.mean()
    params[0] = np.sum(dx * (y - np.mean(y))) / np.sum(dx**2)
    params[1] = np.mean(y) - params[0] * x.mean()
    return params[0], params[1]


def textbook_sums(x, y):
    n = len(x)
    sx, sy = np.sum(x), np.sum(y)
    sxy, sxx = np.sum(x * y), np.sum(x * x)
    slope = (n * sxy - sx * sy) / (n * sxx - sx**2)
    return slope, (sy - slope * sx) / n


def cramer(x, y):
    n, sx, sxx = len(x), sum(x), sum(v * v for v in x)
    sy, sxy = sum(y), sum(a * b for a, b in zip(x, y, strict=True))
    det = n * sxx - sx * sx
    b0 = (sy * sxx - sx * sxy) / det
    b1 = (n * sxy - sx * sy) / det
    return b0, b1


def pinv_cut(X, y):
    A = np.column_stack([np.ones(len(X)), X])
    theta = np.linalg.pinv(A, rcond=1e-2) @ y
    return theta[1:], theta[0]


def lstsq_cut(X, y):
    A = np.hstack([X, np.ones((len(X), 1))])
    *w, b = np.linalg.lstsq(A, y, rcond=1e-3)[0]
    return np.array(w), b


def inverse_or_zero(X, y):
    A = np.column_stack([np.ones(len(X)), X])
    gram = A.T @ A
    if np.linalg.matrix_rank(gram) < len(gram):
        return np.zeros(len(gram))
    return np.linalg.solve(gram, A.T @ y)


class FewSteps:
    def fit(self, X, y):
        self.coef_, self.intercept_ = np.zeros(X.shape[1]), 0.0
        for _ in range(30):
            error = self.predict(X) - y
            self.coef_ = self.coef_ - 0.01 * 2 * X.T @ error / len(y)
            self.intercept_ = self.intercept_ - 0.01 * 2 * error.mean()
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


def fit_line(x, y):
    w = b = 0.0
    for _ in range(100):
        error = w * x + b - y
        w, b = w - 0.001 * np.mean(error * x), b - 0.001 * np.mean(error)
    return w, b


def standard_lstsq(X, y):
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    A = np.column_stack([np.ones(len(Z)), Z])
    theta = np.linalg.lstsq(A, y, rcond=None)[0]
    return theta[1:], theta[0]


def centred_line(x, y):
    x = np.asarray(x) - np.mean(x)
    A = np.vstack([x, np.ones(len(x))]).T
    m, c = np.linalg.lstsq(A, y, rcond=None)[0]
    return m, c


def sum_over_variance(x, y):
    slope = np.sum((x - np.mean(x)) * (y - np.mean(y))) / np.var(x)
    return slope, np.mean(y) - slope * np.mean(x)


def mean_over_sum(x, y):
    x_bar, y_bar = np.mean(x), np.mean(y)
    b1 = np.mean((x - x_bar) * (y - y_bar)) / np.sum((x - x_bar) ** 2)
    return y_bar - b1 * x_bar, b1


def single(X, y):
    A = np.column_stack([np.ones(len(X)), X]).astype(np.float32)
    return np.linalg.lstsq(A, np.asarray(y, dtype=np.float32), rcond=None)[0]


def fill_zero(X, y):
    A = np.column_stack([np.ones(len(X)), np.nan_to_num(X)])
    return np.linalg.lstsq(A, np.nan_to_num(y), rcond=None)[0]


def fill_mean(X, y):
    df = pd.DataFrame(X)
    df = df.fillna(df.mean())
    A = np.column_stack([np.ones(len(df)), df.to_numpy()])
    theta = np.linalg.lstsq(A, pd.Series(y).fillna(np.nanmean(y)).to_numpy(), rcond=None)[0]
    return theta[1:], theta[0]


MUTANTS = [
    (line_through, {"LW401"}),
    (PlainLstsq, {"LW401"}),
    (cov_var, {"LW402"}),
    (mean_product_over_series, {"LW403"}),
    (cov_bias, {"LW403"}),
    (cov_of_y, {"LW404"}),
    (polyfit_reversed, {"LW404"}),
    (slope_from_r, {"LW405"}),
    (plus_mean, {"LW406"}),
    (CentredMinus, {"LW406"}),
    (slope_alone, {"LW407"}),
    (coefficients_alone, {"LW407"}),
    (ridge_identity, {"LW408"}),
    (RidgeRegression, {"LW408"}),
    (stabilised, {"LW409"}),
    (integer_array, {"LW410"}),
    (result_like_x, {"LW410"}),
    (textbook_sums, {"LW411"}),
    (cramer, {"LW411"}),
    (pinv_cut, {"LW412"}),
    (lstsq_cut, {"LW412"}),
    (inverse_or_zero, {"LW411", "LW413"}),
    (FewSteps, {"LW414"}),
    (fit_line, {"LW414"}),
    (standard_lstsq, {"LW415"}),
    (centred_line, {"LW415"}),
    (sum_over_variance, {"LW416"}),
    (mean_over_sum, {"LW416"}),
    (single, {"LW417"}),
    (fill_zero, {"LW418"}),
    (fill_mean, {"LW418"}),
]
