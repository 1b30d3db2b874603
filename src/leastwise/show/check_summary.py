"""What a check found, for GitHub: a summary in Markdown, and annotations on the lines of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from ..checking.report import CheckReport, Fault


def check_markdown(report: CheckReport, where: str) -> str:
    """A report of `check` as GitHub-flavoured Markdown; `where`: what was checked, as it was named."""
    parts = [
        f"## {report.outcome.capitalize()}: {_plain(report.name)}",
        f"{_plain(where)} ({_plain(report.kind)})",
        _table(["code", "mistake", "evidence", "mend", "line"], [_told(fault) for fault in report.faults]),
        _plain(report.unknown),
        _table(["problem", "digits that agree"], [(name, f"{max(v, 0.0):.1f}") for name, v in report.digits.items()]),
        "\n".join(f"- {_plain(note)}" for note in report.notes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def check_annotations(report: CheckReport, file: str | None) -> list[str]:
    """A report of `check` as GitHub workflow commands, one a line: an error for each mistake, a notice for each note.

    `file`: where the code is, as a path in the repository; None where that is not known.
    """
    unknown = [_command("error", file, None, "unknown mistake", report.unknown)] if report.unknown else []
    return [
        *(_command("error", file, fault.line, f"{fault.code} {fault.name}", _words(fault)) for fault in report.faults),
        *unknown,
        *(_command("notice", file, None, "note", note) for note in report.notes),
    ]


def _command(kind: str, file: str | None, line: int | None, title: str, words: str) -> str:
    where = [] if file is None else [("file", file), *([("line", f"{line}")] if line is not None else [])]
    properties = ",".join(f"{name}={_property(value)}" for name, value in [*where, ("title", title)])
    return f"::{kind} {properties}::{_data(words)}"


def _words(fault: Fault) -> str:
    return "\n".join(part for part in (fault.sentence, fault.evidence, fault.mend) if part)


def _data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")


def _told(fault: Fault) -> tuple[str, ...]:
    line = "" if fault.line is None else f"{fault.line}"
    return fault.code, f"{fault.name}: {fault.sentence}", fault.evidence, fault.mend, line


def _table(head: Sequence[str], rows: Sequence[Iterable[str]]) -> str:
    """Nothing where there are no rows."""
    lines = [head, ["---"] * len(head), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else ""


def _plain(words: str) -> str:
    """On one line, with nothing that Markdown or HTML would take for its own."""
    return re.sub(r"([\\`*_\[\]|~#$])", r"\\\1", escape(" ".join(words.split()), quote=False))
