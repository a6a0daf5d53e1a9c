"""Groups of a list (seed on groups, contract 7.4)."""

from collections.abc import Iterable

from staffetta import lists
from staffetta.errors import InvalidArgument
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.paging import Paged, page_of
from staffetta.interfaces.rest.wire.groups import Group, GroupChange, Removed
from staffetta.interfaces.rest.wire.paging import Page
from staffetta.kit.clock import utc_now
from staffetta.recipients import empty_group, get_profile


async def create_group(call: Call) -> Group:
    """Make a group."""
    mailing_list = await call.mailing_list()
    body: GroupChange = call.body
    if body.Name is None:
        raise InvalidArgument("Name: mandatory, and missing")
    made = await call.write(
        lists.add_group, mailing_list.id, body.Name, notes=body.Notes or "", deletable=body.Deletable, now=utc_now()
    )
    return _shown(made)


async def update_group(call: Call) -> Group:
    """Change what is given of a group's name and notes."""
    mailing_list = await call.mailing_list()
    body: GroupChange = call.body
    changed = await call.write(
        lists.change_group, mailing_list.id, call.ids["group_id"], name=body.Name, notes=body.Notes
    )
    return _shown(changed)


async def delete_group(call: Call) -> None:
    """Delete a group; its members stay on the list."""
    mailing_list = await call.mailing_list()
    await call.write(lists.remove_group, mailing_list.id, call.ids["group_id"])


async def read_groups(call: Call) -> Paged:
    """Return the groups of a list."""
    mailing_list = await call.mailing_list()
    known = await lists.catalog_of(call.platform.database, call.account.id)
    return _page(call, known.groups_of(mailing_list.id))


async def empty(call: Call) -> Removed:
    """Take everybody out of a group, not off its list."""
    mailing_list = await call.mailing_list()
    return Removed(await call.write(empty_group, mailing_list.id, call.ids["group_id"]))


async def read_groups_of_recipient(call: Call) -> Paged:
    """Return the groups of a list that a recipient is in."""
    mailing_list = await call.mailing_list()
    profile = await call.read(get_profile, call.ids["recipient_id"])
    known = await lists.catalog_of(call.platform.database, call.account.id)
    return _page(call, (group for group in known.groups_of(mailing_list.id) if group.id in profile.groups))


def _page(call: Call, groups: Iterable[lists.Group]) -> Paged:
    return page_of(call.query, [_shown(group) for group in groups], key="idGroup", of=Group)


def _shown(group: lists.Group) -> Group:
    return Group(
        Count=None,
        Deletable=group.deletable,
        Name=group.name,
        Notes=group.notes,
        idGroup=group.id,
        idList=group.list_id,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="G1",
        method="POST",
        path="Console/List/{list_id}/Group",
        summary="Create a group",
        handler=create_group,
        body=GroupChange,
        answer=Group,
        aliases=("POST Console/List/{list_id}/Groups",),
    ),
    Endpoint(
        id="G2",
        method="PUT",
        path="Console/List/{list_id}/Group/{group_id}",
        summary="Change a group's name and notes",
        handler=update_group,
        body=GroupChange,
        answer=Group,
    ),
    Endpoint(
        id="G3",
        method="DELETE",
        path="Console/List/{list_id}/Group/{group_id}",
        summary="Delete a group",
        handler=delete_group,
    ),
    Endpoint(
        id="G4",
        method="GET",
        path="Console/List/{list_id}/Groups",
        summary="Read the groups of a list",
        handler=read_groups,
        answer=Page[Group],
    ),
    Endpoint(
        id="G5",
        method="DELETE",
        path="Console/List/{list_id}/Group/{group_id}/Recipients",
        summary="Remove all recipients from a group",
        handler=empty,
        answer=Removed,
        aliases=("DELETE Console/List/{list_id}/Group/{group_id}/Recipient",),
    ),
    Endpoint(
        id="G6",
        method="GET",
        path="Console/List/{list_id}/Recipient/{recipient_id}/Groups",
        summary="Read the groups of a list that a recipient is in",
        handler=read_groups_of_recipient,
        answer=Page[Group],
    ),
)
