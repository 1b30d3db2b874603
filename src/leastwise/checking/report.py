"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..types import LeastwiseError
from .catalogue import BY_CODE


class WrongError(LeastwiseError):
    """A linear regression that was checked is wrong."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake that reproduces the numbers: its stable code, name, sentence, evidence (numbers) and mend.

    `line`: of the file that it is written in, where that is known.
    """

    code: str
    name: str
    sentence: str
    evidence: str
    mend: str
    line: int | None = None

    @classmethod
    def of(cls, code: str, evidence: str, more: str = "", line: int | None = None) -> Fault:
        """That of the catalogue, with what was seen."""
        entry = BY_CODE[code]
        return cls(code, entry.name, f"{entry.sentence} {more}".strip(), evidence, entry.mend, line)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A sentence: something is wrong, and nothing that is known here reproduces it."""

    sentence: str


Found = Fault | Unknown | str
"""What a part of the check finds: a str is a note."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was checked, how ("descent", "closed form", "metric", ...), and what is wrong with it.

    `faults`: what reproduces the numbers; `unknown`: a sentence where something is wrong and nothing known reproduces
    it; `digits`: by problem, how many agree with the reference; `notes`: what is no fault but good to know; `paths`:
    parameters (slope, intercept) by epoch, "yours" and "right", of a descent.
    """

    name: str
    kind: str
    faults: tuple[Fault, ...] = ()
    unknown: str = ""
    digits: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    paths: Mapping[str, list[list[float]]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, kind: str, found: Iterable[Found], **more: Any) -> CheckReport:
        """What was found, sorted into faults, notes and what is not known; `more`: digits and paths."""
        found = list(found)
        faults = tuple(one for one in found if isinstance(one, Fault))
        unknown = " ".join(one.sentence for one in found if isinstance(one, Unknown))
        return cls(name, kind, faults, unknown, notes=tuple(one for one in found if isinstance(one, str)), **more)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and not self.unknown

    @property
    def outcome(self) -> str:
        """In words: right, wrong, or neither is known."""
        return "right" if self.ok else "wrong" if self.faults else "not known to be right"

    def record(self) -> dict[str, Any]:
        """It as plain values, for JSON."""
        return {**asdict(self), "ok": self.ok}

    def raise_if_wrong(self) -> None:
        """For tests: raises WrongError with the account where something is wrong."""
        if not self.ok:
            raise WrongError(self.account())

    def account(self) -> str:
        """The whole report as text."""
        lines = [f"{self.name} ({self.kind}): {self.outcome}"]
        for fault in self.faults:
            lines += [
                "",
                f"{fault.code} {fault.name}: {fault.sentence}",
                f"  evidence: {fault.evidence}",
                f"  mend: {fault.mend}",
            ]
        lines += ["", self.unknown] if self.unknown else []
        if self.digits:
            lines += ["", "digits that agree:", *(f"  {name:32}{value:5.1f}" for name, value in self.digits.items())]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])
