"""What Python callers hand over, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..types import DataError, Matrix, Vector

LONGEST = 2**53


def numbers(values: Any, what: str) -> Matrix | Vector:
    """An array of real numbers out of lists, NumPy, torch, frames and their columns.

    float64 and float32 stay as they are, anything else becomes float64. Raises DataError that names `what`.
    """
    if hasattr(values, "detach"):
        values = _on_host(dense(values, what))
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    if np.iscomplexobj(values):
        raise DataError(f"{what} holds complex numbers: a regression takes real ones")
    try:
        found = np.asarray(_unwrapped(values, what))
        if found.dtype.kind in "iu" and found.size and max(int(found.max()), -int(found.min())) > LONGEST:
            raise DataError(too_long(what))
        if found.dtype.kind in "mM":
            raise TypeError("dates and durations have no unit of their own")
        return found if found.dtype in (np.float64, np.float32) else np.asarray(found, dtype=np.float64)
    except DataError:
        raise
    except (OverflowError, TypeError, ValueError) as error:
        raise DataError(f"{what} holds something that is not a number: {error}") from None


def elsewhere(X: Any, y: Any, weight: Any = None) -> bool:
    """Whether X is a torch tensor on an accelerator with float64, which Apple's mps has not.

    Raises DataError where tensors lie on different devices, or where there are no numbers.
    """
    named = {"X": X, "y": y, "weight": weight}
    places = {name: value.device for name, value in named.items() if hasattr(value, "detach")}
    if len(set(places.values())) > 1:
        said = ", ".join(f"{name} on {place}" for name, place in places.items())
        raise DataError(f"the tensors lie on different devices ({said}): move them to one, as y.to(X.device) does")
    if any(place.type == "meta" for place in places.values()):
        raise DataError("the tensors lie on torch's meta device, which holds shapes and no numbers")
    return "X" in places and places["X"].type not in ("cpu", "mps")


def beside(values: Any, tensor: Any, what: str) -> Any:
    """`values` (n,) or (n, 1) as a tensor (n,), on the device of `tensor` unless it is one already."""
    import torch

    if not hasattr(values, "detach"):
        values = torch.from_numpy(np.ascontiguousarray(numbers(values, what))).to(tensor.device)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def dense(tensor: Any, what: str) -> Any:
    """The tensor without its gradient. Raises DataError for a sparse one."""
    if str(tensor.layout) != "torch.strided":
        raise DataError(f"{what} is a sparse tensor: hand over {what}.to_dense()")
    return tensor.detach()


def _on_host(tensor: Any) -> Any:
    """The tensor as NumPy can read it: in this machine's memory, and float64 in the place of types NumPy has not."""
    found = tensor.cpu().resolve_neg()
    return found.double() if found.is_floating_point() and found.element_size() < 4 else found


def exact(values: Vector, name: str, label: str) -> None:
    """DataError where doubles (m,) that were whole numbers may have been rounded; nan is none."""
    if len(values) and max(np.fmax.reduce(values), -np.fmin.reduce(values)) >= LONGEST:
        raise DataError(too_long(f"column {name!r} of {label}"))


def too_long(what: str) -> str:
    """Why integers of more than 53 bits are refused."""
    return (
        f"{what} holds integers beyond 2^53, which float64 would round: make it text, or leave it out, if it is an "
        "identifier, or subtract a number near all of them"
    )


def flat(values: Any, what: str) -> Matrix | Vector:
    """`numbers`, a single column (n, 1) as (n,)."""
    found = numbers(values, what)
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found


def column(values: Any, what: str) -> Vector:
    """One number a row (n,). Raises DataError for another shape."""
    found = flat(values, what)
    if found.ndim != 1:
        raise DataError(f"{what} must be (n,), one number a row: its shape is {found.shape}")
    return found


def coded(texts: Sequence[str | None], codes: dict[str, float]) -> Vector:
    """The number of each text (m,), nan where there is none."""
    return np.array([np.nan if text is None else codes[str(text)] for text in texts], dtype=np.float64)


def is_table(value: Any) -> bool:
    """Whether a value is a table of Ibis, without Ibis being imported for it."""
    return type(value).__module__.startswith("ibis.") and hasattr(value, "get_backend")


def frame_of(values: Any) -> Any:
    """A frame as narwhals has it, or None for anything else."""
    if isinstance(values, np.ndarray | list | tuple) or hasattr(values, "detach"):
        return None
    import narwhals as nw

    try:
        found = nw.from_native(_with_text_names(values), eager_only=True, pass_through=True)
    except nw.exceptions.DuplicateError:
        raise DataError("the frame has columns of the same name: rename one") from None
    return found if isinstance(found, nw.DataFrame) else None


def _with_text_names(values: Any) -> Any:
    """A pandas frame whose columns are called by texts, since numbers would mean rows."""
    names = getattr(values, "columns", None)
    if hasattr(values, "set_axis") and names is not None and not all(isinstance(name, str) for name in names):
        return values.set_axis([str(name) for name in names], axis=1)
    return values


def _unwrapped(values: Any, what: str) -> Any:
    """Columns of frames with nan where nothing is; anything else as it is. Raises DataError for too long integers."""
    if isinstance(values, np.ndarray | list | tuple | float | int) or hasattr(values, "numpy"):
        return values
    import narwhals as nw

    frame = frame_of(values)
    found = nw.from_native(values, eager_only=True, allow_series=True, pass_through=True) if frame is None else frame
    if isinstance(found, nw.DataFrame):
        return np.column_stack([_unwrapped(found[name], f"column {name!r} of {what}") for name in found.columns])
    if isinstance(found, nw.Series):
        if found.dtype.is_integer() and max(abs(int(end or 0)) for end in (found.min(), found.max())) > LONGEST:
            raise DataError(too_long(what))
        plain = found.dtype.is_numeric() or found.dtype == nw.Boolean
        return found.cast(nw.Float64).to_numpy() if plain and found.dtype != nw.Float32 else found.to_numpy()
    return values
