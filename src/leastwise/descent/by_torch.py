"""The engine in PyTorch: the twin of a rule in torch.optim, gradients by autograd, rows as NumPy drew them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from ..rows.chunk import Chunk
from ..summary.tensors import on_device
from ..types import Vector
from .pool import Alone, Pool

Tensors = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


class Engine:
    """`torch.optim` by `name`: slopes w (p,) and intercept b (1,) in groups of their own, decay on the slopes only.

    The rows of a step may lie anywhere that a DataLoader's batches do; what they were last stays on the device. The
    optimiser's first step is taken with torch's default dtype set to that of the data, since NAdam keeps a number
    of its own in the default dtype.
    """

    def __init__(
        self,
        name: str,
        hyper: Mapping[str, Any],
        theta: Vector,
        decay: float,
        device: str,
        pool: Pool | None = None,
    ) -> None:
        self.device, self.pool = device, pool or Alone()
        self.last: tuple[Chunk, Tensors] | None = None
        self.w = on_device(theta[:-1].copy(), device).requires_grad_()
        self.b = on_device(theta[-1:].copy(), device).requires_grad_()
        rest = dict(hyper)
        slopes, flat = {}, {}
        if decay or "weight_decay" in rest:
            slopes, flat = {"weight_decay": rest.pop("weight_decay", decay)}, {"weight_decay": 0.0}
        groups = [{"params": [self.w], **slopes}, {"params": [self.b], **flat}]
        self.optimizer = getattr(torch.optim, name)(groups, lr=1.0, **rest)

    @property
    def shown(self) -> Vector:
        """theta (q,)."""
        return np.append(self.w.detach().cpu().numpy(), self.b.detach().cpu().numpy())

    def begin(self, epoch: int) -> None:
        """Nothing is done when an epoch begins."""

    def step(self, rows: Chunk, rate: float) -> None:
        """One update from the gradient over `rows`, a mean over those of every process in the pool."""
        X, y, weight = self._there(rows)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        squares = (y - (X @ self.w + self.b)) ** 2
        loss = squares.mean() if weight is None else (weight * squares).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        own = [parameter.grad if len(rows) else torch.zeros_like(parameter) for parameter in (self.w, self.b)]
        self.w.grad, self.b.grad = self.pool.mean(own, len(rows))
        with _default_dtype(self.w.dtype):
            self.optimizer.step()

    def _there(self, rows: Chunk) -> Tensors:
        if self.last is None or self.last[0] is not rows:
            weight = None if rows.weight is None else on_device(rows.weight, self.device)
            self.last = rows, (on_device(rows.X, self.device), on_device(rows.y, self.device), weight)
        return self.last[1]

    def memory(self) -> dict[str, Any]:
        """All that the next step depends on."""
        return {"w": self.w, "b": self.b, "optimizer": self.optimizer.state_dict()}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go on from there."""
        with torch.no_grad():
            self.w.copy_(memory["w"])
            self.b.copy_(memory["b"])
        self.optimizer.load_state_dict(memory["optimizer"])


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Any:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
