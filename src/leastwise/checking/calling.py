"""How to call somebody's linear regression, and what it gives back: names, shapes, attributes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..types import Matrix, UsageError, Vector

ROLES: dict[str, tuple[str, ...]] = {
    "X": ("x", "xs", "features", "feature", "inputs", "input", "data", "x_train", "train_x", "feature_matrix"),
    "y": ("y", "ys", "target", "targets", "labels", "label", "outputs", "output", "y_train", "train_y", "t"),
    "w": ("w", "weights", "weight", "theta", "coef", "coefs", "slope", "m", "a", "w_init", "initial_w", "theta0", "w0"),
    "b": ("b", "bias", "intercept", "c", "b_init", "initial_b", "b0"),
    "rate": ("lr", "learning_rate", "learningrate", "eta", "alpha", "step_size", "rate", "step"),
    "epochs": ("epochs", "epoch", "n_iters", "n_iter", "iterations", "max_iter", "n_epochs", "num_epochs", "iters",
               "n_iterations", "num_iterations", "num_iters", "steps", "n_steps", "num_steps", "max_iters", "maxiter"),
    "seed": ("seed", "random_state", "random_seed"),
}  # fmt: skip
SLOPES = ("coef_", "coef", "coefficients", "weights", "weight", "w", "theta_", "theta", "slope", "m", "a", "b1", "beta")
INTERCEPTS = ("intercept_", "intercept", "bias", "b", "b0", "c")
LOSSES = ("losses", "loss_history", "loss_curve_", "history", "costs", "cost_history", "errors", "mse_history", "loss")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave: slopes (p,) and intercept, or None where there is none; losses (k,) or None."""

    coef: Vector | None
    intercept: float | None
    losses: Vector | None

    @property
    def theta(self) -> Vector:
        """Slopes, then the intercept; 0 where it gives none."""
        coef = np.empty(0) if self.coef is None else self.coef
        return np.append(coef, 0.0 if self.intercept is None else self.intercept)


@dataclass(frozen=True, slots=True)
class Shape:
    """How arrays are handed over: X flat or (n, p), y (n,) or (n, 1), w a number, (p,) or (p, 1)."""

    flat: bool
    column: bool


SHAPES = (Shape(True, False), Shape(False, False), Shape(False, True))


@dataclass(frozen=True, slots=True)
class Callee:
    """A function or a class that fits lines, and which of its parameters plays which role.

    `changed` becomes true when a call has changed the rows that it was given.
    """

    target: Any
    roles: Mapping[str, str]
    is_class: bool
    shape: Shape
    changed: list[bool] = field(default_factory=lambda: [False])

    @property
    def descends(self) -> bool:
        """Whether it takes steps: a rate or a number of epochs can be given."""
        return "rate" in self.roles or "epochs" in self.roles

    def call(self, X: Matrix, y: Vector, start: Vector | None = None, **settings: Any) -> Answer:
        """Fit X (n, p), y (n,) from start (p + 1,), with a rate and epochs where it takes them."""
        given = {self.roles[role]: value for role, value in settings.items() if role in self.roles}
        if start is not None and "w" in self.roles:
            given |= self._start(start)
        rows = self.rows(X, y)
        try:
            return self._called(rows, given, X.shape[1], settings.get("epochs"))
        finally:
            self.changed[0] |= not all(map(np.array_equal, rows, self.rows(X, y)))

    def quietly(self, X: Matrix, y: Vector, start: Vector | None = None, **settings: Any) -> Answer | None:
        """The same without warnings; None where somebody's code raises."""
        try:
            with np.errstate(all="ignore"):
                return self.call(X, y, start, **settings)
        except Exception:
            return None

    def rows(self, X: Matrix, y: Vector) -> tuple[Matrix, Vector]:
        """Copies of X and y as it takes them."""
        return X[:, 0].copy() if self.shape.flat else X.copy(), y[:, None].copy() if self.shape.column else y.copy()

    def _called(self, rows: tuple[Matrix, Vector], given: dict[str, Any], p: int, epochs: int | None) -> Answer:
        if not self.is_class:
            given |= {self.roles["X"]: rows[0], self.roles["y"]: rows[1]}
            return understood(self.target(**given), p, epochs)
        made = self.target(**given) if isinstance(self.target, type) else self.target
        result = made.fit(*rows)
        found = of_attributes(made if result is None or result is made else result, p)
        return found if found.coef is not None else understood(result, p, epochs)

    def _start(self, start: Vector) -> dict[str, Any]:
        coef, intercept = start[:-1], float(start[-1])
        if "b" not in self.roles:
            return {self.roles["w"]: start.copy()}
        w: Any = float(coef[0]) if self.shape.flat else coef[:, None].copy() if self.shape.column else coef.copy()
        return {self.roles["w"]: w, self.roles["b"]: intercept}


def callee(target: Any) -> Callee:
    """What to call and how. Raises UsageError with an adapter to paste where parameters are not recognised."""
    is_class = hasattr(target, "fit")
    if not is_class and not callable(target):
        raise UsageError("check takes a function, or a class with fit: this is neither")
    maker = target if not is_class or isinstance(target, type) else None
    own = maker is not None and not hasattr(maker, "get_params")
    roles, missing = _roles(maker) if own and maker is not None else ({}, [])
    if not is_class:
        missing += [role for role in ("X", "y") if role not in roles]
    if missing:
        raise UsageError(f"cannot tell what {', '.join(missing)} of {named(target)} is: {_adapter(target)}")
    errors = []
    for shape in SHAPES:
        tried = Callee(target, roles, is_class, shape)
        try:
            with np.errstate(all="ignore"):
                found = tried.call(*probe(), start=np.array([0.3, -0.2]), rate=0.01, epochs=3)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
            continue
        if found.coef is not None or found.losses is not None:
            return _as_matrix(tried, found)
        errors.append("it gives nothing back that looks like a slope or losses")
    raise UsageError(f"{named(target)} could not be run on 6 rows with one feature ({errors[0]}): {_adapter(target)}")


