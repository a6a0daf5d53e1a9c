"""Groups: those that every list has, and those that people make."""

import pytest

from staffetta.errors import InvalidArgument, PermissionDenied
from staffetta.lists import (
    Group,
    GroupNotDeletable,
    ListExists,
    UnknownGroup,
    UnknownList,
    add_group,
    add_list,
    catalog,
    change_group,
    find_groups,
    get_group,
    remove_group,
)
from trying import NOON


def names(tx, list_id=1):
    return [group.name for group in catalog(tx).groups_of(list_id)]


def test_every_new_list_has_the_three_groups_that_cannot_be_deleted(tx):
    news = add_list(tx, "News", now=NOON)

    assert catalog(tx).groups_of(news.id) == (
        Group(id=7, list_id=2, name="TEST", notes="Used for test sending.", deletable=False),
        Group(
            id=8,
            list_id=2,
            name="Subscribed from social network",
            notes="Subscribed with their social network account.",
            deletable=False,
        ),
        Group(id=9, list_id=2, name="Autoprofile", notes="Subscribers that changed their profile", deletable=False),
    )


def test_groups_are_numbered_and_a_given_number_is_skipped(tx):
    numbers = [
        add_group(tx, 1, "a", now=NOON).id,
        add_group(tx, 1, "b", now=NOON, group_id=19, notes="“notes”").id,
        add_group(tx, 1, "c", now=NOON).id,
    ]

    assert numbers == [7, 19, 20]
    assert catalog(tx).groups[19].notes == "“notes”"
    with pytest.raises(ListExists):
        add_group(tx, 1, "d", now=NOON, group_id=19)
    with pytest.raises(UnknownList):
        add_group(tx, 99, "e", now=NOON)


def test_groups_are_found_on_the_lists_asked_for_and_others_are_passed_over(tx, stranger):
    other = add_list(tx, "Other", now=NOON)
    ours, others = add_group(tx, 1, "ours", now=NOON), add_group(tx, other.id, "others", now=NOON)
    add_group(stranger, 1, "theirs", now=NOON, group_id=800)

    found = find_groups(tx, (others.id, ours.id, 999, 800), list_ids=(1,))

    assert found == [ours]
    assert find_groups(tx, (), list_ids=(1,)) == []


def test_a_group_is_found_on_its_own_list_alone(tx):
    other = add_list(tx, "Other", now=NOON)
    group = add_group(tx, other.id, "VIP", now=NOON)

    assert get_group(tx, other.id, group.id) == group
    with pytest.raises(UnknownGroup):
        get_group(tx, 1, group.id)
    with pytest.raises(UnknownGroup):
        get_group(tx, 1, 999)
    with pytest.raises(UnknownList):
        get_group(tx, 99, group.id)


@pytest.mark.parametrize(
    ("change", "name", "notes"),
    [
        ({"name": "New", "notes": "newer"}, "New", "newer"),
        ({"name": "  New\tname "}, "New name", "old"),
        ({"notes": ""}, "Old", ""),
        ({}, "Old", "old"),
    ],
)
def test_a_group_is_changed_where_it_is_told_to_be(tx, change, name, notes):
    group = add_group(tx, 1, "Old", now=NOON, notes="old")

    changed = change_group(tx, 1, group.id, **change)

    assert (changed.name, changed.notes, changed.deletable) == (name, notes, True)
    assert get_group(tx, 1, group.id) == changed
    assert names(tx)[:3] == ["Clienti", "Prospect", "Newsletter"]


@pytest.mark.parametrize("notes", ["x" * 4001, "nul\0", "\ud800"])
def test_notes_that_cannot_be_kept_are_refused(tx, notes):
    with pytest.raises(InvalidArgument, match="notes"):
        add_group(tx, 1, "Group", now=NOON, notes=notes)
    with pytest.raises(InvalidArgument, match="notes"):
        change_group(tx, 1, 1, notes=notes)


def test_a_group_without_a_name_is_refused(tx):
    with pytest.raises(InvalidArgument):
        change_group(tx, 1, 1, name=" ")


def test_a_group_is_removed(tx):
    remove_group(tx, 1, 2)

    assert names(tx) == ["Clienti", "Newsletter", "TEST", "Subscribed from social network", "Autoprofile"]
    with pytest.raises(UnknownGroup):
        remove_group(tx, 1, 2)
    assert add_group(tx, 1, "next", now=NOON).id == 7


def test_a_group_that_every_list_has_stays(tx):
    with pytest.raises(GroupNotDeletable, match="TEST") as refused:
        remove_group(tx, 1, 4)

    assert isinstance(refused.value, PermissionDenied)
    assert "TEST" in names(tx)


def test_a_group_of_another_account_is_not_found(tx, stranger):
    theirs = add_group(stranger, 1, "Theirs", now=NOON, group_id=800)

    for operation in (get_group, change_group, remove_group):
        with pytest.raises(UnknownGroup):
            operation(tx, 1, theirs.id)
    assert get_group(stranger, 1, theirs.id) == theirs
