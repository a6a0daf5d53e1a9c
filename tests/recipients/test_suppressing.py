"""A wrong bounce is undone as if it had not been; who complained may only sign up again."""

import pytest

from recipients.people import ADA, BASE, BOB, EVIDENCE, confirm, make_list, sign_up, status, suppress_ada
from staffetta.db import Connection
from staffetta.recipients import (
    AddressSuppressed,
    Cause,
    Evidence,
    NotSuppressed,
    Source,
    Status,
    Suppression,
    history,
    lift_suppression,
    list_suppressions,
    seal_all,
    suppress,
    unsubscribe,
    verify,
)
from trying import NOON

LIFTED = Evidence(source=Source.CONSOLE, wording="suppression lifted: their server was broken")
IN, OUT, WAIT, NEW = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING, Status.NOT_REGISTERED


def lift(tx, address=ADA):
    return lift_suppression(tx, address.text, evidence=LIFTED, now=NOON)


def test_a_wrong_bounce_is_undone(tx):
    news, asked, left = make_list(tx), make_list(tx, "Asked"), make_list(tx, "Left")
    sign_up(tx, lists=(1, news.id), confirm=False)
    sign_up(tx, lists=(asked.id,), confirm=True)
    suppress_ada(tx)
    assert [status(tx, each) for each in (1, news.id, asked.id, left.id)] == [OUT, OUT, OUT, NEW]

    back = lift(tx)

    assert back == [1, news.id, asked.id]
    assert [status(tx, each) for each in (1, news.id, asked.id, left.id)] == [IN, IN, WAIT, NEW]
    assert list_suppressions(tx, most=10) == []
    entry = history(tx, ADA.text)[-1]
    assert (entry.source, entry.wording, entry.cause) == (Source.CONSOLE, LIFTED.wording, None)


def test_who_had_left_before_the_bounce_stays_away(tx):
    signed_up = sign_up(tx, confirm=False)
    unsubscribe(tx, signed_up.recipient_id, (1,), cause=Cause.LINK, evidence=EVIDENCE, now=NOON, **BASE)
    suppress_ada(tx)

    assert lift(tx) == []

    assert status(tx) == OUT


def test_who_complained_stays_off_and_may_sign_up_again(tx):
    signed_up = sign_up(tx, confirm=False)
    suppress_ada(tx, Cause.COMPLAINT)
    with pytest.raises(AddressSuppressed):
        sign_up(tx, confirm=False)

    assert lift(tx) == []

    assert status(tx) == OUT
    assert history(tx, ADA.text)[-1].cause == Cause.CONSOLE
    sign_up(tx, confirm=True)
    confirm(tx, signed_up.recipient_id)
    assert status(tx) == IN


def test_the_ledger_and_its_counts_hold_after_it(tx):
    sign_up(tx, confirm=False)
    for cause in (Cause.BOUNCE, Cause.COMPLAINT):
        suppress_ada(tx, cause)
        lift(tx)

    seal_all(Connection(tx._session))

    assert list(verify(tx)) == [5]


def test_an_address_that_is_on_no_list_is_lifted_too(tx):
    suppress_ada(tx)

    assert lift(tx) == []

    assert list_suppressions(tx, most=10) == []


def test_who_is_not_suppressed_cannot_be_lifted(tx, stranger):
    suppress_ada(stranger)

    for address in (ADA, BOB):
        with pytest.raises(NotSuppressed):
            lift(tx, address)

    assert len(list_suppressions(stranger, most=10)) == 1


def test_suppressions_are_listed_by_cause_and_no_more_than_wanted(tx, stranger):
    suppress_ada(tx)
    suppress(tx, BOB.text, cause=Cause.COMPLAINT, evidence=LIFTED, now=NOON)
    suppress_ada(stranger)

    assert list_suppressions(tx, cause=Cause.COMPLAINT, most=10) == [Suppression(BOB.text, Cause.COMPLAINT, NOON)]
    assert len(list_suppressions(tx, most=10)) == 2
    assert len(list_suppressions(tx, most=1)) == 1
