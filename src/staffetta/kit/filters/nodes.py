"""What a filter says, as a tree of plain values."""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from staffetta.errors import InvalidArgument

Constant: TypeAlias = int | float | str | bool | None

# What the databases compute with.
LARGEST_INTEGER = 2**63 - 1
MOST_NODES = 200
# What walks the tree may recurse: the deepest walk, SQLAlchemy's, takes some ten frames a level.
DEEPEST = 50
LONGEST_ECHO = 60


class Literal(msgspec.Struct, frozen=True):
    """A value that stands in the filter."""

    value: Constant


class Reference(msgspec.Struct, frozen=True):
    """A property of the item: `Email`, `message.id`, or with a key `Fields['name']`."""

    name: str
    key: str | None = None

    def __str__(self) -> str:
        shown = self.name if self.key is None else f"{self.name}['{self.key}']"
        return shown[:LONGEST_ECHO]


class Method(msgspec.Struct, frozen=True):
    """A method of a text, its name in lower case; `length` is one too."""

    subject: "Node"
    name: str
    arguments: tuple["Node", ...] = ()


class Computation(msgspec.Struct, frozen=True):
    """Two numbers and what is between them: `+ - * / % << >>`."""

    operator: str
    left: "Node"
    right: "Node"


class Comparison(msgspec.Struct, frozen=True):
    """Two values and how they must stand to each other: `== != < <= > >=`."""

    operator: str
    left: "Node"
    right: "Node"


class Not(msgspec.Struct, frozen=True):
    """What must not be."""

    operand: "Node"


class Every(msgspec.Struct, frozen=True):
    """Conditions that must all hold."""

    parts: tuple["Node", ...]


class Either(msgspec.Struct, frozen=True):
    """Conditions of which one must hold."""

    parts: tuple["Node", ...]


Node: TypeAlias = Literal | Reference | Method | Computation | Comparison | Not | Every | Either


class Order(msgspec.Struct, frozen=True):
    """A property to sort by."""

    name: str
    descending: bool = False
    key: str | None = None

    @property
    def reference(self) -> Reference:
        """The property as a filter names it."""
        return Reference(self.name, self.key)


class UnknownProperty(InvalidArgument):
    """The items have no property of that name."""

    def __init__(self, reference: Reference) -> None:
        super().__init__(f"there is no property {reference} to filter or order by")


def no_condition() -> InvalidArgument:
    return InvalidArgument("filterby is no condition: compare a property, as in Name=='Newsletter'")


def check_size(root: Node) -> None:
    """Refuse a tree that is too large or too deep to walk, without recursion.

    Raises:
        InvalidArgument: more than 200 nodes, or more than 50 inside each other.

    """
    waiting, seen = [(root, 1)], 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if seen > MOST_NODES:
            raise InvalidArgument(f"filterby has more than {MOST_NODES} names, values and operators")
        if depth > DEEPEST:
            raise InvalidArgument(f"filterby has more than {DEEPEST} levels")
        waiting += [(child, depth + 1) for child in children(node)]


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes that a node is made of."""
    match node:
        case Method():
            return (node.subject, *node.arguments)
        case Computation() | Comparison():
            return (node.left, node.right)
        case Not():
            return (node.operand,)
        case Every() | Either():
            return node.parts
        case _:
            return ()


def exact_values(node: Node | None, name: str) -> tuple[str, ...]:
    """Return the texts that a property is asked to equal or contain: clients mean the one item by either."""
    found = dict.fromkeys(_exact_values(node, name.lower())) if node is not None else {}
    return tuple(found)


def _exact_values(node: Node, name: str) -> Iterator[str]:
    match node:
        case Comparison(operator="==", left=left, right=right):
            yield from _text_of(left, right, name)
            yield from _text_of(right, left, name)
        case Method(subject=subject, name="equals" | "contains", arguments=(argument,)):
            yield from _text_of(subject, argument, name)
        case Every(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from _exact_values(part, name)


def _text_of(subject: Node, value: Node, name: str) -> Iterator[str]:
    while isinstance(subject, Method):
        subject = subject.subject
    named = isinstance(subject, Reference) and subject.name.lower() == name
    if named and isinstance(value, Literal) and value.value is not None:
        yield str(value.value)
