"""What somebody got and did, message by message."""

import pytest

from campaigns.happened import did, followed, people, sent
from campaigns.written import write
from staffetta.campaigns import Selection
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.personal_queries import statement_of
from staffetta.campaigns.personal_statistics import (
    BOUNCE_DETAILS,
    BOUNCES_BY_MESSAGE,
    CLICKS,
    DELIVERIES,
    LINKS,
    UNSUBSCRIPTIONS,
    VIEWS,
    count_deeds,
    list_deeds,
)
from staffetta.db.filtering import ordering, where
from staffetta.kit.filters import parse_filter, parse_order
from staffetta.lists import add_list
from staffetta.outbox import DeliveryState
from trying import NOON

EVERY = (DELIVERIES, VIEWS, CLICKS, LINKS, BOUNCES_BY_MESSAGE, BOUNCE_DETAILS, UNSUBSCRIPTIONS)


def deeds(tx, view, *, lists=None, **selected):
    rows, total = list_deeds(tx, view, 11, lists=lists, selection=Selection(**selected))
    assert total == count_deeds(tx, view, 11, lists=lists) or selected
    return [(row.message_id, row.times) for row in rows], total


def test_messages_that_went_to_somebody_are_listed_newest_first(tx):
    first, second, third = write(tx), write(tx, subject="Summer", notes="n"), write(tx)
    sent(tx, first, (11, 12))
    sent(tx, first, (11,), sending=2, new=0, state=DeliveryState.FAILED)
    sent(tx, second, (11,), sending=3)
    sent(tx, third, (11,), sending=4, state=DeliveryState.SUPPRESSED)

    rows, total = list_deeds(tx, DELIVERIES, 11, lists=None, selection=Selection())

    assert [(row.message_id, row.subject, row.notes, row.list_id, row.times) for row in rows] == [
        (second.id, "Summer", "n", 1, 1),
        (first.id, "Spring", "", 1, 2),
    ]
    assert total == 2
    assert deeds(tx, DELIVERIES, offset=1, limit=1) == ([(first.id, 2)], 2)
    assert deeds(tx, DELIVERIES, offset=2) == ([], 2)


def test_what_somebody_did_is_listed_by_message(tx):
    first, second = write(tx), write(tx)
    did(tx, first, EventKind.VIEW, (11, 12), times=2)
    did(tx, second, EventKind.VIEW, (11,))
    did(tx, second, EventKind.CLICK, (11,), times=4)
    did(tx, second, EventKind.UNSUBSCRIPTION, (11,))

    rows, _ = list_deeds(tx, UNSUBSCRIPTIONS, 11, lists=None, selection=Selection())

    assert deeds(tx, VIEWS) == ([(second.id, 1), (first.id, 2)], 2)
    assert deeds(tx, CLICKS) == ([(second.id, 4)], 1)
    assert [(row.message_id, row.last_at) for row in rows] == [(second.id, NOON)]


def test_a_bounce_is_one_of_its_message_and_told_with_what_the_server_said(tx):
    message = write(tx)
    did(tx, message, EventKind.SOFT_BOUNCE, (11,), times=3, detail="452 mailbox full")
    did(tx, message, EventKind.HARD_BOUNCE, (11,), detail="550 no such user")

    rows, total = list_deeds(tx, BOUNCE_DETAILS, 11, lists=None, selection=Selection())

    assert deeds(tx, BOUNCES_BY_MESSAGE) == ([(message.id, 4)], 1)
    assert [(row.kind, row.detail, row.times) for row in rows] == [
        (EventKind.HARD_BOUNCE, "550 no such user", 1),
        (EventKind.SOFT_BOUNCE, "452 mailbox full", 3),
    ]
    assert total == 2


def test_links_that_somebody_followed_are_listed_with_their_message(tx):
    message = write(tx)
    followed(tx, message, 1, "https://example.com/a", (11,), times=2)
    followed(tx, message, 2, "https://example.com/b", (11, 12))

    rows, _ = list_deeds(tx, LINKS, 11, lists=None, selection=Selection())

    assert [(row.url, row.times, row.subject) for row in rows] == [
        ("https://example.com/b", 1, "Spring"),
        ("https://example.com/a", 2, "Spring"),
    ]


def test_deeds_are_filtered_and_put_in_order(tx):
    first, second = write(tx, subject="B"), write(tx, subject="A")
    did(tx, first, EventKind.VIEW, (11,), times=2)
    did(tx, second, EventKind.VIEW, (11,))
    known = {"Subject": VIEWS.properties["subject"], "Count": VIEWS.properties["times"]}

    assert deeds(tx, VIEWS, where=where(parse_filter("Count==2"), known)) == ([(first.id, 2)], 1)
    assert deeds(tx, VIEWS, order=ordering(parse_order("Subject desc"), known))[0] == [(first.id, 2), (second.id, 1)]


@pytest.mark.parametrize("view", EVERY)
def test_hidden_lists_and_other_accounts_are_left_out(tx, stranger, view):
    for account in (tx, stranger):
        hidden = add_list(account, "Hidden", now=NOON)
        message = write(account, hidden.id)
        people(account, (11,))
        sent(account, message, (11,))
        for kind in EventKind:
            did(account, message, kind, (11,))
        followed(account, message, 1, "https://example.com/", (11,))

    everything = deeds(tx, view)[1]

    assert everything == (2 if view is BOUNCE_DETAILS else 1)
    assert deeds(tx, view, lists=(hidden.id,))[1] == everything
    assert deeds(tx, view, lists=(1,)) == ([], 0)
    assert deeds(tx, view, lists=()) == ([], 0)


def test_nobody_has_done_nothing(tx):
    for view in EVERY:
        assert deeds(tx, view) == ([], 0)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize("view", EVERY)
def test_a_person_is_looked_up_by_index(tx, view):
    statement = statement_of(view, None, Selection())
    prepared = statement.prepared_for("sqlite")

    plan = tx._session.cursor.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", dict.fromkeys(prepared.names)).fetchall()

    assert [step[3] for step in plan if "account_id=?)" in step[3]] == []
    assert [step[3] for step in plan if "(account_id=? AND recipient_id=?" in step[3]]
