"""Formulas, read and expanded by formulaic: `y ~ x + C(g) + a:b + np.log(z)`.

Only arithmetic, np functions of one row, C() and I() are let through, so that a model file can execute nothing else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import UsageError, Vector
from .source import Levels

FUNCTIONS = (
    "abs", "sqrt", "cbrt", "square", "power", "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sin", "cos",
    "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sign", "floor", "ceil", "round", "minimum",
    "maximum", "hypot", "where",
)  # fmt: skip
CONTRASTS = ("treatment", "sum", "helmert", "poly", "diff", "backward_diff")
_PLAIN = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Compare,
    ast.cmpop, ast.keyword, ast.List, ast.Tuple,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read: its `variables` (columns), which of them are inside C() and which outside of it.

    `intercept` is whether it has one.
    """

    text: str
    parsed: Any
    variables: tuple[str, ...]
    inside: frozenset[str]
    outside: frozenset[str]
    intercept: bool

    @classmethod
    def read(cls, text: str, columns: Sequence[str] = ()) -> Formula:
        """Parse `text`, where `.` stands for all `columns` that it does not name. Raises UsageError."""
        try:
            import formulaic
        except ImportError:
            raise UsageError("formulas need formulaic: pip install 'leastwise[formula]'") from None
        try:
            parsed: Any = formulaic.Formula(text, _context={"__formulaic_variables_available__": list(columns)})
            if not (hasattr(parsed, "lhs") and hasattr(parsed, "rhs")):
                raise UsageError(f"the formula {text!r} needs a target and features: y ~ x")
            factors = [factor for side in (parsed.lhs, parsed.rhs) for term in side for factor in term.factors]
            checked = [_checked(factor, text) for factor in factors]
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(f"the formula {text!r} cannot be read: {_why(error, text)}") from None
        if len(parsed.lhs) != 1:
            raise UsageError(f"the formula {text!r} must have one target: it has {len(parsed.lhs)}")
        inside, outside = (frozenset().union(*(names[k] for names in checked)) for k in (0, 1))
        required = sorted(str(name) for name in parsed.required_variables)
        unique = [name for name in required if name not in FUNCTIONS or name in inside | outside]
        intercept = any(str(term) == "1" for term in parsed.rhs)
        return cls(text, parsed, tuple(unique), inside, outside, intercept)

    def specified(self, levels: Levels) -> Specified:
        """The formula with the levels of its factors, and so with its columns."""
        row = {name: np.zeros(1) if name in levels else np.ones(1) for name in self.variables}
        made = self._quietly(lambda: self.parsed.get_model_matrix(_frame(row, levels), **_HOW))
        lhs, rhs = made.model_spec.lhs, made.model_spec.rhs
        if len(lhs.column_names) != 1:
            raise UsageError(f"the formula {self.text!r} must have a target of numbers")
        return Specified(self, levels, made.model_spec, lhs.column_names[0], tuple(rhs.column_names))

    def _quietly(self, make: Any) -> Any:
        try:
            with np.errstate(all="ignore"):
                return make()
        except Exception as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise UsageError(f"the formula {self.text!r} cannot be computed: {reason}") from None


@dataclass(frozen=True, slots=True)
class Specified:
    """A formula and the columns it makes: the `target`, and `names` with "Intercept" where there is one."""

    formula: Formula
    levels: Levels
    spec: Any
    target: str
    names: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of the features."""
        return tuple(name for name in self.names if name != "Intercept")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The variables that the features are made of."""
        used = {str(name) for names in self.spec.rhs.term_variables.values() for name in names}
        return tuple(name for name in self.formula.variables if name in used)

    @property
    def origin(self) -> dict[str, str]:
        """Columns that depend on levels, with the column of the levels."""
        return {
            self.names[place]: name
            for term, names in self.spec.rhs.term_variables.items()
            for name in map(str, names)
            if name in self.levels
            for place in self.spec.rhs.term_indices[term]
        }

    def columns(self, at: Mapping[str, Vector], wanted: Sequence[str]) -> dict[str, Vector]:
        """Features, and the target where it is among the `wanted`, each (m,), of the variables (m,).

        Where a factor has no level known, the columns that it has a part in are nan.
        """
        frame = _frame({name: at[name] for name in self.formula.variables if name in at}, self.levels)
        spec = self.spec if self.target in wanted else self.spec.rhs
        made = self.formula._quietly(lambda: spec.get_model_matrix(frame, context=_CONTEXT))
        right = np.array(made.rhs if self.target in wanted else made, dtype=np.float64)
        for term, places in self.spec.rhs.term_indices.items():
            for name in self.spec.rhs.term_variables[term]:
                if name in self.levels:
                    right[np.ix_(np.isnan(at[name]), places)] = np.nan
        found = dict(zip(self.names, right.T, strict=True))
        if self.target in wanted:
            found[self.target] = np.asarray(made.lhs, dtype=np.float64)[:, 0]
        return found


def _why(error: Exception, text: str) -> str:
    if text.count("(") != text.count(")"):
        return "a ( or a ) is missing"
    if "=" in text and "~" not in text:
        return "it needs a ~ between target and features, not a ="
    if "insuffient" in str(error):
        return "an operator has nothing to join"
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__


def _frame(at: Mapping[str, Vector], levels: Levels) -> Any:
    import pandas

    def column(name: str, values: Vector) -> Any:
        if name not in levels:
            return values
        codes = np.where(np.isnan(values), 0, values).astype(int)
        return pandas.Categorical.from_codes(codes, categories=list(levels[name]))

    return pandas.DataFrame({name: column(name, values) for name, values in at.items()})


def _checked(factor: Any, text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The columns of a factor inside C(), and those outside. Raises UsageError for what is not let through."""
    if factor.eval_method.name != "PYTHON":
        return frozenset(), frozenset([factor.expr] if factor.eval_method.name == "LOOKUP" else [])
    quoted: dict[str, str] = {}

    def unquoted(found: re.Match[str]) -> str:
        name = f"quoted_{len(quoted)}"
        quoted[name] = found[1]
        return name

    tree = ast.parse(re.sub(r"`([^`]*)`", unquoted, factor.expr), mode="eval")
    allowed: set[ast.AST] = set()
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BitXor):
            raise UsageError(f"the formula {text!r} has a ^: write ** for a power")
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            known = called in ("C", "I") or called.removeprefix("np.") in FUNCTIONS
            if not known and called not in {f"contr.{name}" for name in CONTRASTS}:
                raise UsageError(
                    f"the formula {text!r} calls {called}: it may call C, I, contr.treatment and the like, and "
                    "functions that look at one row at a time, such as log, sqrt, exp, sin, minimum"
                )
            allowed |= {node, *ast.walk(node.func)}
            if called == "C":
                inside |= {name for argument in node.args[:1] for name in ast.walk(argument)}
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in {f"contr.{name}" for name in CONTRASTS}:
            allowed |= {node, *ast.walk(node)}
    for node in ast.walk(tree):
        if node not in allowed and not isinstance(node, _PLAIN):
            raise UsageError(f"the formula {text!r} holds {ast.unparse(node)!r}, which is not arithmetic of columns")
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in allowed]
    both = [frozenset(quoted.get(name.id, name.id) for name in names if (name in inside) == side) for side in (1, 0)]
    return both[0], both[1]


_CONTEXT = {"np": np, **{name: getattr(np, name) for name in FUNCTIONS}}
_HOW = {"na_action": "ignore", "output": "numpy", "context": _CONTEXT}
