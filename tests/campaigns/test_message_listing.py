"""Pages of messages: of a list, by tag, published, archived."""

from dataclasses import replace

import pytest
from sqlalchemy import bindparam, select, update

from campaigns.written import subjects, write
from staffetta.campaigns import (
    GivenTag,
    Selection,
    list_all_messages,
    list_archived,
    list_published,
    obtain_tag,
    set_visibility,
)
from staffetta.campaigns.listing import PUBLISHED, SUBJECT
from staffetta.campaigns.tables import messages
from staffetta.db import Statement
from staffetta.lists import add_list, change_list, get_list
from trying import NOON

MARK_SENT = Statement(
    update(messages)
    .where(messages.c.account_id == bindparam("account_id"), messages.c.id == bindparam("of_message"))
    .values(last_sent_at=bindparam("sent_at", type_=messages.c.last_sent_at.type))
)
ALL = Selection()


def test_messages_are_listed_newest_first_by_pages(tx):
    for subject in "ABCDE":
        write(tx, subject=subject)

    assert subjects(tx) == ["E", "D", "C", "B", "A"]
    assert subjects(tx, offset=2, limit=2) == ["C", "B"]
    assert subjects(tx, order=[SUBJECT.column.asc()], limit=2) == ["A", "B"]
    assert subjects(tx, where=SUBJECT.column > "C") == ["E", "D"]
    assert subjects(tx, offset=5) == []


def test_messages_are_found_by_any_of_some_tags(tx):
    for name in ("a", "b", "c"):
        obtain_tag(tx, 1, name)
        write(tx, subject=name, tags=[GivenTag(name=name)])
    write(tx, subject="both", tags=[GivenTag(name="a"), GivenTag(name="b")])

    assert subjects(tx, tags=("a",)) == ["both", "a"]
    assert subjects(tx, tags=("a", "b")) == ["both", "b", "a"]
    assert subjects(tx, tags=("x' OR 1=1 --",)) == []


def test_the_messages_of_all_lists_are_those_of_the_lists_that_are_seen(tx, stranger):
    other = add_list(tx, "Other", now=NOON)
    write(stranger)
    ours, others = write(tx), write(tx, other.id)

    assert list_all_messages(tx, lists=None, selection=ALL) == ([others.head, ours.head], 2)
    assert list_all_messages(tx, lists=(1,), selection=ALL) == ([ours.head], 1)
    assert list_all_messages(tx, lists=(), selection=ALL) == ((), 0)


def test_what_is_online_is_published_and_what_was_sent_and_is_not_is_archived(tx):
    _draft, online, sent = write(tx), write(tx), write(tx)
    set_visibility(tx, 1, online.id, visible=True, now=NOON)
    tx.run(MARK_SENT, of_message=sent.id, sent_at=NOON)

    published, archived = list_published(tx, 1, selection=ALL), list_archived(tx, 1, selection=ALL)

    assert [each.id for each in published.messages] == [online.id]
    assert [(each.id, each.last_sent_at) for each in archived.messages] == [(sent.id, NOON)]


def test_a_list_that_is_not_public_has_no_library(tx):
    online = write(tx)
    set_visibility(tx, 1, online.id, visible=True, now=NOON)
    change_list(tx, 1, settings=replace(get_list(tx, 1).settings, public=False))

    assert list_published(tx, 1, selection=ALL) == list_archived(tx, 1, selection=ALL) == ((), 0)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")
def test_the_archive_that_anybody_may_ask_for_is_read_off_an_index(tx):
    condition = (messages.c.list_id == bindparam("of_list")) & PUBLISHED
    query = select(messages.c.id).where(messages.c.account_id == bindparam("account_id"), condition)
    prepared = Statement(query.order_by(messages.c.id.desc())).prepared_for("sqlite")

    plan = tx._session.cursor.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", dict.fromkeys(prepared.names)).fetchall()

    assert [step[3] for step in plan] == [
        "SEARCH messages USING COVERING INDEX messages_public (account_id=? AND list_id=?)"
    ]
