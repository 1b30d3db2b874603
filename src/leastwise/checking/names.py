"""The usual names of parameters and attributes, and which role each plays."""

from __future__ import annotations

import inspect
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

NOT_THEIRS = (str(Path(__file__).parent), *sysconfig.get_paths().values())
"""Folders of this package, of Python's own library and of what is installed."""
ROLES: dict[str, tuple[str, ...]] = {
    "X": ("x", "xs", "features", "feature", "inputs", "input", "xtrain", "trainx", "featurematrix", "xdata", "exog",
          "xvalues", "xval", "predictors", "xb", "xtr", "designmatrix", "design", "phi", "datax", "trainfeatures",
          "xvals", "independent", "xi", "trainingx", "xarr", "xlist", "hours", "xs1"),
    "y": ("y", "ys", "target", "targets", "labels", "label", "outputs", "output", "ytrain", "trainy", "t", "ydata",
          "endog", "yvalues", "yval", "response", "ytr", "datay", "trainlabels", "ytrue", "yvals", "dependent", "yi",
          "trainingy", "yarr", "ylist", "scores"),
    "points": ("points", "data", "dataset", "datapoints", "trainset", "trainingdata", "traindata"),
    "w": ("w", "weights", "weight", "theta", "thetas", "coef", "coefs", "coefficients", "slope", "m", "winit",
          "initialw", "theta0", "w0", "win", "initialweights", "beta", "betas", "params", "parameters", "mcurrent",
          "wcurrent", "currentm", "currentw", "winitial", "startw", "startingm", "initialm", "initm", "initw",
          "initialtheta", "w1", "b1", "theta1", "beta1", "startingslope", "mnow", "wstart", "init", "start",
          "initialparams", "inittheta", "thetainit", "wnow", "initialslope"),
    "b": ("b", "bias", "intercept", "c", "binit", "initialb", "b0", "bin", "initialbias", "bcurrent", "currentb",
          "binitial", "startb", "startingb", "initb", "initialintercept", "ccurrent", "beta0", "startingintercept",
          "bnow", "bstart", "cnow", "initialc", "q"),
    "rate": ("lr", "learningrate", "eta", "alpha", "stepsize", "rate", "step", "learnrate", "gamma", "lrate",
             "learningratealpha", "l", "learning", "a"),
    "epochs": ("epochs", "epoch", "niters", "niter", "iterations", "maxiter", "nepochs", "numepochs", "iters",
               "niterations", "numiterations", "numiters", "steps", "nsteps", "numsteps", "maxiters", "iter",
               "maxiterations", "numberofepochs", "numiter", "maxepochs", "nepoch", "iteration", "numberofiterations",
               "totalepochs", "maxsteps", "numepoch", "passes", "trainingepochs", "its"),
    "seed": ("seed", "randomstate", "randomseed", "rng", "generator"),
    "penalty": ("lambda", "lam", "lmbda", "lambd", "reg", "l2", "l2penalty", "regularization", "reglambda",
                "weightdecay", "regstrength", "lambdaparam", "l2reg", "ridge", "regparam", "lamb",
                "l2lambda", "lambda1", "lambda2", "penalty"),
    "batch": ("batchsize", "batch", "minibatchsize", "bs", "minibatch"),
    "tolerance": ("tol", "tolerance", "epsilon", "eps", "precision", "threshold"),
    "count": ("n", "nsamples", "numsamples", "nrows", "numrows", "samplesize", "nsample", "numberofsamples", "size"),
    "gradient": ("gradientfunction", "gradientfn", "gradfn", "computegradient", "gradientfunc", "gradfunc", "gradient"),
    "model": ("model", "net", "network", "module", "linear"),
    "optimizer": ("optimizer", "optim", "opt", "optimiser"),
    "criterion": ("criterion", "lossfn", "lossfunc", "lossfunction", "costfn", "mse", "loss", "costfunction"),
    "loader": ("loader", "dataloader", "trainloader", "traindataloader", "dl", "traindl", "trainiter", "dataiter"),
}  # fmt: skip
TELLING = {
    "epochs": ("epoch", "iteration", "niter", "numiter"), "rate": ("learning", "stepsize"),
    "penalty": ("penal", "regulari", "lambda"), "batch": ("batchsize",), "seed": ("randomstate", "seed"),
}  # fmt: skip
AMBIGUOUS = ("alpha", "a", "l", "step", "m", "n", "b", "c", "t", "k", "w", "data", "linear", "loss", "mse", "scores")
PREDICTED = ("ypred", "yhat", "predictions", "prediction", "pred", "preds", "predicted", "ypredicted", "predictedy",
             "ypredictions", "yestimated", "estimate", "yprediction", "fitted", "yp", "ypreds", "yh")  # fmt: skip
ACTUAL = ("ytrue", "y", "actual", "ytest", "target", "targets", "truth", "true", "observed", "labels", "label",
          "yactual", "yreal", "ys", "yorig", "ytrain", "t", "actuals", "real", "gt")  # fmt: skip
SLOPES = ("coef_", "coef", "coefficients", "coefs", "weights", "weight", "w", "theta", "thetas", "slope", "m", "a",
          "b1", "beta1", "theta1", "w1", "beta", "betas", "params", "parameters", "coeff", "coeffs", "bhat", "k", "W",
          "beta_1", "theta_1", "w_1", "b_1", "beta_hat")  # fmt: skip
