"""The tables of docs/reference/soap.md: every service, its operations, and which of them answer "not yet".

`python -m staffetta.interfaces.soap.reference docs/reference/soap.md` writes them anew.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from staffetta.interfaces.soap.services import Operation, Parameter, SoapService, Type
from staffetta.interfaces.soap.table import SERVICES

MARK = "<!-- written by python -m staffetta.interfaces.soap.reference -->\n"
NAMES = {Type.STRING: "", Type.BOOLEAN: " bool", Type.OPTIONS: " array"}


def markdown_of(services: Iterable[SoapService]) -> str:
    """Return what stands below the mark."""
    return "".join(f"\n{line}\n" if line.startswith("#") else f"{line}\n" for line in _lines(services))


def write(file: Path) -> None:
    """Write the tables of a file anew, and keep what stands above them."""
    above = file.read_text("utf-8").partition(MARK)[0]
    file.write_text(f"{above}{MARK}{markdown_of(SERVICES)}", "utf-8")


def _lines(services: Iterable[SoapService]) -> Iterator[str]:
    for service in services:
        yield f"## {service.name}"
        yield ""
        yield f"`{service.paths[0]}`, namespace `{service.namespace}`."
        yield ""
        yield "| Operation | Parameters | Not yet |"
        yield "|---|---|---|"
        for operation in service.operations:
            yield f"| {operation.name}{_result(operation)} | {_parameters(operation)} | {_answer(operation)} |"


def _parameters(operation: Operation) -> str:
    return ", ".join(f"`{each.name}`{_type(each)}" for each in operation.parameters) or "none"


def _type(parameter: Parameter) -> str:
    return NAMES.get(parameter.type, f" {parameter.type}")


def _result(operation: Operation) -> str:
    return "" if operation.result == Type.STRING else f" (answers {operation.result})"


def _answer(operation: Operation) -> str:
    return "not yet" if operation.pending else ""


if __name__ == "__main__":
    write(Path(sys.argv[1]))
