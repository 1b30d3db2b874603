"""Descents in NumPy with one slip each, in what is done to the rows, to the arguments or to the losses."""

import numpy as np
import pandas as pd


def gd_standard(x, y, lr=0.1, epochs=200):
    x = (x - np.mean(x)) / np.std(x)
    w, b = 0.0, 0.0
    for _ in range(epochs):
        error = w * x + b - y
        w, b = w - lr * 2 * np.mean(error * x), b - lr * 2 * np.mean(error)
    return w, b


def gd_frame(X, y, learning_rate=0.1, n_iterations=200):
    df = pd.DataFrame(X)
    Z = ((df - df.mean()) / df.std()).to_numpy()
    w, b = np.zeros(Z.shape[1]), 0.0
    for _ in range(n_iterations):
        error = Z @ w + b - y
        w, b = w - learning_rate * 2 * Z.T @ error / len(y), b - learning_rate * 2 * error.mean()
    return w, b


def gd_two_divisors(x, y, w, b, lr, epochs):
    n = len(x)
    for _ in range(epochs):
        error = w * x + b - y
        w, b = w - lr * (2 / n) * np.sum(error * x), b - lr * (1 / n) * np.sum(error)
    return w, b


def gd_sum_slope(X, y, w, b, alpha, iters):
    m = len(y)
    for _ in range(iters):
        error = X @ w + b - y
        w, b = w - alpha * 2 * X.T @ error, b - alpha * 2 * np.sum(error) / m
    return w, b


