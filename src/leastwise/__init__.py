"""leastwise: linear regression, every way it can be done, and proof that the ways agree."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .advice import Advice, advise
from .compare import Comparison, compare
from .descent import schedules
from .penalty import Penalty, adaptive, elastic_net, lasso, ridge, translate_penalty
from .problem import LeastSquares
from .settings import Settings
from .solution import Solution, Start, Step
from .summary.triangle import Triangle
from .types import DataError, EngineError, LeastwiseError, UsageError
from .version import VERSION

if TYPE_CHECKING:
    from .checking.entry import check
    from .checking.report import CheckReport
    from .crossval import PenaltyPath, path
    from .distributed import descend_distributed, fit_distributed, gathered
    from .export import from_torch
    from .fitted import Fit
    from .groups.fit_by import fit_by
    from .noise import NoiseFloor, noise_floor
    from .rows.spread import spread
    from .saved import load
    from .scripts.made import emit
    from .show.descent_page import draw
    from .solve import fit
    from .targets import fit_targets
    from .training import descend
    from .windows.fit import expanding, rolling

__version__ = VERSION

__all__ = [
    "Advice",
    "CheckReport",
    "Comparison",
    "DataError",
    "EngineError",
    "Fit",
    "LeastSquares",
    "LeastwiseError",
    "NoiseFloor",
    "Penalty",
    "PenaltyPath",
    "Settings",
    "Solution",
    "Start",
    "Step",
    "Triangle",
    "UsageError",
    "adaptive",
    "advise",
    "check",
    "compare",
    "descend",
    "descend_distributed",
    "draw",
    "elastic_net",
    "emit",
    "expanding",
    "fit",
    "fit_by",
    "fit_distributed",
    "fit_targets",
    "from_torch",
    "gathered",
    "lasso",
    "load",
    "noise_floor",
    "path",
    "ridge",
    "rolling",
    "schedules",
    "spread",
    "translate_penalty",
]


_LATER = {
    "CheckReport": "checking.report", "check": "checking.entry", "descend_distributed": "distributed",
    "Fit": "fitted", "NoiseFloor": "noise", "descend": "training", "draw": "show.descent_page", "emit": "scripts.made",
    "fit": "solve", "fit_by": "groups.fit_by", "fit_distributed": "distributed", "fit_targets": "targets",
    "from_torch": "export", "gathered": "distributed", "load": "saved", "noise_floor": "noise",
    "path": "crossval", "PenaltyPath": "crossval", "expanding": "windows.fit", "rolling": "windows.fit",
    "spread": "rows.spread",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """What fits and draws is loaded when it is first asked for, to keep `import leastwise` light."""
    if name not in _LATER:
        raise AttributeError(f"module 'leastwise' has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(f".{_LATER[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return __all__
