"""xmlUpdSubscriber and xmlUnsubscribe: what they change, and what they leave (contract 9.5, 9.6)."""

from dataclasses import replace

import pytest

from interfaces.frontend.calls import Site
from staffetta.lists import add_group, change_list
from staffetta.recipients import Status, history

ADA = "ada@example.com"
UPDATE, UNSUBSCRIBE = "xmlUpdSubscriber.aspx", "xmlUnsubscribe.aspx"


@pytest.fixture
async def subscribed(site: Site, now) -> Site:
    """Ada is on lists 1 and 2, in groups 1 and 2 of the first and group 40 of the second."""
    site.add_lists(1, now)
    with site.database.transaction(site.account.id) as tx:
        add_group(tx, 2, "Elsewhere", now=now, group_id=40)
    names, values = "campo1;campo2", "Ada;King"
    await site.code(
        "xmlSubscribe.aspx", list="1,2", email=ADA, confirm=0, group="1,2,40", csvFldNames=names, csvFldValues=values
    )
    return site


GROUPS = (
    ({}, {1, 2, 40}),
    ({"group": "3"}, {1, 2, 3, 40}),
    ({"group": "2;3"}, {1, 2, 3, 40}),
    ({"group": "2,3"}, {1, 2, 3, 40}),
    ({"group": "3", "replace": ""}, {1, 2, 3, 40}),
    ({"group": "3", "replace": "0"}, {1, 2, 3, 40}),
    ({"group": "3", "replace": "false"}, {1, 2, 3, 40}),
    ({"group": "3", "Replace": "1"}, {3, 40}),
    ({"group": "3", "replace": "true"}, {3, 40}),
    ({"group": "2;3", "replace": "TRUE"}, {2, 3, 40}),
    ({"replace": "1"}, {40}),
    ({"group": "", "replace": "1"}, {40}),
    ({"group": "99;x", "replace": "1"}, {40}),
    ({"group": "40", "replace": "1"}, {40}),
)


async def test_groups_of_the_list_are_added_or_replaced(subscribed: Site):
    secret, stored = subscribed.secret(), []

    for call, _ in GROUPS:
        await subscribed.code(UPDATE, **secret, email=ADA, group="1,2", replace=1)
        await subscribed.code(UPDATE, **secret, email=ADA, **call)
        stored.append((call, subscribed.groups(ADA)))

    assert stored == list(GROUPS)


# Names and values to the code, and the fields after it.
FIELDS = {
    ("campo1", "Augusta"): (0, {"1": "Augusta", "2": "King"}),
    ("Campo1;3", "Augusta;Lovelace & Co"): (0, {"1": "Augusta", "2": "King", "3": "Lovelace & Co"}),
    ("campo1", ""): (0, {"2": "King"}),
    ("campo1", " "): (0, {"2": "King"}),
    ("campo1;campo2", "Augusta;"): (0, {"1": "Augusta"}),
    ("campo99", "x"): (0, {"1": "Ada", "2": "King"}),
    ("", ""): (0, {"1": "Ada", "2": "King"}),
    ("campo1", "—"): (0, {"1": "—", "2": "King"}),
    ("campo1;campo2", "Augusta"): (1, {"1": "Ada", "2": "King"}),
    ("campo1", "Augusta;Ada"): (1, {"1": "Ada", "2": "King"}),
    ("campo1", "Augusta--Ada"): (1, {"1": "Ada", "2": "King"}),
}


async def test_fields_are_changed_or_cleared(subscribed: Site):
    secret, stored = subscribed.secret(), {}

    for names, values in FIELDS:
        await subscribed.code(UPDATE, **secret, email=ADA, csvFldNames="1;2;3", csvFldValues="Ada;King;")
        code = await subscribed.code(UPDATE, **secret, email=ADA, csvFldNames=names, csvFldValues=values)
        stored[names, values] = (code, subscribed.recipient(ADA).fields)

    assert stored == FIELDS


async def test_a_refused_update_leaves_the_groups(subscribed: Site):
    call = {"csvFldNames": "1", "csvFldValues": "a;b", "group": "3", "replace": 1}

    code = await subscribed.code(UPDATE, **subscribed.secret(), email=ADA, **call)

    assert (code, subscribed.groups(ADA)) == (1, {1, 2, 40})


async def test_an_update_writes_no_mail_and_no_entry(subscribed: Site):
    with subscribed.database.transaction(subscribed.account.id) as tx:
        before = len(history(tx, ADA))

    await subscribed.code(UPDATE, **subscribed.secret(), email=ADA, csvFldNames="1", csvFldValues="x", replace=1)

    with subscribed.database.transaction(subscribed.account.id) as tx:
        assert len(history(tx, ADA)) == before
    assert subscribed.mails() == []


async def test_unsubscribing_is_for_one_list_and_at_once(subscribed: Site):
    codes = [await subscribed.code(UNSUBSCRIBE, **subscribed.secret(), email=ADA) for _ in range(2)]

    assert codes == [0, 3]
    assert (subscribed.status(ADA, 1), subscribed.status(ADA, 2)) == (Status.UNSUBSCRIBED, Status.SUBSCRIBED)
    assert subscribed.mails() == []


async def test_who_never_confirmed_is_taken_off_as_well(site: Site):
    await site.code("xmlSubscribe.aspx", list=1, email=ADA)

    codes = [await site.code(UNSUBSCRIBE, **site.secret(), email=ADA) for _ in range(2)]

    assert (codes, site.status(ADA)) == ([0, 3], Status.UNSUBSCRIBED)


async def test_a_channel_is_left_alone_by_the_other(site: Site):
    number = "+393331234567"
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, sms=number, confirm=0)

    code = await site.code(UNSUBSCRIBE, **site.secret(), sms=number)

    assert (code, site.status(number), site.status(ADA)) == (0, Status.UNSUBSCRIBED, Status.SUBSCRIBED)


async def test_the_mails_that_a_list_asks_for_are_planned(site: Site):
    first = site.mailing_list()
    with site.database.transaction(site.account.id) as tx:
        asking = replace(first.settings, send_email_optout=True, notify_email="owner@shop.example")
        change_list(tx, 1, settings=asking)
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)

    for _ in range(2):
        await site.code(UNSUBSCRIBE, **site.secret(), email=ADA)

    assert [(mail.kind, mail.address) for mail in site.mails()] == [("goodbye", ADA), ("notice", "owner@shop.example")]