def gd_plain_residual(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        grad = 2 * np.mean(w * x + b - y)
        w = w - lr * grad
        b = b - lr * grad
    return w, b


def gd_same_for_both(x, y, lr=0.01, epochs=100):
    w, b = 0.0, 0.0
    for _ in range(epochs):
        error = w * x + b - y
        dw = 2 * np.mean(error * x)
        db = 2 * np.mean(error * x)
        w, b = w - lr * dw, b - lr * db
    return w, b


def gd_zipped(x, y, w, b, lr, epochs):
    n = len(x)
    for _ in range(epochs):
        dw = db = 0.0
        for xi, yi in zip(y, x, strict=True):
            dw += 2 * (w * xi + b - yi) * xi / n
            db += 2 * (w * xi + b - yi) / n
        w, b = w - lr * dw, b - lr * db
    return w, b


def gd_mean_gradient(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        error = (X @ w + b - y)[:, None]
        w = w - lr * 2 * np.mean(error * X)
        b = b - lr * 2 * np.mean(error)
    return w, b


def gd_reshape(X, y, lr=0.01, epochs=100):
    n, p = X.shape
    w, b = np.zeros(p), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w = w - lr * 2 * X.reshape(p, n) @ error / n
        b = b - lr * 2 * error.mean()
    return w, b


def gd_centred(X, y, lr=0.05, epochs=300):
    X = X - X.mean(axis=0)
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b


def gd_min_max(X, y, eta=0.1, epochs=500):
    X = (X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - eta * 2 * X.T @ error / len(y), b - eta * 2 * error.mean()
    return {"w": w, "b": b}


def gd_astype(X, y, lr=0.01, epochs=100):
    X, y = np.array(X).astype(int), np.array(y, dtype=float)
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b


def gd_decay(X, y, w, b, lr, epochs):
    for _ in range(epochs):
        error = X @ w + b - y
        dw = 2 * X.T @ error / len(y) + 2 * 0.1 * w
        w, b = w - lr * dw, b - lr * 2 * error.mean()
    return w, b


def gd_ridge(X, y, lr=0.01, n_iters=500, lam=0.1):
    A = np.column_stack([np.ones(len(X)), X])
    theta = np.zeros(A.shape[1])
    for _ in range(n_iters):
        theta = theta - lr * (2 * A.T @ (A @ theta - y) / len(y) + 2 * lam * theta)
    return theta


def gd_own_rate(x, y, w, b, learning_rate, epochs):
    learning_rate = 0.001
    for _ in range(epochs):
        error = w * x + b - y
        w, b = w - learning_rate * 2 * (error * x).mean(), b - learning_rate * 2 * error.mean()
    return w, b


def gd_thousand(X, y, w, b, lr=0.01, epochs=100):
    for _ in range(1000):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b


def gd_tolerance(x, y, lr=0.01, epochs=10000):
    w, b, previous = 0.0, 0.0, np.inf
    for _ in range(epochs):
        error = w * x + b - y
        loss = np.mean(error**2)
        if abs(previous - loss) < 1e-2:
            break
        previous = loss
        w, b = w - lr * 2 * np.mean(error * x), b - lr * 2 * np.mean(error)
    return w, b


def gd_absolute(x, y, w, b, lr, epochs):
    n = len(x)
    for _ in range(epochs):
        direction = np.sign(w * x + b - y)
        w, b = w - lr * np.sum(direction * x) / n, b - lr * np.sum(direction) / n
    return w, b


def gd_target_scaled(X, y, lr=0.05, epochs=300):
    y = (y - y.mean()) / y.std()
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b


def gd_round(x, y, w, b, lr, epochs):
    for _ in range(epochs):
        error = w * x + b - y
        w = round(float(w - lr * 2 * np.mean(error * x)), 4)
        b = round(float(b - lr * 2 * np.mean(error)), 4)
    return w, b


def gd_quarter(X, y, theta, alpha, num_iters):
    """X holds a column of ones."""
    m = len(y)
    for _ in range(num_iters):
        theta = theta - alpha * (1 / (2 * m)) * X.T @ (X @ theta - y)
    return theta


def gd_heavy(X, y, w, b, lr=0.01, epochs=100):
    vw, vb = np.zeros_like(w), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        vw = 0.9 * vw - lr * 2 * X.T @ error / len(y)
        vb = 0.9 * vb - lr * 2 * error.mean()
        w, b = w + vw, b + vb
    return w, b


def gd_random(X, y, lr=0.01, epochs=50):
    w, b = np.random.randn(X.shape[1]), np.random.rand()
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b


def gd_zero_start(X, y, w, b, lr, epochs):
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b


def gd_in_place(X, y, lr=0.1, epochs=100):
    mean = X.mean(axis=0)
    X -= mean
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b - mean @ w


def _descend(x, y, w, b, lr, epochs, record, late=False):
    losses = []
    for _ in range(epochs):
        error = w * x + b - y
        dw, db = 2 * np.mean(error * x), 2 * np.mean(error)
        if not late:
            losses.append(record(w * x + b, y))
        w, b = w - lr * dw, b - lr * db
        if late:
            losses.append(record(w * x + b, y))
    return w, b, losses


def gd_sse(x, y, w, b, lr, epochs):
    return _descend(x, y, w, b, lr, epochs, lambda p, t: np.sum((t - p) ** 2))


def gd_rmse(x, y, w, b, lr, epochs):
    return _descend(x, y, w, b, lr, epochs, lambda p, t: np.sqrt(np.mean((t - p) ** 2)))


def gd_late(x, y, w, b, lr, epochs):
    return _descend(x, y, w, b, lr, epochs, lambda p, t: np.mean((t - p) ** 2), late=True)


def gd_cost(x, y, w, b, lr, epochs):
    return _descend(x, y, w, b, lr, epochs, lambda p, t: np.mean(t - p) ** 2)


def gd_column_loss(x, y, w, b, lr, epochs):
    return _descend(x, y, w, b, lr, epochs, lambda p, t: np.mean((np.reshape(t, (-1, 1)) - p) ** 2))


MUTANTS = [
    (gd_standard, {"LW115"}),
    (gd_frame, {"LW116"}),
    (gd_two_divisors, {"LW121"}),
    (gd_sum_slope, {"LW122"}),
    (gd_plain_residual, {"LW123"}),
    (gd_same_for_both, {"LW124"}),
    (gd_zipped, {"LW125"}),
    (gd_mean_gradient, {"LW126"}),
    (gd_reshape, {"LW127"}),
    (gd_centred, {"LW128"}),
    (gd_min_max, {"LW129"}),
    (gd_astype, {"LW130"}),
    (gd_decay, {"LW131"}),
    (gd_ridge, {"LW132"}),
    (gd_own_rate, {"LW133"}),
    (gd_thousand, {"LW134"}),
    (gd_tolerance, {"LW135"}),
    (gd_absolute, {"LW136"}),
    (gd_target_scaled, {"LW137"}),
    (gd_round, {"LW138"}),
    (gd_quarter, {"LW140"}),
    (gd_heavy, {"LW141"}),
    (gd_random, {"LW201"}),
    (gd_zero_start, {"LW202"}),
    (gd_in_place, {"LW203"}),
    (gd_sse, {"LW301"}),
    (gd_rmse, {"LW301"}),
    (gd_late, {"LW302"}),
    (gd_cost, {"LW303"}),
    (gd_column_loss, {"LW304"}),
]
