"""The same descent with a PyTorch model: `nn.Linear`, trained by `optim.SGD` on `nn.MSELoss`."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ..problem import LeastSquares
from ..solution import Start, Step
from .torch_parts import mean_squared_error, parameters, step, tensors


def steps(problem: LeastSquares, start: Start, learning_rate: float, device: str = "cpu") -> Iterator[Step]:
    """The recurrence of `by_hand`, the slopes kept as `weight` (1, p) and the intercept as `bias` (1,).

    The model's own random start is overwritten by `start`. X (n, p), y (n,) on `device`.
    Cost: 4 n p flops an epoch and the graph's upkeep. Source: torch.nn.Linear.
    """
    X, y = tensors(problem, device)
    w, b = parameters(start, device)
    model = torch.nn.Linear(len(w), 1, dtype=X.dtype, device=device)
    with torch.no_grad():
        model.weight.copy_(w)
        model.bias.copy_(b)
    criterion = mean_squared_error(problem, device)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate)
    while True:
        loss = criterion(model(X).squeeze(1), y)
        yield step(model.weight, model.bias, loss)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
