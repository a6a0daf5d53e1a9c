"""Reports: who opened and clicked, and what one person did."""

from datetime import timedelta

import pytest

from campaigns.done import add_clicks, add_engagements, add_event, add_links, add_views
from campaigns.written import write
from recipients.people import ADA, BOB, make_list, sign_up
from staffetta.campaigns import UnknownMessage, report_on_message, report_on_person
from staffetta.campaigns.events import Actor, EventKind
from staffetta.lists import UnknownList
from trying import NOON

SHOP = "https://shop.example/?a=1&b=[campo1]"


@pytest.fixture
def message(tx):
    return write(tx)


@pytest.fixture
def people(tx):
    return [sign_up(tx, email=each, confirm=False).recipient_id for each in (ADA, BOB)]


def test_of_a_message_those_are_named_who_opened_and_who_clicked_which_link(tx, message, people):
    ada, bob = people
    add_links(tx, message.id, (SHOP, 4), ("https://nobody.example/", 0), ("https://news.example/", 1))
    add_clicks(tx, message.id, 1, [(ada, 1), (bob, 3)])
    add_clicks(tx, message.id, 3, [(bob, 1)])
    add_engagements(tx, message.id, [(ada, 2), (bob, 5)])
    add_engagements(tx, message.id, [(ada, 9)], kind=EventKind.CLICK)
    add_views(tx, message.id, 7)

    report = report_on_message(tx, 1, message.id)

    assert [(each.url, each.times) for each in report.links] == [(SHOP, 4), ("https://news.example/", 1)]
    assert [[(who.email, who.times) for who in each.clickers] for each in report.links] == [
        [(ADA.text, 1), (BOB.text, 3)],
        [(BOB.text, 1)],
    ]
    assert report.views == 7
    assert [tuple(each) for each in report.openers] == [(ADA.text, 2), (BOB.text, 5)]


def test_a_report_names_no_more_than_its_bound_and_its_totals_are_whole(tx, message, people):
    add_links(tx, message.id, (SHOP, 2), ("https://news.example/", 2))
    for link_id in (1, 2):
        add_clicks(tx, message.id, link_id, [(each, 1) for each in people])
    add_engagements(tx, message.id, [(each, 1) for each in people])
    add_views(tx, message.id, 2)

    report = report_on_message(tx, 1, message.id, most=1)

    assert [(each.times, len(each.clickers)) for each in report.links] == [(2, 1), (2, 0)]
    assert (report.views, len(report.openers)) == (2, 1)


def test_a_message_that_was_never_sent_has_an_empty_report(tx, message):
    assert report_on_message(tx, 1, message.id) == ([], 0, [])


def test_of_a_person_is_told_what_they_did_and_how_often_newest_first(tx, message, people):
    ada, bob = people
    add_links(tx, message.id, (SHOP, 4))
    add_clicks(tx, message.id, 1, [(ada, 3), (bob, 1)])
    add_engagements(tx, message.id, [(ada, 2), (bob, 5)])
    add_event(tx, message.id, ada)
    add_event(tx, message.id, ada, link_id=1, hours=1)
    add_event(tx, message.id, ada, hours=2, actor=Actor.UNSURE)
    add_event(tx, message.id, ada, hours=3, actor=Actor.MACHINE)
    add_event(tx, message.id, bob)

    report = report_on_person(tx, 1, ada)

    assert [tuple(each) for each in report.links] == [(SHOP, 3)]
    assert report.views == 2
    assert [(each.happened_at - NOON, each.ip, each.subject) for each in report.opened] == [
        (timedelta(hours=2), "192.0.2.9", "Spring"),
        (timedelta(0), "192.0.2.9", "Spring"),
    ]
    assert [(each.url, each.message_id) for each in report.clicked] == [(SHOP, message.id)]


def test_of_a_person_the_newest_is_told_up_to_a_bound(tx, message, people):
    for hours in range(3):
        add_event(tx, message.id, people[0], hours=hours)

    report = report_on_person(tx, 1, people[0], most=2)

    assert [each.happened_at - NOON for each in report.opened] == [timedelta(hours=2), timedelta(hours=1)]


def test_what_a_person_did_is_told_in_its_own_order_and_not_in_that_of_its_ids(tx, message, people):
    add_links(tx, message.id, (SHOP, 3))
    for hours in (2, 0, 1):
        add_event(tx, message.id, people[0], hours=hours)
        add_event(tx, message.id, people[0], link_id=1, hours=hours)

    report, newest = (report_on_person(tx, 1, people[0], most=most) for most in (100, 2))

    for deeds in (report.opened, report.clicked):
        assert [each.happened_at - NOON for each in deeds] == [timedelta(hours=hours) for hours in (2, 1, 0)]
    assert {each.happened_at - NOON for each in (*newest.opened, *newest.clicked)} == {timedelta(hours=2)}


def test_links_of_two_messages_to_one_address_are_one(tx, message, people):
    other = write(tx)
    for each in (message, other):
        add_links(tx, each.id, (SHOP, 1))
        add_clicks(tx, each.id, 1, [(people[0], 2)])

    assert [tuple(each) for each in report_on_person(tx, 1, people[0]).links] == [(SHOP, 4)]
    assert [tuple(each) for each in report_on_person(tx, 1, people[0], message_id=other.id).links] == [(SHOP, 2)]


def test_only_messages_of_the_list_are_told_of_or_only_one_of_them(tx, message, people):
    ada = people[0]
    second, elsewhere = write(tx, subject="Second"), write(tx, make_list(tx).id)
    for number, each in enumerate((message, second, elsewhere), start=1):
        add_links(tx, each.id, (f"https://{number}.example/", 1))
        add_clicks(tx, each.id, 1, [(ada, 1)])
        add_engagements(tx, each.id, [(ada, 1)])
        add_engagements(tx, each.id, [(ada, 1)], kind=EventKind.SOFT_BOUNCE, last_at=NOON + timedelta(days=number))
        add_event(tx, each.id, ada)

    of_list, of_message = report_on_person(tx, 1, ada), report_on_person(tx, 1, ada, message_id=message.id)

    assert (of_list.views, len(of_list.links), len(of_list.opened)) == (2, 2, 2)
    assert of_list.bounced_at == NOON + timedelta(days=2)
    assert (of_message.views, len(of_message.links), len(of_message.opened)) == (1, 1, 1)
    assert of_message.bounced_at == NOON + timedelta(days=1)


def test_lists_and_messages_of_another_account_are_not_reported_on(tx, stranger, message, people):
    other = make_list(tx)

    with pytest.raises(UnknownMessage):
        report_on_message(stranger, 1, message.id)
    with pytest.raises(UnknownMessage):
        report_on_message(tx, other.id, message.id)
    with pytest.raises(UnknownList):
        report_on_message(stranger, other.id, message.id)
    with pytest.raises(UnknownMessage):
        report_on_person(stranger, 1, people[0], message_id=message.id)


def test_nothing_of_another_account_stands_in_a_report(tx, stranger, message, people):
    theirs = write(stranger)
    for own, each in ((tx, message), (stranger, theirs)):
        add_links(own, each.id, (SHOP, 1))
        add_clicks(own, each.id, 1, [(people[0], 1)])
        add_engagements(own, each.id, [(people[0], 1)])
        add_event(own, each.id, people[0])

    assert report_on_message(stranger, 1, theirs.id).openers == []
    assert [each.clickers for each in report_on_message(stranger, 1, theirs.id).links] == [()]
    assert report_on_person(tx, 1, people[0]).views == 1
