"""Which application serves a path: letter case and doubled slashes do not matter (contract 1.2)."""

import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile(r"/{2,}")


class Router:
    """Leads a request to the application of its first path segment, or of its whole path."""

    def __init__(self, *, segments: Mapping[str, ASGIApp], paths: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        self._segments = segments
        self._paths = paths
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; `scope["path"]` reaches the application with single slashes, in its own letter case."""
        path: str = scope["path"]
        if "//" in path:
            path = scope["path"] = _SLASHES.sub("/", path)
        application = self._paths.get(path.lower())
        if application is None:
            segment = path[1:].partition("/")[0].lower()
            application = self._segments.get(segment, self._otherwise)
        await application(scope, receive, send)
