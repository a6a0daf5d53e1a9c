"""Tags of a list: making, renaming and removing them, and which of them a caller means."""

from collections.abc import Iterable

from msgspec.structs import replace

from staffetta.campaigns import queries
from staffetta.campaigns.model import LONGEST_TAG, GivenTag, Tag, UnknownTag, one_line
from staffetta.db import Transaction
from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.lists import get_list


class TagExists(FailedPrecondition):
    """The list has another tag of this name."""


def obtain_tag(tx: Transaction, list_id: int, name: str) -> Tag:
    """Return the tag that a list has under a name; without one, make it.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: the name is empty, longer than 100 characters, or not text.

    """
    get_list(tx, list_id)
    wanted = _named(name)
    found = queries.tag_by_name(tx, list_id, wanted)
    if found:
        return found
    # Whoever takes an id waits for those who took one before, and then sees what they have made of it.
    tag_id = tx.take_id("tag")
    found = queries.tag_by_name(tx, list_id, wanted)
    if found:
        return found
    tag = Tag(id=tag_id, name=wanted)
    queries.insert_tag(tx, list_id, tag)
    return tag


def change_tag(
    tx: Transaction, list_id: int, tag_id: int, *, name: str | None = None, enabled: bool | None = None
) -> Tag:
    """Rename, enable or disable a tag; None leaves what there is.

    Raises:
        UnknownTag: the list has no such tag.
        TagExists: the list has another tag of this name.
        InvalidArgument: the name is empty, longer than 100 characters, or not text.

    """
    tag = _get(tx, list_id, tag_id)
    if name is not None and _named(name) != tag.name:
        tag = replace(tag, name=_named(name))
        # As in `obtain_tag`: of two who want one name, the second sees the first.
        tx.take_id("tag")
        if queries.tag_by_name(tx, list_id, tag.name):
            raise TagExists(f"the list has a tag {tag.name[:40]!r} already")
    if enabled is not None:
        tag = replace(tag, enabled=enabled)
    queries.update_tag(tx, tag)
    return tag


def remove_tag(tx: Transaction, list_id: int, tag_id: int) -> None:
    """Remove a tag, and take it off the messages that have it.

    Raises:
        UnknownTag: the list has no such tag.

    """
    _get(tx, list_id, tag_id)
    queries.delete_tag(tx, tag_id)


def tags_of_list(tx: Transaction, list_id: int) -> list[Tag]:
    """Return the tags of a list.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    return queries.tags_of_list(tx, list_id)


def tags_meant(tx: Transaction, list_id: int, given: Iterable[GivenTag]) -> list[Tag]:
    """Return the tags of a list that a caller means, each once: by id, else by name (trap K32); others are dropped."""
    known = queries.tags_of_list(tx, list_id)
    by_id, by_name = {tag.id: tag for tag in known}, {tag.name: tag for tag in known}
    meant = (by_id.get(each.id or 0) or by_name.get(" ".join(each.name.split())) for each in given)
    return list({tag.id: tag for tag in meant if tag}.values())


def _get(tx: Transaction, list_id: int, tag_id: int) -> Tag:
    tag = queries.find_tag(tx, list_id, tag_id)
    if tag is None:
        raise UnknownTag(f"list {list_id} has no tag {tag_id}")
    return tag


def _named(name: str) -> str:
    cleaned = " ".join(one_line("tag", name, LONGEST_TAG).split())
    if not cleaned:
        raise InvalidArgument("a tag has a name")
    return cleaned
