"""Training in torch with one slip each: crashes, seeds, the order of arguments, losses, and what is given back."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


def _tensors(X, y):
    X = torch.as_tensor(np.asarray(X), dtype=torch.float64)
    return X.reshape(len(X), -1), torch.as_tensor(np.asarray(y), dtype=torch.float64).reshape(-1, 1)


def train_seeded(X, y, lr=0.05, epochs=100):
    torch.random.seed = 2
    X, y = _tensors(X, y)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(X @ w + b, y).backward()
        optimizer.step()
    return w.detach(), b.detach()


def train_manual(X, y, learning_rate=0.05, num_epochs=100):
    torch.manual_seed = 42
    X, y = _tensors(X, y)
    model = nn.Linear(X.shape[1], 1, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(num_epochs):
        optimizer.zero_grad()
        F.mse_loss(model(X), y).backward()
        optimizer.step()
    return model


def fit_numpy_seed(X, y, lr=0.05, epochs=100):
    np.random.seed = 0
    w, b = np.random.normal(size=X.shape[1]), 0.0
    for _ in range(epochs):
        error = X @ w + b - y
        w, b = w - lr * 2 * X.T @ error / len(y), b - lr * 2 * error.mean()
    return w, b


def train_target_first(X, y, lr=0.05, epochs=100):
    X, y = _tensors(X, y)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(epochs):
        y_pred = X @ w + b
        loss = F.mse_loss(y, y_pred)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return w.detach(), b.detach()


def train_criterion(model, X, y, optimizer, criterion, epochs):
    losses = []
    for _ in range(epochs):
        prediction = model(X)
        loss = criterion(y.view_as(prediction), prediction)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_drawn(X, y, lr=0.05, epochs=50):
    X, y = _tensors(X, y)
    w = torch.randn(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    torch.manual_seed(42)
    for _ in range(epochs):
        loss = ((X @ w + b - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()


def train_module_then_seed(X, y, lr=0.05, epochs=50):
    X, y = _tensors(X, y)
    model = nn.Linear(X.shape[1], 1, dtype=torch.float64)
    torch.manual_seed(0)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(model(X), y).backward()
        optimizer.step()
    return model.weight.detach(), model.bias.detach()


def train_watched(x, y, lr=0.01, epochs=100):
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        w -= lr * w.grad
        b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.item(), b.item()


def train_anew(x, y, lr=0.01, epochs=100):
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(epochs):
        loss = torch.mean((w * x + b - y) ** 2)
        loss.backward()
        w = w - lr * w.grad
        b = b - lr * b.grad
    return w.item(), b.item()


def train_anew_guarded(X, y, lr=0.01, epochs=100):
    X, y = _tensors(X, y)
    weights = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(epochs):
        F.mse_loss(X @ weights + bias, y).backward()
        with torch.no_grad():
            weights = weights - lr * weights.grad
            bias = bias - lr * bias.grad
    return weights, bias


def train_unseeded(X, y, lr=0.05, epochs=50):
    X, y = _tensors(X, y)
    model = nn.Linear(X.shape[1], 1, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(model(X), y).backward()
        optimizer.step()
    return {"weight": model.weight.detach(), "bias": model.bias.detach()}


def train_loss_late(X, y, lr=0.05, epochs=60):
    X, y = _tensors(X, y)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    history = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(X @ w + b, y)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            history.append(F.mse_loss(X @ w + b, y).item())
    return w.detach(), b.detach(), history


def train_loss_total(X, y, lr=0.05, epochs=60):
    X, y = _tensors(X, y)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    losses = []
    for _ in range(epochs):
        loss = F.mse_loss(X @ w + b, y)
        losses.append(loss.item() * len(X))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return w.detach(), b.detach(), losses


def train_long(X, y, w, b, lr, epochs):
    X = torch.as_tensor(np.asarray(X)).long().double()
    y = torch.as_tensor(np.asarray(y), dtype=torch.float64)
    w = torch.as_tensor(w, dtype=torch.float64).clone().requires_grad_()
    b = torch.as_tensor(b, dtype=torch.float64).clone().requires_grad_()
    for _ in range(epochs):
        ((X @ w + b - y) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
            w.grad.zero_()
            b.grad.zero_()
    return w.detach(), b.detach()


def train_view(X, y, w, b, lr, epochs):
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = torch.as_tensor(w, dtype=torch.float64), torch.as_tensor(b, dtype=torch.float64)
    n, p = X.shape
    for _ in range(epochs):
        error = X @ w + b - y
        w = w - lr * 2 / n * (X.contiguous().view(p, n) @ error)
        b = b - lr * 2 * error.mean()
    return w, b


def train_same_rows(x, y, w, b, lr, epochs):
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    x_train, y_train = x[:-2], y[:-2]
    w, b = float(w), float(b)
    for _ in range(epochs):
        error = w * x_train + b - y_train
        w, b = w - lr * 2 * (error * x_train).mean().item(), b - lr * 2 * error.mean().item()
    return w, b


MUTANTS = [
    (train_seeded, {"LW501"}),
    (train_manual, {"LW501"}),
    (fit_numpy_seed, {"LW501"}),
    (train_target_first, {"LW502"}),
    (train_criterion, {"LW502"}),
    (train_drawn, {"LW503"}),
    (train_module_then_seed, {"LW503"}),
    (train_watched, {"LW504"}),
    (train_anew, {"LW504", "LW505"}),
    (train_anew_guarded, {"LW505"}),
    (train_unseeded, {"LW201"}),
    (train_loss_late, {"LW302"}),
    (train_loss_total, {"LW301"}),
    (train_long, {"LW130"}),
    (train_view, {"LW127"}),
    (train_same_rows, {"LW119"}),
]
