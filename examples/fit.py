"""The README's example of a fit."""

import numpy as np

import leastwise as lw

rng = np.random.default_rng(0)
X = rng.normal(loc=[50, 5], scale=[10, 2], size=(200, 2))
y = 3 * X[:, 0] - 2 * X[:, 1] + 7 + rng.normal(size=200)

fit = lw.fit(X, y, names=["size", "age"])
print(fit.summary())
print(fit.predict([[60.0, 4.0]], interval=0.95).prediction)
print(fit.robust((X, y), "HC3").se, fit.wald([1, 0, 0], 3).p)

halves = lw.Triangle.of(X[:100], y[:100]) + lw.Triangle.of(X[100:], y[100:])
print("the same from two halves:", np.allclose(lw.fit(halves).coef, fit.coef, rtol=1e-12))
