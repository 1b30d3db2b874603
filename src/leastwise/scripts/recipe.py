"""What a script needs to make a descent again, and the data as it reads them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import numpy as np

from ..descent.plan import Plan
from ..rows.chunk import Chunk
from ..rows.source import Selection
from ..rows.sql import sql_doubles, sql_name
from ..solution import Start
from ..types import Matrix, UsageError, Vector

MOST_INLINE = 60


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """A descent of `epochs` epochs by `plan` at `rate` on the columns of `selection`; `rows` where they are at hand.

    `spectrum` is the smallest and largest eigenvalue of the Hessian, for rules that need it; n the number of rows.
    """

    selection: Selection
    rows: Chunk | None
    n: int
    plan: Plan
    rate: float
    epochs: int
    spectrum: tuple[float, float]

    @property
    def full(self) -> bool:
        """Whether each step reads all rows."""
        return self.plan.batch_size is None or self.plan.batch_size >= self.n

    @property
    def weighted(self) -> bool:
        """Whether the rows have weights."""
        return self.selection.weight is not None

    @property
    def step_rate(self) -> str:
        """The rate of an `epoch`, in Python."""
        formula = self.plan.schedule.formula
        if not formula:
            raise UsageError(f"the rate of {self.plan.schedule.name} follows the losses: a script has no words for it")
        return repr(self.rate) if self.constant else f"{self.rate!r} * ({formula})"

    @property
    def decay(self) -> float:
        """The weight decay that is added to the gradient of the slopes."""
        return self.plan.hyper[1]

    @property
    def hyper(self) -> dict[str, float]:
        """The hyper-parameters of the rule."""
        return self.plan.hyper[0]

    @property
    def constant(self) -> bool:
        """Whether the rate is the same in every epoch."""
        return self.plan.schedule.formula == "1.0"

    @property
    def read_as(self) -> str:
        """The dtype in which X is read: float64 where a mean is taken off first, so that an offset costs no digits."""
        return "float64" if self.plan.standardise or self.plan.centre else self.plan.dtype

    @property
    def heavy(self) -> str:
        """What multiplies every row's residual, in Python."""
        return "weight * " if self.weighted else ""

    @property
    def heavy_rows(self) -> str:
        """The same for the rows of a step."""
        return "weight[rows] * " if self.weighted else ""


def opening(recipe: Recipe, *modules: str, settings: str = "") -> str:
    """Imports, settings, X, y (and weight), the start, rows set aside, scaled features."""
    data, needs = _data(recipe)
    needs += ["math"] if "math." in recipe.plan.schedule.formula else []
    imports = "".join(f"{line}\n" for line in sorted((_import(module) for module in {*modules, *needs}), key=_last))
    return f"{imports}\n{settings}{data}\n{_start(recipe)}{_weighing(recipe)}{_aside(recipe)}{_scaled(recipe)}"


def batches(recipe: Recipe) -> str:
    """The function `batches(epoch)` that lists the rows of each step; nothing for full batches."""
    plan = recipe.plan
    if recipe.full:
        return ""
    if plan.streams:
        raise UsageError("a script keeps the rows in memory: use another shuffle than blocks")
    order = f"np.random.default_rng([{plan.seed}, epoch]).permutation(len(y))" if plan.shuffle else "np.arange(len(y))"
    last = f"len(y) - {plan.batch_size - 1}" if plan.drop_last and plan.batch_size else "len(y)"
    return (
        f"def batches(epoch):\n    order = {order}\n"
        f"    return [order[first : first + {plan.batch_size}] for first in range(0, {last}, {plan.batch_size})]\n\n\n"
    )


def set_apart(recipe: Recipe) -> str:
    """`batches` between statements."""
    functions = batches(recipe)
    return f"\n\n{functions}" if functions else "\n"


def closing(recipe: Recipe, slopes: str, intercept: str, loss: str) -> str:
    """The last line: the loss over all rows, and the parameters in the user's units."""
    if recipe.plan.standardise:
        undone = f"w = {slopes} / deviation\nb = {intercept} - mean @ w\n"
        return f"{undone}{final(loss, 'w', 'b')}"
    if recipe.plan.centre:
        return final(loss, slopes, f"{intercept} - mean @ {slopes}")
    return final(loss, slopes, intercept)


def final(loss: str, slopes: str, intercept: str) -> str:
    """The line that prints where a run ended, in Python."""
    return f'print("loss", float({loss}), "slopes", {slopes}.tolist(), "intercept", float({intercept}))\n'


def _import(module: str) -> str:
    return module if " import " in module else f"import {module}"


