"""A fit as a torch module or an ONNX model, and a torch module as the start of a descent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import write_bytes
from .solution import Start
from .types import UsageError, Vector

OPSET = 17
IDLE = ("Flatten", "Unflatten", "Identity")


def to_torch(coef: Vector, intercept: float) -> Any:
    """A `torch.nn.Linear` (p in, 1 out) in float64 with these slopes and intercept. Raises UsageError without torch."""
    try:
        import torch
    except ImportError:
        raise UsageError("to_torch needs torch: pip install 'leastwise[torch]'") from None
    module = torch.nn.Linear(len(coef), 1, dtype=torch.float64)
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(np.asarray(coef, dtype=np.float64).copy()))
        module.bias.fill_(float(intercept))
    return module


def from_torch(module: Any) -> Start:
    """The slopes (p,) and the intercept of a `torch.nn.Linear`, or of a module that is nothing more than one.

    A `Start`: `start=from_torch(module)` goes on from there. Raises UsageError where there is not exactly one linear
    layer with one output, or something beside it that computes.
    """
    parts = [part for part in _parts(module) if type(part).__name__ not in IDLE]
    if len(parts) != 1 or type(parts[0]).__name__ != "Linear" or parts[0].out_features != 1:
        there = ", ".join(_called(part) for part in parts) or "none"
        raise UsageError(
            f"from_torch takes a module with one nn.Linear of one output and nothing else: there is {there}"
        )
    bias = 0.0 if parts[0].bias is None else parts[0].bias.item()
    return Start(parts[0].weight.detach().cpu().double().numpy().ravel(), bias)


def _parts(module: Any) -> list[Any]:
    if isinstance(module, type) or not hasattr(module, "modules"):
        return []
    return [part for part in module.modules() if type(part).__name__ == "Linear" or not list(part.children())]


def _called(part: Any) -> str:
    outputs = getattr(part, "out_features", None)
    return f"{type(part).__name__}{'' if outputs is None else f' of {outputs} outputs'}"


def to_onnx(path: str | os.PathLike[str], coef: Vector, centre: Vector, names: Sequence[str]) -> None:
    """Write y = level + (X - means) coef as an ONNX model in float64: X (n, p) in, y (n,) out.

    `centre` (p + 1,) holds the means, then the level: offsets cost no digits. `names` of features and target are in the
    metadata. Raises UsageError without the onnx package.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise UsageError("to_onnx needs onnx: pip install 'leastwise[onnx]'") from None
    double = TensorProto.DOUBLE
    constants = {"means": centre[:-1], "slopes": coef, "level": np.asarray(centre[-1])}
    graph = helper.make_graph(
        [
            helper.make_node("Sub", ["X", "means"], ["centred"]),
            helper.make_node("MatMul", ["centred", "slopes"], ["apart"]),
            helper.make_node("Add", ["apart", "level"], ["y"]),
        ],
        "least_squares",
        [helper.make_tensor_value_info("X", double, ["n", len(coef)])],
        [helper.make_tensor_value_info("y", double, ["n"])],
        [numpy_helper.from_array(np.asarray(value, dtype=np.float64), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="leastwise")
    model.ir_version = 8
    helper.set_model_props(model, {"features": "\n".join(names[:-1]), "target": names[-1]})
    onnx.checker.check_model(model)
    write_bytes(Path(path), model.SerializeToString())
