"""Asking for an account, and asking how far it is."""

from datetime import timedelta

import pytest

from provisioning.asking import FOR_EVER, ask, asked
from staffetta.kit.addresses import EmailAddress
from staffetta.provisioning import (
    ActivatedBefore,
    ActivationState,
    AddressAlreadyUsed,
    UnknownActivation,
    activation_status,
    begin_maintenance,
    block,
    end_maintenance,
    get_activation,
    request_activation,
    retry,
)
from staffetta.provisioning.taking import take
from trying import NOON

ADA = EmailAddress.parse("ada@example.com")


def test_a_request_is_stored_and_ready_to_start(connection):
    request = asked()

    requested = request_activation(connection, request, ip_window=FOR_EVER, now=NOON)

    found = get_activation(connection, requested.id)
    assert (found.state, found.due_at, found.attempts, found.account_id) == (ActivationState.CONFIRMED, NOON, 0, None)
    assert (found.company, found.email, found.caller_ip) == (request.company, request.email.text, request.caller_ip)
    assert activation_status(connection, *answer(requested), client_id="shop") == ActivationState.CONFIRMED


def answer(requested):
    return requested.id, requested.hash


def test_ids_follow_each_other_and_hashes_do_not(connection):
    first, second = ask(connection), ask(connection)

    assert second.id == first.id + 1
    assert first.hash != second.hash
    assert first.hash.isalnum()
    assert len(first.hash) == 32


@pytest.mark.parametrize("given", ["", "0", "ff" * 16, "é", "\ud800"])
def test_another_hash_finds_nothing(connection, given):
    requested = ask(connection)

    with pytest.raises(UnknownActivation):
        activation_status(connection, requested.id, given, client_id="shop")


def test_an_id_that_there_is_not_is_not_found(connection):
    requested = ask(connection)

    with pytest.raises(UnknownActivation):
        activation_status(connection, requested.id + 1, requested.hash, client_id="shop")


def test_what_another_application_asked_for_is_not_found(connection):
    requested = ask(connection, "theirs")

    with pytest.raises(UnknownActivation):
        activation_status(connection, *answer(requested), client_id="shop")


def test_one_address_gets_one_activation(connection):
    ask(connection, caller_ip="203.0.113.7")

    with pytest.raises(ActivatedBefore):
        ask(connection, caller_ip="203.0.113.7", now=NOON + timedelta(days=3_000))


def test_the_window_of_an_address_ends(connection):
    ask(connection, caller_ip="203.0.113.7")
    later, window = NOON + timedelta(days=2), timedelta(days=1)

    again = request_activation(connection, asked(caller_ip="203.0.113.7"), ip_window=window, now=later)
    for_load_tests = request_activation(connection, asked(caller_ip="203.0.113.7"), ip_window=None, now=later)

    assert for_load_tests.id > again.id


def test_an_address_whose_activation_was_an_error_may_ask_again(connection):
    failed = ask(connection, caller_ip="203.0.113.7", email=ADA)
    exhaust(connection)

    again = ask(connection, caller_ip="203.0.113.7", email=ADA)

    assert get_activation(connection, failed.id).state == ActivationState.ERROR
    assert again.id > failed.id


def exhaust(connection):
    now = NOON
    while take(connection, now=now):
        now += timedelta(minutes=2)


def test_an_e_mail_address_gets_one_activation(connection):
    ask(connection, email=ADA)

    with pytest.raises(AddressAlreadyUsed):
        ask(connection, email=EmailAddress.parse("Ada@Example.com"))


def test_whoever_was_blocked_may_use_the_e_mail_address_but_not_the_ip(connection):
    blocked = ask(connection, caller_ip="203.0.113.7", email=ADA)
    block(connection, blocked.id, reason="spam", now=NOON)

    again = ask(connection, email=ADA)
    with pytest.raises(ActivatedBefore):
        ask(connection, caller_ip="203.0.113.7")

    assert again.id > blocked.id


def test_during_maintenance_requests_wait(connection):
    before = ask(connection)

    waiting = begin_maintenance(connection, now=NOON)
    begin_maintenance(connection, now=NOON)
    requested = ask(connection)
    states = [get_activation(connection, each.id).state for each in (before, requested)]
    released = end_maintenance(connection, now=NOON)

    assert states == [ActivationState.MANUAL] * 2
    assert (waiting, released) == (1, 2)
    assert get_activation(connection, requested.id).state == ActivationState.RE_ELABORATED


def test_a_retry_of_what_is_new_changes_nothing_but_its_code(connection):
    requested = ask(connection)

    found = retry(connection, requested.id, now=NOON + timedelta(hours=1))

    assert (found.state, found.due_at) == (ActivationState.RE_ELABORATED, NOON + timedelta(hours=1))