def _last(line: str) -> tuple[bool, str]:
    return line.startswith("from") and "__future__" not in line, line


def _start(recipe: Recipe) -> str:
    plan, p = recipe.plan, len(recipe.selection.features)
    dtype = "" if plan.dtype == "float64" else f".astype(np.{plan.dtype})"
    if plan.start is None:
        drawn = f"np.random.RandomState({plan.seed}).standard_normal({p + 1})"
    else:
        given = Start.of(plan.start, p)
        drawn = array(np.append(given.coef, given.intercept))
    return f"start = {drawn}{dtype}  # slopes, then the intercept\n"


def _aside(recipe: Recipe) -> str:
    plan = recipe.plan
    if not plan.validation:
        return ""
    also = ", weight = X[kept], y[kept], weight[kept]" if recipe.weighted else " = X[kept], y[kept]"
    return (
        f"order = np.random.default_rng([{plan.seed}, 2**31]).permutation(len(y))\n"
        f"kept = np.sort(order[round({plan.validation} * len(y)) :])\nX, y{also}\n"
    )


def _weighing(recipe: Recipe) -> str:
    return "X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]\n" if recipe.weighted else ""


def _scaled(recipe: Recipe) -> str:
    text, weights = "", ", weights=weight" if recipe.weighted else ""
    cast = "" if recipe.read_as == recipe.plan.dtype else f"X = X.astype(np.{recipe.plan.dtype})\n"
    if recipe.plan.standardise or recipe.plan.centre:
        text += f"mean = np.average(X, axis=0{weights})\n"
    if recipe.plan.centre:
        text += "X = X - mean\n"
    if recipe.plan.standardise:
        text += f"deviation = np.sqrt(np.average((X - mean) ** 2, axis=0{weights}))\nX = (X - mean) / deviation\n"
    return text + cast + ("weight = weight / weight.mean()\n" if recipe.weighted else "")


def _data(recipe: Recipe) -> tuple[str, list[str]]:
    selection, rows = recipe.selection, recipe.rows
    dtype, wide = f"np.{recipe.plan.dtype}", f"np.{recipe.read_as}"
    if selection.source.relation:
        return _read(selection, dtype, wide), ["duckdb"]
    if rows is None or rows.X.size > MOST_INLINE:
        complete = _complete(selection)
        weight = ", weight (n,)" if selection.weight else ""
        load = "np.load('X.npy'), np.load('y.npy')" + (", np.load('weight.npy')" if selection.weight else "")
        names = "X, y, weight" if selection.weight else "X, y"
        what = f"# {selection.source.label}: X (n, {len(selection.features)}), y (n,){weight} in {dtype}"
        what += f", X in {wide}" if wide != dtype else ""
        columns = f"# the columns of X: {', '.join(selection.features)}"
        return f"{what}\n{columns}\n{names} = {load}\n{complete}", []
    lines = [f"X = {array(rows.X, wide)}", f"y = {array(rows.y, dtype)}"]
    lines += [f"weight = {array(rows.weight, dtype)}"] if rows.weight is not None else []
    return "\n".join(lines) + "\n", []


def _complete(selection: Selection) -> str:
    """The lines that leave out rows that lack a number, where they are to be."""
    if not selection.drop_missing:
        return ""
    heavy = " & np.isfinite(weight)" if selection.weight else ""
    kept = "X, y, weight = X[whole], y[whole], weight[whole]" if selection.weight else "X, y = X[whole], y[whole]"
    return f"whole = np.isfinite(X).all(axis=1) & np.isfinite(y){heavy}\n{kept}\n"


def _read(selection: Selection, dtype: str, wide: str) -> str:
    keep = " and ".join(f"isfinite({sql_name(name)})" for name in selection.names) if selection.drop_missing else ""
    query = f"select {sql_doubles(selection.names)} from {selection.source.relation}"
    where = f" where {keep}" if keep else ""
    lines = [
        f"columns = duckdb.sql({query + where!r}).fetchnumpy()",
        f"X = np.column_stack([columns[name] for name in {list(selection.features)!r}]).astype({wide})",
        f"y = columns[{selection.target!r}].astype({dtype})",
    ]
    lines += [f"weight = columns[{selection.weight!r}].astype({dtype})"] if selection.weight else []
    return "\n".join(lines) + "\n"


def array(values: Matrix | Vector, dtype: str = "np.float64") -> str:
    """An array in Python."""
    plain = "" if dtype == "np.float64" else f", dtype={dtype}"
    text = f"np.array({values.tolist()!r}{plain})"
    return "\n    ".join(textwrap.wrap(text, 100, break_long_words=False)) if len(text) > 100 else text
