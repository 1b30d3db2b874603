"""The lab's server over HTTP, on this machine alone."""

from __future__ import annotations

import secrets
import signal
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from ..types import UsageError
from .app import App, Refused, Response, _json, too_large
from .app import Request as Asked
from .shelf import Shelf

HOST, PORT = "127.0.0.1", 8642


def bound(port: int | None) -> socket.socket:
    """A socket on `port`; without one on 8642, or any that is free. Raises UsageError where it is taken."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for tried in (PORT, 0) if port is None else (port,):
        try:
            taken.bind((HOST, tried))
            return taken
        except OverflowError:
            raise UsageError(f"--port must be a number from 0 to 65535: it is {port}") from None
        except OSError as error:
            reason = error.strerror
    taken.close()
    raise UsageError(f"port {port} cannot be had ({reason}): choose another with --port, or 0 for any that is free")


def serve(shelf: Shelf, listener: socket.socket, ready: Callable[[str], None], first: str = "") -> None:
    """Answer on `listener` until interrupted or terminated; `ready` is told the address, which opens set `first`."""
    import uvicorn

    port = listener.getsockname()[1]
    app = App(shelf, secrets.token_urlsafe(16), port)
    opened = f"#data={quote(first)}" if first else ""
    config = uvicorn.Config(_asgi(app), log_level="warning", access_log=False, server_header=False)
    server = uvicorn.Server(config)
    # uvicorn raises the signal that it was ended by once more: as an exception, so that nothing is left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listener.listen()
    ready(f"http://{HOST}:{port}/?token={app.token}{opened}")
    server.run([listener])


def _asgi(app: App) -> Any:
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response as Sent
    from starlette.routing import Route

    async def answer(request: Request) -> Sent:
        asked = Asked(request.method, request.url.path, dict(request.headers), dict(request.query_params))
        body = b""
        try:
            app.admit(asked)
            async for part in request.stream():
                body += part
                if len(body) > app.most(asked.path):
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, too_large(app.most(asked.path)))
        except Refused as refusal:
            return _sent(_json({"error": str(refusal)}, refusal.status))
        except ClientDisconnect:
            return Sent(status_code=HTTPStatus.BAD_REQUEST)
        return _sent(
            await run_in_threadpool(app.respond, Asked(asked.method, asked.path, asked.headers, asked.query, body))
        )

    def _sent(response: Response) -> Sent:
        return Sent(response.body, response.status, response.headers)

    every = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", answer, methods=every)])
