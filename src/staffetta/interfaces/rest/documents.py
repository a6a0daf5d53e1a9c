"""What the services say about themselves: the OpenAPI document, and under each service pages that people read."""

from collections.abc import Mapping, Sequence

from starlette.types import Scope

from staffetta.interfaces.pages import SECURITY_HEADERS, render
from staffetta.interfaces.rest.answering import JSON, Answer
from staffetta.interfaces.rest.endpoints import Endpoint, Root
from staffetta.interfaces.rest.matching import BASE, segments_below_base
from staffetta.kit.languages import Language

HTML = b"text/html; charset=utf-8"
OPENAPI = ("openapi.json",)
# Every answer has these already.
COMMON_NAMES = {"Cache-Control", "X-Content-Type-Options"}
HTML_HEADERS = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items() if name not in COMMON_NAMES
)


class Documents:
    """The documents of a table of endpoints, each written when it is first asked for."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._roots: Mapping[str, Root] = {root.lower(): root for root in Root}
        self._ready: dict[tuple[str, ...], Answer] = {}

    def find(self, scope: Scope) -> Answer | None:
        """Return the document that a request asks for; None where it asks for none."""
        segments = tuple(segment.lower() for segment in segments_below_base(scope["path"]) or ())
        if scope["method"] not in ("GET", "HEAD") or not segments:
            return None
        document = self._ready.get(segments) or self._written(segments)
        if document:
            self._ready[segments] = document
        return document

    def _written(self, segments: tuple[str, ...]) -> Answer | None:
        if segments == OPENAPI:
            from staffetta.interfaces.rest.openapi import openapi_of  # noqa: PLC0415 - asked for once, if at all

            return Answer(200, openapi_of(self._endpoints), JSON)
        root = self._roots.get(segments[0])
        if root is None:
            return None
        match segments[1:]:
            case ("help",) | ("help", "operations"):
                return self._help(root)
            case ("help", "operations", operation_id):
                return self._operation(root, operation_id)
            case _:
                return None

    def _help(self, root: Root) -> Answer:
        from staffetta.interfaces.rest.reference import operation_of  # noqa: PLC0415 - as above

        operations = [operation_of(endpoint) for endpoint in self._endpoints if endpoint.root == root]
        return _page("rest/help.html", root=root, operations=operations)

    def _operation(self, root: Root, operation_id: str) -> Answer | None:
        from staffetta.interfaces.rest.reference import operation_of  # noqa: PLC0415 - as above

        for endpoint in self._endpoints:
            if endpoint.root == root and endpoint.id.lower() == operation_id:
                return _page("rest/operation.html", root=root, operation=operation_of(endpoint))
        return None


def _page(template: str, **values: object) -> Answer:
    html = render(template, Language.EN, base=BASE, **values)
    return Answer(200, html.encode(), HTML, HTML_HEADERS)
