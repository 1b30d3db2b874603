"""What functions that train somebody's torch model are given besides rows: a model, an optimizer, a loss, a loader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..types import Matrix, Vector
from .boxes import Box

PARTS = ("model", "optimizer", "criterion", "loader", "gradient")


def rigged(roles: Mapping[str, str], box: Box, rows: tuple[Any, Any], start: Vector, rate: float) -> dict[str, Any]:
    """By role: nn.Linear at the start (p + 1,), SGD over it, MSELoss, and a loader of one batch of all rows."""
    if not any(role in roles for role in PARTS):
        return {}
    found: dict[str, Any] = {"criterion": loss, "gradient": gradient}
    if box.kind.startswith("torch"):
        import torch

        model = torch.nn.Linear(len(start) - 1, 1, dtype=rows[0].dtype)
        with torch.no_grad():
            model.weight.copy_(torch.as_tensor(start[None, :-1]))
            model.bias.copy_(torch.as_tensor(start[-1:]))
        found |= {
            "model": model,
            "optimizer": torch.optim.SGD(model.parameters(), lr=rate),
            "criterion": torch.nn.MSELoss(),
        }
        if "loader" in roles:
            data = torch.utils.data.TensorDataset(*rows)
            found["loader"] = torch.utils.data.DataLoader(data, batch_size=len(rows[0]))
    return {role: part for role, part in found.items() if role in roles}


def loss(*parts: Any) -> Any:
    """The mean squared error of (prediction, y), or half that of (X, y, w, b), as courses hand it over."""
    if len(parts) == 2:
        return ((parts[0] - parts[1]) ** 2).mean()
    return float((residual(*parts) ** 2).mean() / 2)


def gradient(X: Matrix, y: Vector, w: Any, b: Any) -> tuple[Any, Any]:
    """That of half the mean squared error, of w and of b."""
    apart = residual(X, y, w, b)
    slope = np.asarray(X).T @ apart / len(apart)
    return (float(slope) if np.ndim(slope) == 0 else slope), float(apart.mean())


def residual(X: Matrix, y: Vector, w: Any, b: Any) -> Vector:
    """Prediction - y."""
    X = np.asarray(X)
    return (X * w if X.ndim == 1 else X @ w) + b - np.asarray(y)
