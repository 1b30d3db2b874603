"""Formulas, expanded by formulaic: `y ~ x + C(g) + a:b + np.log(z)`.

Only arithmetic of columns, functions of one row, C() and I() are let through, checked on the very text that is
evaluated, so that a formula in a model file can execute nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import UsageError, Vector
from .expression import CONTEXT, Aliases, Names, checked
from .source import Levels

INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read: its `variables` (columns), which of them are inside C() and which outside of it.

    `intercept` is whether it has one.
    """

    text: str
    parsed: Any
    aliases: Aliases
    variables: tuple[str, ...]
    inside: frozenset[str]
    outside: frozenset[str]
    intercept: bool

    @classmethod
    def read(cls, text: str, columns: Sequence[str]) -> Formula:
        """Parse `text` about `columns`, all of which `.` stands for. Raises UsageError."""
        try:
            import formulaic
        except ImportError:
            raise UsageError("formulas need formulaic: pip install 'leastwise[formula]'") from None
        aliases = Aliases.of(columns)
        plain = aliases.hide(text)
        try:
            available = {"__formulaic_variables_available__": [aliases.alias(name) for name in columns]}
            parsed: Any = formulaic.Formula(plain, _context=available)
            sides = (parsed.lhs, parsed.rhs) if hasattr(parsed, "lhs") and hasattr(parsed, "rhs") else None
            factors = [factor for side in sides or () for term in side for factor in term.factors]
        except Exception as error:
            raise UsageError(f"the formula {text!r} cannot be read: {_why(error, plain)}") from None
        if sides is None:
            raise UsageError(f"the formula {text!r} needs a target and features: y ~ x")
        if len(parsed.lhs) != 1:
            raise UsageError(f"the formula {text!r} must have one target: it has {len(parsed.lhs)}")
        names = [_names(factor, text) for factor in factors]
        inside, outside = (frozenset(aliases.column(name) for some in names for name in some[k]) for k in (0, 1))
        intercept = any(str(term) == "1" for term in parsed.rhs)
        return cls(text, parsed, aliases, tuple(sorted(inside | outside)), inside, outside, intercept)

    def specified(self, levels: Levels) -> Specified:
        """The formula with the levels of its factors, and so with its columns."""
        row = {name: np.zeros(1) if name in levels else np.ones(1) for name in self.variables}
        made = self.quietly(lambda: self.parsed.get_model_matrix(self.frame(row, levels), **_HOW))
        lhs, rhs = made.model_spec.lhs, made.model_spec.rhs
        if len(lhs.column_names) != 1:
            raise UsageError(f"the formula {self.text!r} must have a target of numbers")
        features = self.aliases.shown(name for name in rhs.column_names if name != INTERCEPT)
        return Specified(self, levels, made.model_spec, self.aliases.shown(lhs.column_names)[0], features)

    def frame(self, at: Mapping[str, Vector], levels: Levels) -> Any:
        """A pandas frame of the variables under the names that formulaic knows them by."""
        import pandas

        def column(name: str, values: Vector) -> Any:
            if name not in levels:
                return values
            codes = np.where(np.isnan(values), 0, values).astype(int)
            return pandas.Categorical.from_codes(codes, categories=list(levels[name]))

        return pandas.DataFrame({self.aliases.alias(name): column(name, values) for name, values in at.items()})

    def quietly(self, make: Any) -> Any:
        """What `make` makes, without warnings of numbers. Raises UsageError in one line."""
        try:
            with np.errstate(all="ignore"):
                return make()
        except Exception as error:
            raise UsageError(f"the formula {self.text!r} cannot be computed: {_why(error, '')}") from None


@dataclass(frozen=True, slots=True)
class Specified:
    """A formula and the columns it makes: the `target` and the `features`."""

    formula: Formula
    levels: Levels
    spec: Any
    target: str
    features: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The variables that the features are made of."""
        return tuple(dict.fromkeys(name for _, names in self._terms(self.spec.rhs) for name in names))

    @property
    def origin(self) -> dict[str, str]:
        """Columns that one variable alone makes, with that variable."""
        alone = [(places, names[0]) for places, names in self._terms(self.spec.rhs) if len(names) == 1]
        return {self._names[place]: name for places, name in alone for place in places}

    def columns(self, at: Mapping[str, Vector], wanted: Sequence[str]) -> dict[str, Vector]:
        """Features, and the target where it is among the `wanted`, each (m,), of the variables (m,).

        nan where a variable is nan that the column is made of, or has a level that is not known.
        """
        both = self.target in wanted
        known = {name: at[name] for name in self.formula.variables if name in at}
        spec = self.spec if both else self.spec.rhs
        frame = self.formula.frame(known, self.levels)
        made = self.formula.quietly(lambda: spec.get_model_matrix(frame, context=CONTEXT))
        right = self._masked(np.array(made.rhs if both else made, dtype=np.float64), self.spec.rhs, known)
        found = dict(zip(self._names, right.T, strict=True))
        if both:
            found[self.target] = self._masked(np.array(made.lhs, dtype=np.float64), self.spec.lhs, known)[:, 0]
        return found

    @property
    def _names(self) -> tuple[str, ...]:
        """Of the columns as they are computed, the intercept first where there is one."""
        return ("", *self.features) if self.formula.intercept else self.features

    def _masked(self, made: Any, spec: Any, at: Mapping[str, Vector]) -> Any:
        for places, names in self._terms(spec):
            for name in names:
                made[np.ix_(np.isnan(at[name]), np.array(places))] = np.nan
        return made

    def _terms(self, spec: Any) -> list[tuple[list[int], list[str]]]:
        """The places of each term's columns, and the variables that they are made of."""
        aliases, variables = self.formula.aliases, set(self.formula.variables)
        named = {
            term: sorted({aliases.column(str(name)) for name in names} & variables)
            for term, names in spec.term_variables.items()
        }
        return [(places, named[term]) for term, places in spec.term_indices.items()]


def _names(factor: Any, text: str) -> tuple[Names, Names]:
    """The variables of a factor inside C(), and outside."""
    if factor.eval_method.name == "PYTHON":
        return checked(factor.expr, text)
    return frozenset(), frozenset([factor.expr] if factor.eval_method.name == "LOOKUP" else [])


def _why(error: Exception, text: str) -> str:
    if text.count("(") != text.count(")"):
        return "a ( or a ) is missing"
    if "=" in text and "~" not in text:
        return "it needs a ~ between target and features, not a ="
    if "|" in text:
        return "a | has no meaning here"
    if "insuffient" in str(error):
        return "an operator has nothing to join"
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__


_HOW = {"na_action": "ignore", "output": "numpy", "context": CONTEXT}
