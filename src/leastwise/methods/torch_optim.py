"""The same descent with PyTorch's optimiser and loss: `optim.SGD` and `nn.MSELoss`."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ..problem import LeastSquares
from ..solution import Start, Step
from .torch_parts import mean_squared_error, parameters, step, tensors


def steps(problem: LeastSquares, start: Start, learning_rate: float, device: str = "cpu") -> Iterator[Step]:
    """The recurrence of `by_hand`; SGD without momentum on the whole batch is gradient descent.

    X (n, p), y (n,), w (p,), b () on `device`. Cost: 4 n p flops an epoch and the graph's upkeep.
    Source: torch.optim.SGD, torch.nn.MSELoss.
    """
    X, y = tensors(problem, device)
    w, b = parameters(start, device)
    criterion = mean_squared_error(problem, device)
    optimizer = torch.optim.SGD([w, b], lr=learning_rate)
    while True:
        loss = criterion(X @ w + b, y)
        yield step(w, b, loss)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
