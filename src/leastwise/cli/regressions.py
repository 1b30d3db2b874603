"""What commands show of many regressions: `leastwise fit --by`, --rolling, --expanding and -y a,b."""

from __future__ import annotations

import json as json_
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import clean
from ..types import UsageError
from ..words import listing
from .options import notes, put

if TYPE_CHECKING:
    from ..regressions import Regressions
    from ..rows.source import Source

SHOWN = 10
SEVERAL = "-y with several columns"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of the regressions, as the options name them."""

    y: str | None
    x: list[str] | None
    weights: str | None
    formula: str | None


@dataclass(frozen=True, slots=True)
class Many:
    """What asks for many regressions, each None unless it does, and where their table goes."""

    by: list[str] | None
    rolling: int | None
    expanding: int | None
    targets: list[str] | None
    step: int | None
    intercept: bool
    output: Path | None
    json: bool

    @property
    def asked(self) -> list[str]:
        """The options that ask for many."""
        every = {"--by": self.by, "--rolling": self.rolling, "--expanding": self.expanding, SEVERAL: self.targets}
        return [name for name, value in every.items() if value is not None]

    def refuse(self, columns: Columns, others: bool) -> None:
        """UsageError for choices that do not go together; `others` are those that no table takes."""
        if not self.asked and (self.output is not None or self.step is not None):
            also = "(-o for --by and several targets too)"
            raise UsageError(f"--step and -o are for --rolling and --expanding {also}: --save keeps a fit")
        if len(self.asked) > 1:
            raise UsageError(f"{listing(self.asked)} exclude each other: choose one")
        windows, targets = self.rolling is not None or self.expanding is not None, self.targets is not None
        if self.asked and (others or (columns.formula and targets) or (self.step is not None and not windows)):
            also = " --formula, --step," if windows else "" if targets else " --formula,"
            takes = f"-y, -x, -o,{also} --weights, --no-intercept, --json, --missing, --table, --sql and --url"
            raise UsageError(f"{self.asked[0]} takes {takes}, and no other choice")

    def fit(self, source: Source, columns: Columns, missing: str) -> None:
        """Fit all; write the table; print its first lines, or all of it as JSON."""
        refuse_output(self.output)
        if self.by is not None:
            found = self._groups(source, columns, self.by, missing)
        elif self.targets is not None:
            found = self._several(source, columns, self.targets, missing)
        else:
            found = self._windows(source, columns, missing)
        tell(found, self.output, self.json)

    def _groups(self, source: Source, columns: Columns, by: list[str], missing: str) -> Regressions:
        from ..groups.fit_by import columns_by, fit_groups

        labels = source.named(by) or []
        selection, named, texts = columns_by(
            source, columns.y, source.named(columns.x), labels, columns.weights, columns.formula
        )
        return fit_groups(selection.dropping(missing), named, texts, self.intercept)

    def _several(self, source: Source, columns: Columns, targets: list[str], missing: str) -> Regressions:
        from ..targets import fit_several, of_source

        rows = of_source(source, targets, source.named(columns.x), columns.weights, missing)
        return fit_several(rows, self.intercept)

    def _windows(self, source: Source, columns: Columns, missing: str) -> Regressions:
        from ..rows.design import designed
        from ..windows.fit import expand, roll

        chosen = designed(source, columns.y, source.named(columns.x), columns.weights, columns.formula)
        selection = chosen.dropping(missing)
        notes(selection)
        step = 1 if self.step is None else self.step
        if self.rolling is not None:
            return roll(selection, self.rolling, step, self.intercept)
        assert self.expanding is not None
        return expand(selection, self.expanding, step, self.intercept)


def refuse_output(output: Path | None) -> None:
    """UsageError for a table of no known kind."""
    from ..descent.history import table_path

    if output is not None:
        table_path(output)


def tell(found: Regressions, output: Path | None, json: bool) -> None:
    """Write the table, print its first lines, or all of it as JSON."""
    if output is not None:
        found.save(output)
        print(f"wrote {output}", file=sys.stderr)
    put(lambda: print(_json(found) if json else _text(found)))


def _json(found: Regressions) -> str:
    columns = {name: values.tolist() for name, values in found.columns().items()}
    record = {"schema": f"leastwise.{found.unit}s/1", "target": found.target, "names": found.names,
              "by": list(found.by), "dropped_rows": found.dropped_rows, "notes": found.notes,
              "columns": columns}  # fmt: skip
    return json_.dumps(clean(record), allow_nan=False)


def _text(found: Regressions) -> str:
    from ..words import aligned, count, number

    head = [*found.by, "n", *(part for term in found.terms for part in (term, "se")), "r2", "status"]
    rows = [head]
    for k in range(min(len(found), SHOWN)):
        pairs = zip(found.theta[k], found.se[k], strict=True)
        labels = [str(values[k]) for values in found.by.values()]
        numbers = [number(float(value), 5) for pair in pairs for value in pair]
        rows.append([*labels, f"{found.n[k]:,}", *numbers, number(float(found.r2[k])), str(found.status[k])])
    more = len(found) - SHOWN
    rest = [f"and {count(more, f'more {found.unit}')}: -o FILE.parquet or --json has them all"] if more > 0 else []
    return "\n".join([found.summary(), "", *aligned(rows), *rest])