INTERCEPTS = ("intercept_", "intercept", "bias", "b", "b0", "beta0", "theta0", "w0", "c", "offset", "beta_0",
              "theta_0", "w_0", "b_0", "q", "bias_term")  # fmt: skip
LOSSES = ("losses", "losshistory", "losscurve", "history", "costs", "costhistory", "errors", "msehistory", "loss",
          "cost", "jhistory", "trainlosses", "trainloss", "trainingerrors", "mse", "losslist", "epochlosses",
          "losshist", "mses", "costlist", "j", "cost_history", "hist")  # fmt: skip


def plain(name: str) -> str:
    """A name in small letters without underscores."""
    return name.lower().replace("_", "")


def role_of(name: str) -> str | None:
    """The role of a parameter by its name: one of the usual ones, or one that has a telling word in it."""
    known = next((role for role, names in ROLES.items() if plain(name) in names), None)
    return known or next((role for role, words in TELLING.items() if any(word in plain(name) for word in words)), None)


def roles_of(maker: Callable[..., Any]) -> tuple[dict[str, str], list[str]]:
    """Which parameter plays which role, and the required ones that play none.

    alpha is the penalty's strength where there is another rate, or no number of epochs; data is X where there is a y;
    two required parameters of other names are X and y.
    """
    known = list(parameters(maker))
    roles = _numbered([name for name, _ in known])
    for name, _ in sorted(known, key=lambda pair: plain(pair[0]) in AMBIGUOUS):
        role = role_of(name)
        if role == "rate" and isinstance(dict(known)[name].default, str):
            continue
        if role in roles or role is None:
            role = "penalty" if plain(name) == "alpha" and "penalty" not in roles else None
        if role is not None and name not in roles.values():
            roles[role] = name
    required = [name for name, parameter in known if parameter.default is parameter.empty]
    if len(required) == 2 and {role_of(name) for name in required} <= {None, "w", "b", "count"}:
        roles = {role: name for role, name in roles.items() if name not in required}
        roles |= {"X": required[0], "y": required[1]}
    return _settled(roles), [name for name in required if name not in roles.values()]


def _numbered(names: list[str]) -> dict[str, str]:
    """theta0 and theta1, b0 and b1, ...: the intercept and the slope."""
    by_plain = {plain(name): name for name in names}
    for letter in ("theta", "b", "w", "beta", "a", "m", "param", "coef"):
        if f"{letter}0" in by_plain and f"{letter}1" in by_plain:
            return {"b": by_plain[f"{letter}0"], "w": by_plain[f"{letter}1"]}
    if {"a", "b"} <= set(by_plain):
        return {"w": by_plain["a"], "b": by_plain["b"]}
    return {}


def _settled(roles: dict[str, str]) -> dict[str, str]:
    if "points" in roles and "y" in roles and "X" not in roles:
        roles["X"] = roles.pop("points")
    alone = plain(roles.get("rate", "")) in ("alpha", "a") and "epochs" not in roles and "w" not in roles
    if alone and "penalty" not in roles:
        roles["penalty"] = roles.pop("rate")
    return roles


def parameters(maker: Callable[..., Any]) -> Iterator[tuple[str, inspect.Parameter]]:
    """Those that can be given by name, apart from * and **."""
    try:
        known: Mapping[str, inspect.Parameter] = inspect.signature(maker).parameters
    except (TypeError, ValueError):
        return
    for name, parameter in known.items():
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) and name != "self":
            yield name, parameter


def is_metric(maker: Callable[..., Any]) -> bool:
    """Whether it takes y and a prediction, and nothing else that is required."""
    needed = [plain(name) for name, parameter in parameters(maker) if parameter.default is parameter.empty]
    return len(needed) == 2 and any(name in PREDICTED for name in needed)


def named(target: Any) -> str:
    """What somebody calls it."""
    name = getattr(target, "__name__", type(target).__name__)
    return "yours" if name == "<lambda>" else str(name)


def raised(error: BaseException, place: bool = True) -> str:
    """What was raised, in a line, and (`place`) in which line of somebody's file."""
    try:
        words = str(error).strip().splitlines()
    except BaseException:
        words = []
    if type(error).__module__.startswith("leastwise"):
        return " ".join(words)
    said = f"{type(error).__name__}: {words[0][:200].rstrip(':')}" if words else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__) if place else []
    theirs = [frame for frame in frames if not frame.filename.startswith(NOT_THEIRS) and frame.filename[:1] != "<"]
    return f"{said}, line {theirs[-1].lineno}" if theirs else said


def of_torch(target: Any) -> bool:
    """Whether its text speaks of torch."""
    return any(word in text_of(target) for word in ("torch", "nn.", "F.", ".backward("))


def text_of(target: Any) -> str:
    """Its text; "" where there is none."""
    return "".join(lines_of(target)[0])


def lines_of(target: Any) -> tuple[list[str], int]:
    """The lines of a function, a class, an object's class or a module, and the number of the first in its file."""
    known = inspect.isroutine(target) or isinstance(target, type) or inspect.ismodule(target)
    try:
        lines, first = inspect.getsourcelines(target if known else type(target))
    except (OSError, TypeError):
        return [], 1
    return lines, max(first, 1)


def module_of(target: Any) -> Any:
    """The module that it is written in; None where that is not known."""
    return sys.modules.get(getattr(target, "__module__", "") or "")
