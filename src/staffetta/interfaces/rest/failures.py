"""What of a sending failed, and why: resources of ours, which the protocol does not have."""

from staffetta import outbox
from staffetta.campaigns import failed_people, why_failed
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint, QueryParameter
from staffetta.interfaces.rest.paging import LARGEST_OFFSET, cursor_of, page_request
from staffetta.interfaces.rest.sendings import date_of
from staffetta.interfaces.rest.wire.sendings import FailedRecipient, FailedRecipients, FailureReason, SendingFailures


async def read_failures(call: Call) -> SendingFailures:
    """Return how many mails of a sending failed, and why, the most frequent reason first."""
    await _require_visible(call)
    found = await call.read(why_failed, call.ids["sending_id"], most=page_request(call.query).size)
    return SendingFailures(
        Failed=found.failed, LookedAt=found.looked_at, Reasons=[FailureReason(*each) for each in found.reasons]
    )


async def list_failed(call: Call) -> FailedRecipients:
    """Return a stretch of those whose mail failed."""
    await _require_visible(call)
    most, after = page_request(call.query).size, cursor_of(call.query, "After") or 0
    found = await call.read(failed_people, call.ids["sending_id"], most=most, after=min(after, LARGEST_OFFSET))
    return FailedRecipients(
        Recipients=[
            FailedRecipient(each.recipient_id, each.email or "", date_of(each.failed_at), each.attempts, each.reply)
            for each in found
        ],
        Next=found[-1].recipient_id if len(found) == most else None,
    )


async def _require_visible(call: Call) -> None:
    """Refuse a sending to a list that the user does not see."""
    sending = await call.read(outbox.get_sending, call.ids["sending_id"])
    await call.mailing_list(sending.list_id)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="OWN4",
        method="GET",
        path="Console/Email/Sendings/{sending_id}/Failures",
        summary="Read how many mails of a message's sending failed, and why (Staffetta's own)",
        handler=read_failures,
        answer=SendingFailures,
        query=(QueryParameter("PageSize", int, "How many reasons: 20 unless another number is given, at most 1,000"),),
    ),
    Endpoint(
        id="OWN5",
        method="GET",
        path="Console/Email/Sendings/{sending_id}/Failures/Recipients",
        summary="Read whose mail of a message's sending failed, and why, by rising id (Staffetta's own)",
        handler=list_failed,
        answer=FailedRecipients,
        query=(
            QueryParameter("After", int, "The `Next` of the stretch before; the first stretch without it"),
            QueryParameter("PageSize", int, "How many recipients: 20 unless another number is given, at most 1,000"),
        ),
    ),
)
