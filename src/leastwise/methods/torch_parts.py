"""What the three PyTorch rungs share: data as tensors, and the record of a step."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ..problem import LeastSquares
from ..solution import Start, Step
from ..summary.tensors import on_device

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def tensors(problem: LeastSquares, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """X (n, p) and y (n,) on `device`, in the problem's dtype; UsageError where there is no such device."""
    return on_device(problem.X, device), on_device(problem.y, device)


def parameters(start: Start, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Leaves w (p,) and b () that ask for gradients, at a copy of the start."""
    w = on_device(start.coef.copy(), device).requires_grad_()
    b = torch.tensor(start.intercept, dtype=w.dtype, device=device, requires_grad=True)
    return w, b


def mean_squared_error(problem: LeastSquares, device: str) -> Loss:
    """`nn.MSELoss()`; with weights, its unreduced form summed with each row's share."""
    if problem.weight is None:
        return torch.nn.MSELoss()
    share, each = on_device(problem.share, device), torch.nn.MSELoss(reduction="none")
    return lambda prediction, target: (share * each(prediction, target)).sum()


def step(w: torch.Tensor, b: torch.Tensor, loss: torch.Tensor) -> Step:
    """A copy of where we are, since torch updates parameters in place."""
    return Step(w.detach().cpu().numpy().ravel().copy(), b.item(), loss.item())
