from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select

from recipients.people import (
    ADA,
    BASE,
    BOB,
    EVIDENCE,
    MOBILE,
    mails,
    make_list,
    set_list,
    sign_up,
    status,
    suppress_ada,
)
from staffetta.db import Connection, Statement
from staffetta.lists import UnknownList, add_group
from staffetta.outbox import DeliveryState, exchange, in_state, keep_caught, take_lease
from staffetta.outbox.tables import caught_mails, deliveries
from staffetta.recipients import (
    AddressSuppressed,
    BeyondTheirLists,
    Cause,
    Status,
    UnknownRecipient,
    count,
    erase,
    find,
    get_profile,
    history,
    seal_all,
    take_off_list,
    unsubscribe,
    verify,
)
from staffetta.recipients.model import Channel
from staffetta.recipients.tables import consents
from trying import NOON

NEW, IN, OUT, WAIT = Status.NOT_REGISTERED, Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING
DELIVERIES = Statement(select(deliveries).where(deliveries.c.account_id == bindparam("account_id")))
CAUGHT = Statement(select(caught_mails.c.id).where(caught_mails.c.account_id == bindparam("account_id")))
CONSENTS = Statement(select(consents).where(consents.c.account_id == bindparam("account_id")))


def take_off(tx, recipient_id, list_id=1):
    take_off_list(tx, recipient_id, list_id, evidence=EVIDENCE, now=NOON)


def erase_them(tx, recipient_id, **options):
    erase(tx, recipient_id, evidence=EVIDENCE, now=NOON, **options)


def test_a_relation_to_a_list_goes_with_its_groups_and_no_other(tx):
    news = make_list(tx)
    here, there = add_group(tx, 1, "Here", now=NOON), add_group(tx, news.id, "There", now=NOON)
    recipient_id = sign_up(
        tx, lists=(1, news.id), groups=(here.id, there.id), mobile=MOBILE, confirm=False
    ).recipient_id

    take_off(tx, recipient_id)
    take_off(tx, recipient_id)

    profile = get_profile(tx, recipient_id)
    assert {list_id for list_id, _ in profile.subscriptions} == {news.id}
    assert profile.groups == {there.id}
    assert [(entry.channel, entry.new_status) for entry in history(tx, ADA.text) if entry.old_status == IN] == [
        (Channel.EMAIL, NEW),
        (Channel.SMS, NEW),
    ]


def test_who_was_taken_off_can_sign_up_anew(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    unsubscribe(tx, recipient_id, (1,), cause=Cause.LINK, evidence=EVIDENCE, now=NOON, **BASE)

    take_off(tx, recipient_id)

    assert status(tx) == NEW
    assert sign_up(tx, confirm=False).recipient_id == recipient_id
    assert status(tx) == IN


def test_the_counts_follow(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    seal_all(Connection(tx._session))

    take_off(tx, recipient_id)

    assert count(tx, 1, Channel.EMAIL, IN) == 0


def test_a_dead_address_stays_dead_off_the_list(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    suppress_ada(tx)

    take_off(tx, recipient_id)

    assert status(tx) == NEW
    with pytest.raises(AddressSuppressed):
        sign_up(tx)


def test_lists_and_people_of_another_account_are_not_found(tx, stranger):
    theirs = sign_up(stranger, confirm=False).recipient_id

    with pytest.raises(UnknownRecipient):
        take_off(tx, theirs)
    with pytest.raises(UnknownRecipient):
        erase_them(tx, theirs)
    with pytest.raises(UnknownList):
        take_off(tx, sign_up(tx).recipient_id, make_list(stranger).id)

    assert status(stranger) == IN


def test_an_erased_person_is_nobody(tx):
    group = add_group(tx, 1, "Friends", now=NOON)
    recipient_id = sign_up(tx, name="Ada", fields={1: "Ada"}, mobile=MOBILE, groups=(group.id,)).recipient_id
    sign_up(tx, email=BOB, confirm=False)

    erase_them(tx, recipient_id)

    with pytest.raises(UnknownRecipient):
        find(tx, recipient_id)
    assert (status(tx), status(tx, 1, MOBILE), status(tx, 1, BOB)) == (NEW, NEW, IN)
    assert ADA.text not in str(tx.all(CONSENTS))
    assert sign_up(tx).recipient_id != recipient_id
    with pytest.raises(UnknownRecipient):
        erase_them(tx, recipient_id)


def test_the_ledger_holds_together_and_the_counts_are_right_afterwards(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    sign_up(tx, email=BOB, confirm=False)

    erase_them(tx, recipient_id)

    while seal_all(Connection(tx._session)):
        pass
    assert [each for each in verify(tx) if not isinstance(each, int)] == []
    assert count(tx, 1, Channel.EMAIL, IN) == 1


def test_a_dead_address_stays_dead_after_its_owner_was_erased(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    suppress_ada(tx, Cause.COMPLAINT)

    erase_them(tx, recipient_id)

    with pytest.raises(AddressSuppressed):
        sign_up(tx)


def test_mails_to_the_person_are_cancelled_and_forgotten(tx):
    set_list(tx, notify_email="boss@shop.example")
    recipient_id = sign_up(tx).recipient_id
    unsubscribe(tx, recipient_id, (1,), cause=Cause.LINK, evidence=EVIDENCE, now=NOON, **BASE)
    sign_up(tx, email=BOB)
    keep_caught(Connection(tx._session), [caught(tx, row) for row in in_state(tx, DeliveryState.PLANNED, most=9)])

    erase_them(tx, recipient_id)

    rows = tx.all(DELIVERIES)
    of_ada = [row for row in rows if row.recipient_id == recipient_id]
    assert len(of_ada) == 2
    assert {(row.state, row.address, str(row.details), row.reply) for row in of_ada} == {
        (DeliveryState.CANCELLED, "", "{}", "")
    }
    assert [mail.address for mail in mails(tx)] == [BOB.text]
    assert [row.id for row in tx.all(CAUGHT)] == [mails(tx)[0].id]


def test_a_sender_that_talks_about_the_person_records_nothing(tx):
    recipient_id = sign_up(tx).recipient_id
    connection = Connection(tx._session)
    lease = take_lease(connection, alone=False, lasting=timedelta(minutes=1), now=NOON)
    exchange(connection, [], lease=lease, most=10_000, now=NOON)

    erase_them(tx, recipient_id)

    assert {row.state for row in tx.all(DELIVERIES)} == {DeliveryState.CANCELLED}


def test_nobody_is_erased_by_who_does_not_see_all_their_lists(tx):
    news = make_list(tx)
    recipient_id = sign_up(tx, lists=(1, news.id), confirm=False).recipient_id

    with pytest.raises(BeyondTheirLists):
        erase_them(tx, recipient_id, lists=(1,))
    assert status(tx) == IN
    erase_them(tx, recipient_id, lists=(1, news.id))

    assert status(tx) == NEW


def caught(tx, row):
    return {
        "account_id": tx.account_id,
        "id": row.id,
        "kind": row.kind,
        "to_address": row.address,
        "from_address": "shop@example.org",
        "subject": "Confirm",
        "raw": b"To: " + row.address.encode(),
        "caught_at": NOON,
    }
