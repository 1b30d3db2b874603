"""What somebody's function or class takes: which parameter, of which call, plays which role."""

from __future__ import annotations

import copy
import inspect
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..types import UsageError
from .names import ROLES, named, parameters, plain, roles_of

STEPS = ("learningrate", "lr", "eta", "eta0", "stepsize", "lrate", "rate")
FITS = ("fit", "train", "fit_model", "gradient_descent", "run")


@dataclass(frozen=True, slots=True)
class Interface:
    """A target, the roles of its own parameters, of those of its `fit`, and of attributes that are set before fit.

    `method`: the name of the fit of a class or an object, "" for a function.
    """

    target: Any
    own: Mapping[str, str]
    fit: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    method: str = ""

    def takes(self, role: str) -> bool:
        """Whether any part of it plays the role."""
        return role in self.own or role in self.fit or role in self.attributes

    @property
    def takes_start(self) -> bool:
        """Whether a start can be given."""
        return self.takes("w") or self.takes("model")

    @property
    def takes_rate(self) -> bool:
        """Whether a learning rate can be given."""
        return self.takes("rate") or self.takes("optimizer")

    @property
    def kind(self) -> str:
        """descent, step, gradient, cost (or gradient), or closed."""
        if self.takes("epochs"):
            return "descent"
        if self.takes_rate and self.takes_start:
            return "step"
        return "gradient" if self.takes("w") and not self.method else "closed"

    @property
    def has_ones(self) -> bool:
        """Whether by its own convention X has a column of ones, as statsmodels' exog."""
        return any(roles.get("X") == "exog" for roles in (self.own, self.fit))

    @property
    def is_estimator(self) -> bool:
        """Whether it follows scikit-learn."""
        return hasattr(self.target, "get_params")


def interface(target: Any) -> Interface:
    """What it takes. Raises UsageError, with an adapter to paste, where that cannot be told."""
    method = _method(target)
    if inspect.ismodule(target) or (not callable(target) and not method):
        raise UsageError("check takes a function, or a class with fit: this is neither")
    if isinstance(target, type) and not method:
        model = ": it is a model, check the function that trains it" if _is_module(target) else ""
        raise UsageError(f"{named(target)} has no fit or train{model}")
    found = _of_object(target, method) if method else _of_function(target)
    return _as_estimator(found) if found.is_estimator and not _descends(found) else found


def _of_function(target: Any) -> Interface:
    own, missing = roles_of(target)
    own = _without_weights(target, own)
    rows = () if "points" in own or "loader" in own else ("X", "y")
    _asked(target, [*missing, *(role for role in rows if role not in own)])
    return Interface(target, own, {})


def _of_object(target: Any, method: str) -> Interface:
    own, missing = roles_of(target) if isinstance(target, type) else ({}, [])
    own = _rows(own) if own.get("X") == "exog" else own
    fit, unknown = _fit_roles(target, method, own)
    _asked(target, [*missing, *unknown])
    return Interface(target, own, fit, _attributes(target, own, fit), method)


def _descends(found: Interface) -> bool:
    """Whether an estimator takes steps: scikit-learn's own have an alpha that is no rate beside max_iter."""
    names = {**found.attributes, **found.fit, **found.own}
    if "rate" not in names or "epochs" not in names:
        return False
    return plain(names["rate"]) in STEPS or plain(names["epochs"]) != "maxiter"


def _as_estimator(found: Interface) -> Interface:
    """Rows alone, and whatever settings it has."""
    return Interface(found.target, _rows(found.own), _rows(found.fit), {}, found.method)


def _rows(roles: Mapping[str, str]) -> dict[str, str]:
    return {role: name for role, name in roles.items() if role in ("X", "y")}


def _without_weights(target: Any, own: dict[str, str]) -> dict[str, str]:
    """Weights that need not be given, where there is no step to take, are weights of rows."""
    optional = dict(parameters(target)).get(own.get("w", ""))
    rows = optional is not None and optional.default is None and not {"rate", "epochs", "b"} & set(own)
    return {role: name for role, name in own.items() if role != "w"} if rows else own


