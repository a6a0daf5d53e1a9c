"""Messages: a list has none until they can be made, and says so to those who look (contract 7.6)."""

from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.messages import MessageItem
from staffetta.interfaces.rest.wire.paging import Page


async def read_messages(call: Call) -> Paged:
    """Return the messages of a list."""
    await call.mailing_list()
    return page_of(call.query, (), key="idMessage", of=MessageItem)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="M7",
        method="GET",
        path="Console/List/{list_id}/Emails",
        summary="Read the messages of a list",
        handler=read_messages,
        answer=Page[MessageItem],
    ),
)
