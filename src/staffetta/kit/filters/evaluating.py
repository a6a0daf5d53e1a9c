"""A filter applied to items in memory."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from staffetta.errors import InvalidArgument
from staffetta.kit.filters.nodes import (
    Comparison,
    Computation,
    Either,
    Every,
    Literal,
    Method,
    Node,
    Not,
    Reference,
    UnknownProperty,
)
from staffetta.kit.filters.values import FLIPPED, Address, called, coerced, compared, computed, truth

T = TypeVar("T")
Getter = Callable[[Any], Any]


def predicate(
    node: Node, getters: Mapping[str, Callable[[T], Any]], *, addresses: frozenset[str] = frozenset()
) -> Callable[[T], bool]:
    """Return what tells whether an item passes a filter; names of properties are matched in any case.

    The texts of properties in `addresses` are compared without regard to case. A getter of elements (`Fields['x']`)
    returns a mapping. The predicate raises InvalidArgument where it meets values that cannot be compared.

    Raises:
        UnknownProperty: the items have no such property.

    """
    known = {name.lower(): getter for name, getter in getters.items()}
    return _Evaluation(known, frozenset(name.lower() for name in addresses)).condition(node)


class _Evaluation:
    """Makes a function of an item out of each node."""

    def __init__(self, getters: Mapping[str, Getter], addresses: frozenset[str]) -> None:
        self._getters = getters
        self._addresses = addresses

    def condition(self, node: Node) -> Callable[[Any], bool]:
        match node:
            case Every(parts=parts):
                conditions = [self.condition(part) for part in parts]
                return lambda item: all(condition(item) for condition in conditions)
            case Either(parts=parts):
                conditions = [self.condition(part) for part in parts]
                return lambda item: any(condition(item) for condition in conditions)
            case Not(operand=operand):
                inner = self.condition(operand)
                return lambda item: not inner(item)
            case _:
                value = self._value(node)
                return lambda item: truth(value(item))

    def _value(self, node: Node) -> Getter:
        match node:
            case Literal(value=constant):
                return lambda _: constant
            case Reference():
                return self._reference(node)
            case Comparison(operator=operator, left=left, right=right):
                return self._comparison(operator, left, right)
            case Method():
                return self._method(node)
            case Computation(operator=operator, left=left, right=right):
                first, second = self._value(left), self._value(right)
                return lambda item: computed(operator, first(item), second(item))
            case _:
                return self.condition(node)

    def _reference(self, reference: Reference) -> Getter:
        getter = self._getters.get(reference.name.lower())
        if getter is None:
            raise UnknownProperty(reference)
        if reference.name.lower() in self._addresses:
            return lambda item: None if (text := getter(item)) is None else Address(text)
        if reference.key is not None:
            return lambda item: _element(getter(item), reference)
        return getter

    def _comparison(self, operator: str, left: Node, right: Node) -> Getter:
        if isinstance(left, Literal) and not isinstance(right, Literal):
            operator, left, right = FLIPPED[operator], right, left
        first = self._value(left)
        if isinstance(right, Literal):
            constant = right.value
            return lambda item: compared(operator, value := first(item), coerced(constant, value))
        second = self._value(right)
        return lambda item: compared(operator, first(item), second(item))

    def _method(self, method: Method) -> Getter:
        if method.name == "equals":
            return self._comparison("==", method.subject, method.arguments[0])
        subject = self._value(method.subject)
        # A number that is looked for in a text is looked for as text.
        arguments = tuple(
            self._value(Literal(coerced(argument.value, "")) if isinstance(argument, Literal) else argument)
            for argument in method.arguments
        )
        return lambda item: called(method.name, subject(item), tuple(argument(item) for argument in arguments))


def _element(elements: Any, reference: Reference) -> Any:
    if not isinstance(elements, Mapping):
        raise InvalidArgument(f"filterby: {reference.name[:60]} has no elements")
    return elements.get(reference.key)
