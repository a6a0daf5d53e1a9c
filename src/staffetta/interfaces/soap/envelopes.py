"""Writing answers, to the byte as real clients cut them (contract 2.2): one line, results escaped once more."""

from staffetta.interfaces.soap.faults import Fault
from staffetta.interfaces.soap.inner import text
from staffetta.interfaces.soap.reading import SOAP_11, SOAP_12

PROLOGUE = '<?xml version="1.0" encoding="utf-8"?>'
REST_OF_HEAD = (
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
HEADS = tuple(f'{PROLOGUE}<soap:Envelope xmlns:soap="{version}"{REST_OF_HEAD}' for version in (SOAP_11, SOAP_12))
TAIL = "</soap:Body></soap:Envelope>"

XML_TYPE = b"text/xml; charset=utf-8"
CONTENT_TYPES = (XML_TYPE, b"application/soap+xml; charset=utf-8")


def result_envelope(operation: str, namespace: str, result: str | int, *, soap_12: bool) -> bytes:
    """Write the answer of an operation."""
    return (
        f'{HEADS[soap_12]}<{operation}Response xmlns="{namespace}"><{operation}Result>{_escaped(result)}'
        f"</{operation}Result></{operation}Response>{TAIL}"
    ).encode()


def fault_envelope(fault: Fault, *, soap_12: bool) -> bytes:
    """Write a fault."""
    if soap_12:
        code = "soap:Sender" if fault.callers else "soap:Receiver"
        told = (
            f"<soap:Code><soap:Value>{code}</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{text(fault.text)}</soap:Text></soap:Reason>'
        )
    else:
        code = "soap:Client" if fault.callers else "soap:Server"
        told = f"<faultcode>{code}</faultcode><faultstring>{text(fault.text)}</faultstring><detail />"
    return f"{HEADS[soap_12]}<soap:Fault>{told}</soap:Fault>{TAIL}".encode()


def bare_string(namespace: str, result: str | int) -> bytes:
    """Write a result as the bindings of HTTP GET and POST want it."""
    return f'{PROLOGUE}<string xmlns="{namespace}">{_escaped(result)}</string>'.encode()


def _escaped(result: str | int) -> str:
    return str(result).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
