"""Scripts that make this very run again, with NumPy alone and with PyTorch alone."""

from __future__ import annotations

import textwrap

import numpy as np

from ..compare import Comparison
from ..rows.sql import sql_doubles, sql_name
from ..types import Matrix, Vector

MOST_INLINE = 60

NUMPY_LOOP = """\
for epoch in range({epochs}):
    residual = y - (X @ w + b)
    pull = share * residual
    loss = pull @ residual
    gradient_w = -2 * (X.T @ pull)
    gradient_b = -2 * pull.sum()
    w = w - {rate!r} * gradient_w
    b = b - {rate!r} * gradient_b

residual = y - (X @ w + b)
print("loss", (share * residual) @ residual, "slopes", w, "intercept", b)
"""

TORCH_LOOP = """\
X, y = torch.from_numpy(X), torch.from_numpy(y)
w = torch.tensor(w, requires_grad=True)
b = torch.tensor(b, requires_grad=True)
criterion = {criterion}
optimizer = torch.optim.SGD([w, b], lr={rate!r})
for epoch in range({epochs}):
    optimizer.zero_grad()
    loss = criterion(X @ w + b, y)
    loss.backward()
    optimizer.step()

print("loss", criterion(X @ w + b, y).item(), "slopes", w.detach().numpy(), "intercept", b.item())
"""

WEIGHTED = """lambda prediction, target: (torch.from_numpy(share) * (target - prediction) ** 2).sum()"""


def numpy_code(comparison: Comparison) -> str:
    """A script of NumPy: the data, the start, the loop by hand, the final line."""
    settings = comparison.settings
    share = "weight / weight.sum()" if comparison.data.selection.weight else "1 / len(y)"
    loop = NUMPY_LOOP.format(epochs=settings.epochs, rate=settings.learning_rate)
    return f"{_opening(comparison, 'numpy as np')}share = {share}\n\n{loop}"


def torch_code(comparison: Comparison) -> str:
    """A script of PyTorch: the same data and start, `optim.SGD` and `nn.MSELoss`."""
    settings = comparison.settings
    weighted = bool(comparison.data.selection.weight)
    criterion = WEIGHTED if weighted else "torch.nn.MSELoss()"
    share = "share = weight / weight.sum()\n" if weighted else ""
    loop = TORCH_LOOP.format(epochs=settings.epochs, rate=settings.learning_rate, criterion=criterion)
    return f"{_opening(comparison, 'numpy as np', 'torch')}{share}\n{loop}"


def _opening(comparison: Comparison, *modules: str) -> str:
    data, needs = _data(comparison)
    imports = "".join(f"import {module}\n" for module in sorted([*modules, *needs]))
    return f"{imports}\n{data}\n{_start(comparison)}"


def _start(comparison: Comparison) -> str:
    settings, p = comparison.settings, len(comparison.start.coef)
    dtype = "" if settings.dtype == "float64" else f".astype(np.{settings.dtype})"
    if settings.start is None:
        drawn = f"start = np.random.RandomState({settings.seed}).standard_normal({p + 1}){dtype}"
    else:
        drawn = f"start = {_array(np.append(comparison.start.coef, comparison.start.intercept))}{dtype}"
    return f"{drawn}\nw, b = start[:-1], start[-1]  # slopes, then the intercept\n"


def _data(comparison: Comparison) -> tuple[str, list[str]]:
    selection, rows = comparison.data.selection, comparison.data.rows
    dtype = f"np.{comparison.settings.dtype}"
    if selection.source.relation:
        return _read(comparison, dtype), ["duckdb"]
    if rows is None or len(rows) * rows.X.shape[1] > MOST_INLINE:
        weight = ", weight (n,)" if selection.weight else ""
        load = "np.load('X.npy'), np.load('y.npy')" + (", np.load('weight.npy')" if selection.weight else "")
        names = "X, y, weight" if selection.weight else "X, y"
        what = f"# {selection.source.label}: X (n, {len(selection.features)}), y (n,){weight} in {dtype}"
        return f"{what}\n{names} = {load}\n", []
    lines = [f"X = {_array(rows.X, dtype)}", f"y = {_array(rows.y, dtype)}"]
    lines += [f"weight = {_array(rows.weight, dtype)}"] if rows.weight is not None else []
    return "\n".join(lines) + "\n", []


def _read(comparison: Comparison, dtype: str) -> str:
    selection = comparison.data.selection
    keep = " and ".join(f"isfinite({sql_name(name)})" for name in selection.names) if selection.drop_missing else ""
    query = f"select {sql_doubles(selection.names)} from {selection.source.relation}"
    where = f" where {keep}" if keep else ""
    lines = [
        f"columns = duckdb.sql({query + where!r}).fetchnumpy()",
        f"X = np.column_stack([columns[name] for name in {list(selection.features)!r}]).astype({dtype})",
        f"y = columns[{selection.target!r}].astype({dtype})",
    ]
    lines += [f"weight = columns[{selection.weight!r}].astype({dtype})"] if selection.weight else []
    return "\n".join(lines) + "\n"


def _array(values: Matrix | Vector, dtype: str = "np.float64") -> str:
    plain = "" if dtype == "np.float64" else f", dtype={dtype}"
    text = f"np.array({values.tolist()!r}{plain})"
    return "\n    ".join(textwrap.wrap(text, 100, break_long_words=False)) if len(text) > 100 else text
