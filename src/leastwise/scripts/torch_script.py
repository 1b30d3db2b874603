"""The scripts of PyTorch: leaves of its own, or nn.Linear fed by a DataLoader."""

from __future__ import annotations

from ..descent.table import twin
from ..types import UsageError
from .recipe import Recipe, closing, opening, set_apart

LEAVES = """\
X, y = torch.from_numpy(X), torch.from_numpy(y)
w = torch.tensor(start[:-1], requires_grad=True)
b = torch.tensor(start[-1:], requires_grad=True)
"""

MODULE = """\
X, y = torch.from_numpy(X), torch.from_numpy(y)
model = torch.nn.Linear({p}, 1)
with torch.no_grad():
    model.weight.copy_(torch.tensor(start[:-1]))
    model.bias.copy_(torch.tensor(start[-1:]))
w, b = model.weight, model.bias
"""

LOOP = """\
for epoch in range({epochs}):
    for {batch}:
        optimizer.zero_grad()
        loss = {loss}
        loss.backward()
        optimizer.step()
{scheduled}
with torch.no_grad():
    loss = {final}
w, b = w.detach().numpy().ravel(), b.item()
"""


def torch_script(recipe: Recipe) -> str:
    """PyTorch with its optimiser on two leaves, w and b, and autograd."""
    prediction = "X[rows] @ w + b"
    rows = "batches(epoch)" if not recipe.full else "[slice(None)]"
    weights = "weight[rows]" if recipe.weighted else ""
    return _script(recipe, LEAVES, f"rows in {rows}", (prediction, "y[rows]", weights), "X @ w + b")


def module_script(recipe: Recipe) -> str:
    """PyTorch as projects have it: nn.Linear, a DataLoader over a TensorDataset, optimiser and criterion."""
    tensors = "X, y, weight" if recipe.weighted else "X, y"
    some = "some, target, heavy" if recipe.weighted else "some, target"
    sampler = "[slice(None)]" if recipe.full else "batches(epoch)"
    batch = f"{some} in DataLoader(TensorDataset({tensors}), sampler={sampler}, batch_size=None)"
    made = MODULE.format(p=len(recipe.selection.features))
    parts = ("model(some).squeeze(1)", "target", "heavy" if recipe.weighted else "")
    return _script(recipe, made, batch, parts, "model(X).squeeze(1)", "from torch.utils.data import DataLoader, "
                   "TensorDataset")  # fmt: skip


def _script(recipe: Recipe, made: str, batch: str, parts: tuple[str, str, str], every: str, *modules: str) -> str:
    chosen, weighted = recipe.plan.chosen, recipe.weighted
    if chosen.torch is None:
        raise UsageError(f"{recipe.plan.optimizer} has no twin in torch.optim: --emit numpy has it")
    prediction, target, weight = parts
    loss, final = f"criterion({prediction}, {target})", f"criterion({every}, y)"
    reduction = ""
    if weighted:
        loss, final, reduction = f"({weight} * {loss}).mean()", f"(weight * {final}).mean()", 'reduction="none"'
    criterion = f"criterion = torch.nn.MSELoss({reduction})\n"
    moved = "weight = torch.from_numpy(weight)\n" if weighted else ""
    plain = recipe.constant or not recipe.step_rate
    follow = "" if plain else (
        f"scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: {recipe.plan.schedule.formula})\n"
    )  # fmt: skip
    loop = LOOP.format(
        epochs=recipe.epochs, batch=batch, loss=loss, final=final, scheduled="" if plain else "    scheduler.step()\n"
    )
    head = opening(recipe, "numpy as np", "torch", *modules)
    default = f"torch.set_default_dtype(torch.{recipe.plan.dtype})\n"
    body = f"{default}{moved}{made}{criterion}{_optimizer(recipe)}{follow}"
    return f"{head}{set_apart(recipe)}{body}{loop}{closing(recipe, 'w', 'b', 'loss')}"


def _optimizer(recipe: Recipe) -> str:
    hyper = twin(recipe.hyper)
    decay = hyper.pop("weight_decay", recipe.decay)
    given = "".join(f", {name}={value!r}" for name, value in hyper.items())
    parameters = "[w, b]"
    if decay or recipe.plan.optimizer == "adamw":
        parameters = f'[{{"params": [w], "weight_decay": {decay!r}}}, {{"params": [b], "weight_decay": 0.0}}]'
    return f"optimizer = torch.optim.{recipe.plan.chosen.torch}({parameters}, lr={recipe.rate!r}{given})\n"
