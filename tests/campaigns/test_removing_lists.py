"""What goes with a list."""

import pytest
from sqlalchemy import bindparam, select

from campaigns.written import PNG, attach_text, subjects, write
from recipients.people import EVIDENCE, sign_up
from staffetta.campaigns import SHARED, GivenTag, add_image, clear_list, obtain_tag, remove_list, shared_images
from staffetta.campaigns.tables import attachments, images, message_tags, messages, tags
from staffetta.db import Statement
from staffetta.lists import ListNotDeletable, UnknownList, add_list
from trying import NOON

TABLES = [
    Statement(select(table).where(table.c.account_id == bindparam("account_id")))
    for table in (messages, attachments, message_tags, tags, images)
]


def furnish(tx, list_id):
    obtain_tag(tx, list_id, "promo")
    for _ in range(3):
        attach_text(tx, write(tx, list_id, tags=[GivenTag(name="promo")]))
    return add_image(tx, list_id, name="x", content=PNG, most_octets=100, now=NOON)


def test_a_list_goes_with_its_messages_tags_and_images(tx, stranger):
    news = add_list(tx, "News", now=NOON)
    furnish(stranger, 1)
    before = [stranger.all(statement) for statement in TABLES]
    furnish(tx, news.id)
    shared = add_image(tx, SHARED, name="x", content=PNG, most_octets=100, now=NOON)
    sign_up(tx, lists=(news.id,), confirm=False)

    ended = remove_list(tx, news.id, evidence=EVIDENCE, now=NOON)

    assert ended == 1
    assert [len(tx.all(statement)) for statement in TABLES] == [0, 0, 0, 0, 1]
    assert shared_images(tx, lists=None) == [shared]
    assert [stranger.all(statement) for statement in TABLES] == before


def test_a_list_is_cleared_by_and_by(tx):
    news = add_list(tx, "News", now=NOON)
    furnish(tx, news.id)
    furnish(tx, 1)
    sign_up(tx, lists=(news.id,), confirm=False)

    cleared = [clear_list(tx, news.id, evidence=EVIDENCE, now=NOON) for _ in range(3)]

    assert cleared == [3, 1, 0]
    assert subjects(tx, news.id) == []
    assert len(subjects(tx)) == 3


def test_list_1_stays_with_all_that_it_has(tx):
    furnish(tx, 1)

    for operation in (clear_list, remove_list):
        with pytest.raises(ListNotDeletable):
            operation(tx, 1, evidence=EVIDENCE, now=NOON)
        with pytest.raises(UnknownList):
            operation(tx, 99, evidence=EVIDENCE, now=NOON)
    assert len(subjects(tx)) == 3
