"""A path of penalties as one self-contained HTML page."""

from __future__ import annotations

from ..crossval import PenaltyPath
from ..fitted import Fit
from ..version import VERSION
from ..words import count, listing, number
from .html import card, document, facts, legend, row, soft, table, verdict
from .path import log_alphas, longest, scaled_slopes
from .scale import Scale
from .svg import Board

MOST_PATHS = 40


def path_report(path: PenaltyPath, rule: str, fit: Fit, label: str) -> str:
    """The page as text, complete without JavaScript."""
    title = f"{path.target} on {listing(path.names)}"
    kept = [(name, number(float(value), 6)) for name, value in zip(path.names, fit.coef, strict=True) if value]
    cards = [
        card("Slopes by penalty", *_slopes(path, rule)),
        card("Error by penalty", *_errors(path, rule)),
        card("Slopes that are not 0", facts([*kept[:200], ("(intercept)", number(fit.intercept, 6))])),
        card("The path", _table(path), wide=True),
    ]
    opening = f"{label}: {count(path.triangle.n, 'row')}, {len(path.penalties)} penalties"
    box = verdict(f"Chosen by {rule}", [fit.reason, fit.status], True)
    return document(title, opening, box, cards, f"leastwise {VERSION}")


def _slopes(path: PenaltyPath, rule: str) -> tuple[str, str]:
    across, shown = log_alphas(path), longest(path, MOST_PATHS)
    lines = {j: scaled_slopes(path, j) for j in shown}
    up = Scale.over([0.0, *(value for line in lines.values() for value in line)], margin=0.06)
    board = Board(Scale.over(across), up, ("log10 of alpha", "slope, in deviations"), "Slopes by penalty")
    for line in lines.values():
        board.line(list(zip(across, line, strict=True)), "path")
    for j in longest(path, 8):
        end = lines[j][-1]
        board.text((across[-1], end), path.names[j])
    _chosen(board, path, rule, across)
    more = f" The {MOST_PATHS} that matter most." if len(path.names) > MOST_PATHS else ""
    return board.svg(), soft(
        f"Each slope times its feature's deviation over the target's, from small to large penalties.{more}"
    )


def _errors(path: PenaltyPath, rule: str) -> tuple[str, str]:
    across = log_alphas(path)
    if not len(path.folds):
        values = path.criterion(rule)
        board = Board(Scale.over(across), Scale.over(values.tolist(), margin=0.06), ("log10 of alpha", rule), rule)
        board.line(list(zip(across, values.tolist(), strict=True)), "path")
        _chosen(board, path, rule, across)
        return board.svg(), legend([("path", rule), ("answer", "chosen")])
    means, se = path.cv_mean, path.cv_se
    up = Scale.over([*(means + se).tolist(), *(means - se).tolist()], margin=0.06)
    board = Board(Scale.over(across), up, ("log10 of alpha", "squared error on the folds"), "Error by penalty")
    for ends in (means - se, means + se):
        board.line(list(zip(across, ends.tolist(), strict=True)), "foretold")
    board.line(list(zip(across, means.tolist(), strict=True)), "path")
    _chosen(board, path, rule, across)
    key = [("path", f"mean over {len(path.folds)} folds"), ("foretold", "one standard error"), ("answer", "chosen")]
    return board.svg(), legend(key)


def _chosen(board: Board, path: PenaltyPath, rule: str, across: list[float]) -> None:
    k = path.best(rule)
    board.line([(across[k], board.up.low), (across[k], board.up.high)], "answer")


def _table(path: PenaltyPath) -> str:
    folds = len(path.folds) > 0
    head = ["alpha", "l1", "l2", "slopes", "loss", *(["on the folds", "standard error"] if folds else []), "gap"]
    rows = [
        row([
            number(path.alphas[k], 5), number(penalty.l1, 5), number(penalty.l2, 5), number(path.df[k], 4),
            number(path.loss[k], 6),
            *([number(path.cv_mean[k], 6), number(path.cv_se[k], 3)] if folds else []), f"{path.gap[k]:.0e}",
        ])
        for k, penalty in enumerate(path.penalties)
    ]  # fmt: skip
    return table(head, rows)
