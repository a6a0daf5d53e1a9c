"""What there is to say of each endpoint and each object: for the pages of the services and for docs/reference/rest.md.

`python -m staffetta.interfaces.rest.reference docs/reference/rest.md` writes the tables of that file anew.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from typing import Any

from msgspec import inspect

from staffetta.interfaces.rest.endpoints import By, Endpoint, QueryParameter, Root
from staffetta.interfaces.rest.openapi import paging_of, types_of
from staffetta.interfaces.rest.table import ENDPOINTS

MARK = "<!-- written by python -m staffetta.interfaces.rest.reference -->\n"
SCALARS: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.BoolType: "true or false",
    inspect.NoneType: "null",
    inspect.RawType: "array",
}
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object; `required` is said of what clients send."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """An object on the wire, its members in the order in which they are written."""

    name: str
    about: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint as people read of it; `paging` has the parameters that it shares with all pages."""

    id: str
    method: str
    path: str
    aliases: tuple[str, ...]
    summary: str
    query: tuple[QueryParameter, ...]
    paging: tuple[QueryParameter, ...]
    body: str
    answer: str
    shapes: tuple[Shape, ...]
    root: Root
    by: By


def operation_of(endpoint: Endpoint) -> Operation:
    """Return what there is to say of an endpoint."""
    types = [type_ for type_ in (endpoint.body, endpoint.answer) if type_ is not None]
    return Operation(
        id=endpoint.id,
        method=endpoint.method,
        path=endpoint.path.replace(":text", ""),
        aliases=endpoint.aliases,
        summary=endpoint.summary.rstrip("."),
        query=endpoint.query,
        paging=paging_of(endpoint),
        body=_type_name(inspect.type_info(endpoint.body)) if endpoint.body is not None else NOTHING,
        answer=_type_name(inspect.type_info(endpoint.answer)) if endpoint.answer is not None else NOTHING,
        shapes=tuple(shapes_of(types)),
        root=endpoint.root,
        by=endpoint.by,
    )


def shapes_of(types: Iterable[Any]) -> Iterator[Shape]:
    """Return the objects of types, and those inside them, each once; pages are told of elsewhere."""
    seen: dict[Any, Shape] = {}
    for type_ in types:
        _collect(inspect.type_info(type_), seen)
    yield from (shape for shape in seen.values() if not shape.name.startswith("page of"))


def markdown_of(endpoints: Sequence[Endpoint]) -> str:
    """Return the tables of the reference page."""
    operations = [operation_of(endpoint) for endpoint in endpoints]
    rows = "".join(_row(operation) for operation in operations)
    objects = sorted(shapes_of(types_of(endpoints)), key=lambda shape: shape.name)
    return (
        f"\n## Resources\n\n| id | call | does | body | answer |\n| --- | --- | --- | --- | --- |\n{rows}"
        f"\n## Objects\n\nMembers in the order in which they are answered.\n{''.join(map(_section, objects))}"
    )


def write(file: Path) -> None:
    """Write the tables of the reference page anew, below the mark; what stands above stays."""
    text, _, _ = file.read_text("utf-8").partition(MARK)
    file.write_text(text + MARK + markdown_of(ENDPOINTS), "utf-8")


def _collect(info: inspect.Type, seen: dict[Any, Shape]) -> None:
    match info:
        case inspect.StructType(cls=cls, fields=fields) if cls not in seen:
            members = tuple(Member(field.encode_name, _type_name(field.type), field.required) for field in fields)
            seen[cls] = Shape(_type_name(info), _about(cls), members)
            for field in fields:
                _collect(field.type, seen)
        case inspect.ListType(item_type=item_type):
            _collect(item_type, seen)
        case inspect.UnionType(types=types):
            for each in types:
                _collect(each, seen)
        case _:
            pass


def _about(cls: Any) -> str:
    about = cleandoc(cls.__doc__ or "")
    return "" if about.startswith(f"{getattr(cls, '__name__', '')}(") else about


def _type_name(info: inspect.Type) -> str:
    match info:
        case inspect.StructType(cls=cls, fields=fields):
            items = [field.type for field in fields if field.encode_name == "Items"]
            if items and isinstance(items[0], inspect.ListType):
                return f"page of {_type_name(items[0].item_type)}"
            return str(cls.__name__)
        case inspect.ListType(item_type=item_type):
            # What else an item may be (null, in place of nothing) is no news to readers.
            kind = item_type.types[0] if isinstance(item_type, inspect.UnionType) else item_type
            return f"array of {_type_name(kind)}"
        case inspect.UnionType(types=types):
            names = [_type_name(each) for each in types if not isinstance(each, inspect.NoneType)]
            return " or ".join([*names, "null"] if len(names) < len(types) else names)
        case _:
            return SCALARS.get(type(info), "any")


def _row(operation: Operation) -> str:
    # The console service is what readers think of unless they are told.
    root = "" if operation.root == Root.CONSOLE else f"{operation.root}/"
    calls = "<br>".join(f"`{call}`" for call in (f"{operation.method} {root}{operation.path}", *operation.aliases))
    parameters = (f"`{each.name}`: {each.meaning.rstrip('.')}" for each in operation.query)
    does = "<br>".join((operation.summary, *parameters))
    return f"| {operation.id} | {calls} | {does} | {operation.body} | {operation.answer} |\n"


def _section(shape: Shape) -> str:
    members = ", ".join(f"`{member.name}` ({member.type})" for member in shape.members)
    about = f"{shape.about}\n\n" if shape.about else ""
    return f"\n### {shape.name}\n\n{about}{members}\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
