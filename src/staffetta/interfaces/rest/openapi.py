"""The OpenAPI document of the REST services, written from the table of endpoints and the structs of their bodies."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_origin

import msgspec

from staffetta import __version__
from staffetta.interfaces.rest.endpoints import By, Endpoint, QueryParameter
from staffetta.interfaces.rest.errors import ErrorObject
from staffetta.interfaces.rest.matching import BASE, PLACEHOLDER
from staffetta.interfaces.rest.wire.paging import Page

REF = "#/components/schemas/{name}"
LARGEST_ID = 2**31 - 1

PAGING = (
    QueryParameter("PageNumber", int, "The page, counted from 0."),
    QueryParameter("PageSize", int, "Items of a page: 20 unless another number is given, at most 1,000."),
    QueryParameter("filterby", str, "Which items: `Name=='News'`, `Email.Contains('example')`, joined by `&&`, `||`."),
    QueryParameter("orderby", str, "Their order: `Name asc;Id desc`."),
)
QUERY_SCHEMAS: Mapping[type, dict[str, Any]] = {
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
}
# What stands in the database's answer as ready JSON, without a struct.
READY_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "Fields": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "Description": {"type": "string"},
                "Id": {"type": "integer"},
                "Value": {"type": "string"},
            },
        },
    }
}
ABOUT = (
    "Lists, groups, recipients, imports, messages and sendings of an account, and new accounts. Paths, query "
    "parameters and members of bodies have any letter case. A collection is answered in pages; an answer without "
    "content is empty."
)


def openapi_of(endpoints: Sequence[Endpoint]) -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(_document(endpoints))


def paging_of(endpoint: Endpoint) -> tuple[QueryParameter, ...]:
    """Return the query parameters that an endpoint shares with all that answer pages."""
    if get_origin(endpoint.answer) is not Page:
        return ()
    named = {parameter.name.lower() for parameter in endpoint.query}
    return tuple(parameter for parameter in PAGING if parameter.name.lower() not in named)


def types_of(endpoints: Iterable[Endpoint]) -> list[Any]:
    """Return the types of all bodies and answers, each once."""
    types = [type_ for endpoint in endpoints for type_ in (endpoint.body, endpoint.answer) if type_ is not None]
    return list(dict.fromkeys([*types, ErrorObject]))


def _document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    types = types_of(endpoints)
    found, components = msgspec.json.schema_components(types, ref_template=REF)
    schemas = dict(zip(types, found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = PLACEHOLDER.sub(r"{\1}", f"/{endpoint.root}/{endpoint.path}")
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Staffetta REST services", "version": __version__, "description": ABOUT},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: _tidied(schema) for name, schema in components.items()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "application": {"type": "http", "scheme": "basic", "description": "ClientId:ClientSecret"},
            },
            "responses": {
                "Error": {
                    "description": "The call was refused; the object says why.",
                    "content": _content(schemas[ErrorObject]),
                }
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done." if endpoint.answer is None else "The answer."}
    if endpoint.answer is not None:
        done["content"] = _content(schemas[endpoint.answer])
    operation: dict[str, Any] = {
        "operationId": endpoint.id,
        "tags": [endpoint.root.removesuffix(".svc")],
        "summary": endpoint.summary,
        "responses": {"200": done, "default": {"$ref": "#/components/responses/Error"}},
    }
    if endpoint.aliases:
        operation["description"] = "Also as " + ", ".join(f"`{alias}`" for alias in endpoint.aliases) + "."
    if endpoint.by == By.APPLICATION:
        operation["security"] = [{"application": []}]
    parameters = [*_path_parameters(endpoint), *map(_query_parameter, (*endpoint.query, *paging_of(endpoint)))]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = {"content": _content(schemas[endpoint.body])}
    return operation


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"} if text else number}
        for name, text in PLACEHOLDER.findall(endpoint.path)
    ]


def _query_parameter(parameter: QueryParameter) -> dict[str, Any]:
    schema = QUERY_SCHEMAS.get(parameter.type, {"type": "string"})
    return {"name": parameter.name, "in": "query", "description": parameter.meaning, "schema": schema}


def _tidied(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its description as one paragraph, and with what stands in ready JSON."""
    tidied = dict(schema)
    if "description" in tidied:
        tidied["description"] = inspect.cleandoc(tidied["description"])
    if "properties" in tidied:
        tidied["properties"] = {
            name: READY_SCHEMAS[name] if not member and name in READY_SCHEMAS else member
            for name, member in tidied["properties"].items()
        }
    return tidied
