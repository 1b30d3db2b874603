"""Descents in NumPy and in plain Python with one slip each, in the update, the gradient or the loop.

MUTANTS holds each with the codes of which one has to be named: more than one where two names are true of its numbers.
"""

import numpy as np


def fit_slope_intercept(x, y, w, b, learning_rate, epochs):
    losses = []
    n = len(x)
    for _ in range(epochs):
        y_pred = w * x + b
        losses.append(np.mean((y - y_pred) ** 2))
        dw = -(1 / n) * np.sum(x * (y - y_pred))
        db = -(1 / n) * np.sum(y - y_pred)
        w = w - learning_rate * dw
        b = b - learning_rate * db
    return w, b, losses


def gd_four(X, y, w, b, lr=0.01, n_iters=100):
    n = X.shape[0]
    cost = []
    for _ in range(n_iters):
        error = X @ w + b - y
        cost.append((error**2).mean())
        w = w - 2 * lr * (2 / n) * (X.T @ error)
        b = b - 2 * lr * (2 / n) * error.sum()
    return w, b, cost


def descend_total(x, y, m=0.0, c=0.0, eta=0.0001, iterations=100):
    for _ in range(iterations):
        residual = y - (m * x + c)
        D_m = -2 * sum(x * residual)
        D_c = -2 * sum(residual)
        m, c = m - eta * D_m, c - eta * D_c
    return m, c


def theta_total(X, y, theta, alpha, num_iters):
    """X holds a column of ones."""
    m = len(y)
    J_history = []
    for _ in range(num_iters):
        h = X @ theta
        J_history.append(np.sum((h - y) ** 2) / (2 * m))
        theta = theta - alpha * X.T @ (h - y)
    return theta, J_history


def gd_plus(x, y, lr=0.01, epochs=100):
    w = b = 0.0
    for _ in range(epochs):
        error = w * x + b - y
        w = w + lr * 2 * np.mean(x * error)
        b = b + lr * 2 * np.mean(error)
    return w, b


def linreg_sign(features, target, weights, bias, rate, steps):
    n = len(target)
    for _ in range(steps):
        diff = target - (features @ weights + bias)
        grad_w = 2 / n * features.T @ diff
        grad_b = 2 / n * diff.sum()
        weights = weights - rate * grad_w
        bias = bias - rate * grad_b
    return {"weights": weights, "bias": bias}


def gd_outer(x, y, w=0.0, b=0.0, alpha=0.01, epochs=100):
    x = np.asarray(x).reshape(-1)
    y = np.asarray(y).reshape(-1, 1)
    for _ in range(epochs):
        y_hat = w * x + b
        dw = 2 * np.mean((y_hat - y) * x)
        db = 2 * np.mean(y_hat - y)
        w, b = w - alpha * dw, b - alpha * db
    return w, b


def gd_no_bias_step(X, y, w, b, lr, n_epochs):
    for _ in range(n_epochs):
        error = X @ w + b - y
        w = w - lr * 2 / len(y) * X.T @ error
    return w, b


def fit_theta_loop(x, y, theta0, theta1, alpha, iterations):
    m = len(x)
    for _ in range(iterations):
        for j in range(1, 2):
            total = 0.0
            for i in range(m):
                total += (theta0 + theta1 * x[i] - y[i]) * x[i] ** j
            theta1 -= alpha * total / m
    return theta0, theta1


