"""Files in the five slots of a message."""

import pytest

from campaigns.written import attach_text, write
from staffetta.campaigns import (
    Attachment,
    UnknownAttachment,
    UnknownMessage,
    attached_file,
    attachments_of,
    detach,
)
from staffetta.errors import InvalidArgument


def test_a_slot_holds_the_last_file_that_was_put_into_it(tx):
    message = write(tx)

    attach_text(tx, message, 5, "b.pdf", b"%PDF")
    attach_text(tx, message, 1)
    attached = attach_text(tx, message, 1, "C:\\folder\\c.txt", b"y")

    assert attached == attachments_of(tx, 1, message.id)
    assert attached == [
        Attachment(message_id=message.id, slot=1, name="c.txt"),
        Attachment(message_id=message.id, slot=5, name="b.pdf"),
    ]
    assert attached_file(tx, message.id, 5) == (b"%PDF", "application/pdf", "b.pdf")


def test_a_slot_is_emptied(tx):
    message = write(tx)
    attach_text(tx, message, 1)
    attach_text(tx, message, 2)

    left = detach(tx, 1, message.id, 1)

    assert [each.slot for each in left] == [2]
    for operation in (lambda: detach(tx, 1, message.id, 1), lambda: attached_file(tx, message.id, 1)):
        with pytest.raises(UnknownAttachment):
            operation()


@pytest.mark.parametrize(
    ("slot", "name", "content"),
    [
        (0, "a.txt", b"x"),
        (6, "a.txt", b"x"),
        (1, "a.txt", b""),
        (1, "a.txt", b"x" * 101),
        (1, "", b"x"),
        (1, "../..", b"x"),
        (1, "x" * 101, b"x"),
        (1, "\r\n\0", b"x"),
    ],
)
def test_what_cannot_be_attached_is_refused(tx, slot, name, content):
    message = write(tx)

    with pytest.raises(InvalidArgument):
        attach_text(tx, message, slot, name, content)
    assert attachments_of(tx, 1, message.id) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("città.pdf", "città.pdf"), (' a\r\n"b".txt', 'a"b".txt'), ("x.bogus", "x.bogus")],
)
def test_names_are_those_of_files_without_folders(tx, name, kept):
    message = write(tx)

    assert [each.name for each in attach_text(tx, message, name=name)] == [kept]


def test_attachments_of_another_account_are_not_found(tx, stranger):
    theirs = write(stranger)
    attach_text(stranger, theirs)

    with pytest.raises(UnknownAttachment):
        attached_file(tx, theirs.id, 1)
    for operation in (lambda: attach_text(tx, theirs), lambda: detach(tx, 1, theirs.id, 1)):
        with pytest.raises(UnknownMessage):
            operation()
    assert len(attachments_of(stranger, 1, theirs.id)) == 1
