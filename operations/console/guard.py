"""Who may ask: only this machine's own pages. Holds every answer to a policy that lets a page load nothing foreign.

A page of another site can make the operator's browser send requests here; it can neither choose the Host header (which
stops DNS rebinding) nor hide its Origin.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from operations.console.answers import ProblemAnswer
from operations.problems import Problem

_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """ASGI middleware in front of everything, for a console that listens on `port`."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in _NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if scope["path"].startswith("/api/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refused = self._refused(scope["method"], Headers(scope=scope))
        await (ProblemAnswer(refused) if refused else self._app)(scope, receive, hardened)

    def _refused(self, method: str, headers: Headers) -> Problem | None:
        host = headers.get("host", "")
        if host not in self._hosts:
            return Problem(
                "misdirected", "The console answers on loopback only.", "Open the address that it printed.", 421
            )
        origin = headers.get("origin")
        foreign = origin is not None and origin != f"http://{host}"
        if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Problem(
                "foreign_origin",
                "Another site's page has sent this request.",
                "Use the console's own page, or curl without an Origin header.",
                403,
            )
        if method not in ("GET", "HEAD") and headers.get("content-type", "").partition(";")[0] != "application/json":
            return Problem(
                "unsupported_media_type", "The request is not JSON.", "Send `Content-Type: application/json`.", 415
            )
        return None
