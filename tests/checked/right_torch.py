"""Right implementations in torch, each in another style."""

import numpy as np
import torch
from torch import nn


def train_autograd(x, y, w0=0.0, b0=0.0, lr=0.01, epochs=100):
    """By hand: backward, an update under no_grad, gradients zeroed."""
    x = torch.as_tensor(x, dtype=torch.float64)
    y = torch.as_tensor(y, dtype=torch.float64)
    w = torch.tensor(float(w0), dtype=torch.float64, requires_grad=True)
    b = torch.tensor(float(b0), dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(epochs):
        loss = ((w * x + b - y) ** 2).mean()
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
            w.grad.zero_()
            b.grad.zero_()
    return w.item(), b.item(), losses


def fit_sgd(X, y, lr=0.1, epochs=200):
    """nn.Parameter, torch.optim.SGD and MSELoss."""
    X = torch.tensor(np.asarray(X), dtype=torch.float64)
    y = torch.tensor(np.asarray(y), dtype=torch.float64)
    weight = nn.Parameter(torch.zeros(X.shape[1], dtype=torch.float64))
    bias = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight, bias], lr=lr)
    criterion = nn.MSELoss()
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = criterion(X @ weight + bias, y)
        loss.backward()
        optimizer.step()
    return weight.detach().numpy(), bias.detach().numpy()


def train_linear(X, y, learning_rate=0.05, num_epochs=300, seed=0):
    """nn.Linear, made inside, in float64."""
    torch.manual_seed(seed)
    inputs = torch.as_tensor(X, dtype=torch.float64)
    targets = torch.as_tensor(y, dtype=torch.float64).view(-1, 1)
    model = nn.Linear(inputs.shape[1], 1, dtype=torch.float64)
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(num_epochs):
        outputs = model(inputs)
        loss = loss_fn(outputs, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def train_linear_single(x_train, y_train, learning_rate=0.05, num_epochs=300):
    """The same in torch's default, float32, and from zero."""
    inputs = torch.from_numpy(np.asarray(x_train, dtype=np.float32))
    targets = torch.from_numpy(np.asarray(y_train, dtype=np.float32)).reshape(-1, 1)
    model = nn.Linear(inputs.shape[1], 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    for _ in range(num_epochs):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(inputs), targets).backward()
        optimizer.step()
    return model.weight.detach().numpy(), model.bias.detach().numpy()


def train(model, X, y, optimizer, criterion, epochs):
    """Everything is given."""
    losses = []
    for _ in range(epochs):
        model.train()
        predictions = model(X)
        loss = criterion(predictions, y.view_as(predictions))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_loop(model, dataloader, loss_fn, optimizer, epochs):
    """A loader gives the batches."""
    for _ in range(epochs):
        for xb, yb in dataloader:
            pred = model(xb)
            loss = loss_fn(pred, yb.reshape(pred.shape))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()


def fit_grad(X, y, w, b, lr, n_steps):
    """torch.autograd.grad, tensors made anew, and a start that is given."""
    X, y = torch.as_tensor(X, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
    w = torch.as_tensor(w, dtype=torch.float64).clone().requires_grad_()
    b = torch.as_tensor(b, dtype=torch.float64).clone().requires_grad_()
    for _ in range(n_steps):
        loss = torch.mean((X @ w + b - y) ** 2)
        dw, db = torch.autograd.grad(loss, [w, b])
        w = (w - lr * dw).detach().requires_grad_()
        b = (b - lr * db).detach().requires_grad_()
    return w.detach(), b.detach()


class LinearRegressionModel(nn.Module):
    """A module that trains itself; its start is drawn from a seed."""

    def __init__(self, in_features=1, lr=0.05, epochs=400, seed=1):
        super().__init__()
        self.lr, self.epochs, self.seed = lr, epochs, seed
        self.linear = nn.Linear(in_features, 1, dtype=torch.float64)

    def forward(self, x):
        return self.linear(x).squeeze(-1)

    def fit(self, X, y):
        X = torch.as_tensor(X, dtype=torch.float64)
        y = torch.as_tensor(y, dtype=torch.float64)
        torch.manual_seed(self.seed)
        self.linear = nn.Linear(X.shape[1], 1, dtype=torch.float64)
        optimizer = torch.optim.SGD(self.parameters(), lr=self.lr)
        for _ in range(self.epochs):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(self(X), y)
            loss.backward()
            optimizer.step()
        return self

    @torch.no_grad()
    def predict(self, X):
        return self(torch.as_tensor(X, dtype=torch.float64)).numpy()


RIGHT = [
    train_autograd,
    fit_sgd,
    train_linear,
    train_linear_single,
    train,
    train_loop,
    fit_grad,
    LinearRegressionModel,
]
