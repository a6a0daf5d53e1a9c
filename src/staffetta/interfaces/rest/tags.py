"""Tags of a list, which its messages are sorted by (contract 7.6)."""

from staffetta import campaigns
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.messages import Tag, TagInput
from staffetta.interfaces.rest.wire.paging import Page


async def read_tags(call: Call) -> Paged:
    """Return the tags of a list."""
    mailing_list = await call.mailing_list()
    tags = await call.read(campaigns.tags_of_list, mailing_list.id)
    return page_of(call.query, [shown_tag(each) for each in tags], key="Id", aliases={"idTag": "Id"}, of=Tag)


async def create_tag(call: Call) -> Tag:
    """Return the tag of a name, which is made where there is none."""
    mailing_list = await call.mailing_list()
    return shown_tag(await call.write(campaigns.obtain_tag, mailing_list.id, call.body))


async def update_tag(call: Call) -> Tag:
    """Rename, enable or disable a tag."""
    mailing_list = await call.mailing_list()
    body: TagInput = call.body
    changed = await call.write(
        campaigns.change_tag, mailing_list.id, call.ids["tag_id"], name=body.Name, enabled=body.Enabled
    )
    return shown_tag(changed)


async def delete_tag(call: Call) -> None:
    """Delete a tag; messages that had it stay."""
    mailing_list = await call.mailing_list()
    await call.write(campaigns.remove_tag, mailing_list.id, call.ids["tag_id"])


def shown_tag(tag: campaigns.Tag) -> Tag:
    """Return a tag as it stands on the wire."""
    return Tag(Enabled=tag.enabled, Id=tag.id, Name=tag.name)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="M16",
        method="GET",
        path="Console/List/{list_id}/Tags",
        summary="Read the tags of a list",
        handler=read_tags,
        answer=Page[Tag],
    ),
    Endpoint(
        id="M17",
        method="POST",
        path="Console/List/{list_id}/Tag",
        summary="Make a tag; the body is its name, in quotes or without",
        handler=create_tag,
        body=str,
        answer=Tag,
    ),
    Endpoint(
        id="M18",
        method="PUT",
        path="Console/List/{list_id}/Tag/{tag_id}",
        summary="Change a tag",
        handler=update_tag,
        body=TagInput,
        answer=Tag,
    ),
    Endpoint(
        id="M19",
        method="DELETE",
        path="Console/List/{list_id}/Tag/{tag_id}",
        summary="Delete a tag",
        handler=delete_tag,
    ),
)
