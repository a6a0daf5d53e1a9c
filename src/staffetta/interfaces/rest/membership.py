"""Where a recipient stands: forcing and ending subscriptions, joining and leaving groups (contract 7.5)."""

from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter
from staffetta.kit.clock import utc_now
from staffetta.lists import Group
from staffetta.recipients import Cause, force_subscription, group_of, join_group, leave_group, unsubscribe


async def subscribe_to_list(call: Call) -> None:
    """Subscribe a recipient to a list, wherever they stood."""
    mailing_list = await call.mailing_list()
    await call.write(
        force_subscription, call.ids["recipient_id"], mailing_list.id, evidence=call.evidence, now=utc_now()
    )


async def unsubscribe_from_list(call: Call) -> None:
    """Unsubscribe a recipient from a list."""
    mailing_list = await call.mailing_list()
    left = await call.write(
        unsubscribe,
        call.ids["recipient_id"],
        (mailing_list.id,),
        base_url=call.base_url,
        host=call.account.host,
        cause=Cause.API,
        evidence=call.evidence,
        now=utc_now(),
    )
    if left:
        call.platform.wake_sender()


async def subscribe_to_group(call: Call) -> None:
    """Put a recipient into a group, and on its list if not told otherwise."""
    group = await _group(call)
    await call.write(
        join_group,
        call.ids["recipient_id"],
        group.id,
        subscribes=call.flag("confirmSubscription", default=True),
        evidence=call.evidence,
        now=utc_now(),
    )


async def unsubscribe_from_group(call: Call) -> None:
    """Take a recipient out of a group."""
    group = await _group(call)
    await call.write(leave_group, call.ids["recipient_id"], group.id)


async def _group(call: Call) -> Group:
    group = await call.read(group_of, call.ids["group_id"])
    await call.mailing_list(group.list_id)
    return group


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="R16",
        method="POST",
        path="Console/List/{list_id}/Subscribe/{recipient_id}",
        summary="Subscribe a recipient to a list, wherever they stood, without asking",
        handler=subscribe_to_list,
    ),
    Endpoint(
        id="R17",
        method="DELETE",
        path="Console/List/{list_id}/Unsubscribe/{recipient_id}",
        summary="Unsubscribe a recipient from a list",
        handler=unsubscribe_from_list,
        aliases=("DELETE Console/List/{list_id}/Unsubscribed/{recipient_id}",),
    ),
    Endpoint(
        id="R18",
        method="POST",
        path="Console/Group/{group_id}/Subscribe/{recipient_id}",
        summary="Put a recipient into a group and on its list",
        handler=subscribe_to_group,
        query=(
            QueryParameter("confirmSubscription", bool, "Subscribe to the group's list as well; true if not given"),
        ),
    ),
    Endpoint(
        id="R19",
        method="DELETE",
        path="Console/Group/{group_id}/Unsubscribe/{recipient_id}",
        summary="Take a recipient out of a group",
        handler=unsubscribe_from_group,
        aliases=("DELETE Console/Group/{group_id}/Recipient/{recipient_id}",),
    ),
)
