"""The scripts of NumPy and JAX: the rule's own lines of leastwise beside the gradient, by hand or by JAX."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

from ..descent.rule import decayed
from ..types import UsageError
from .recipe import Recipe, batches, closing, opening

PLAIN = """\
w, b = start[:-1], start[-1]
for epoch in range({epochs}):
    residual = y - (X @ w + b)
    pull = {weight}residual / len(y)
    loss = pull @ residual
    gradient_w = -2 * (X.T @ pull)
    gradient_b = -2 * pull.sum()
    w = w - {rate} * gradient_w
    b = b - {rate} * gradient_b

residual = y - (X @ w + b)
"""

GRADIENT = """\
def pulled(rows, residual):
    pull = {weight}residual / len(residual)
    return -2 * np.append(X[rows].T @ pull, pull.sum())


def residuals(theta, rows):
    return y[rows] - (X[rows] @ theta[:-1] + theta[-1])


def gradient(theta, rows):
    return pulled(rows, residuals(theta, rows))


"""

JAX_GRADIENT = """\
def loss_over(theta, rows):
    residual = y[rows] - (X[rows] @ theta[:-1] + theta[-1])
    return ({weight}residual**2).mean()


gradient = jax.jit(jax.grad(loss_over))


"""

ALONG = """\
def along(d):
    moved = X @ d[:-1] + d[-1]
    return float(2 * ({weight}moved) @ moved / len(y) + {decay!r} * d[:-1] @ d[:-1])


"""

LOOP = """\
theta, state = start, rule.init(start)
{before}for epoch in range({epochs}):
{begin}    for rows in {rows}:
        {step}theta, state = rule.update(theta, {gradient}, state, {rate})
{after}
{shown}"""

REDUCTIONS = {
    "": {},
    "svrg": {
        "begin": "    snapshot, whole = theta, gradient(theta, every)\n",
        "gradient": "gradient(theta, rows) - gradient(snapshot, rows) + whole",
    },
    "saga": {
        "before": "last, whole = residuals(theta, every), gradient(theta, every)\n",
        "step": "now = residuals(theta, rows)\n        towards = pulled(rows, now - last[rows])\n        ",
        "gradient": "towards + whole",
        "after": "        last[rows], whole = now, whole + len(now) / len(y) * towards\n",
    },
    "average": {
        "before": "shown, count = start, 0\n",
        "after": "        if epoch:\n            count += 1\n            shown = shown + (theta - shown) / count\n"
        "        else:\n            shown = theta\n",
        "shown": "theta = shown\n",
    },
}


def numpy_script(recipe: Recipe) -> str:
    """NumPy alone: the plain loop as a tutorial has it, or the rule's lines and a gradient by hand."""
    if _plain(recipe):
        loop = PLAIN.format(epochs=recipe.epochs, rate=repr(recipe.rate), weight=recipe.heavy)
        end = closing(recipe, "w", "b", _mean_square(recipe))
        return f"{opening(recipe, 'numpy as np')}\n{loop}{end}"
    every = "every = slice(None)\n\n\n"
    body = batches(recipe) + GRADIENT.format(weight=recipe.heavy_rows) + _rule(recipe) + _loop(recipe)
    tail = "residual = residuals(theta, every)\n" + closing(recipe, "theta[:-1]", "theta[-1]", _mean_square(recipe))
    return f"{_opening(recipe, body, 'numpy as np')}{every}{body}{tail}"


def jax_script(recipe: Recipe) -> str:
    """JAX: its own gradient, and the rule's lines, which are pure functions, unchanged."""
    if recipe.plan.chosen.reduction:
        raise UsageError(f"{recipe.plan.optimizer} keeps books on rows: --emit numpy has it")
    moved = "X, y, start = jnp.asarray(X), jnp.asarray(y), jnp.asarray(start)\n"
    moved += "weight = jnp.asarray(weight)\n" if recipe.weighted else ""
    every = f"{moved}every = jnp.arange(len(y))\n\n\n"
    rule = re.sub(r"\bnp\.", "jnp.", _rule(recipe))
    body = batches(recipe) + JAX_GRADIENT.format(weight=recipe.heavy_rows) + rule + _loop(recipe)
    tail = closing(recipe, "theta[:-1]", "theta[-1]", "loss_over(theta, every)")
    wide = 'jax.config.update("jax_enable_x64", True)\n\n'
    head = _opening(recipe, body, "jax", "jax.numpy as jnp", "numpy as np", settings=wide)
    return f"{head}{every}{body}{tail}"


def _mean_square(recipe: Recipe) -> str:
    return f"({recipe.heavy}residual / len(y)) @ residual"


def _plain(recipe: Recipe) -> bool:
    plan = recipe.plan
    return plan.optimizer == "sgd" and recipe.full and not recipe.decay and recipe.constant


def _opening(recipe: Recipe, body: str, *modules: str, settings: str = "") -> str:
    future = "from __future__ import annotations\n\n"
    used = ["math"] if "math." in body else []
    return future + opening(recipe, *modules, *used, "from collections import namedtuple", settings=settings)


def _rule(recipe: Recipe) -> str:
    plan, given = recipe.plan, [f"{name}={value!r}" for name, value in recipe.hyper.items()]
    along = ALONG.format(weight=recipe.heavy, decay=recipe.decay) if plan.chosen.needs == "curvature" else ""
    given += ["along=along"] if along else []
    if plan.chosen.needs == "spectrum":
        given += [f"smallest={recipe.spectrum[0]!r}", f"largest={recipe.spectrum[1]!r}"]
    makers = [plan.chosen.make, *([decayed] if recipe.decay else [])]
    made = f"{plan.chosen.make.__name__}({', '.join(given)})"
    rule = f"rule = {f'decayed({made}, {recipe.decay!r})' if recipe.decay else made}\n"
    source = "\n\n".join(sources(*makers))
    return f'{along}Rule = namedtuple("Rule", "init update")\n\n\n{source}\n\n{rule}'


def sources(*functions: Callable[..., Any]) -> list[str]:
    """The lines of the functions, and of those of this house that they call, callees first."""
    found: dict[str, str] = {}

    def collect(function: Callable[..., Any]) -> None:
        text = textwrap.dedent(inspect.getsource(function))
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        for name in sorted(names - {function.__name__}):
            other = getattr(inspect.getmodule(function), name, None)
            if inspect.isfunction(other) and other.__module__.startswith(__package__.split(".")[0]):
                collect(other)
        found.setdefault(function.__name__, text)

    for function in functions:
        collect(function)
    return list(found.values())


def _loop(recipe: Recipe) -> str:
    parts = {"before": "", "begin": "", "step": "", "gradient": "gradient(theta, rows)", "after": "", "shown": ""}
    rows = "[every]" if recipe.full else "batches(epoch)"
    filled = parts | REDUCTIONS[recipe.plan.chosen.reduction]
    rate = 'float("nan")' if recipe.plan.chosen.needs else recipe.step_rate
    return LOOP.format(epochs=recipe.epochs, rows=rows, rate=rate, **filled)