def _as_matrix(flat: Callee, found: Answer) -> Callee:
    """The same with X (n, p), where it takes that too and gives the same."""
    if not flat.shape.flat:
        return flat
    tried = replace(flat, shape=SHAPES[1])
    again = tried.quietly(*probe(), start=np.array([0.3, -0.2]), rate=0.01, epochs=3)
    same = again is not None and again.coef is not None and np.array_equal(again.theta, found.theta)
    return tried if same else flat


def probe() -> tuple[Matrix, Vector]:
    """Six rows with one feature."""
    return np.array([[1.0], [2.0], [3.0], [5.0], [7.0], [8.0]]), np.array([2.0, 3.0, 5.0, 8.0, 9.0, 13.0])


def understood(result: Any, p: int, epochs: int | None = None) -> Answer:
    """Parameters and losses out of what a call returned, in any usual order."""
    if isinstance(result, Mapping):
        return _named(result, p)
    if hasattr(result, "parameters") and not isinstance(result, np.ndarray):
        return _of_module(result, p)
    parts = list(result) if isinstance(result, tuple) else [result]
    coef: Vector | None = None
    intercept: float | None = None
    losses: Vector | None = None
    for part in parts:
        if isinstance(part, Mapping) or hasattr(part, "parameters"):
            inner = understood(part, p, epochs)
            coef, intercept, losses = inner.coef, inner.intercept, losses if inner.losses is None else inner.losses
            continue
        values = _numbers(part)
        if values is None:
            continue
        if isinstance(part, list) and epochs is not None and len(values) in (epochs, epochs + 1) and len(values) > 1:
            losses = values
        elif coef is None and len(values) == p:
            coef = values
        elif coef is None and len(values) == p + 1:
            coef, intercept = values[:p], float(values[p])
        elif intercept is None and len(values) == 1:
            intercept = float(values[0])
        elif losses is None and len(values) > 1:
            losses = values
    return Answer(coef, intercept, losses)


def of_attributes(made: Any, p: int) -> Answer:
    """The same out of a fitted object's attributes."""
    there = {name: getattr(made, name) for name in (*SLOPES, *INTERCEPTS, *LOSSES) if _has(made, name)}
    return _named(there, p)


def _named(there: Mapping[str, Any], p: int) -> Answer:
    coef, intercept = _first(there, SLOPES, (p, p + 1)), _first(there, INTERCEPTS, (1,))
    losses = next(
        (values for name in LOSSES if (values := _numbers(there.get(name))) is not None and len(values) > 1), None
    )
    if coef is not None and len(coef) == p + 1:
        # A whole theta: the intercept first, as most have it who put a column of ones before the others.
        coef, intercept = coef[1:], coef[:1]
    return Answer(coef, None if intercept is None else float(intercept[0]), losses)


def _of_module(module: Any, p: int) -> Answer:
    values = [np.asarray(part.detach().cpu().numpy(), dtype=np.float64).ravel() for part in module.parameters()]
    coef = next((part for part in values if len(part) == p), None)
    rest = [part for part in values if part is not coef and len(part) == 1]
    return Answer(coef, float(rest[0][0]) if rest else None, None)


def _first(there: Mapping[str, Any], names: tuple[str, ...], lengths: tuple[int, ...]) -> Vector | None:
    for name in names:
        values = _numbers(there.get(name))
        if values is not None and len(values) in lengths:
            return values
    return None


def _numbers(part: Any) -> Vector | None:
    if part is None:
        return None
    if hasattr(part, "detach"):
        part = part.detach().cpu().numpy()
    if isinstance(part, list):
        part = [item.item() if hasattr(item, "item") and getattr(item, "ndim", 1) == 0 else item for item in part]
    try:
        return np.asarray(part, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return None


def _roles(maker: Callable[..., Any]) -> tuple[dict[str, str], list[str]]:
    """Which parameter plays which role, and the required ones that play none."""
    roles: dict[str, str] = {}
    missing = []
    for name, parameter in _parameters(maker):
        role = next((role for role, names in ROLES.items() if name.lower() in names and role not in roles), None)
        if role is not None:
            roles[role] = name
        elif parameter.default is parameter.empty:
            missing.append(name)
    return roles, missing


def _parameters(maker: Callable[..., Any]) -> Iterator[tuple[str, inspect.Parameter]]:
    try:
        known = inspect.signature(maker).parameters
    except (TypeError, ValueError):
        return
    for name, parameter in known.items():
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield name, parameter


def _has(made: Any, name: str) -> bool:
    return hasattr(made, name) and not callable(getattr(made, name))


def named(target: Any) -> str:
    """What somebody calls it."""
    return getattr(target, "__name__", type(target).__name__)


def _adapter(target: Any) -> str:
    return (
        "write an adapter, such as\n"
        f"    def adapted(X, y, w, b, learning_rate, epochs): return {named(target)}(...)  # -> w, b, losses\n"
        "and check that"
    )
