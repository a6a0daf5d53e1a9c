"""What a SOAP service is: one table of operations, which dispatches, describes and documents them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from staffetta.interfaces.soap.calls import Call


class Type(StrEnum):
    """The types of parameters and results, by their names in the WSDL."""

    INT = "int"
    STRING = "string"
    BOOLEAN = "boolean"
    OPTIONS = "ArrayOfOption"
    DATE_TIME = "dateTime"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A child of the operation's element; an optional one has minOccurs 0 (contract 2.4: never to be tightened)."""

    name: str
    type: Type
    optional: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation; its handler returns the inner document as text, or a number where the result is an int.

    `pending` marks one that answers "not yet": its reference says so.
    """

    name: str
    handler: Callable[[Call], Awaitable[str | int]]
    parameters: tuple[Parameter, ...] = ()
    result: Type = Type.STRING
    pending: bool = False


@dataclass(frozen=True, slots=True)
class SoapService:
    """A service; `paths` are where it answers, the first as documented.

    One that `authenticates` has the `Authentication` header on every operation; one `over_http` has bindings for HTTP
    GET and POST besides those of SOAP.
    """

    name: str
    namespace: str
    paths: tuple[str, ...]
    documentation: str
    operations: tuple[Operation, ...]
    authenticates: bool
    over_http: bool
