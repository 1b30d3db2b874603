"""The lab's server as a function: a request in, a response out."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ..atomic import clean
from ..types import LeastwiseError
from .page import index, static
from .shelf import MOST_UPLOAD, Shelf

MOST_JSON = 8 * 2**20
READS_FILES = ("set", "choose", "upload")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Request:
    """A request over HTTP: header names in lower case, `query` and `body` as they came."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back."""

    status: int
    kind: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Nothing is kept, guessed, framed, or fetched from elsewhere."""
        return {
            "content-type": self.kind, "cache-control": "no-store", "content-security-policy": POLICY,
            "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
            "cross-origin-resource-policy": "same-origin", "cross-origin-opener-policy": "same-origin",
        }  # fmt: skip


class Refused(Exception):  # noqa: N818
    """A request that is refused, with its status and a sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class App:
    """The lab on `port` of this machine: whoever has the `token` may read files."""

    shelf: Shelf
    token: str
    port: int

    def respond(self, request: Request) -> Response:
        """The answer to a request; what is refused says why in a sentence."""
        try:
            self.admit(request)
            return self._page(request) if request.method == "GET" else self._asked(request)
        except Refused as refusal:
            return _json({"error": str(refusal)}, refusal.status)
        except LeastwiseError as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except (ArithmeticError, ValueError, MemoryError) as error:
            said = f"this cannot be computed ({type(error).__name__}): bring the numbers nearer to 1, or take fewer"
            return _json({"error": said}, HTTPStatus.UNPROCESSABLE_ENTITY)

    def admit(self, request: Request) -> None:
        """Raises Refused for another host or origin, a method or a length that is not taken; reads no body."""
        hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if host not in hosts:
            raise Refused(
                HTTPStatus.FORBIDDEN, f"host {host[:80]!r} is not this lab's: open http://127.0.0.1:{self.port}/"
            )
        if origin is not None and origin.removeprefix("http://") not in hosts:
            raise Refused(
                HTTPStatus.FORBIDDEN, f"origin {origin[:80]!r} may not ask this lab: it answers its own page alone"
            )
        if request.method not in ("GET", "POST"):
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method[:20]} is not taken here: GET and POST are")
        most = self.most(request.path)
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large(most))

    @staticmethod
    def most(path: str) -> int:
        """Bytes that a request to `path` may have."""
        return MOST_UPLOAD if path == "/api/upload" else MOST_JSON

    def _page(self, request: Request) -> Response:
        if request.path == "/":
            return Response(HTTPStatus.OK, "text/html; charset=utf-8", index().encode())
        if request.path == "/favicon.ico":
            return Response(HTTPStatus.NO_CONTENT, "image/x-icon", b"")
        kinds = {"/lab.js": "text/javascript; charset=utf-8", "/lab.css": "text/css; charset=utf-8"}
        if request.path in kinds:
            return Response(HTTPStatus.OK, kinds[request.path], static(request.path[1:]).encode())
        raise _nothing(request)

    def _asked(self, request: Request) -> Response:
        kind = request.path.removeprefix("/api/")
        if kind == request.path or kind not in self.shelf.kinds:
            raise _nothing(request)
        given = request.headers.get("x-leastwise-token", "")
        if kind in READS_FILES and not hmac.compare_digest(given.encode(), self.token.encode()):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "reading files needs the token of this lab: open the whole address that leastwise lab printed",
            )
        if len(request.body) > self.most(request.path):
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large(self.most(request.path)))
        if kind == "upload":
            return _json(self.shelf.answer(kind, dict(request.query), request.body))
        return _json(self.shelf.answer(kind, _parsed(request)))


def too_large(most: int) -> str:
    """The sentence for a body of too many bytes."""
    return f"that is more than the {most // 2**20} MiB that are taken here: give it to leastwise lab as DATA instead"


def _parsed(request: Request) -> Any:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a request must be JSON, of content type application/json")
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(HTTPStatus.BAD_REQUEST, "the request is not JSON: send one JSON object") from None


def _nothing(request: Request) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, f"there is nothing at {request.path[:80]!r}: the lab is at /")


def _json(value: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(status, "application/json", json.dumps(clean(value), allow_nan=False).encode())
