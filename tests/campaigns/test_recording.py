"""Recording what people and programs do with their mail: who is counted, how often, and what is written down."""

from datetime import timedelta

import pytest

from campaigns.happening import (
    ENGAGEMENTS,
    EVENTS,
    LINK_CLICKS,
    counts,
    done,
    engaged,
    links,
    person,
    record,
    send,
    time_lines,
)
from staffetta.campaigns import Actor, EventKind, delete_message, record_events
from staffetta.recipients import Evidence, Source, erase
from trying import NOON

MINUTE = timedelta(minutes=1)


def test_a_view_makes_a_viewer_an_engagement_and_an_entry_of_the_time_line(tx):
    message, ada = send(tx), person(tx)

    record(tx, done(tx, message, ada, ip="192.0.2.1", reason="opened"))

    assert counts(tx, message) == {"viewers": 1, "views": 1}
    assert engaged(tx) == [("VIEW", ada, 1)]
    [entry] = tx.all(EVENTS)
    assert (entry.recipient_id, entry.message_id, entry.sending_id, entry.link_id) == (ada, message, 1, 0)
    assert (entry.kind, entry.actor, entry.reason) == (EventKind.VIEW, Actor.PERSON, "opened")
    assert (entry.ip, entry.happened_at) == ("192.0.2.1", NOON)


@pytest.mark.parametrize("together", [True, False])
def test_people_count_once_and_views_as_often_as_they_happen(tx, together):
    message, ada, bob = send(tx), person(tx), person(tx, "bob")
    happened = [done(tx, message, each, happened_at=NOON + n * MINUTE) for n, each in enumerate((ada, bob, ada, ada))]

    for batch in [happened] if together else [[each] for each in happened]:
        record(tx, *batch)

    assert counts(tx, message) == {"viewers": 2, "views": 4}
    assert engaged(tx) == [("VIEW", ada, 3), ("VIEW", bob, 1)]
    assert [(row.first_at, row.last_at) for row in tx.all(ENGAGEMENTS)] == [
        (NOON, NOON + 3 * MINUTE),
        (NOON + MINUTE, NOON + MINUTE),
    ]
    assert len(time_lines(tx)) == 4


def test_what_is_recorded_late_does_not_turn_the_clock_back(tx):
    message, ada = send(tx), person(tx)
    record(tx, done(tx, message, ada, happened_at=NOON + MINUTE))

    record(tx, done(tx, message, ada, happened_at=NOON))

    assert [row.last_at for row in tx.all(ENGAGEMENTS)] == [NOON + MINUTE]


def test_who_follows_a_link_without_having_loaded_the_picture_has_seen_the_message(tx):
    message, ada = send(tx), person(tx)

    record(tx, done(tx, message, ada, "click", link_id=1))
    record(tx, done(tx, message, ada, "click", link_id=1))

    assert counts(tx, message) == {"viewers": 1, "views": 1, "clickers": 1, "clicks": 2}
    assert engaged(tx) == [("VIEW", ada, 1), ("CLICK", ada, 2)]
    assert time_lines(tx) == [(ada, "CLICK", "PERSON")] * 2


@pytest.mark.parametrize("kinds", [("view", "click"), ("click", "view")])
def test_who_has_seen_the_message_gets_no_view_for_following_a_link_in_the_same_batch(tx, kinds):
    message, ada = send(tx), person(tx)

    record(tx, *(done(tx, message, ada, kind, link_id=int(kind == "click")) for kind in kinds))

    assert counts(tx, message) == {"viewers": 1, "views": 1, "clickers": 1, "clicks": 1}
    assert engaged(tx) == [("VIEW", ada, 1), ("CLICK", ada, 1)]


@pytest.mark.parametrize("together", [True, False])
def test_links_count_clicks_and_those_who_clicked(tx, together):
    message = send(tx, "https://a.example", "https://b.example", "https://c.example")
    ada, bob = person(tx), person(tx, "bob")
    happened = [done(tx, message, who, "click", link_id=link) for who, link in ((ada, 1), (ada, 1), (bob, 1), (ada, 2))]

    for batch in [happened] if together else [[each] for each in happened]:
        record(tx, *batch)

    assert links(tx) == [(1, 3, 2), (2, 1, 1), (3, 0, 0)]
    assert [(row.link_id, row.recipient_id, row.times) for row in tx.all(LINK_CLICKS)] == [
        (1, ada, 2),
        (1, bob, 1),
        (2, ada, 1),
    ]
    assert counts(tx, message) == {"viewers": 2, "views": 2, "clickers": 2, "clicks": 4}


