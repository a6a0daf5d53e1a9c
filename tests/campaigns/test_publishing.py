"""What everybody reads of a message."""

from dataclasses import replace

import pytest

from campaigns.written import write
from staffetta.campaigns import UnknownMessage, online_version, set_visibility
from staffetta.lists import change_list, get_list
from staffetta.recipients import GivenField
from trying import NOON


def publish(tx, **said):
    message = write(tx, **said)
    set_visibility(tx, 1, message.id, visible=True, now=NOON)
    return message


def test_a_message_online_has_default_values_and_no_links_of_one_person(tx):
    message = publish(
        tx,
        content='[Nome] [campo2] [other] [cognome] <a href="http://[unsubscribe]/">x</a> <a href="HTTP://[SUB]/">y</a>',
        default_values=[GivenField(1, "", "<b>friend</b>")],
    )

    shown = online_version(tx, message.id)

    assert shown == '&lt;b&gt;friend&lt;/b&gt;  [other]  <a href="#">x</a> <a href="#">y</a>'


def test_brackets_mean_nothing_where_fields_are_not_used(tx):
    message = publish(tx, content="[nome]")

    assert online_version(tx, message.id) == "[nome]"


def test_only_what_is_published_is_read(tx, stranger):
    theirs = publish(stranger)
    hidden = write(tx)
    gone = publish(tx)
    set_visibility(tx, 1, gone.id, visible=False, now=NOON)

    for message_id in (hidden.id, gone.id, 99):
        with pytest.raises(UnknownMessage):
            online_version(tx, message_id)
    with pytest.raises(UnknownMessage):
        set_visibility(tx, 1, 99, visible=True, now=NOON)
    assert online_version(stranger, theirs.id)


def test_a_list_that_keeps_its_messages_to_itself_shows_none(tx):
    message = publish(tx)
    change_list(tx, 1, settings=replace(get_list(tx, 1).settings, public=False))

    with pytest.raises(UnknownMessage):
        online_version(tx, message.id)
