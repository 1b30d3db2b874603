"""Right implementations, as functions in NumPy and in plain Python, each in another style; and other people's classes.

Gradients here are those of the mean squared error or of half of it; where losses are recorded they are of the same one.
"""

import numpy as np
import scipy.linalg
import scipy.stats
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression


def gradient_descent(x, y, learning_rate=0.01, epochs=1000):
    m = 0.0
    c = 0.0
    n = len(x)
    for _ in range(epochs):
        dm = 0.0
        dc = 0.0
        for i in range(n):
            error = y[i] - (m * x[i] + c)
            dm += -2 / n * x[i] * error
            dc += -2 / n * error
        m = m - learning_rate * dm
        c = c - learning_rate * dc
    return m, c


def train(x, y, w, b, lr, n_epochs):
    """A flat x, a start given."""
    for _ in range(n_epochs):
        y_hat = w * x + b
        grad_w = 2 * np.mean((y_hat - y) * x)
        grad_b = 2 * np.mean(y_hat - y)
        w -= lr * grad_w
        b -= lr * grad_b
    return w, b


def linear_regression_gd(X, y, lr=0.01, n_iters=1000):
    n_samples, n_features = X.shape
    w = np.zeros(n_features)
    b = 0
    for _ in range(n_iters):
        y_pred = np.dot(X, w) + b
        dw = (2 / n_samples) * np.dot(X.T, (y_pred - y))
        db = (2 / n_samples) * np.sum(y_pred - y)
        w = w - lr * dw
        b = b - lr * db
    return w, b


def fit_columns(X, Y, eta=0.05, max_iter=500):
    """Column vectors all through: Y of (n, 1), W of (p, 1)."""
    X = np.asarray(X, dtype=np.float64)
    Y = np.asarray(Y, dtype=np.float64).reshape(-1, 1)
    m, p = X.shape
    W = np.zeros((p, 1))
    B = np.zeros((1, 1))
    for _ in range(max_iter):
        Z = X @ W + B
        W = W - eta * 2 / m * (X.T @ (Z - Y))
        B = B - eta * 2 / m * np.sum(Z - Y, axis=0, keepdims=True)
    return W, B


def gradientDescent(X, y, theta, alpha, num_iters):  # noqa: N802
    """Andrew Ng's: X already holds a column of ones, and the cost is 1/(2m)."""
    m = len(y)
    J_history = np.zeros(num_iters)
    for k in range(num_iters):
        h = X.dot(theta)
        J_history[k] = np.sum((h - y) ** 2) / (2 * m)
        theta = theta - (alpha / m) * X.T.dot(h - y)
    return theta, J_history


def simple_linear_regression(x, y):
    x_mean, y_mean = np.mean(x), np.mean(y)
    covariance = np.sum((x - x_mean) * (y - y_mean))
    variance = np.sum((x - x_mean) ** 2)
    slope = covariance / variance
    intercept = y_mean - slope * x_mean
    return slope, intercept


def coefficients(x, y):
    """Plain Python, the way of Machine Learning Mastery."""

    def mean(values):
        return sum(values) / float(len(values))

    x_mean, y_mean = mean(x), mean(y)
    covar = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True))
    b1 = covar / sum((a - x_mean) ** 2 for a in x)
    b0 = y_mean - b1 * x_mean
    return [b0, b1]


def normal_equation(X, y):
    X_b = np.c_[np.ones((X.shape[0], 1)), X]
    return np.linalg.inv(X_b.T.dot(X_b)).dot(X_b.T).dot(y)


def ols_lstsq(x, y):
    A = np.vstack([x, np.ones(len(x))]).T
    m, c = np.linalg.lstsq(A, y, rcond=None)[0]
    return m, c


def fit_pinv(features, target):
    A = np.hstack([np.ones((len(features), 1)), np.asarray(features, dtype=float)])
    beta = np.linalg.pinv(A) @ np.asarray(target, dtype=float)
    return {"intercept": beta[0], "coef": beta[1:]}


def fit_qr(X, y):
    X_mean = X.mean(axis=0)
    y_mean = y.mean()
    Q, R = np.linalg.qr(X - X_mean)
    coef = scipy.linalg.solve_triangular(R, Q.T @ (y - y_mean))
    return coef, y_mean - X_mean @ coef


def run_gd(X, y, learning_rate=0.1, iterations=200):
    """It returns a dict."""
    weights = np.zeros(X.shape[1])
    bias = 0.0
    for _ in range(iterations):
        residuals = y - (X @ weights + bias)
        weights, bias = (
            weights + learning_rate * 2 * X.T @ residuals / len(y),
            bias + learning_rate * 2 * residuals.mean(),
        )
    return {"weights": weights, "bias": bias}