def test_programs_are_counted_apart_and_stand_in_the_time_line_with_the_reason(tx):
    message, ada = send(tx), person(tx)

    record(
        tx,
        done(tx, message, ada, actor=Actor.MACHINE, reason="a scanner"),
        done(tx, message, ada, "click", link_id=1, actor=Actor.MACHINE),
    )

    assert counts(tx, message) == {"machine_views": 1, "machine_clicks": 1}
    assert engaged(tx) == []
    assert links(tx) == [(1, 0, 0)]
    assert time_lines(tx) == [(ada, "VIEW", "MACHINE"), (ada, "CLICK", "MACHINE")]


def test_who_may_be_either_counts_as_a_person(tx):
    message, ada = send(tx), person(tx)

    record(tx, done(tx, message, ada, actor=Actor.UNSURE))

    assert counts(tx, message) == {"viewers": 1, "views": 1}
    assert time_lines(tx) == [(ada, "VIEW", "UNSURE")]


def test_of_who_is_not_to_be_followed_only_the_number_is_kept(tx):
    message, bob = send(tx), person(tx, "bob", followed=False)

    # The one by a mail that says so, the other by a mail from before they said so.
    record(tx, done(tx, message, 0), done(tx, message, 0, "click", link_id=1))
    record(tx, done(tx, message, bob), done(tx, message, bob, "click", link_id=1))

    assert counts(tx, message) == {"untracked_views": 2, "untracked_clicks": 2}
    assert engaged(tx) == time_lines(tx) == tx.all(LINK_CLICKS) == []
    assert links(tx) == [(1, 0, 0)]


@pytest.mark.parametrize(
    ("kind", "counter"),
    [
        (EventKind.HARD_BOUNCE, "hard_bounces"),
        (EventKind.SOFT_BOUNCE, "soft_bounces"),
        (EventKind.UNSUBSCRIPTION, "unsubscriptions"),
        (EventKind.COMPLAINT, "complaints"),
    ],
)
def test_what_is_no_view_or_click_counts_people_and_is_recorded_of_everybody(tx, kind, counter):
    message, ada, bob = send(tx), person(tx), person(tx, "bob", followed=False)

    record(tx, *(done(tx, message, each, kind, reason="550 no such user") for each in (ada, bob, ada)))

    assert counts(tx, message) == {counter: 2}
    assert engaged(tx) == [(kind.name, ada, 2), (kind.name, bob, 1)]
    assert {row.detail for row in tx.all(ENGAGEMENTS)} == {"550 no such user"}
    assert len(time_lines(tx)) == 3


def test_what_is_said_later_replaces_what_was_said_before_but_silence_does_not(tx):
    message, ada = send(tx), person(tx)

    for reason in ("450 later", "452 full", ""):
        record(tx, done(tx, message, ada, EventKind.SOFT_BOUNCE, reason=reason))

    assert [row.detail for row in tx.all(ENGAGEMENTS)] == ["452 full"]


def test_a_long_reason_is_cut(tx):
    message, ada = send(tx), person(tx)

    record(tx, done(tx, message, ada, EventKind.COMPLAINT, reason="x" * 10_000))

    assert [len(row.reason) for row in tx.all(EVENTS)] == [len(row.detail) for row in tx.all(ENGAGEMENTS)] == [500]


def test_events_of_messages_and_people_that_are_gone_are_dropped(tx):
    message, gone, ada, bob = send(tx), send(tx), person(tx), person(tx, "bob")
    delete_message(tx, 1, gone)
    erase(tx, bob, evidence=Evidence(source=Source.REST), now=NOON)

    record(tx, *(done(tx, each, who) for each in (message, gone, 77_777) for who in (ada, bob, 77_777, 0)))

    assert counts(tx, message) == {"viewers": 1, "views": 1, "untracked_views": 1}
    assert counts(tx, gone) == counts(tx, 77_777) == {}
    assert engaged(tx) == [("VIEW", ada, 1)]


def test_nothing_to_record_is_no_mistake(tx):
    record(tx)

    assert time_lines(tx) == []


def test_a_batch_may_be_of_several_accounts_and_messages(tx, stranger):
    first, second, theirs = send(tx), send(tx), send(stranger)
    ada, eve = person(tx), person(stranger)

    record_events(
        tx,
        [done(tx, first, ada), done(stranger, theirs, eve), done(tx, second, ada, "click", link_id=1)],
        now=NOON,
    )

    assert counts(tx, first) == counts(stranger, theirs) == {"viewers": 1, "views": 1}
    assert counts(tx, second) == {"viewers": 1, "views": 1, "clickers": 1, "clicks": 1}
    assert time_lines(stranger) == [(eve, "VIEW", "PERSON")]


def test_a_message_of_another_account_is_not_counted_for_ones_own_people(tx, stranger):
    theirs, ada = send(stranger), person(tx)
    ours = send(tx)

    record(tx, done(tx, theirs + 1_000, ada))

    assert counts(stranger, theirs) == counts(tx, ours) == {}
    assert engaged(tx) == engaged(stranger) == []