def gd_sequential(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        w = w - lr * np.mean(2 * x * (w * x + b - y))
        b = b - lr * np.mean(2 * (w * x + b - y))
    return w, b


def gd_vector_sequential(X, y, learning_rate=0.05, max_iter=100):
    coef = np.zeros(X.shape[1])
    intercept = 0.0
    for _ in range(max_iter):
        coef += learning_rate * 2 * X.T @ (y - X @ coef - intercept) / len(X)
        intercept += learning_rate * 2 * np.mean(y - X @ coef - intercept)
    return coef, intercept


def gd_b_then_m(points, b, m, learning_rate, num_iterations):
    """Points of two columns."""
    x, y = points[:, 0], points[:, 1]
    N = float(len(points))
    for _ in range(num_iterations):
        b = b - learning_rate * -(2 / N) * np.sum(y - (m * x + b))
        m = m - learning_rate * -(2 / N) * np.sum(x * (y - (m * x + b)))
    return b, m


def gd_intercept_leads(X, y, w, b, eta, n_iter):
    for _ in range(n_iter):
        residual = y - X.dot(w) - b
        b = b + eta * 2 * residual.mean()
        residual = y - X.dot(w) - b
        w = w + eta * 2 * X.T.dot(residual) / len(y)
    return w, b


def gd_accumulators(x, y, lr=0.001, epochs=50):
    slope, intercept = 0.0, 0.0
    d_slope, d_intercept = 0.0, 0.0
    n = len(x)
    for _ in range(epochs):
        for xi, yi in zip(x, y, strict=True):
            error = slope * xi + intercept - yi
            d_slope += 2 / n * error * xi
            d_intercept += 2 / n * error
        slope -= lr * d_slope
        intercept -= lr * d_intercept
    return slope, intercept


def gd_rows(x, y, w=0.0, b=0.0, lr=0.01, epochs=20):
    for _ in range(epochs):
        for xi, yi in zip(x, y, strict=True):
            error = w * xi + b - yi
            w, b = w - lr * 2 * error * xi, b - lr * 2 * error
    return w, b


def gd_from_one(X, y, w, b, lr=0.01, epochs=100):
    for _ in range(1, epochs):
        error = X @ w + b - y
        w = w - lr * 2 * (X.T @ error) / len(error)
        b = b - lr * 2 * error.mean()
    return w, b


def gd_while(x, y, w, b, lr, num_epochs):
    epoch = 0
    while epoch <= num_epochs:
        error = w * x + b - y
        w, b = w - lr * 2 * (error * x).mean(), b - lr * 2 * error.mean()
        epoch += 1
    return w, b


def gd_step_helper(x, y, w, b, lr, epochs):
    def step():
        error = w * x + b - y
        return lr * 2 * np.mean(error * x), lr * 2 * np.mean(error)

    for _ in range(epochs):
        dw, db = step()
        w = w - lr * dw
        b = b - lr * db
    return w, b


def gd_schedule(X, y, w, b, learning_rate=0.1, epochs=100):
    for epoch in range(epochs):
        rate = learning_rate / (1 + 0.01 * epoch)
        error = X @ w + b - y
        w = w - rate * 2 * X.T @ error / len(y)
        b = b - rate * 2 * error.mean()
    return w, b


def gd_shrinking(x, y, lr=0.1, n_iters=100):
    a, b = 0.0, 0.0
    for _ in range(n_iters):
        error = a * x + b - y
        a, b = a - lr * 2 * (error * x).mean(), b - lr * 2 * error.mean()
        lr *= 0.99
    return a, b


def gd_single(X, y, w, b, lr, epochs):
    X = np.asarray(X, dtype=np.float32)
    y = np.asarray(y, dtype=np.float32)
    w = np.asarray(w, dtype=np.float32)
    b = np.float32(b)
    for _ in range(epochs):
        error = X @ w + b - y
        w = w - np.float32(2 * lr / len(y)) * (X.T @ error)
        b = b - np.float32(2 * lr) * error.mean()
    return w, b


def gd_slices(X, y, w, b, lr=0.01, epochs=10):
    batch_size = 5
    for _ in range(epochs):
        for start in range(0, len(y), batch_size):
            xb, yb = X[start : start + batch_size], y[start : start + batch_size]
            error = xb @ w + b - yb
            w = w - lr * 2 * xb.T @ error / len(yb)
            b = b - lr * 2 * error.mean()
    return w, b


def gd_short_loop(x, y, w, b, lr, iterations):
    n = len(x)
    for _ in range(iterations):
        dw = db = 0.0
        for i in range(n - 1):
            error = w * x[i] + b - y[i]
            dw += 2 * error * x[i] / n
            db += 2 * error / n
        w, b = w - lr * dw, b - lr * db
    return w, b


def gd_holdout(X, y, learning_rate=0.05, epochs=200):
    split = int(0.8 * len(X))
    X_train, y_train = X[:split], y[:split]
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X_train @ w + b - y_train
        w = w - learning_rate * 2 * X_train.T @ error / split
        b = b - learning_rate * 2 * error.mean()
    return w, b


MUTANTS = [
    (fit_slope_intercept, {"LW101"}),
    (gd_four, {"LW102"}),
    (descend_total, {"LW103"}),
    (theta_total, {"LW103"}),
    (gd_plus, {"LW104"}),
    (linreg_sign, {"LW104"}),
    (gd_outer, {"LW105"}),
    (gd_no_bias_step, {"LW106"}),
    (fit_theta_loop, {"LW106"}),
    (gd_sequential, {"LW107"}),
    (gd_vector_sequential, {"LW107"}),
    (gd_b_then_m, {"LW108"}),
    (gd_intercept_leads, {"LW108"}),
    (gd_accumulators, {"LW109"}),
    (gd_rows, {"LW110"}),
    (gd_from_one, {"LW111"}),
    (gd_while, {"LW112"}),
    (gd_step_helper, {"LW113"}),
    (gd_schedule, {"LW114"}),
    (gd_shrinking, {"LW114"}),
    (gd_single, {"LW117"}),
    (gd_slices, {"LW118"}),
    (gd_short_loop, {"LW119"}),
    (gd_holdout, {"LW119"}),
]
