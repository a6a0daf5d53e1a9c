"""What came of messages: counters, and pages of people."""

import pytest

from campaigns.happened import counted, did, followed, people, sent
from campaigns.written import write
from staffetta.campaigns import Selection, statistics
from staffetta.campaigns.events import EventKind
from staffetta.campaigns.landmarks import STEP, locate
from staffetta.db.filtering import ordering, where
from staffetta.kit.filters import parse_filter, parse_order

PROPERTIES = {"Email": statistics.EMAIL, "IdRecipient": statistics.RECIPIENT, "IdMessage": statistics.MESSAGE}
ENGAGED = {"Email": statistics.EMAIL, "Count": statistics.TIMES, "IdRecipient": statistics.ENGAGED}


def asked(properties, *, filterby="", orderby="", offset=0, limit=20):
    node = parse_filter(filterby) if filterby else None
    return Selection(
        where=None if node is None else where(node, properties),
        order=ordering(parse_order(orderby), properties) if orderby else (),
        offset=offset,
        limit=limit,
    )


def reached(tx, message, **selected):
    rows, total = statistics.list_recipients(tx, message.id, asked(PROPERTIES, **selected))
    return [row.recipient_id for row in rows], total


def engaged(tx, message, kinds, **selected):
    rows, total = statistics.list_engaged(tx, message.id, kinds, asked(ENGAGED, **selected))
    return [(row.recipient_id, row.kind, row.times) for row in rows], total


def test_whoever_got_a_message_twice_is_listed_once(tx):
    message = write(tx)
    people(tx, range(11, 16))
    sent(tx, message, range(11, 15))
    sent(tx, message, (13, 14, 15), sending=2, new=1)

    assert statistics.counters_of(tx, message.id).recipients == 5
    assert reached(tx, message) == ([15, 14, 13, 12, 11], 5)
    assert reached(tx, message, offset=2, limit=2) == ([13, 12], 5)
    assert reached(tx, message, offset=5) == ([], 5)
    assert reached(tx, message, filterby="IdRecipient>=13") == ([15, 14, 13], 3)


def test_people_are_found_by_address_and_put_in_order(tx):
    message = write(tx)
    people(tx, (11, 12, 112))
    sent(tx, message, (11, 12, 112))

    assert reached(tx, message, filterby="Email=='P11@example.com'") == ([11], 1)
    assert reached(tx, message, filterby="Email.Contains('p11')") == ([112, 11], 2)
    assert reached(tx, message, orderby="Email asc") == ([112, 11, 12], 3)
    assert reached(tx, message, orderby="Email desc", limit=1) == ([12], 3)


def test_those_who_are_gone_are_listed_without_their_address(tx):
    message = write(tx)
    sent(tx, message, (11,))
    did(tx, message, EventKind.VIEW, (11,))

    [row], total = statistics.list_recipients(tx, message.id, Selection())
    [viewer], _ = statistics.list_engaged(tx, message.id, statistics.VIEWS, Selection())

    assert (row, total) == ((11, ""), 1)
    assert (viewer.recipient_id, viewer.email) == (11, "")


def test_pages_far_back_are_the_same_as_if_somebody_had_counted_up_to_them(tx):
    message = write(tx)
    ids = range(100, 100 + 3 * (2 * STEP + 7), 3)
    sent(tx, message, ids)
    newest_first = list(reversed(ids))

    for offset in (STEP - 1, STEP, STEP + 6, STEP + 7, STEP + 8, 2 * STEP, 2 * STEP + 6):
        found, total = reached(tx, message, offset=offset, limit=3)

        assert (found, total) == (newest_first[offset : offset + 3], len(ids)), offset


@pytest.mark.parametrize("where_", ["behind", "between"])
def test_pages_far_back_follow_what_comes_meanwhile(tx, where_):
    message = write(tx)
    ids = list(range(100, 100 + 3 * 2 * STEP, 3))
    sent(tx, message, ids)
    reached(tx, message, offset=STEP + 5)
    more = range(1_000_000, 1_000_010) if where_ == "behind" else range(101, 131, 3)

    sent(tx, message, more, sending=2)
    found, _ = reached(tx, message, offset=STEP + 5, limit=3)

    assert found == sorted([*ids, *more], reverse=True)[STEP + 5 : STEP + 8]


