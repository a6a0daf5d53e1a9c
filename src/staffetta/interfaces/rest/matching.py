"""Which resource a path names: literals in any letter case, ids as positive numbers (contract 2.1)."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from staffetta.errors import NotFound
from staffetta.interfaces.parameters import LARGEST_ID
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.errors import MethodNotAllowed

VERSIONS = ("v1.1", "v1")
BASE = f"/API/{VERSIONS[0]}/Rest"
PLACEHOLDER = re.compile(r"\{(\w+)(:text)?\}")
MOST_SEGMENTS = 16
LONGEST_TEXT = 256


class Match(NamedTuple):
    """The resource of a path, and what stands in the path's placeholders."""

    endpoint: Endpoint
    ids: dict[str, int]
    texts: dict[str, str]


class _Route(NamedTuple):
    """An endpoint under one of its spellings; the placeholders of another spelling may have other names."""

    endpoint: Endpoint
    names: tuple[str, ...]


class _Node:
    """The segments that may follow a beginning of a path."""

    __slots__ = ("literals", "number", "routes", "text")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.number: _Node | None = None
        self.text: _Node | None = None
        self.routes: dict[str, _Route] = {}


class Matcher:
    """Finds endpoints by path and verb."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._root = _Node()
        for endpoint in endpoints:
            for method, path in spellings(endpoint):
                self._add(endpoint, method, path)

    def match(self, method: str, path: str) -> Match:
        """Return the resource of a path below `/API`; HEAD asks for what GET does.

        Raises:
            NotFound: there is no such path.
            MethodNotAllowed: there is, with other verbs.

        """
        wanted = "GET" if method == "HEAD" else method
        allowed: dict[str, None] = {}
        for node, values in _ends(self._root, _segments(path), 0, ()):
            route = node.routes.get(wanted)
            if route:
                return _match(route, values)
            allowed.update(dict.fromkeys(node.routes))
        if allowed:
            raise MethodNotAllowed(tuple(sorted(allowed)))
        raise NotFound("There is no such resource.")

    def _add(self, endpoint: Endpoint, method: str, path: str) -> None:
        node, names = self._root, []
        for segment in [endpoint.root, *path.split("/")]:
            placeholder = PLACEHOLDER.fullmatch(segment)
            if placeholder is None:
                node = node.literals.setdefault(segment.lower(), _Node())
                continue
            names.append(placeholder[1])
            if placeholder[2]:
                node.text = node = node.text or _Node()
            else:
                node.number = node = node.number or _Node()
        if method in node.routes:
            raise ValueError(f"{method} {path} has two endpoints: {node.routes[method].endpoint.id}, {endpoint.id}")
        node.routes[method] = _Route(endpoint, tuple(names))


def spellings(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Return the verbs and paths of an endpoint, its own first."""
    yield endpoint.method, endpoint.path
    for alias in endpoint.aliases:
        method, _, path = alias.partition(" ")
        yield method, path


def segments_below_base(path: str) -> list[str] | None:
    """Return the segments of a path below `/API/v1.1/Rest`, or None if it does not lead there."""
    # sdk ends a path in a blank, others in a slash; doubled slashes are one.
    segments = [segment for segment in path.rstrip("/ \t").split("/", MOST_SEGMENTS) if segment]
    if len(segments) < len(("api", "version", "rest")):
        return None
    api, version, rest = (segment.lower() for segment in segments[:3])
    return segments[3:] if api == "api" and version in VERSIONS and rest == "rest" else None


def _segments(path: str) -> list[str]:
    segments = segments_below_base(path)
    if segments is None:
        raise NotFound("There is no such resource.")
    return segments


def _ends(
    node: _Node, segments: list[str], at: int, values: tuple[int | str, ...]
) -> Iterator[tuple[_Node, tuple[int | str, ...]]]:
    """Return the nodes that a path can end at: those reached by a literal before those reached by an id."""
    if at == len(segments):
        yield node, values
        return
    segment = segments[at]
    literal = node.literals.get(segment.lower())
    if literal:
        yield from _ends(literal, segments, at + 1, values)
    if node.number and (number := _id(segment)):
        yield from _ends(node.number, segments, at + 1, (*values, number))
    if node.text and len(segment) <= LONGEST_TEXT and segment.isprintable():
        yield from _ends(node.text, segments, at + 1, (*values, segment))


def _id(segment: str) -> int | None:
    if not (segment.isascii() and segment.isdigit()) or len(segment) > len(str(LARGEST_ID)):
        return None
    number = int(segment)
    return number if 0 < number <= LARGEST_ID else None


def _match(route: _Route, values: tuple[int | str, ...]) -> Match:
    pairs = list(zip(route.names, values, strict=True))
    return Match(
        route.endpoint,
        {name: value for name, value in pairs if isinstance(value, int)},
        {name: value for name, value in pairs if isinstance(value, str)},
    )
