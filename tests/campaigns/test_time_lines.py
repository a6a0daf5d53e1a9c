"""What is known of one person: their time line, by which message they left, and that it is forgotten."""

from datetime import timedelta

import pytest

from campaigns.happening import LINK_CLICKS, counts, done, engaged, links, person, record, send, sending, time_lines
from staffetta.campaigns import (
    Actor,
    EventKind,
    delete_message,
    erase,
    leave,
    left_by,
    save_preferences,
    save_profile,
    take_members_off_list,
    time_line,
)
from staffetta.recipients import Cause, Evidence, Source, UnknownRecipient, get_profile, join_group, may_be_followed
from staffetta.recipients.preferences import Wishes, read_standing
from trying import NOON

EVIDENCE = Evidence(source=Source.RECIPIENT, ip="192.0.2.7")
BASE = {"base_url": "https://news.example", "host": "news.example", "evidence": EVIDENCE, "now": NOON}
MINUTE = timedelta(minutes=1)


def test_a_time_line_tells_the_newest_first_with_subject_and_link(tx):
    message, ada, bob = send(tx, "https://shop.example/"), person(tx), person(tx, "bob")
    record(tx, done(tx, message, ada), done(tx, message, bob), done(tx, message, ada, actor=Actor.MACHINE, reason="x"))
    record(tx, done(tx, message, ada, "click", link_id=1, ip="192.0.2.1"))

    found = time_line(tx, ada, most=10)

    assert [(each.kind, each.actor, each.reason, each.url) for each in found] == [
        (EventKind.CLICK, Actor.PERSON, "", "https://shop.example/"),
        (EventKind.VIEW, Actor.MACHINE, "x", ""),
        (EventKind.VIEW, Actor.PERSON, "", ""),
    ]
    assert {(each.subject, each.message_id, each.sending_id, each.happened_at) for each in found} == {
        ("Spring", message, 1, NOON)
    }
    assert found[0].ip == "192.0.2.1"


def test_a_time_line_is_read_in_pages(tx):
    message, ada = send(tx), person(tx)
    record(tx, *(done(tx, message, ada) for _ in range(5)))

    first = time_line(tx, ada, most=3)
    second = time_line(tx, ada, most=3, before=first[-1].id)

    assert [len(first), len(second)] == [3, 2]
    assert len({each.id for each in first + second}) == 5
    assert time_line(tx, ada, most=3, before=second[-1].id) == []


