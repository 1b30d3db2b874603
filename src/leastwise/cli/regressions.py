"""What commands show of many regressions: `leastwise fit --by`, --rolling, --expanding and -y a,b."""

from __future__ import annotations

import json as json_
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..atomic import clean
from .options import put

if TYPE_CHECKING:
    from ..regressions import Regressions
    from ..rows.source import Selection, Source

SHOWN = 10


def fit_groups(
    source: Source, y: str | None, x: list[str] | None, by: list[str], missing: str, output: Path | None, json: bool
) -> None:
    """Fit every group; print the first ones, or all as JSON; write the table."""
    from ..groups.fit_by import columns_by
    from ..groups.fit_by import fit_groups as fitted

    refuse_output(output)
    selection, named, texts = columns_by(source, y, source.named(x), source.named(by) or [])
    tell(fitted(selection.dropping(missing), named, texts), output, json)


def fit_windows(
    selection: Selection, rolling: int | None, expanding: int | None, step: int, intercept: bool,
    output: Path | None, json: bool,
) -> None:  # fmt: skip
    """Fit every window; print the first ones, or all as JSON; write the table."""
    from ..windows.fit import expand, roll

    refuse_output(output)
    if rolling is not None:
        tell(roll(selection, rolling, step, intercept), output, json)
    elif expanding is not None:
        tell(expand(selection, expanding, step, intercept), output, json)


def fit_targets(
    source: Source, y: list[str], x: list[str] | None, weights: str | None, missing: str, output: Path | None,
    json: bool,
) -> None:  # fmt: skip
    """Fit every target; print the first ones, or all as JSON; write the table."""
    from ..targets import fit_several, of_source

    refuse_output(output)
    tell(fit_several(of_source(source, y, source.named(x), weights, missing)), output, json)


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
