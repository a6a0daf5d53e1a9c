"""Launching messages: whom for, when, once; stopping and deleting."""

from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.written import write
from staffetta import outbox
from staffetta.campaigns import (
    Audience,
    NotSubscribed,
    SenderDisabled,
    TooLate,
    UnknownMessage,
    delete_sending,
    get_campaign_sending,
    launch_sending,
    send_message,
    send_to_one,
    sendings_of_message,
    stop_sending,
)
from staffetta.campaigns.audiences import next_people
from staffetta.campaigns.beginning import begin
from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import UnknownGroup, add_group, change_list, get_list
from staffetta.outbox import SendingState, UnknownSending
from staffetta.recipients import (
    AddressSuppressed,
    Cause,
    Evidence,
    SignUp,
    Source,
    join_group,
    subscribe,
    suppress,
    unsubscribe,
)
from staffetta.senders import block, trust
from trying import NOON

EVIDENCE = Evidence(source=Source.REST)
LATER = NOON + timedelta(hours=1)


def join(tx, *names, groups=()):
    people = []
    for name in names:
        sign_up = SignUp(email=EmailAddress.parse(f"{name}@example.com"), lists=(1,), confirm=False)
        people.append(subscribe(tx, sign_up, evidence=EVIDENCE, now=NOON).recipient_id)
        for group_id in groups:
            join_group(tx, people[-1], group_id, subscribes=False, evidence=EVIDENCE, now=NOON)
    return people


def launch(tx, audience=None, **said):
    message = write(tx)
    launched = send_message(tx, 1, message.id, audience=audience or Audience(), now=NOON, **said)
    return get_campaign_sending(tx, launched.sending_id)


def everybody(tx, sending, most=2):
    """Return who gets it, batch by batch."""
    sending = sending._replace(last_id=10**6)
    found = []
    while sending.reached_id < sending.last_id:
        people = next_people(tx, sending, most=most)
        found += [each.recipient_id for each in people.addressees]
        sending = sending._replace(reached_id=people.reached_id)
    return found


def test_a_launch_is_for_all_who_are_subscribed(tx):
    ada, bob, cay = join(tx, "ada", "bob", "cay")
    unsubscribe(tx, bob, (1,), base_url="", host="a.example", cause=Cause.LINK, evidence=EVIDENCE, now=NOON)

    sending = launch(tx, notes="first")

    assert (sending.addressed, sending.state, sending.starts_at, sending.notes) == (
        2,
        SendingState.IMMEDIATE,
        NOON,
        "first",
    )
    assert everybody(tx, sending) == [ada, cay]


def test_a_suppressed_address_is_passed_over_and_told_of(tx):
    ada, bob = join(tx, "ada", "bob")
    sending = launch(tx)
    suppress(tx, "bob@example.com", cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)
    join(tx, "cay")

    people = next_people(tx, sending._replace(last_id=10**6), most=10)

    assert [each.email for each in people.addressees] == ["ada@example.com", "cay@example.com"]
    assert ada in [each.recipient_id for each in people.addressees]
    assert bob not in [each.recipient_id for each in people.addressees]


def test_groups_are_joined_and_excluded(tx):
    north, south, east = (add_group(tx, 1, name, now=NOON).id for name in ("North", "South", "East"))
    one, two = join(tx, "one", "two", groups=[north])
    three = join(tx, "three", groups=[north, south])[0]
    four = join(tx, "four", groups=[south])[0]
    join(tx, "five", groups=[south, east])
    join(tx, "six")

    sending = launch(tx, Audience(groups=(north, south), excluded=(east,)))

    assert sending.addressed == 4
    assert everybody(tx, sending) == everybody(tx, sending, most=100) == sorted([one, two, three, four])


def test_a_whole_list_without_a_group_passes_over_long_stretches(tx, monkeypatch):
    monkeypatch.setattr("staffetta.campaigns.audiences.MOST_LOOKED_AT", 4)
    out = add_group(tx, 1, "Out", now=NOON).id
    join(tx, *(f"out{n}" for n in range(9)), groups=[out])
    last = join(tx, "last")

    sending = launch(tx, Audience(excluded=(out,)))

    assert sending.addressed == 1
    assert everybody(tx, sending) == last


