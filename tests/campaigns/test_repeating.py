"""Calls that are repeated with a key: the first sending is answered, whatever has come to pass since."""

import asyncio
from datetime import timedelta

import pytest

from campaigns.test_claiming import SET_PLAN
from campaigns.test_launching import EVIDENCE, join
from campaigns.written import write
from staffetta.campaigns import (
    Audience,
    KeyTaken,
    delete_sending,
    erase,
    send_message,
    send_to_one,
    sendings_of_message,
)
from staffetta.errors import ResourceExhausted
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import add_group, add_list
from staffetta.recipients import Cause, suppress, unsubscribe
from trying import NOON

ADA = EmailAddress.parse("ada@example.com")
LATER = NOON + timedelta(hours=2)


def send(tx, message, audience=None, *, key="spring", now=NOON, **said):
    return send_message(tx, message.list_id, message.id, audience=audience or Audience(), once_key=key, now=now, **said)


def send_one(tx, message, address=ADA, *, values=None, key="spring", now=NOON):
    return send_to_one(tx, message.id, address, values=values or {}, once_key=key, evidence=EVIDENCE, now=now)


def limit(tx, **plan):
    tx.run(SET_PLAN, plan={"trial_days": 0, **plan})
    tx.configuration_changed()


def leave(tx, recipient_id):
    unsubscribe(tx, recipient_id, (1,), base_url="", host="a.example", cause=Cause.LINK, evidence=EVIDENCE, now=NOON)


def test_a_repeat_after_the_time_to_begin_is_over_is_answered(tx):
    join(tx, "ada")
    message = write(tx)
    first = send(tx, message, not_after=NOON + timedelta(hours=1))

    again = send(tx, message, not_after=NOON + timedelta(hours=1), now=LATER)

    assert first == again
    assert len(sendings_of_message(tx, 1, message.id)) == 1


def test_a_repeat_that_would_go_beyond_the_plan_is_answered(tx):
    join(tx, "ada", "bob")
    message = write(tx)
    limit(tx, monthly_messages=3)
    first = send(tx, message)

    again = send(tx, message)

    assert first == again
    with pytest.raises(ResourceExhausted):
        send(tx, message, key="summer")


def test_a_repeat_is_answered_with_as_many_as_it_was_for_and_whatever_its_state(tx):
    bob = join(tx, "ada", "bob")[1]
    message = write(tx)
    first = send(tx, message)
    leave(tx, bob)
    delete_sending(tx, first.sending_id, now=NOON)

    assert send(tx, message) == first == (first.sending_id, 2)


def test_groups_are_the_same_in_any_order(tx):
    north, south = (add_group(tx, 1, name, now=NOON).id for name in ("North", "South"))
    message = write(tx)

    first = send(tx, message, Audience(groups=(north, south), excluded=(south, north)))
    again = send(tx, message, Audience(groups=(south, north, south), excluded=(north, south)))

    assert first == again


def test_a_key_of_another_message_list_or_audience_is_refused(tx):
    ada, bob = join(tx, "ada", "bob")
    group = add_group(tx, 1, "North", now=NOON).id
    message, other = write(tx), write(tx)
    elsewhere = write(tx, add_list(tx, "Second", now=NOON).id)
    first = send(tx, message, Audience(recipients=(ada,), values={1: "Ada"}))

    for wanted, audience in (
        (other, Audience(recipients=(ada,), values={1: "Ada"})),
        (elsewhere, Audience(recipients=(ada,), values={1: "Ada"})),
        (message, Audience()),
        (message, Audience(groups=(group,))),
        (message, Audience(recipients=(bob,), values={1: "Ada"})),
        (message, Audience(recipients=(ada,), values={1: "Bob"})),
        (message, Audience(recipients=(ada,), values={1: "Ada"}, excluded=(group,))),
        (message, Audience(recipients=(ada,), values={1: "Ada"}, not_reached_by=first.sending_id)),
    ):
        with pytest.raises(KeyTaken, match=f"sending {first.sending_id}"):
            send(tx, wanted, audience)

    assert [len(sendings_of_message(tx, each.list_id, each.id)) for each in (message, other, elsewhere)] == [1, 0, 0]


def complain(tx, _recipient_id):
    suppress(tx, ADA.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)


@pytest.mark.parametrize("gone", [leave, complain])
def test_a_repeat_to_one_who_has_gone_since_is_answered(tx, gone):
    message = write(tx)
    first = send_one(tx, message, values={1: "Ada"})
    gone(tx, sendings_of_message(tx, 1, message.id)[0].audience.recipients[0])

    assert send_one(tx, message, values={1: "Ada"}) == first == (first.sending_id, 1)


def test_a_key_of_a_message_to_somebody_else_is_refused_and_nobody_is_subscribed(tx):
    message, other = write(tx), write(tx)
    send_one(tx, message, values={1: "Ada"})
    new = EmailAddress.parse("new@example.com")

    for wanted, address, values in ((message, new, {1: "Ada"}), (message, ADA, {}), (other, ADA, {1: "Ada"})):
        with pytest.raises(KeyTaken):
            send_one(tx, wanted, address, values=values)

    assert send(tx, message, key="all").addressed == 1


def test_a_key_of_a_message_to_one_who_was_erased_is_refused(tx):
    message = write(tx)
    send_one(tx, message)
    erase(tx, sendings_of_message(tx, 1, message.id)[0].audience.recipients[0], evidence=EVIDENCE, now=NOON)

    with pytest.raises(KeyTaken):
        send_one(tx, message)


def test_a_key_of_another_account_is_free(tx, stranger):
    theirs, ours = write(stranger), write(tx)

    send(stranger, theirs)

    assert sendings_of_message(tx, 1, ours.id) == []
    assert send(tx, ours).sending_id == sendings_of_message(tx, 1, ours.id)[0].id


async def test_of_many_calls_with_one_key_at_once_one_launches(database, account):
    def prepare(tx):
        join(tx, "ada", "bob")
        limit(tx, monthly_messages=3)
        return write(tx), write(tx)

    message, single = await database.write(account.id, prepare)
    new = EmailAddress.parse("new@example.com")

    launched = await asyncio.gather(*(database.write(account.id, send, message) for _ in range(8)))
    to_one = await asyncio.gather(*(database.write(account.id, send_one, single, new, key="one") for _ in range(8)))

    assert (len(set(launched)), len(set(to_one))) == (1, 1)
    assert (launched[0].addressed, to_one[0].addressed) == (2, 1)
