"""The README's example."""

import numpy as np

import leastwise as lw

rng = np.random.default_rng(0)
X = rng.normal(loc=[50, 5], scale=[10, 2], size=(200, 2))
y = 3 * X[:, 0] - 2 * X[:, 1] + 7 + rng.normal(size=200)

comparison = lw.compare(X, y, names=["size", "age"], epochs=100, learning_rate=1e-4)
for run in comparison.runs:
    print(f"{run.method.name:15} loss {run.solution.loss:.6g}, {run.agreement_digits:.0f} digits agree")

advice = lw.advise(X, y, names=["size", "age"], learning_rate=1e-3)
print(advice.verdict)

january, february = lw.Triangle.of(X[:100], y[:100]), lw.Triangle.of(X[100:], y[100:])
rows = (january + february).rows()
print(f"{rows.X.shape[0]} rows stand for {(january + february).n}")
