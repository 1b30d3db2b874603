"""A way of calling a closed form, and what it makes of a problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..types import Vector
from .calling import RATE, Callee
from .problems import Problem, easy

ENOUGH, SINGLE = 8.0, 5.0
"""Digits of what is right, in float64 and in float32."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A way of calling it, whether it gives the intercept first, and its parameters on the easy rows."""

    callee: Callee
    turned: bool
    theta: Vector | None = None

    @classmethod
    def of(cls, callee: Callee, turned: bool) -> Scored:
        """Solve the easy rows."""
        return cls(callee, turned, cls(callee, turned).solved(easy()))

    @property
    def digits(self) -> float:
        """Those that agree on the easy rows."""
        return 0.0 if self.theta is None else easy().digits(self.theta)

    @property
    def single(self) -> bool:
        """Whether it is right to float32 and gives numbers of float32."""
        theta = self.theta
        return theta is not None and SINGLE <= self.digits < ENOUGH and bool((theta.astype(np.float32) == theta).all())

    def solved(self, problem: Problem, **settings: Any) -> Vector | None:
        """Its parameters (p + 1,) on a problem; None where it raises, or cannot take so many features."""
        try:
            return self.tried(problem, **settings)
        except (Exception, SystemExit):
            return None

    def tried(self, problem: Problem, **settings: Any) -> Vector | None:
        """The same; raises what it raises."""
        p = problem.X.shape[1]
        if self.callee.box.flat and p > 1:
            return None
        given = {"rate": RATE, **settings} if self.callee.interface.takes("rate") else settings
        answer = self.callee.call(problem.X, problem.y, **given)
        if not answer.fits(p):
            return None
        return answer.slopes_first(self.turned)

    def handed(self, **box: Any) -> Scored:
        """The same, with rows handed over otherwise."""
        return replace(self, callee=replace(self.callee, box=replace(self.callee.box, **box)))
