"""Which application serves a path: letter case, doubled slashes and path info do not matter (contract 1.2)."""

import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile(r"/{2,}")
# IIS takes for the path info of a page what follows it: a client calls `xmlSubscribe.aspx/?source=…`.
_PATH_INFO = re.compile(r"(?<=\.aspx)/.*", re.IGNORECASE | re.DOTALL)


class Router:
    """Leads a request to the application of its first path segment, or of its whole path."""

    def __init__(self, *, segments: Mapping[str, ASGIApp], paths: Mapping[str, ASGIApp], otherwise: ASGIApp) -> None:
        self._segments = segments
        self._paths = paths
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        `scope["path"]` reaches the application in its own letter case, with single slashes, and ends on the page.
        """
        path: str = scope["path"]
        if "//" in path:
            path = scope["path"] = _SLASHES.sub("/", path)
        name = path.lower()
        if ".aspx/" in name:
            path = scope["path"] = _PATH_INFO.sub("", path, count=1)
            name = path.lower()
        application = self._paths.get(name)
        if application is None:
            segment = path[1:].partition("/")[0].lower()
            application = self._segments.get(segment, self._otherwise)
        await application(scope, receive, send)
