"""Calls of somebody's linear regression on rows, from a start, and what they give back."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..types import Matrix, Vector
from .answers import Answer, Layout, laid_out, of_attributes, understood
from .boxes import Box
from .interface import Interface, called, made, seeded
from .rig import rigged
from .trace import starts

RATE = 0.01


@dataclass(frozen=True, slots=True)
class Callee:
    """An interface, and one way of calling it.

    `by`: "parameters" as it gives them, or "predictions": slopes and intercept of what predict gives.
    `layout`: what each part of its result is, where that is known. `changed` becomes true when a call has changed the
    rows that it was given.
    """

    interface: Interface
    box: Box
    by: str = "parameters"
    layout: Layout | None = None
    changed: list[bool] = field(default_factory=lambda: [False])

    def call(self, X: Matrix, y: Vector, start: Vector | None = None, **settings: Any) -> Answer:
        """Fit X (n, p), y (n,) from a start (p + 1,), with a rate, epochs, a penalty where it takes them.

        What draws at random is seeded first, and warnings are swallowed. Raises what somebody's code raises.
        """
        result, own, given = self.ran(X, y, start, **settings)
        return self.read(result, own, given, X.shape[1], settings.get("epochs"))

    def quietly(self, X: Matrix, y: Vector, start: Vector | None = None, **settings: Any) -> Answer | None:
        """The same; None where somebody's code raises or leaves."""
        try:
            return self.call(X, y, start, **settings)
        except (Exception, SystemExit):
            return None

    def as_usual(self, X: Matrix, y: Vector, **settings: Any) -> Answer | None:
        """Quietly, from the usual start where it takes one, at the usual rate and seed or what `settings` say."""
        start = starts(X.shape[1]) if self.interface.takes_start else None
        return self.quietly(X, y, start, **{"rate": RATE, "seed": 2, **settings})

    def ran(
        self, X: Matrix, y: Vector, start: Vector | None = None, **settings: Any
    ) -> tuple[Any, Any, Mapping[str, Any]]:
        """What the call returned, the object if there is one, and what was given by role."""
        given = self._given(X, y, start, settings)
        before = self.box.rows(X, y)
        if settings.pop("seeded", True):
            seeded()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return (*self._called(given), given)
        finally:
            self.changed[0] |= not _same((given["X"], given["y"]), before)

    def read(self, result: Any, own: Any, given: Mapping[str, Any], p: int, epochs: int | None) -> Answer:
        """Parameters and losses out of that."""
        if own is not None:
            answer = of_attributes(own if result is None or result is own else result, p)
            if not answer.fits(p):
                answer = of_attributes(own, p)
            if self.by == "predictions":
                return replace(predicted(own, self.box, p), series=answer.series)
            if not answer.fits(p) and result is not None and result is not own:
                answer = understood(result, p, epochs, self.layout)
            return answer
        answer = understood(result, p, epochs, self.layout)
        if not answer.fits(p) and "model" in self.interface.own and "model" in given:
            return replace(understood(given["model"], p), series=answer.series)
        if self.box.ones and answer.fits(p):
            # One vector for X with the ones before the others: its first number is the intercept.
            theta = np.roll(answer.theta, -1)
            return replace(answer, coef=theta[:-1], intercept=float(theta[-1]))
        return answer

    def known(self, result: Any, own: Any, epochs: int) -> Callee:
        """The same with the layout that this result has, of one feature."""
        return self if own is not None else replace(self, layout=laid_out(result, 1, epochs))

    def _given(self, X: Matrix, y: Vector, start: Vector | None, settings: Mapping[str, Any]) -> dict[str, Any]:
        rows = self.box.rows(X, y)
        roles = {**self.interface.own, **self.interface.fit}
        given: dict[str, Any] = {"X": rows[0], "y": rows[1], "points": self.box.points(X, y), "batch": len(y)}
        given |= {"penalty": 0.0, "count": len(y), "tolerance": 0.0, **settings}
        given = {role: value for role, value in given.items() if value is not None}
        if start is not None and "b" in roles:
            given |= {"w": self.box.slopes(start[:-1]), "b": self.box.intercept(float(start[-1]))}
        elif start is not None:
            given["w"] = self.box.theta(start) if self.box.whole else self.box.slopes(start[:-1])
        begin = starts(X.shape[1]) if start is None else start
        return given | rigged(roles, self.box, rows, begin, settings.get("rate", RATE))

    def _called(self, given: Mapping[str, Any]) -> tuple[Any, Any]:
        interface = self.interface
        if not interface.method:
            return called(interface.target, interface.own, given), None
        own = made(interface, given)
        return called(getattr(own, interface.method), interface.fit, given), own


def predicted(own: Any, box: Box, p: int) -> Answer:
    """Slopes and intercept of what its predict gives: at 0, and at one unit of each feature.

    None where three units do not give three times the difference: it is no line.
    """
    X = np.vstack([np.zeros(p), np.eye(p), 3 * np.eye(p)])
    values = predictions(own, box, X)
    if len(values) != 2 * p + 1:
        return Answer()
    slopes, thrice = values[1 : p + 1] - values[0], values[p + 1 :] - values[0]
    with np.errstate(all="ignore"):
        line = np.allclose(thrice, 3 * slopes, rtol=1e-4, atol=1e-4 * np.abs(values).max(), equal_nan=True)
    return Answer(slopes, float(values[0])) if line else Answer()


def predictions(own: Any, box: Box, X: Matrix) -> Vector:
    """What its predict gives for X (n, p)."""
    values = own.predict(box.rows(X, np.zeros(len(X)))[0])
    values = values.detach().cpu().numpy() if hasattr(values, "detach") else values
    return np.asarray(values, dtype=np.float64).ravel()


def _same(one: tuple[Any, Any], two: tuple[Any, Any]) -> bool:
    return all(np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True) for a, b in zip(one, two, strict=True))
