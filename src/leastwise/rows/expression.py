"""What a formula may say: names of columns as identifiers, and the arithmetic of one row."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..types import UsageError

FUNCTIONS = (
    "abs", "sqrt", "cbrt", "square", "power", "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sin", "cos",
    "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "sign", "floor", "ceil", "round", "minimum",
    "maximum", "hypot", "where",
)  # fmt: skip
CONTRASTS = ("treatment", "sum", "helmert", "poly", "diff", "backward_diff")
CONTEXT = {"np": np, **{name: getattr(np, name) for name in FUNCTIONS}}
RESERVED = {"C", "I", "np", "contr", "Intercept", *FUNCTIONS}
HIGHEST_POWER = 12
TOKEN = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|[^\W\d][\w.]*|\*\*\s*\d+|.""", re.DOTALL)
ALIAS = re.compile(r"\b_column_(\d+)_\b")
Names = frozenset[str]

_PLAIN = (
    ast.Expression, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Compare,
    ast.cmpop, ast.keyword, ast.List, ast.Tuple,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Aliases:
    """Columns by identifiers: their own name where it is one that means nothing else, `_column_3_` for the others."""

    names: tuple[str, ...]
    places: dict[str, int]

    @classmethod
    def of(cls, columns: Sequence[str]) -> Aliases:
        """Aliases of `columns`."""
        return cls(tuple(columns), {name: k for k, name in enumerate(columns)})

    def alias(self, name: str) -> str:
        """What formulaic knows a column by."""
        plain = name.isidentifier() and not keyword.iskeyword(name) and name not in RESERVED and not ALIAS.search(name)
        return name if plain or name not in self.places else f"_column_{self.places[name]}_"

    def column(self, alias: str) -> str:
        """The column that an alias stands for."""
        found = ALIAS.fullmatch(alias)
        return self.names[int(found[1])] if found else alias

    def shown(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Names of terms as the user wrote them."""
        return tuple(ALIAS.sub(lambda found: self.names[int(found[1])], text) for text in texts)

    def hide(self, text: str) -> str:
        """The formula with aliases in the place of names in backticks, with dots, or that mean something else.

        Raises UsageError for a backtick that is none of those, an alias, or a power too high to write out.
        """
        tokens = [found[0] for found in TOKEN.finditer(text)]
        after = (next((token for token in tokens[k:] if not token.isspace()), "") for k in range(1, len(tokens) + 1))
        return "".join(self._hidden(token, following, text) for token, following in zip(tokens, after, strict=True))

    def _hidden(self, token: str, after: str, text: str) -> str:
        if token[0] == "`" and len(token) > 1:
            if token[1:-1] not in self.places:
                raise UsageError(f"the formula {text!r} names {token}, and there is no such column")
            return self.alias(token[1:-1])
        if "`" in token or ALIAS.search(token):
            raise UsageError(f"the formula {text!r} holds {token!r}, which is not the name of a column")
        if token.startswith("**") and int(token[2:]) > HIGHEST_POWER:
            raise UsageError(f"the formula {text!r} has a power over {HIGHEST_POWER}: use np.power, or a lower one")
        return self.alias(token) if token in self.places and after[:1] not in ("(", ".") else token


def checked(expression: str, text: str) -> tuple[Names, Names]:
    """The names inside C() and those outside, of an expression as it will be evaluated.

    Raises UsageError for anything but arithmetic, comparisons, functions of one row, C(column, contr...) and I().
    """
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError:
        raise UsageError(f"the formula {text!r} holds {expression!r}, which is not arithmetic of columns") from None
    called = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    functions = {part for node in called for part in ast.walk(node.func)}
    for call in called:
        _callable(call, text)
    contrasts = {part for node in ast.walk(tree) if _is_contrast(node) for part in ast.walk(node)}
    compared = {part for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.Call) for part in _direct(node)}
    for node in ast.walk(tree):
        _allowed(node, node in functions | contrasts | set(called), node in compared, text)
    inside = {part for node in called if ast.unparse(node.func) == "C" for part in ast.walk(node.args[0])}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in functions | contrasts]
    return frozenset(n.id for n in names if n in inside), frozenset(n.id for n in names if n not in inside)


def _callable(node: ast.Call, text: str) -> None:
    name = ast.unparse(node.func)
    known = name in ("C", "I") or name.removeprefix("np.") in FUNCTIONS
    if not known and not _is_contrast(node.func):
        raise UsageError(
            f"the formula {text!r} calls {name}: it may call C, I, contr.treatment and the like, and functions that "
            "look at one row at a time, such as log, sqrt, exp, sin, minimum"
        )
    if name == "C" and not (node.args and isinstance(node.args[0], ast.Name)):
        raise UsageError(f"the formula {text!r} has a C() of something else than a column: C(column)")
    if any(word.arg in ("out", "where", "casting", "dtype") for word in node.keywords):
        raise UsageError(f"the formula {text!r} hands {name} an option that it may not have")


def _is_contrast(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) in {f"contr.{name}" for name in CONTRASTS}


def _direct(node: ast.AST) -> list[ast.AST]:
    """The parts that are compared, or handed over: where a text may stand."""
    return list(ast.iter_child_nodes(node)) + [word.value for word in getattr(node, "keywords", [])]


def _allowed(node: ast.AST, known: bool, compared: bool, text: str) -> None:
    if isinstance(node, ast.BitXor):
        raise UsageError(f"the formula {text!r} has a ^: write ** for a power")
    if not known and not isinstance(node, _PLAIN):
        raise UsageError(f"the formula {text!r} holds {ast.unparse(node)!r}, which is not arithmetic of columns")
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and not compared:
        raise UsageError(f"the formula {text!r} holds the text {node.value!r}, which is no number")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift):
        sides = [any(isinstance(part, ast.Name) for part in ast.walk(side)) for side in (node.left, node.right)]
        if not any(sides):
            raise UsageError(f"the formula {text!r} has a power of numbers alone: write the number")
