"""The lab in a notebook."""

from __future__ import annotations

import os
from typing import Any

from ..types import LeastwiseError, UsageError

try:
    import anywidget
    import traitlets
except ImportError:
    raise UsageError("the widget needs anywidget: pip install 'leastwise[notebook]'") from None

from ..atomic import clean
from ..rows.select import select
from .page import static
from .presets import presets
from .sets import set_of
from .shelf import Shelf, info


class Widget(anywidget.AnyWidget):
    """The lab on a built-in set, a file, a frame or arrays X (n, p), y (n,): `Widget("article")`, `Widget(X, y)`.

    `state` is what is shown, kept in step both ways: read `widget.state["rate"]`, or set
    `widget.state = {**widget.state, "rate": 0.004}`. `settings` are those to begin with: rate, epochs, optimizer,
    scale, start, mistake.
    Raises UsageError or DataError as `fit` does.
    """

    _esm = traitlets.Unicode(static("lab.js")).tag(sync=True)
    _css = traitlets.Unicode(static("lab.css")).tag(sync=True)
    info = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, X: Any = "article", y: Any = None, *, x: Any = None, **settings: Any) -> None:
        if isinstance(X, str) and X in presets() and y is None:
            first = presets()[X]
        else:
            source = os.fspath(X) if isinstance(X, str | os.PathLike) else ""
            first = set_of("data", source or "your rows", select(X, y, None, x), source)
        self.shelf = Shelf(first)
        told = info("widget", first.id)
        told["own"] = {**first.record(), "settings": {**first.settings, **settings}}
        super().__init__(info=clean(told), state={})
        self.on_msg(self._answer)

    def _answer(self, _: Any, asked: Any, buffers: Any) -> None:
        """A message {id, kind, told} from the page, and for uploads the file."""
        reply: dict[str, Any] = {"id": asked.get("id")} if isinstance(asked, dict) else {}
        try:
            body = bytes(buffers[0]) if buffers else b""
            reply["answer"] = clean(self.shelf.answer(str(asked.get("kind")), asked.get("told"), body))
        except LeastwiseError as error:
            reply["error"] = str(error)
        self.send(reply)
