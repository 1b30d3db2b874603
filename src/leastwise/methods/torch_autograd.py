"""The same descent with PyTorch's gradients: backward, a `no_grad` update, zeroing, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ..problem import LeastSquares
from ..solution import Start, Step
from ..summary.tensors import on_device
from .torch_parts import parameters, step, tensors


def steps(problem: LeastSquares, start: Start, learning_rate: float, device: str = "cpu") -> Iterator[Step]:
    """The recurrence of `by_hand`, with dL/dw and dL/db by reverse-mode differentiation.

    X (n, p), y (n,), w (p,), b () on `device`. Cost: 4 n p flops an epoch and the graph's upkeep.
    Source: Paszke et al. (2019), sec. 4.
    """
    X, y = tensors(problem, device)
    w, b = parameters(start, device)
    weighted = problem.weight is not None
    share = on_device(problem.share, device) if weighted else None
    while True:
        squares = (y - (X @ w + b)) ** 2
        loss = squares.mean() if share is None else (share * squares).sum()
        yield step(w, b, loss)
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            w -= learning_rate * w.grad  # type: ignore[operator]
            b -= learning_rate * b.grad  # type: ignore[operator]
            w.grad.zero_()  # type: ignore[union-attr]
            b.grad.zero_()  # type: ignore[union-attr]