def test_people_by_name_get_it_if_they_are_on_the_list(tx):
    ada, bob, cay = join(tx, "ada", "bob", "cay")
    unsubscribe(tx, bob, (1,), base_url="", host="a.example", cause=Cause.LINK, evidence=EVIDENCE, now=NOON)

    sending = launch(tx, Audience(recipients=(cay, bob, ada)))

    assert sending.addressed == 2
    assert everybody(tx, sending) == [ada, cay]


def test_a_message_to_one_subscribes_whoever_is_not_on_the_list(tx):
    message = write(tx)

    launched = send_to_one(
        tx, message.id, EmailAddress.parse("new@example.com"), values={1: "Ada"}, evidence=EVIDENCE, now=NOON
    )

    sending = get_campaign_sending(tx, launched.sending_id)
    assert (launched.addressed, dict(sending.audience.values)) == (1, {1: "Ada"})
    assert len(everybody(tx, sending)) == 1


def test_a_message_to_one_brings_nobody_back(tx):
    message = write(tx)
    ada = join(tx, "ada")[0]
    unsubscribe(tx, ada, (1,), base_url="", host="a.example", cause=Cause.LINK, evidence=EVIDENCE, now=NOON)

    with pytest.raises(NotSubscribed):
        send_to_one(tx, message.id, EmailAddress.parse("ada@example.com"), values={}, evidence=EVIDENCE, now=NOON)


