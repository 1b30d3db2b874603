"""scikit-learn's linear regressions, on the triangle: names, defaults and attributes are scikit-learn's."""

from .chosen import ElasticNetCV, LassoCV
from .descent import GradientDescentRegressor
from .lasso import ElasticNet, Lasso
from .linear import LinearRegression, RankDeficiencyWarning
from .ridge import Ridge, RidgeCV

__all__ = [
    "ElasticNet",
    "ElasticNetCV",
    "GradientDescentRegressor",
    "Lasso",
    "LassoCV",
    "LinearRegression",
    "RankDeficiencyWarning",
    "Ridge",
    "RidgeCV",
]
