"""Tags: one of a name on each list."""

import pytest

from campaigns.written import subjects, write
from staffetta.campaigns import (
    Draft,
    GivenTag,
    Tag,
    TagExists,
    UnknownTag,
    change_message,
    change_tag,
    get_message,
    obtain_tag,
    remove_tag,
    tags_of_list,
)
from staffetta.errors import InvalidArgument
from staffetta.lists import UnknownList, add_list
from trying import NOON


def test_a_tag_is_made_once_on_each_list(tx):
    other = add_list(tx, "Other", now=NOON)

    first, again, elsewhere = (
        obtain_tag(tx, 1, " my  tag"),
        obtain_tag(tx, 1, "my tag"),
        obtain_tag(tx, other.id, "my tag"),
    )

    assert first == again == Tag(id=1, name="my tag")
    assert elsewhere.id != first.id
    assert tags_of_list(tx, 1) == [first]


def test_a_tag_is_renamed_and_disabled(tx):
    tag = obtain_tag(tx, 1, "old")

    renamed = change_tag(tx, 1, tag.id, name="new")
    disabled = change_tag(tx, 1, tag.id, name="new", enabled=False)

    assert renamed == Tag(id=tag.id, name="new")
    assert tags_of_list(tx, 1) == [disabled] == [Tag(id=tag.id, name="new", enabled=False)]


def test_two_tags_of_a_list_cannot_have_one_name(tx):
    first, second = obtain_tag(tx, 1, "first"), obtain_tag(tx, 1, "second")

    with pytest.raises(TagExists):
        change_tag(tx, 1, second.id, name="first")
    assert tags_of_list(tx, 1) == [first, second]


def test_a_tag_is_taken_off_its_messages_when_it_is_removed(tx):
    tag = obtain_tag(tx, 1, "promo")
    made = write(tx, tags=[GivenTag(tag.id)])

    remove_tag(tx, 1, tag.id)

    assert get_message(tx, 1, made.id).tags == []
    assert tags_of_list(tx, 1) == []


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ([GivenTag(1)], ["a"]),
        ([GivenTag(-1, "b")], ["b"]),
        ([GivenTag(None, " b ")], ["b"]),
        ([GivenTag(1, "b")], ["a"]),
        ([GivenTag(1), GivenTag(0, "a"), GivenTag(2)], ["a", "b"]),
        ([GivenTag(99), GivenTag(99, "c"), GivenTag()], []),
    ],
)
def test_tags_are_meant_by_id_or_else_by_name(tx, given, names):
    obtain_tag(tx, 1, "a")
    obtain_tag(tx, 1, "b")
    made = write(tx)

    change_message(tx, 1, made.id, Draft(tags=given), now=NOON)

    assert [tag.name for tag in get_message(tx, 1, made.id).tags] == names


@pytest.mark.parametrize("name", ["", " \n", "x" * 101, "nul\0", "\ud800"])
def test_what_is_no_name_is_refused(tx, name):
    with pytest.raises(InvalidArgument):
        obtain_tag(tx, 1, name)


def test_tags_of_another_list_or_account_are_not_found(tx, stranger):
    other = add_list(tx, "Other", now=NOON)
    elsewhere, theirs = obtain_tag(tx, other.id, "elsewhere"), obtain_tag(stranger, 1, "theirs")
    made = write(tx, tags=[GivenTag(elsewhere.id, "elsewhere"), GivenTag(theirs.id, "theirs")])

    assert get_message(tx, 1, made.id).tags == []
    assert subjects(tx, tags=("elsewhere", "theirs")) == []
    for operation in (change_tag, remove_tag):
        with pytest.raises(UnknownTag):
            operation(tx, 1, elsewhere.id)
    with pytest.raises(UnknownList):
        obtain_tag(tx, 99, "x")
    assert tags_of_list(stranger, 1) == [theirs]
