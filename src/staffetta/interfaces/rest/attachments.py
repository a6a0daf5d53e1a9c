"""Files attached to messages (contract 7.6)."""

from staffetta import campaigns
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.files import octets_of
from staffetta.interfaces.rest.wire.messages import Attachment, FileInput
from staffetta.kit.clock import utc_now
from staffetta.tracking import AttachmentToken, attachment_link


async def read_attachments(call: Call) -> list[Attachment]:
    """Return what is attached to a message."""
    mailing_list = await call.mailing_list()
    attached = await call.read(campaigns.attachments_of, mailing_list.id, call.ids["message_id"])
    return [shown_attachment(call, each) for each in attached]


async def attach(call: Call) -> list[Attachment]:
    """Attach a file; the slot of the path counts, not that of the body."""
    mailing_list = await call.mailing_list()
    body: FileInput = call.body
    attached = await call.write(
        campaigns.attach,
        mailing_list.id,
        call.ids["message_id"],
        call.ids["slot"],
        name=body.Name,
        content=await octets_of(body),
        most_octets=call.platform.settings.attachment_octets,
        now=utc_now(),
    )
    return [shown_attachment(call, each) for each in attached]


async def detach(call: Call) -> list[Attachment]:
    """Take a file off a message."""
    mailing_list = await call.mailing_list()
    attached = await call.write(campaigns.detach, mailing_list.id, call.ids["message_id"], call.ids["slot"])
    return [shown_attachment(call, each) for each in attached]


def shown_attachment(call: Call, attachment: campaigns.Attachment) -> Attachment:
    """Return an attachment as it stands on the wire, with where it can be fetched by whoever is told."""
    token = AttachmentToken(call.account.id, attachment.message_id, attachment.slot)
    return Attachment(
        Name=f"{attachment.message_id}/{attachment.name}",
        Path=attachment_link(call.platform.signer, call.base_url, token, attachment.name),
        Slot=attachment.slot,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="M13",
        method="GET",
        path="Console/List/{list_id}/Email/{message_id}/Attachment",
        summary="Read what is attached to a message",
        handler=read_attachments,
        answer=list[Attachment],
    ),
    Endpoint(
        id="M14",
        method="POST",
        path="Console/List/{list_id}/Email/{message_id}/Attachment/{slot}",
        summary="Attach a file to a message, in a slot from 1 to 5",
        handler=attach,
        body=FileInput,
        answer=list[Attachment],
    ),
    Endpoint(
        id="M15",
        method="DELETE",
        path="Console/List/{list_id}/Email/{message_id}/Attachment/{slot}",
        summary="Take a file off a message",
        handler=detach,
        answer=list[Attachment],
        aliases=("DELETE Console/List/{list_id}/Email/{message_id}/{slot}",),
    ),
)
