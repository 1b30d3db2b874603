"""Training in torch with one slip each: those of autograd and of optimizers, and those that no number shows."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


def _tensors(X, y):
    X = torch.as_tensor(np.asarray(X), dtype=torch.float64)
    return X.reshape(len(X), -1), torch.as_tensor(np.asarray(y), dtype=torch.float64).reshape(-1, 1)


def _leaf(value):
    return torch.as_tensor(value, dtype=torch.float64).clone().requires_grad_()


def train_piles(x, y, w, b, lr, epochs):
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
    return w.item(), b.item()


def train_optimizer_piles(X, y, learning_rate=0.001, epochs=30, seed=0):
    torch.manual_seed(seed)
    X, y = _tensors(X, y)
    model = nn.Linear(X.shape[1], 1, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    criterion = nn.MSELoss()
    losses = []
    for _ in range(epochs):
        loss = criterion(model(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


def train_given_model(model, X, y, optimizer, criterion, epochs):
    for _ in range(epochs):
        output = model(X)
        loss = criterion(output, y.view_as(output))
        loss.backward()
        optimizer.step()
    return model


def train_one_zeroed(x, y, w, b, lr, epochs):
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    for _ in range(epochs):
        ((w * x + b - y) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
    return w.detach(), b.detach()


def train_zero_late(X, y, lr=0.05, epochs=100):
    X, y = _tensors(X, y)
    weight = nn.Parameter(torch.zeros(X.shape[1], 1, dtype=torch.float64))
    bias = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight, bias], lr=lr)
    for _ in range(epochs):
        loss = F.mse_loss(X @ weight + bias, y)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
    return weight.detach(), bias.detach()


def train_loader_zero_late(model, dataloader, loss_fn, optimizer, epochs):
    for _ in range(epochs):
        for xb, yb in dataloader:
            pred = model(xb)
            loss = loss_fn(pred, yb.reshape(pred.shape))
            loss.backward()
            optimizer.zero_grad()
            optimizer.step()


def train_other_tensors(X, y, w, b, lr, epochs):
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    optimizer = torch.optim.SGD([w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()], lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = torch.mean((X @ w + b - y) ** 2)
        loss.backward()
        optimizer.step()
    return w.detach().numpy(), b.detach().numpy()


def train_new_model(X, y, lr=0.05, epochs=100, seed=3):
    torch.manual_seed(seed)
    X, y = _tensors(X, y)
    model = nn.Linear(X.shape[1], 1, dtype=torch.float64)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    model = nn.Linear(X.shape[1], 1, dtype=torch.float64)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(model(X), y).backward()
        optimizer.step()
    return model


def train_flat_target(X, y, lr=0.05, epochs=100):
    X = torch.as_tensor(np.asarray(X), dtype=torch.float64).reshape(len(y), -1)
    y = torch.as_tensor(np.asarray(y), dtype=torch.float64).reshape(-1)
    model = nn.Linear(X.shape[1], 1, dtype=torch.float64)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        pred = model(X)
        loss = ((pred - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.weight.detach().numpy().ravel(), model.bias.item()


def train_column_by_hand(X, y, w, b, eta, n_iters):
    X = torch.as_tensor(np.asarray(X), dtype=torch.float64)
    y = torch.as_tensor(np.asarray(y), dtype=torch.float64).reshape(-1)
    w, b = _leaf(w).detach().reshape(-1, 1).requires_grad_(), _leaf(b)
    for _ in range(n_iters):
        ((X @ w + b - y) ** 2).mean().backward()
        with torch.no_grad():
            w -= eta * w.grad
            b -= eta * b.grad
            w.grad = None
            b.grad = None
    return w.detach(), b.detach()


def train_sum_reduction(X, y, lr=0.0005, epochs=200):
    X, y = _tensors(X, y)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    criterion = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        criterion(X @ w + b, y).backward()
        optimizer.step()
    return w.detach().ravel(), b.item()


def train_sign(x, y, w, b, lr, epochs):
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        grads = torch.autograd.grad(loss, (w, b))
        with torch.no_grad():
            w += lr * grads[0]
            b += lr * grads[1]
    return w.item(), b.item()


def train_no_bias_optimizer(X, y, w, b, lr, epochs):
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = F.mse_loss(X @ w + b, y)
        loss.backward()
        optimizer.step()
    return w.detach(), b.detach()


def train_scheduler(X, y, lr=0.1, epochs=100):
    X, y = _tensors(X, y)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(X @ w + b, y).backward()
        optimizer.step()
        scheduler.step()
    return w.detach(), b.detach()


def train_std(X, y, learning_rate=0.1, epochs=300):
    X, y = _tensors(X, y)
    X = (X - X.mean(dim=0)) / X.std(dim=0)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=learning_rate)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(X @ w + b, y).backward()
        optimizer.step()
    return w.detach().squeeze(), b.detach().squeeze()


def train_batches_of_eight(X, y, lr=0.02, epochs=20):
    X, y = _tensors(X, y)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size=8)
    w = torch.zeros(X.shape[1], 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=lr)
    for _ in range(epochs):
        for xb, yb in loader:
            optimizer.zero_grad()
            F.mse_loss(xb @ w + b, yb).backward()
            optimizer.step()
    return w.detach(), b.detach()


def train_weight_decay(X, y, w, b, lr, epochs):
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    optimizer = torch.optim.SGD([w, b], lr=lr, weight_decay=0.1)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(X @ w + b, y).backward()
        optimizer.step()
    return w.detach(), b.detach()


def train_momentum(X, y, w, b, lr, epochs):
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    optimizer = torch.optim.SGD([w, b], lr=lr, momentum=0.9)
    for _ in range(epochs):
        optimizer.zero_grad()
        F.mse_loss(X @ w + b, y).backward()
        optimizer.step()
    return w.detach(), b.detach()


def train_root(x, y, w, b, lr, epochs):
    x, y = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w, b = _leaf(w), _leaf(b)
    for _ in range(epochs):
        loss = torch.sqrt(torch.mean((y - (w * x + b)) ** 2))
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.item(), b.item()


MUTANTS = [
    (train_piles, {"LW109"}),
    (train_optimizer_piles, {"LW109"}),
    (train_given_model, {"LW109"}),
    (train_one_zeroed, {"LW139"}),
    (train_zero_late, {"LW120"}),
    (train_loader_zero_late, {"LW120"}),
    (train_other_tensors, {"LW120"}),
    (train_new_model, {"LW120"}),
    (train_flat_target, {"LW105"}),
    (train_column_by_hand, {"LW105"}),
    (train_sum_reduction, {"LW103"}),
    (train_sign, {"LW104"}),
    (train_no_bias_optimizer, {"LW106"}),
    (train_scheduler, {"LW114"}),
    (train_std, {"LW116"}),
    (train_batches_of_eight, {"LW118"}),
    (train_weight_decay, {"LW132"}),
    (train_momentum, {"LW141"}),
    (train_root, {"LW136"}),
]
