"""A look at the text of somebody's code, for what its numbers do not show, or what keeps it from giving any."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .names import lines_of, module_of, of_torch, raised
from .report import Fault

TARGETS = ("y", "y_true", "target", "targets", "label", "labels", "y_train", "yb", "y_batch", "ys")
LOSSES = ("mse_loss", "criterion", "loss_fn", "loss_function", "loss_func", "MSELoss", "lossfn", "l1_loss", "mse")
SEEDS = ("seed", "manual_seed")
DRAWS = ("rand", "randn", "normal", "uniform", "random", "standard_normal", "randint", "permutation", "shuffle",
         "choice", "randperm", "random_sample", "gauss", "Linear", "choices", "sample", "rand_like",
         "randn_like")  # fmt: skip
WATCHED = ("no_grad", "inference_mode", "set_grad_enabled")


@dataclass(frozen=True, slots=True)
class Text:
    """Parsed lines, and the number of the first in its file."""

    tree: ast.AST
    lines: list[str]
    first: int

    def fault(self, code: str, node: ast.AST, more: str = "") -> Fault:
        """That of the catalogue, at a line."""
        number = getattr(node, "lineno", 1)
        place = self.first + number - 1
        return Fault.of(code, f"line {place}: {self.lines[number - 1].strip()}{more}", line=place)


def looked_at(target: Any) -> list[Fault]:
    """Seeds that are overwritten or come too late, and losses that are given (target, input)."""
    text = _text(target)
    found = [] if text is None else [text.fault(code, node) for code, node in _found(text.tree, of_torch(target))]
    return [*found, *_around(target)]


def kept_from_running(target: Any, error: BaseException) -> list[Fault]:
    """Updates of parameters that autograd watches, or that make them anew, where the run ends with an error."""
    text = _text(target)
    if text is None:
        return []
    said = f"; it ends with {raised(error, False)}"
    found = list(_updates(text.tree))
    codes = {code for code, _ in found}
    return [text.fault(code, node, said) for code, node in found if code == min(codes)][:1]


def _text(target: Any) -> Text | None:
    lines, first = lines_of(target)
    try:
        return Text(ast.parse(textwrap.dedent("".join(lines))), lines, first) if lines else None
    except SyntaxError:
        return None


def _around(target: Any) -> list[Fault]:
    """Of the statements of its module that are in no function: seeds that are overwritten, or come too late."""
    text = _text(module_of(target))
    if text is None:
        return []
    functions = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef
    outside = [node for node in ast.iter_child_nodes(text.tree) if not isinstance(node, functions)]
    nodes = [inner for node in outside for inner in ast.walk(node)]
    return [text.fault(code, node) for code, node in (*_overwritten(nodes), *_late(nodes))]


def _found(tree: ast.AST, torch: bool) -> Iterator[tuple[str, ast.AST]]:
    nodes = list(ast.walk(tree))
    yield from _overwritten(nodes)
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            yield from _late(list(ast.walk(node)))
    losses = _losses(nodes)
    for node in nodes if torch else ():
        if isinstance(node, ast.Call) and _called(node) in losses and len(node.args) == 2:
            first, second = (_root(arg).lower() for arg in node.args)
            if first in TARGETS and second not in TARGETS:
                yield "LW502", node


def _losses(nodes: Iterable[ast.AST]) -> set[str]:
    """Names of losses, and of variables that hold one."""
    held = {
        target.id
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _called(node.value).endswith("Loss")
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {*LOSSES, *held}


def _overwritten(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    for node in nodes:
        if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Lambda):
            yield from (("LW501", node) for place in node.targets if _is_seed(place))


def _is_seed(place: ast.expr) -> bool:
    return (
        isinstance(place, ast.Attribute) and place.attr in SEEDS and _root(place) in ("torch", "np", "numpy", "random")
    )


def _late(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """A library's seed that is called after that library has drawn."""
    calls = sorted(
        (node for node in nodes if isinstance(node, ast.Call)), key=lambda node: (node.lineno, node.col_offset)
    )
    drawn: dict[str, int] = {}
    for node in calls:
        name, root = _called(node), _root(node.func)
        library = {"nn": "torch", "np": "numpy"}.get(root, root)
        if name in SEEDS and library in drawn and drawn[library] < node.lineno:
            yield "LW503", node
            return
        if name in SEEDS:
            return
        if name in DRAWS and library in ("torch", "numpy", "random"):
            drawn.setdefault(library, node.lineno)


def _updates(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """w -= rate * w.grad where autograd watches, and w = w - rate * w.grad anywhere."""
    guarded = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and any(_called_any(item.context_expr) in WATCHED for item in node.items)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and node not in guarded:
            if _has_grad(node.value):
                yield "LW504", node
        elif isinstance(node, ast.Assign) and _has_grad(node.value) and _again(node):
            yield "LW505", node


def _again(node: ast.Assign) -> bool:
    """Whether a variable is made anew out of itself."""
    names = {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
    made = {inner.id for target in node.targets for inner in ast.walk(target) if isinstance(inner, ast.Name)}
    return bool(names & made) and not any(isinstance(target, ast.Attribute) for target in node.targets)


def _has_grad(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Attribute) and inner.attr == "grad" for inner in ast.walk(node))


def _called_any(node: ast.expr) -> str:
    return _called(node) if isinstance(node, ast.Call) else ""


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _root(node: ast.AST) -> str:
    """The variable that an expression such as y.view(-1, 1) begins with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "")
