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
    """The slopes (p,) and the intercept of a `torch.nn.Linear`, or of the one such layer in a module.

    A `Start`: `start=from_torch(module)` goes on from there. Raises UsageError where there is not exactly one linear
    layer with one output.
    """
    layers = [part for part in getattr(module, "modules", list)() if hasattr(part, "out_features")]
    if len(layers) != 1 or layers[0].out_features != 1:
        raise UsageError(f"from_torch takes a module with one nn.Linear of one output: this has {_layers(layers)}")
    bias = 0.0 if layers[0].bias is None else layers[0].bias.item()
    return Start(layers[0].weight.detach().cpu().numpy().astype(np.float64).ravel(), bias)


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


def _layers(layers: Sequence[Any]) -> str:
    if len(layers) == 1:
        return f"one with {layers[0].out_features} outputs"
    return f"{len(layers)} linear layers"
