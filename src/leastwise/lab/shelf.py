"""What the page can ask of Python: sets of data, agreement, diagnoses. The same for the server and the widget."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..checking.catalogue import BY_CODE
from ..descent.table import OPTIMIZERS
from ..rows.files import READERS, open_source
from ..types import DataError, LeastwiseError, UsageError
from ..words import listing
from .asked import Asked
from .presets import presets
from .sets import Set, chunk_of, set_of
from .twins import agreement, diagnosis

MOST_UPLOAD = 32 * 2**20
MOST_KEPT = 20


class Shelf:
    """Sets by id: those that come with the lab, and those that were opened or uploaded, the last 20 of them."""

    def __init__(self, *sets: Set) -> None:
        self.own: dict[str, Set] = {one.id: one for one in sets}
        self.kinds: dict[str, Callable[[Mapping[str, Any], bytes], dict[str, Any]]] = {
            "set": self._set, "choose": self._choose, "upload": self._upload, "agree": self._agree,
            "diagnose": self._diagnose,
        }  # fmt: skip

    @cached_property
    def folder(self) -> Path:
        """Where uploads lie; it goes when the shelf does."""
        made = Path(tempfile.mkdtemp(prefix="leastwise-lab-"))
        weakref.finalize(self, shutil.rmtree, made, ignore_errors=True)
        return made

    def answer(self, kind: str, told: Any, body: bytes = b"") -> dict[str, Any]:
        """What is asked, as plain values. Raises UsageError or DataError.

        "set" {id}; "choose" {id, target, names}; "upload" {name} and the file; "agree": an `Asked`, with the id of a
        set where it has no rows; "diagnose" {mistake}.
        """
        if kind not in self.kinds:
            raise UsageError(f"there is nothing called {kind[:40]!r} to ask: there are {listing(list(self.kinds), 9)}")
        if not isinstance(told, Mapping):
            raise UsageError("the request must be one JSON object")
        return self.kinds[kind](told, body)

    def _found(self, told: Mapping[str, Any]) -> Set:
        name = told.get("id")
        one = self.own.get(name) or presets().get(name) if isinstance(name, str) else None
        if one is None:
            raise DataError(f"there is no set {str(name)[:40]!r} here any more: open or upload it again")
        return one

    def _set(self, told: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        return self._found(told).record()

    def _choose(self, told: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        one, target, names = self._found(told), told.get("target"), told.get("names")
        if not isinstance(target, str) or not isinstance(names, list) or not all(isinstance(x, str) for x in names):
            raise UsageError("choose takes a target and a list of names")
        selection = one.selection.source.choose(target, names).dropping(
            "drop" if one.selection.drop_missing else "error"
        )
        return self._kept(
            set_of(f"{one.id.partition(':')[0]}:{target}~{'~'.join(names)}", one.title, selection, one.source)
        )

    def _upload(self, told: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        name = "".join(letter for letter in Path(str(told.get("name", ""))).name if letter.isprintable())[-200:]
        if not body:
            raise DataError(f"{name or 'the file'} is empty: it needs a header and at least two rows")
        suffixes = [part for part in Path(name).suffixes if part[1:].lower() in (*READERS, "gz", "zst")]
        if not any(part[1:].lower() in READERS for part in suffixes):
            known = listing(sorted(READERS), 20)
            raise DataError(
                f"{name or 'the file'} is not a kind of file that is read here: rename it to one of {known}"
            )
        path = self.folder / f"{hashlib.sha256(body).hexdigest()[:12]}{''.join(suffixes)}"
        path.write_bytes(body)
        with _called(path, name):
            source = replace(open_source(str(path)), label=name)
            selection = source.choose(source.numeric[-1] if source.numeric else None).dropping("drop")
            return self._kept(set_of(f"upload-{path.name.partition('.')[0]}", name, selection, name))

    def _agree(self, told: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        asked = Asked.of(told)
        if asked.rows is not None:
            return agreement(asked, chunk_of(asked.rows))
        one = self._found(told)
        if asked.mistake:
            raise UsageError("a mistake is shown on rows: they are too many here")
        if one.triangle.features + 1 != len(asked.start):
            raise UsageError(f"start must be {one.triangle.features + 1} numbers for this set")
        return agreement(asked, one.triangle.rows())

    def _diagnose(self, told: Mapping[str, Any], body: bytes) -> dict[str, Any]:
        return diagnosis(str(told.get("mistake"))).record()

    def _kept(self, one: Set) -> dict[str, Any]:
        self.own.pop(one.id, None)
        self.own[one.id] = one
        while len(self.own) > MOST_KEPT:
            self.own.pop(next(iter(self.own)))
        return one.record()


def info(host: str, first: str) -> dict[str, Any]:
    """What the page knows from the beginning: presets, optimisers, mistakes; `first` is the set that it begins with."""
    return {
        "host": host,
        "first": first,
        "presets": [one.record() for one in presets().values()],
        "optimizers": {
            name: {"sentence": one.sentence, "torch": one.torch}
            for name, one in OPTIMIZERS.items()
            if not one.reduction
        },
        "mistakes": {
            code: {"code": code, "name": entry.name, "sentence": entry.sentence, "mend": entry.mend}
            for code, entry in BY_CODE.items()
            if code.startswith("LW1")
        },
    }


@contextmanager
def _called(path: Path, name: str) -> Iterator[None]:
    """Errors name the file as its owner does."""
    try:
        yield
    except LeastwiseError as error:
        raise DataError(str(error).replace(str(path), name)) from None
