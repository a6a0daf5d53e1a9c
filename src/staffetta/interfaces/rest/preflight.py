"""Looking at a message before it is sent: a resource of ours, which the protocol does not have."""

from staffetta.campaigns import blocks
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter
from staffetta.interfaces.rest.wire.preflight import Preflight, PreflightFinding
from staffetta.sending import preflight_of


async def read_preflight(call: Call) -> Preflight:
    """Return what stands in the way of sending a message."""
    mailing_list = await call.mailing_list()
    found = await preflight_of(
        call.platform.database,
        call.platform.settings,
        call.account,
        mailing_list.id,
        call.ids["message_id"],
        sender_email=call.query.get("sender"),
    )
    return Preflight(
        Findings=[PreflightFinding(each.code, each.level.value, each.text, each.detail) for each in found],
        Blocks=blocks(found),
    )


SENDER = QueryParameter("sender", str, "The address that it will be sent from, unless it is the list's own")

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="OWN1",
        method="GET",
        path="Console/List/{list_id}/Email/{message_id}/Preflight",
        summary="Look at a message before it is sent: what blocks, what asks, what is well (Staffetta's own)",
        handler=read_preflight,
        answer=Preflight,
        query=(SENDER,),
    ),
)
