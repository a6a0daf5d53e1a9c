"""Messages: written, changed, cloned, deleted, and nobody else's."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from campaigns.written import attach_text, subjects, write
from staffetta.campaigns import (
    Draft,
    GivenTag,
    GivenTracking,
    Tracking,
    UnknownMessage,
    add_message,
    attachments_of,
    change_message,
    clone_message,
    delete_message,
    enable_fields,
    get_message,
    obtain_tag,
    set_visibility,
)
from staffetta.errors import InvalidArgument
from staffetta.lists import UnknownList, add_list
from staffetta.recipients import GivenField
from trying import NOON

LATER = NOON + timedelta(hours=1)


def test_a_message_is_kept_as_it_was_written(tx):
    tag = obtain_tag(tx, 1, "promo")

    made = write(
        tx,
        subject=" Two\nlines ",
        notes="n",
        pre_header="p",
        structure="{}",
        embeds_images=True,
        default_values=[GivenField(1, "", "friend"), GivenField(None, "Cognome", "x"), GivenField(999, "", "y")],
        tracking=GivenTracking(custom_params="utm=1"),
        tags=[GivenTag(tag.id)],
    )

    written = get_message(tx, 1, made.id)
    assert written.message == made
    assert (made.id, made.subject, made.uses_fields) == (1, "Two lines", True)
    assert made.default_values == {1: "friend", 2: "x"}
    assert made.tracking == Tracking(custom_params="utm=1")
    assert (made.is_public, made.last_sent_at, made.created_at) == (False, None, NOON)
    assert written.tags == [tag]
    assert written.attachments == []


def test_messages_are_numbered_in_the_account(tx):
    other = add_list(tx, "Other", now=NOON)

    assert [write(tx).id, write(tx, other.id).id, write(tx).id] == [1, 2, 3]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"subject": None}, "subject: mandatory, and missing"),
        ({"content": None}, "content: mandatory, and missing"),
        ({"subject": " \n"}, "subject: mandatory, and empty"),
        ({"subject": "x" * 501}, "subject: at most 500"),
        ({"notes": "x" * 4_001}, "notes: at most 4000"),
        ({"pre_header": "x" * 1_001}, "pre-header: at most"),
        ({"content": "nul\0"}, "content: not text"),
        ({"structure": "\ud800"}, "structure: not text"),
        ({"tracking": GivenTracking(protocols=("x" * 17,))}, "protocols: at most 16"),
        ({"tracking": GivenTracking(protocols=("http:",) * 17)}, "protocols: at most 16"),
        ({"tracking": GivenTracking(custom_params="x" * 2_001)}, "custom parameters: at most"),
        ({"default_values": [GivenField(1, "", "\0")]}, "default value: not text"),
    ],
)
def test_what_cannot_be_a_message_is_refused(tx, said, reason):
    with pytest.raises(InvalidArgument, match=reason):
        write(tx, **said)


def test_a_change_touches_nothing_but_what_it_says(tx):
    tag = obtain_tag(tx, 1, "promo")
    made = write(tx, notes="n", structure="{}", tags=[GivenTag(tag.id)])

    changed = change_message(tx, 1, made.id, Draft(content="<p>2</p>"), now=LATER)

    assert changed == replace(made, content="<p>2</p>", changed_at=LATER)
    assert get_message(tx, 1, made.id) == (changed, [tag], [])


def test_a_message_that_is_sent_back_as_it_was_read_stays_as_it_is(tx):
    made = write(tx)
    empty_values = [GivenField(number, "", "") for number in range(1, 41)]

    same = Draft(
        subject=made.subject,
        content=made.content,
        structure=None,
        default_values=empty_values,
        uses_fields=False,
        tags=[],
        tracking=GivenTracking(enabled=True, protocols=made.tracking.protocols, custom_params=""),
    )

    assert change_message(tx, 1, made.id, same, now=NOON) == made
    assert get_message(tx, 1, made.id).message == made


def test_a_clone_has_all_that_belongs_to_a_message_and_nobody_sees_it_yet(tx):
    tag = obtain_tag(tx, 1, "promo")
    made = write(tx, tags=[GivenTag(tag.id)], notes="n")
    attach_text(tx, made, 2)
    set_visibility(tx, 1, made.id, visible=True, now=NOON)

    copy = clone_message(tx, 1, made.id, now=LATER)

    written = get_message(tx, 1, copy.id)
    assert written.message == replace(made, id=2, created_at=LATER, changed_at=LATER)
    assert written.tags == [tag]
    assert [(each.slot, each.name) for each in written.attachments] == [(2, "a.txt")]


def test_a_message_is_deleted_with_what_is_attached_to_it(tx):
    made, kept = write(tx), write(tx, subject="Kept")
    attach_text(tx, made)
    attach_text(tx, kept)

    delete_message(tx, 1, made.id)

    assert subjects(tx) == ["Kept"]
    assert len(attachments_of(tx, 1, kept.id)) == 1
    with pytest.raises(UnknownMessage):
        delete_message(tx, 1, made.id)


def test_filling_in_fields_is_switched(tx):
    made = write(tx)

    on = enable_fields(tx, 1, made.id, enabled=True, now=LATER)
    off = enable_fields(tx, 1, made.id, enabled=False, now=LATER)

    assert [each.message.uses_fields for each in (on, off)] == [True, False]


def test_a_message_is_found_on_its_own_list_of_its_own_account_alone(tx, stranger):
    other = add_list(tx, "Other", now=NOON)
    theirs = write(stranger)
    elsewhere = write(tx, other.id)
    assert theirs.id == elsewhere.id

    for operation in (
        lambda: get_message(tx, 1, elsewhere.id),
        lambda: change_message(tx, 1, elsewhere.id, Draft(subject="Stolen"), now=NOON),
        lambda: clone_message(tx, 1, elsewhere.id, now=NOON),
        lambda: enable_fields(tx, 1, elsewhere.id, enabled=True, now=NOON),
        lambda: delete_message(tx, 1, elsewhere.id),
    ):
        with pytest.raises(UnknownMessage):
            operation()
    with pytest.raises(UnknownList):
        add_message(tx, 99, Draft(subject="x", content="x"), now=NOON)
    assert get_message(stranger, 1, theirs.id).message == theirs
