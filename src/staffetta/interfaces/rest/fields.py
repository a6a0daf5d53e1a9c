"""The account's personal data fields (contract 7.5, R10)."""

from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.interfaces.rest.wire.recipients import FieldDefinition
from staffetta.lists import catalog


async def list_fields(call: Call) -> Paged:
    """Return the fields' names and numbers."""
    fields = (await call.read(catalog)).fields.values()
    definitions = [FieldDefinition(Description=each.name, Id=each.id) for each in fields]
    return page_of(call.query, definitions, key="Id", aliases={"idField": "Id"}, of=FieldDefinition)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="R10",
        method="GET",
        path="Console/Recipient/DynamicFields",
        summary="List the personal data fields",
        handler=list_fields,
        answer=Page[FieldDefinition],
    ),
)
