"""leastwise: linear regression, every way it can be done, and proof that the ways agree."""

from typing import TYPE_CHECKING, Any

from .advice import Advice, advise
from .compare import Comparison, compare
from .descent import schedules
from .problem import LeastSquares
from .settings import Settings
from .solution import Solution, Start, Step
from .summary.triangle import Triangle
from .types import DataError, LeastwiseError, UsageError
from .version import VERSION

if TYPE_CHECKING:
    from .descend import descend
    from .fitted import Fit
    from .noise import NoiseFloor, noise_floor
    from .saved import load
    from .solve import fit

__version__ = VERSION

__all__ = [
    "Advice",
    "Comparison",
    "DataError",
    "Fit",
    "LeastSquares",
    "LeastwiseError",
    "NoiseFloor",
    "Settings",
    "Solution",
    "Start",
    "Step",
    "Triangle",
    "UsageError",
    "advise",
    "compare",
    "descend",
    "fit",
    "load",
    "noise_floor",
    "schedules",
]


def __getattr__(name: str) -> Any:
    """Fits are loaded when they are first asked for, to keep `import leastwise` light."""
    if name not in ("Fit", "NoiseFloor", "descend", "fit", "load", "noise_floor"):
        raise AttributeError(f"module 'leastwise' has no attribute {name!r}")
    from .descend import descend
    from .fitted import Fit
    from .noise import NoiseFloor, noise_floor
    from .saved import load
    from .solve import fit

    globals().update(Fit=Fit, NoiseFloor=NoiseFloor, descend=descend, fit=fit, load=load, noise_floor=noise_floor)
    return globals()[name]


def __dir__() -> list[str]:
    return __all__
