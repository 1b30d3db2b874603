"""torch tensors to their triangle on their own device: of n rows, (p + 2)^2 numbers come back.

The way is that of `arrays`; here are its two kernels. Sums are in float64 whatever the dtype of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..rows.chunk import BLOCK_ROWS, blocks
from ..rows.native import LONGEST, beside, dense, too_long
from ..types import DataError, UsageError, Vector
from .arrays import Logs, fitting, refuse_weights, summary
from .moments import SAMPLE_ROWS, Moments, finite, settled
from .triangle import Triangle

if TYPE_CHECKING:
    from torch import Tensor

BLOCK_NUMBERS = 2**24
"""Numbers of a block on an accelerator: 128 MiB, enough to keep it busy."""


def triangle_of(X: Any, y: Any, weight: Any = None) -> Triangle:
    """`Triangle.of` for torch tensors X (n, p) or (n,), y (n,) or (n, 1), weight (n,) on one device.

    Any real dtype, strided as it may be; gradients are not followed. Memory: a block of at most 128 MiB.
    Raises DataError where shapes do not fit or something is no real number. Cost: n (p + 2)^2 flops by the
    moments, 2 n (p + 1)^2 by QR. Source: Demmel, Grigori, Hoemmen & Langou (2012), sec. 3.
    """
    X, y = _real(X, "X"), _real(beside(y, X, "y"), "y")
    X = X[:, None] if X.ndim == 1 else X
    weight = None if weight is None else _real(beside(weight, X, "weight"), "weight").double()
    fitting(X, y, weight)
    if weight is not None:
        X, y, weight = _weighed(X, y, weight)
    return summary(Tensors(X, y, weight))


@dataclass(frozen=True, slots=True)
class Tensors:
    """X (n, p), y (n,), weight (n,) > 0 in torch, on one device."""

    X: Tensor
    y: Tensor
    weight: Tensor | None

    @property
    def shape(self) -> tuple[int, int]:
        """(n, p)."""
        return self.X.shape[0], self.X.shape[1]

    @property
    def step(self) -> int:
        """Rows of a block: what a core's cache holds, or what keeps an accelerator busy."""
        if self.X.device.type == "cpu":
            return BLOCK_ROWS
        return BLOCK_ROWS * max(1, BLOCK_NUMBERS // BLOCK_ROWS // (self.X.shape[1] + 2))

    def moments(self, rows: slice) -> Moments:
        """The moments of some."""
        part = self._taken(rows)
        return settled(part._rough_mean(), part._about) if len(part.y) else Moments.empty(self.X.shape[1])

    def by_qr(self, rows: slice) -> Triangle:
        """The triangle of some, about their own means."""
        part = self._taken(rows)
        weight, q = part.weight, self.X.shape[1] + 1
        shift = part._rough_mean() if weight is None else _host(_mean(part._less(np.zeros(q)), weight))
        A = part._less(finite(shift))
        there = _mean(A, weight)
        delta = finite(_host(there))
        A -= there
        if weight is not None:
            A *= weight.sqrt()[:, None]
        W = float(len(part.y) if weight is None else weight.sum())
        return Triangle(len(part.y), W, shift, delta, _host(_triangular(A)), *part.logs())

    def logs(self) -> Logs:
        """The sum of log(weight), and the range of the weights."""
        if self.weight is None:
            return 0.0, 1.0, 1.0
        return float(self.weight.log().sum()), float(self.weight.min()), float(self.weight.max())

    def _about(self, shift: Vector) -> Moments:
        """The cross products of [X - shift, y - shift, 1], block by block."""
        products: Any = 0.0
        for some in blocks(len(self.y), self.step):
            part = self._taken(some)
            B = part._less(shift, 1)
            B[:, -1] = 1.0 if part.weight is None else part.weight.sqrt()
            if part.weight is not None:
                B[:, :-1] *= B[:, -1:]
            products = products + B.T @ B
        weight = None if self.weight is None else float(self.weight.sum())
        return Moments.of_products(_host(products), shift, len(self.y), weight)

    def _less(self, shift: Vector, more: int = 0) -> Tensor:
        """[X - shift, y - shift] (n, q) in float64, and `more` columns to be filled, in the order that X has."""
        import torch

        n, q, there = len(self.y), len(shift), torch.from_numpy(shift).to(self.X.device)
        by_columns = self.X.stride(0) < self.X.stride(1)
        A = self.X.new_empty((q + more, n) if by_columns else (n, q + more), dtype=torch.float64)
        A = A.T if by_columns else A
        torch.sub(self.X, there[:-1], out=A[:, : q - 1])
        torch.sub(self.y, there[-1:], out=A[:, q - 1])
        return A

    def _rough_mean(self) -> Vector:
        some = slice(None, None, len(self.y) // SAMPLE_ROWS + 1)
        return np.append(_host(self.X[some].double().mean(0)), _host(self.y[some].double().mean()))

    def _taken(self, rows: slice) -> Tensors:
        return Tensors(self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows])


def on_device(array: Any, device: str) -> Tensor:
    """A NumPy array as a tensor that shares its memory on the CPU, a copy elsewhere.

    Raises UsageError where torch is missing, has no such device here, or the device has no such numbers.
    """
    torch = needed()
    try:
        if torch.device(device).type == "meta":
            raise NotImplementedError("a device of shapes without numbers")
        return torch.from_numpy(array if array.flags.writeable else array.copy()).to(device)
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"--device {device} cannot be used by torch here ({reason}): use --device cpu") from None


def needed() -> Any:
    """torch. Raises UsageError where it is not installed."""
    try:
        import torch
    except ImportError:
        raise UsageError('this needs torch, which is not installed: pip install "leastwise[torch]"') from None
    return torch


def _real(values: Any, what: str) -> Tensor:
    """Dense and of a type that can be subtracted from. Raises DataError for what is no real number."""
    import torch

    found: Tensor = dense(values, what)
    if found.is_complex():
        raise DataError(f"{what} holds complex numbers: a regression takes real ones")
    if found.is_floating_point():
        return found
    if found.dtype == torch.int64 and found.numel() and max(abs(int(end)) for end in found.aminmax()) > LONGEST:
        raise DataError(too_long(what))
    return found if found.is_signed() else found.double()


def _weighed(X: Tensor, y: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    sound = weight.isfinite() & (weight >= 0)
    refuse_weights(bool(sound.all()), float(weight.sum()))
    keep = weight > 0
    return (X, y, weight) if bool(keep.all()) else (X[keep], y[keep], weight[keep])


def _mean(A: Tensor, weight: Tensor | None) -> Tensor:
    return A.mean(0) if weight is None else weight @ A / weight.sum()


def _triangular(A: Tensor) -> Tensor:
    """R of A, by a QR of every 8,192 rows, zeros to fill the last, and one of what they leave."""
    import torch

    m, q = A.shape
    if m > BLOCK_ROWS:
        apart = torch.nn.functional.pad(A, (0, 0, 0, -m % BLOCK_ROWS)).reshape(-1, BLOCK_ROWS, q)
        A = torch.linalg.qr(apart, mode="r").R.reshape(-1, q)
    return torch.linalg.qr(A, mode="r").R


def _host(tensor: Any) -> Vector:
    return np.asarray(tensor.cpu().numpy())