def test_a_message_to_a_suppressed_address_is_refused(tx):
    message = write(tx)
    join(tx, "ada")
    suppress(tx, "ada@example.com", cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    with pytest.raises((AddressSuppressed, NotSubscribed)):
        send_to_one(tx, message.id, EmailAddress.parse("ada@example.com"), values={}, evidence=EVIDENCE, now=NOON)


def test_a_past_time_is_now_and_one_to_come_waits(tx):
    past, coming = launch(tx, starts_at=NOON - timedelta(days=1)), launch(tx, starts_at=LATER)

    assert (past.state, past.starts_at) == (SendingState.IMMEDIATE, NOON)
    assert (coming.state, coming.starts_at) == (SendingState.DEFERRED, LATER)
    assert [each.id for each in outbox.deferred_sendings(tx, now=NOON)] == [coming.id]
    assert [each.id for each in outbox.running_sendings(tx, now=NOON)] == [past.id]


def test_a_key_is_good_for_one_sending(tx):
    message = write(tx)
    first, second = (
        send_message(tx, 1, message.id, audience=Audience(), once_key="spring", now=NOON) for _ in range(2)
    )
    other = send_message(tx, 1, message.id, audience=Audience(), once_key="summer", now=NOON)

    assert first == second != other
    assert [each.id for each in sendings_of_message(tx, 1, message.id)] == [other.sending_id, first.sending_id]


@pytest.mark.parametrize(
    "said",
    [
        {"sender_email": "nobody"},
        {"sender_email": "a@b.example\r\nBcc: c@d.example"},
        {"sender_name": "x" * 101},
        {"once_key": "x" * 201},
        {"notes": "x" * 4001},
        {"not_after": NOON - timedelta(seconds=1)},
        {"starts_at": LATER, "not_after": NOON},
        {"in_doubt": "perhaps"},
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(tx, said):
    with pytest.raises(InvalidArgument):
        launch(tx, **said)

    assert sendings_of_message(tx, 1, 1) == []


def disable(tx, address):
    sender = trust(tx, EmailAddress.parse(address), base_url="http://a.example", host="a.example", now=NOON)
    block(tx, sender.id, now=NOON)


@pytest.mark.parametrize("given", ["news@shop.example", " News@Shop.EXAMPLE "])
def test_a_sender_that_was_disabled_is_refused(tx, given):
    disable(tx, "news@shop.example")
    message = write(tx)

    with pytest.raises(SenderDisabled, match=r"the sender news@shop\.example was disabled"):
        send_message(tx, 1, message.id, audience=Audience(), sender_email=given, now=NOON)
    with pytest.raises(SenderDisabled):
        send_to_one(
            tx,
            message.id,
            EmailAddress.parse("ada@example.com"),
            values={},
            sender_email=given,
            evidence=EVIDENCE,
            now=NOON,
        )

    assert sendings_of_message(tx, 1, message.id) == []


@pytest.mark.parametrize("given", ["news@münchen.example", "news@xn--mnchen-3ya.example"])
def test_a_list_whose_own_sender_was_disabled_sends_under_another_alone(tx, given):
    change_list(tx, 1, settings=replace(get_list(tx, 1).settings, sender_email=given))
    disable(tx, "news@münchen.example")

    with pytest.raises(SenderDisabled):
        launch(tx)

    assert launch(tx, sender_email="else@shop.example").state == SendingState.IMMEDIATE


def test_a_sender_that_another_account_disabled_is_no_matter(tx, stranger):
    disable(stranger, "news@shop.example")

    assert launch(tx, sender_email="news@shop.example").sender_email == "news@shop.example"


def test_a_stopped_sending_whose_sender_was_disabled_does_not_go_on(tx):
    sending = launch(tx, sender_email="news@shop.example")
    stop_sending(tx, sending.id, now=NOON)
    disable(tx, "news@shop.example")

    with pytest.raises(SenderDisabled):
        launch_sending(tx, sending.id, now=NOON)


def test_an_unknown_message_group_or_sending_is_refused(tx):
    with pytest.raises(UnknownMessage):
        send_message(tx, 1, 99, audience=Audience(), now=NOON)
    with pytest.raises(UnknownGroup):
        launch(tx, Audience(groups=(999,)))
    with pytest.raises(UnknownGroup):
        launch(tx, Audience(excluded=(999,)))
    with pytest.raises(UnknownSending):
        launch(tx, Audience(not_reached_by=99))
    with pytest.raises(UnknownSending):
        stop_sending(tx, 99, now=NOON)


def test_a_stopped_sending_goes_on_where_it_was_launched_again(tx):
    sending = launch(tx)

    stopped = stop_sending(tx, sending.id, now=NOON)
    going_on = launch_sending(tx, sending.id, now=LATER)

    assert (stopped.state, going_on.state, going_on.starts_at) == (
        SendingState.STOPPED,
        SendingState.IMMEDIATE,
        LATER,
    )


@pytest.mark.parametrize(("given", "kept"), [("", ""), ("hold", "hold"), (" Resend ", "resend"), ("DROP", "drop")])
def test_a_sending_says_what_becomes_of_what_is_in_doubt(tx, given, kept):
    message = write(tx)
    ada = EmailAddress.parse("ada@example.com")

    to_list = launch(tx, in_doubt=given)
    to_one = send_to_one(tx, message.id, ada, values={}, in_doubt=given, evidence=EVIDENCE, now=NOON)

    assert to_list.in_doubt == get_campaign_sending(tx, to_one.sending_id).in_doubt == kept


def test_a_sending_is_put_off_until_it_has_begun(tx):
    sending = launch(tx, starts_at=LATER)

    launch_sending(tx, sending.id, starts_at=LATER + timedelta(days=1), now=NOON)

    assert get_campaign_sending(tx, sending.id).starts_at == LATER + timedelta(days=1)


def test_a_sending_is_not_put_off_beyond_the_time_to_begin(tx):
    sending = launch(tx, starts_at=LATER, not_after=LATER + timedelta(hours=1))

    with pytest.raises(TooLate, match="must not begin after 2026-06-01 14:00:00 UTC"):
        launch_sending(tx, sending.id, starts_at=LATER + timedelta(hours=2), now=NOON)
    stop_sending(tx, sending.id, now=NOON)
    with pytest.raises(TooLate):
        launch_sending(tx, sending.id, now=LATER + timedelta(hours=2))
    put_off = launch_sending(tx, sending.id, starts_at=LATER + timedelta(hours=1), now=NOON)

    assert (put_off.state, put_off.starts_at) == (SendingState.DEFERRED, LATER + timedelta(hours=1))


def test_what_has_begun_in_time_goes_on_at_any_time(tx):
    join(tx, "ada")
    sending = launch(tx, not_after=LATER)
    begin(tx, sending, now=NOON)
    stop_sending(tx, sending.id, now=NOON)

    assert launch_sending(tx, sending.id, now=LATER + timedelta(days=1)).state == SendingState.IMMEDIATE


def test_a_deleted_sending_is_gone_for_good(tx):
    sending = launch(tx, starts_at=LATER)

    delete_sending(tx, sending.id, now=NOON)

    assert get_campaign_sending(tx, sending.id).state == SendingState.DELETED
    with pytest.raises(FailedPrecondition):
        launch_sending(tx, sending.id, now=NOON)
    assert outbox.deferred_sendings(tx, now=NOON) == []


def test_another_account_sees_nothing_of_it(tx):
    sending = launch(tx)

    with pytest.raises(UnknownSending):
        get_campaign_sending(tx.for_account(tx.account_id + 1), sending.id)
