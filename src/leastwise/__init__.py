"""leastwise: linear regression, every way it can be done, and proof that the ways agree."""

from .advice import Advice, advise
from .compare import Comparison, compare
from .fit import Fit
from .problem import LeastSquares
from .saved import load
from .settings import Settings
from .solution import Solution, Start, Step
from .solve import fit
from .summary.triangle import Triangle
from .types import DataError, LeastwiseError, UsageError
from .version import VERSION

__version__ = VERSION

__all__ = [
    "Advice",
    "Comparison",
    "DataError",
    "Fit",
    "LeastSquares",
    "LeastwiseError",
    "Settings",
    "Solution",
    "Start",
    "Step",
    "Triangle",
    "UsageError",
    "advise",
    "compare",
    "fit",
    "load",
]