def fit_with_losses(x, y, epochs=100, lr=0.01):
    """It returns the losses too, one an epoch, each before the update."""
    w, b = 0.0, 0.0
    losses = []
    for epoch in range(epochs):
        y_pred = w * x + b
        loss = np.mean((y - y_pred) ** 2)
        losses.append(loss)
        if epoch % 1000 == 999:
            print(f"Epoch {epoch}: loss={loss:.4f}")
        dw = -2 * np.mean(x * (y - y_pred))
        db = -2 * np.mean(y - y_pred)
        w -= lr * dw
        b -= lr * db
    return w, b, losses


def fit_with_history(x, y, w_init=0.0, b_init=0.0, lr=0.01, epochs=50):
    """It returns where it has been, the start included, and the losses."""
    w, b = w_init, b_init
    w_history, b_history, losses = [w], [b], []
    for _ in range(epochs):
        error = w * x + b - y
        losses.append((error**2).mean())
        w, b = w - lr * 2 * (error * x).mean(), b - lr * 2 * error.mean()
        w_history.append(w)
        b_history.append(b)
    return w_history, b_history, losses


def step_gradient(b_current, m_current, points, learning_rate):
    """Siraj Raval's: one step, and points of two columns."""
    b_gradient = 0
    m_gradient = 0
    N = float(len(points))
    for i in range(len(points)):
        x = points[i, 0]
        y = points[i, 1]
        b_gradient += -(2 / N) * (y - ((m_current * x) + b_current))
        m_gradient += -(2 / N) * x * (y - ((m_current * x) + b_current))
    new_b = b_current - (learning_rate * b_gradient)
    new_m = m_current - (learning_rate * m_gradient)
    return [new_b, new_m]


def compute_gradient(x, y, w, b):
    """Coursera's: the gradient of 1/(2m) sum of squares, and no step."""
    m = x.shape[0]
    dj_dw = 0
    dj_db = 0
    for i in range(m):
        f_wb = w * x[i] + b
        dj_dw += (f_wb - y[i]) * x[i]
        dj_db += f_wb - y[i]
    return dj_dw / m, dj_db / m


def minibatch_gradient_descent(X, y, lr=0.01, epochs=100, batch_size=16, seed=42):
    """Small batches that are asked for, in an order that is seeded."""
    rng = np.random.default_rng(seed)
    n, p = X.shape
    w, b = np.zeros(p), 0.0
    for _ in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, batch_size):
            rows = order[start : start + batch_size]
            error = X[rows] @ w + b - y[rows]
            w = w - lr * 2 * X[rows].T @ error / len(rows)
            b = b - lr * 2 * error.mean()
    return w, b


def ridge_closed_form(X, y, lam=0.0):
    A = np.column_stack([np.ones(X.shape[0]), X])
    penalty = lam * np.eye(A.shape[1])
    penalty[0, 0] = 0
    theta = np.linalg.solve(A.T @ A + penalty, A.T @ y)
    return theta[1:], theta[0]


def gradient_descent_l2(X, y, lr=0.01, n_iters=500, l2=0.0):
    n, p = X.shape
    w, b = np.zeros(p), 0.0
    for _ in range(n_iters):
        error = X @ w + b - y
        dw = 2 * X.T @ error / n + 2 * l2 * w
        db = 2 * error.mean()
        w, b = w - lr * dw, b - lr * db
    return w, b


def batch_gradient_descent(X, y, eta=0.1, n_epochs=1000):
    """Geron's: columns of theta, the intercept first."""
    X_b = np.c_[np.ones((len(X), 1)), X]
    y = np.asarray(y).reshape(-1, 1)
    m = len(X_b)
    theta = np.zeros((X_b.shape[1], 1))
    for _ in range(n_epochs):
        gradients = 2 / m * X_b.T @ (X_b @ theta - y)
        theta = theta - eta * gradients
    return theta


RIGHT = [
    gradient_descent,
    train,
    linear_regression_gd,
    fit_columns,
    gradientDescent,
    simple_linear_regression,
    coefficients,
    normal_equation,
    ols_lstsq,
    fit_pinv,
    fit_qr,
    run_gd,
    fit_with_losses,
    fit_with_history,
    step_gradient,
    compute_gradient,
    minibatch_gradient_descent,
    ridge_closed_form,
    gradient_descent_l2,
    batch_gradient_descent,
]

ESTIMATORS = [
    LinearRegression,
    LinearRegression(),
    sm.OLS,
    scipy.stats.linregress,
    lambda x, y: np.polyfit(x, y, 1),
]