def _fit_roles(target: Any, method: str, own: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    maker = getattr(target, method)
    fit, unknown = roles_of(maker)
    if plain(fit.get("w", "")) in ("weights", "weight"):
        # As scikit-learn has it, fit takes weights of rows.
        fit = {role: name for role, name in fit.items() if role != "w"}
    if "X" in own and "y" in own:
        return {role: name for role, name in fit.items() if role not in ("X", "y")}, unknown
    names = [name for name, _ in parameters(maker)]
    if ("X" not in fit or "y" not in fit) and len(names) >= 2:
        taken = {role: name for role, name in fit.items() if name not in names[:2]}
        fit = {**taken, "X": names[0], "y": names[1]}
        unknown = [name for name in unknown if name not in names[:2]]
    return fit, [*unknown, *(role for role in ("X", "y") if role not in fit and "points" not in fit)]


def _attributes(target: Any, own: Mapping[str, str], fit: Mapping[str, str]) -> dict[str, str]:
    """Rates and epochs that are attributes before fit is called, and no parameters."""
    try:
        made = target() if isinstance(target, type) else target
    except Exception:
        return {}
    there = {
        plain(name): name
        for name, value in getattr(made, "__dict__", {}).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    found = {}
    for role in ("rate", "epochs"):
        if role not in own and role not in fit:
            name = next((there[known] for known in ROLES[role] if known in there), None)
            if name is not None and name not in own.values():
                found[role] = name
    return found


def _method(target: Any) -> str:
    """The name of its fit; "" for functions and for models whose `train` is torch's own."""
    if inspect.isfunction(target) or inspect.isbuiltin(target):
        return ""
    like = [name for name in dir(target) if name.startswith(("fit", "train")) or "gradient_descent" in name]
    own = [name for name in (*FITS, *like) if callable(getattr(target, name, None))]
    if _is_module(target):
        own = [name for name in own if name != "train"]
    return own[0] if own else ""


def _is_module(target: Any) -> bool:
    return any(kind.__module__.startswith("torch.nn") for kind in getattr(target, "__mro__", type(target).__mro__))


def _asked(target: Any, missing: list[str]) -> None:
    if missing:
        raise UsageError(f"cannot tell what {', '.join(missing)} of {named(target)} is: {adapter(target)}")


def adapter(target: Any) -> str:
    """A line to paste, that calls it as this package would."""
    return (
        "write an adapter, such as\n"
        f"    def adapted(X, y, w, b, learning_rate, epochs): return {named(target)}(...)  # -> w, b, losses\n"
        "without the arguments that yours does not have, and check that"
    )


def seeded() -> None:
    """Seed what draws without a generator of its own."""
    # By their states: seed itself may have been overwritten.
    random.setstate(random.Random(2).getstate())  # noqa: S311
    np.random.set_state(np.random.RandomState(2).get_state())
    if "torch" in sys.modules:
        sys.modules["torch"].random.default_generator.manual_seed(2)


def made(interface: Interface, given: Mapping[str, Any]) -> Any:
    """The object whose fit is to be called, with what it takes by role."""
    target = interface.target
    own = called(target, interface.own, given) if isinstance(target, type) else copy.deepcopy(target)
    for role, name in interface.attributes.items():
        if role in given:
            setattr(own, name, given[role])
    return own


def called(function: Callable[..., Any], roles: Mapping[str, str], given: Mapping[str, Any]) -> Any:
    """With what it takes by role, by name, or by position where it has no names."""
    by_name = {name: given[role] for role, name in roles.items() if role in given}
    first = [name for name, one in parameters(function) if one.kind is one.POSITIONAL_ONLY and name in by_name]
    return function(*[by_name.pop(name) for name in first], **by_name)
