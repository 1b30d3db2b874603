"""The script of scikit-learn: a network without a hidden layer is linear regression."""

from __future__ import annotations

from ..types import UsageError
from .recipe import Recipe, closing, opening, set_apart

LOOP = """\
# MLPRegressor halves the squared error, so its rate is twice ours. A first call makes the weights that we set.
model = MLPRegressor(hidden_layer_sizes=(), solver="sgd", learning_rate_init=2 * {rate!r}, momentum=0.0,
                     nesterovs_momentum=False, alpha=0.0, shuffle=False, batch_size=1)
model.partial_fit(X[:1], y[:1])
model.coefs_[0][:, 0], model.intercepts_[0][0] = start[:-1], start[-1]
for epoch in range({epochs}):
    for rows in {rows}:
        model.set_params(batch_size=len(y[rows]))
        model.partial_fit(X[rows], y[rows])

w, b = model.coefs_[0][:, 0], model.intercepts_[0][0]
residual = y - (X @ w + b)
"""


def sklearn_script(recipe: Recipe) -> str:
    """scikit-learn's MLPRegressor without hidden layers, a batch a call. Raises UsageError but for plain sgd."""
    plan = recipe.plan
    if plan.optimizer != "sgd" or not recipe.constant or recipe.decay or recipe.weighted:
        raise UsageError(
            "scikit-learn takes only plain sgd from a start of ours, at a constant rate, without weights and decay: "
            "--emit numpy has the rest"
        )
    rows = "[slice(None)]" if recipe.full else "batches(epoch)"
    loop = LOOP.format(rate=recipe.rate, epochs=recipe.epochs, rows=rows)
    head = opening(recipe, "numpy as np", "from sklearn.neural_network import MLPRegressor")
    return f"{head}{set_apart(recipe)}{loop}{closing(recipe, 'w', 'b', '(residual / len(y)) @ residual')}"