def test_a_time_line_is_in_the_order_of_what_happened_whatever_was_recorded_first(tx):
    message, ada = send(tx), person(tx)
    for minutes in (3, 1, 4, 2, 3):
        record(tx, done(tx, message, ada, happened_at=NOON + minutes * MINUTE))

    pages, before = [], None
    while page := time_line(tx, ada, most=2, before=before):
        pages.append([(each.happened_at - NOON) // MINUTE for each in page])
        before = page[-1].id

    assert pages == [[4, 3], [3, 2], [1]]


def test_a_time_line_outlives_the_message(tx):
    message, ada = send(tx), person(tx)
    record(tx, done(tx, message, ada, "click", link_id=1))
    delete_message(tx, 1, message)

    assert [each.subject for each in time_line(tx, ada, most=3)] == [""]


def test_the_time_line_of_another_account_is_not_found(tx, stranger):
    theirs, eve = send(stranger), person(stranger)
    record(stranger, done(stranger, theirs, eve))
    ada = person(tx)

    assert ada == eve
    assert time_line(tx, eve, most=3) == []


def test_who_leaves_by_a_mail_counts_for_its_message(tx):
    message, ada = send(tx), person(tx)
    sending(tx, message)

    for _ in range(2):
        leave(tx, ada, (1,), sending_id=1, cause=Cause.LINK, **BASE)

    assert counts(tx, message) == {"unsubscriptions": 1}
    assert time_lines(tx) == [(ada, "UNSUBSCRIPTION", "PERSON")]
    assert left_by(tx, {ada: NOON}) == {ada: message}


@pytest.mark.parametrize("sending_id", [0, 77])
def test_who_leaves_by_no_mail_or_one_that_is_gone_has_left_all_the_same(tx, sending_id):
    ada = person(tx)

    left = leave(tx, ada, (1,), sending_id=sending_id, cause=Cause.LINK, **BASE)

    assert [each.id for each in left] == [1]
    assert time_lines(tx) == []
    assert left_by(tx, {ada: NOON}) == {}


def test_who_left_by_a_mail_and_later_in_another_way_left_by_none(tx):
    message, ada = send(tx), person(tx)
    record(tx, done(tx, message, ada, EventKind.UNSUBSCRIPTION))

    assert left_by(tx, {ada: NOON + 2 * MINUTE}) == {}


def test_lists_left_in_the_preference_centre_count_for_the_message(tx):
    message, ada = send(tx), person(tx)
    sending(tx, message)

    granted = save_preferences(tx, ada, Wishes(), sending_id=1, **BASE)

    assert [each.id for each in granted.left] == [1]
    assert counts(tx, message) == {"unsubscriptions": 1}
    assert may_be_followed(tx, ada)


def test_who_does_not_want_to_be_followed_is_forgotten_but_not_uncounted(tx):
    message, ada, bob = send(tx), person(tx), person(tx, "bob")
    for each in (ada, bob):
        record(tx, done(tx, message, each, "click", link_id=1), done(tx, message, each, EventKind.SOFT_BOUNCE))
    before = counts(tx, message)

    save_profile(tx, ada, (1,), Wishes(followed=False), now=NOON)

    assert not may_be_followed(tx, ada)
    assert not read_standing(tx, ada).followed
    assert time_lines(tx) == [(ada, "SOFT_BOUNCE", "PERSON"), (bob, "CLICK", "PERSON"), (bob, "SOFT_BOUNCE", "PERSON")]
    assert engaged(tx) == [("VIEW", bob, 1), ("CLICK", bob, 1), ("SOFT_BOUNCE", ada, 1), ("SOFT_BOUNCE", bob, 1)]
    assert [row.recipient_id for row in tx.all(LINK_CLICKS)] == [bob]
    assert counts(tx, message) == before
    assert links(tx) == [(1, 2, 2)]


def test_who_is_not_asked_stays_as_they_are(tx):
    ada = person(tx)
    save_profile(tx, ada, (1,), Wishes(followed=False), now=NOON)

    save_profile(tx, ada, (1,), Wishes(), now=NOON)
    assert not may_be_followed(tx, ada)

    save_profile(tx, ada, (1,), Wishes(followed=True), now=NOON)
    assert may_be_followed(tx, ada)


def test_of_who_is_erased_nothing_is_kept_of_what_they_did(tx):
    message, ada, bob = send(tx), person(tx), person(tx, "bob")
    for each in (ada, bob):
        record(tx, done(tx, message, each, "click", link_id=1), done(tx, message, each, EventKind.COMPLAINT))

    erase(tx, ada, evidence=EVIDENCE, now=NOON)

    assert {each[0] for each in time_lines(tx)} == {each[1] for each in engaged(tx)} == {bob}
    assert [row.recipient_id for row in tx.all(LINK_CLICKS)] == [bob]
    assert counts(tx, message)["clickers"] == 2
    with pytest.raises(UnknownRecipient):
        get_profile(tx, ada)


def test_who_is_erased_with_their_group_is_forgotten_too(tx):
    message, ada = send(tx), person(tx)
    group = next(each.id for each in read_standing(tx, ada).catalog.groups_of(1) if each.deletable)
    join_group(tx, ada, group, subscribes=False, evidence=EVIDENCE, now=NOON)
    record(tx, done(tx, message, ada, "click", link_id=1))

    assert take_members_off_list(tx, 1, group, evidence=EVIDENCE, now=NOON) == 1

    assert time_lines(tx) == engaged(tx) == tx.all(LINK_CLICKS) == []


def test_another_accounts_people_are_not_forgotten(tx, stranger):
    theirs, eve, ada = send(stranger), person(stranger), person(tx)
    record(stranger, done(stranger, theirs, eve))
    assert ada == eve

    erase(tx, ada, evidence=EVIDENCE, now=NOON)

    assert time_lines(stranger) == [(eve, "VIEW", "PERSON")]
