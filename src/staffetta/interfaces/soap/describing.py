"""What the services say about themselves: the WSDL for programs, and a page for people."""

from functools import cache

from staffetta.interfaces.pages import render
from staffetta.interfaces.soap.inner import text
from staffetta.interfaces.soap.services import SoapService, Type
from staffetta.kit.languages import Language

# Stands for the address while a description is kept; it occurs in no name.
ADDRESS = "{address}"
HTTP_KINDS = (("HttpGet", "GET"), ("HttpPost", "POST"))


def description(service: SoapService, address: str) -> bytes:
    """Return the WSDL of a service for whoever reached it at `address`."""
    return _description(service).replace(ADDRESS, text(address)).encode()


@cache
def page(service: SoapService) -> bytes:
    """Return the page that names the operations of a service."""
    return render("soap/service.html", Language.EN, service=service, path=service.paths[0]).encode()


@cache
def _description(service: SoapService) -> str:
    parameters = [parameter for operation in service.operations for parameter in operation.parameters]
    return render(
        "soap/description.xml",
        Language.EN,
        service=service,
        address=ADDRESS,
        actions=service.namespace.removesuffix("/") + "/",
        has_options=any(parameter.type == Type.OPTIONS for parameter in parameters),
        http_kinds=HTTP_KINDS if service.over_http else (),
    )
