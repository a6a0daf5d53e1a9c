"""Addresses to send from: asked for, confirmed, disabled."""

import re
from datetime import timedelta

import pytest

from staffetta.kit.addresses import EmailAddress
from staffetta.outbox import DeliveryState, in_state
from staffetta.senders import (
    VERIFICATION,
    SenderBlocked,
    SenderState,
    TrustedSender,
    UnknownSender,
    block,
    confirm_sender,
    get_sender,
    is_blocked,
    trust,
    trusted_senders,
)
from trying import NOON

JANE = EmailAddress.parse("jane@example.com")
MIKE = EmailAddress.parse("mike@example.com")
MINUTE = timedelta(minutes=1)
LATER = NOON + 10 * MINUTE


def ask(tx, email=JANE, *, now=NOON):
    return trust(tx, email, base_url="https://news.example", host="news.example", now=now)


def mailed(tx):
    return [row.address for row in in_state(tx, DeliveryState.PLANNED, most=1000)]


def test_the_owner_of_an_address_is_asked_by_mail(tx):
    asked = ask(tx)

    assert asked == TrustedSender(
        id=asked.id, email=JANE.text, state=SenderState.NOT_CONFIRMED, created_at=NOON, changed_at=NOON
    )
    assert re.fullmatch("[A-Za-z0-9]{16}", asked.id)
    [mail] = in_state(tx, DeliveryState.PLANNED, most=9)
    assert (mail.kind, mail.address, mail.list_id, mail.recipient_id) == (VERIFICATION, JANE.text, 0, 0)
    assert mail.details == {"sender_id": asked.id, "base_url": "https://news.example"}
    assert get_sender(tx, asked.id) == asked


def test_the_owner_confirms_and_a_repeat_changes_nothing(tx):
    asked = ask(tx)

    confirmed = confirm_sender(tx, asked.id, now=LATER)
    again = confirm_sender(tx, asked.id, now=LATER + MINUTE)

    assert (confirmed.state, confirmed.changed_at, confirmed.authorized_at) == (SenderState.CONFIRMED, LATER, LATER)
    assert (confirmed.id, confirmed.created_at) == (asked.id, NOON)
    assert again == confirmed == get_sender(tx, asked.id)


def test_an_address_that_is_asked_about_again_is_not_confirmed_any_more(tx):
    asked = ask(tx)
    confirm_sender(tx, asked.id, now=NOON + MINUTE)

    again = ask(tx, now=LATER)

    assert (again.id, again.state, again.created_at) == (asked.id, SenderState.NOT_CONFIRMED, NOON)
    assert (again.changed_at, again.authorized_at) == (LATER, None)
    assert get_sender(tx, asked.id) == again
    assert mailed(tx) == [JANE.text, JANE.text]


def test_a_disabled_address_is_never_trusted_again(tx):
    asked = ask(tx)

    blocked = block(tx, asked.id, now=LATER)

    assert (blocked.state, blocked.changed_at, blocked.authorized_at) == (SenderState.BLOCKED, LATER, None)
    with pytest.raises(SenderBlocked):
        ask(tx, now=LATER + MINUTE)
    with pytest.raises(SenderBlocked):
        confirm_sender(tx, asked.id, now=LATER + MINUTE)
    assert block(tx, asked.id, now=LATER + MINUTE) == blocked == get_sender(tx, asked.id)
    assert mailed(tx) == [JANE.text]


def test_an_address_is_mailed_once_a_minute(tx):
    almost = NOON + MINUTE - timedelta(microseconds=1)

    asked = [ask(tx, now=now) for now in (NOON, NOON, almost)]
    ask(tx, MIKE, now=almost)

    assert [each.state for each in asked] == [SenderState.NOT_CONFIRMED] * 3
    assert mailed(tx) == [MIKE.text, JANE.text]
    ask(tx, now=NOON + MINUTE)
    assert mailed(tx) == [JANE.text, MIKE.text, JANE.text]


def test_an_address_is_mailed_twenty_times_a_day(tx):
    for number in range(30):
        ask(tx, now=NOON + number * MINUTE)

    assert len(mailed(tx)) == 20
    ask(tx, MIKE, now=NOON + 30 * MINUTE)
    ask(tx, now=NOON + timedelta(days=1, minutes=1))
    assert mailed(tx)[:3] == [JANE.text, MIKE.text, JANE.text]


def test_senders_are_listed_with_the_newest_first(tx):
    jane, mike = ask(tx), ask(tx, MIKE, now=LATER)
    blocked = block(tx, jane.id, now=LATER)

    assert trusted_senders(tx) == [mike, blocked]


def test_a_sender_of_another_account_is_not_found(tx, stranger):
    theirs = ask(stranger)

    for operation in (confirm_sender, block):
        with pytest.raises(UnknownSender):
            operation(tx, theirs.id, now=LATER)
    with pytest.raises(UnknownSender):
        get_sender(tx, theirs.id)
    assert trusted_senders(tx) == []
    ours = ask(tx)
    assert ours.id != theirs.id
    assert trusted_senders(stranger) == [theirs]
    assert mailed(tx) == [JANE.text]


def test_an_address_that_was_disabled_is_told_in_any_case(tx, stranger):
    sender = ask(tx)

    before = is_blocked(tx, JANE.text)
    block(tx, sender.id, now=NOON)

    assert (before, is_blocked(tx, f" {JANE.text.upper()}")) == (False, True)
    assert not is_blocked(stranger, JANE.text)


def test_an_address_that_was_disabled_is_told_in_unicode_and_in_ascii(tx):
    block(tx, ask(tx, EmailAddress.parse("news@münchen.example")).id, now=NOON)

    assert is_blocked(tx, "news@münchen.example")
    assert is_blocked(tx, "news@xn--mnchen-3ya.example")
    assert not is_blocked(tx, "nobody")