def test_marks_are_kept_as_long_as_the_counter_stands_still(tx):
    message = write(tx)
    sent(tx, message, range(10, 10 + 2 * STEP))
    placed = locate(tx, message.id, STEP + 5, counted=2 * STEP)

    sent(tx, message, (1, 2, 3), new=0)

    assert locate(tx, message.id, STEP + 5, counted=2 * STEP) == placed
    assert locate(tx, message.id, STEP + 5, counted=2 * STEP + 1) != placed


def test_people_are_listed_by_what_they_did(tx):
    message = write(tx)
    people(tx, (11, 12, 13))
    did(tx, message, EventKind.VIEW, (11, 13), times=2)
    did(tx, message, EventKind.CLICK, (13,), times=5)
    did(tx, message, EventKind.HARD_BOUNCE, (12,))
    did(tx, message, EventKind.SOFT_BOUNCE, (11, 12), times=3)
    did(tx, message, EventKind.COMPLAINT, (11,))

    hard, soft = EventKind.HARD_BOUNCE, EventKind.SOFT_BOUNCE
    assert engaged(tx, message, statistics.VIEWS) == ([(13, EventKind.VIEW, 2), (11, EventKind.VIEW, 2)], 2)
    assert engaged(tx, message, statistics.CLICKS) == ([(13, EventKind.CLICK, 5)], 1)
    assert engaged(tx, message, statistics.BOUNCES) == ([(12, hard, 1), (12, soft, 3), (11, soft, 3)], 3)
    assert engaged(tx, message, statistics.BOUNCES, offset=1, limit=1) == ([(12, soft, 3)], 3)
    assert engaged(tx, message, statistics.BOUNCES, filterby="Count>1", orderby="IdRecipient") == (
        [(11, soft, 3), (12, soft, 3)],
        2,
    )
    assert engaged(tx, message, statistics.UNSUBSCRIPTIONS) == ([], 0)


def test_followers_are_listed_link_by_link(tx):
    message = write(tx)
    people(tx, (11, 12))
    followed(tx, message, 1, "https://example.com/a", (11, 12), times=2)
    followed(tx, message, 2, "https://example.com/b", (11,))
    followed(tx, message, 3, "https://example.com/c", ())

    rows, total = statistics.list_followers(tx, message.id, Selection())
    links = statistics.followed_links(tx, message.id)
    some, count = statistics.list_followers(
        tx,
        message.id,
        asked({"Url": statistics.URL, "Count": statistics.FOLLOWED_TIMES}, filterby="Url.EndsWith('/b')"),
    )

    assert [(row.recipient_id, row.url[-1], row.times) for row in rows] == [(11, "b", 1), (12, "a", 2), (11, "a", 2)]
    assert total == 3
    assert [(link.id, link.clicks) for link in links] == [(2, 1), (1, 4)]
    assert ([row.url[-1] for row in some], count) == (["b"], 1)


def test_nothing_came_of_what_was_not_sent(tx):
    assert statistics.counters_of(tx, 99) == statistics.Counters()
    assert statistics.list_of_message(tx, 99) is None
    assert statistics.list_recipients(tx, 99, Selection()) == ((), 0)
    assert statistics.list_followers(tx, 99, Selection()) == ((), 0)


def test_nothing_of_another_account_is_found(tx, stranger):
    theirs = write(stranger)
    people(stranger, (11,))
    sent(stranger, theirs, (11,))
    did(stranger, theirs, EventKind.VIEW, (11,))
    followed(stranger, theirs, 1, "https://example.com/", (11,))
    ours = write(tx)
    people(tx, (11,))
    counted(tx, ours, "recipients", 1)

    assert ours.id == theirs.id
    assert reached(tx, ours) == ([], 1)
    assert reached(tx, ours, filterby="IdRecipient==11") == ([], 0)
    assert engaged(tx, ours, statistics.VIEWS) == ([], 0)
    assert statistics.followed_links(tx, ours.id) == []
