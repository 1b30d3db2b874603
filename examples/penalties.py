"""The README's example of penalties."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import leastwise as lw
from leastwise.estimators import LassoCV  # instead of sklearn.linear_model

rng = np.random.default_rng(0)
X = rng.standard_normal((500, 30))
y = X[:, :3] @ [3, -2, 1] + rng.standard_normal(500)

path = lw.path(X, y, folds=5)
best = path.best("1se")
fit = lw.fit(path.triangle, penalty=path.penalties[best])
print(f"penalty {best + 1} of 100 keeps {np.count_nonzero(fit.coef)} of 30 slopes: {fit.coef[:3].round(3)}")
print(fit.status)
print(lw.translate_penalty(fit.penalty, n=500)["sklearn.Lasso"], lw.translate_penalty(lw.ridge(0.1), n=500)["torch"])

model = make_pipeline(StandardScaler(), LassoCV()).fit(X, y)
print("as scikit-learn's:", model[-1].coef_[:3].round(3), "alpha", round(model[-1].alpha_, 4))
