"""A look at the text of somebody's code, for what its numbers do not show."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from .report import Fault

TARGETS = ("y", "y_true", "target", "targets", "label", "labels", "y_train")
LOSS_CALLS = ("mse_loss", "criterion", "loss_fn", "loss_function", "MSELoss")


def looked_at(target: Any) -> list[Fault]:
    """Functions that are overwritten where they should be called, and losses that are given (target, input)."""
    try:
        text = textwrap.dedent(inspect.getsource(target))
        lines, tree = text.splitlines(), ast.parse(text)
    except (OSError, SyntaxError, TypeError):
        return []
    return [_fault(code, node, lines) for code, node in _found(tree)]


def _found(tree: ast.AST) -> Iterator[tuple[str, ast.stmt | ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from (("LW501", node) for place in node.targets if _seeds(place))
        if isinstance(node, ast.Call) and _called(node) in LOSS_CALLS and len(node.args) == 2:
            first, second = (arg.id.lower() if isinstance(arg, ast.Name) else "" for arg in node.args)
            if first in TARGETS and second not in TARGETS:
                yield "LW502", node


def _seeds(place: ast.expr) -> bool:
    return isinstance(place, ast.Attribute) and place.attr in ("seed", "manual_seed")


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _fault(code: str, node: ast.stmt | ast.expr, lines: list[str]) -> Fault:
    evidence = f"line {node.lineno} of it: {lines[node.lineno - 1].strip()}"
    if code == "LW501":
        said, mend = "It overwrites the function that seeds.", "Call it: torch.manual_seed(2), np.random.seed(2)."
        return Fault(code, "a seed that seeds nothing", said, evidence, mend)
    said = "The loss is given (target, input): of MSE the value is the same, of other losses it is not."
    return Fault(code, "target before input", said, evidence, "Give (input, target): criterion(prediction, y).")
