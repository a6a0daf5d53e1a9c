"""Tables of operations in the notation of the contract: `accessKey, listID int, options`."""

from collections.abc import Awaitable, Callable

from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.services import Operation, Parameter, SoapService, Type

NAMESPACE = "http://services.mailupnet.it/WS"
TYPES = {"": Type.STRING, "int": Type.INT, "bool": Type.BOOLEAN, "dateTime": Type.DATE_TIME}
# Contract 2.4: what a client leaves out must stay optional, or PHP's encoder refuses to send the call.
OPTIONAL = (Type.STRING, Type.OPTIONS)


def service_of(name: str, *operations: Operation, documentation: str) -> SoapService:
    """Return a service that is told who calls by an access key."""
    return SoapService(
        name=name,
        namespace=NAMESPACE,
        paths=(f"/{name}.asmx",),
        documentation=documentation,
        operations=operations,
        authenticates=False,
        over_http=False,
    )


def operation(
    name: str, handler: Callable[[Call], Awaitable[str | int]], written: str, *, result: Type = Type.STRING
) -> Operation:
    """Return an operation with the parameters written."""
    return Operation(name, handler, parameters_of(written), result)


def parameters_of(written: str) -> tuple[Parameter, ...]:
    """Read parameters: a name alone is text, but for `options`."""
    return tuple(_parameter(*part.split()) for part in written.split(","))


def _parameter(name: str, type_: str = "") -> Parameter:
    kind = Type.OPTIONS if name == "options" else TYPES[type_]
    return Parameter(name, kind, optional=kind in OPTIONAL)
