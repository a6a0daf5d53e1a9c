"""What of a sending failed, and in whose words."""

import pytest

from campaigns.failing import delivered, failed_sending
from campaigns.happened import people
from campaigns.written import write
from staffetta.campaigns import erase, failed_people, failure_queries, failures, why_failed
from staffetta.campaigns.failures import in_general
from staffetta.outbox import DeliveryState, UnknownSending, add_sending
from staffetta.recipients import Evidence, Source
from trying import NOON

UNKNOWN = "550 5.1.1 <p{}@example.com>: User unknown (queue id 4Yk2Xp0{}zz)"


@pytest.fixture
def message_id(tx):
    people(tx, range(1, 10))
    return write(tx).id


def test_whose_mail_failed_is_listed_by_rising_id_with_the_reply(tx, message_id):
    sending_id = failed_sending(tx, message_id, {7: "550 no", 2: "550 it cannot be written: ValueError"})

    assert failed_people(tx, sending_id, most=10) == [
        (2, "p2@example.com", NOON, 1, "550 it cannot be written: ValueError"),
        (7, "p7@example.com", NOON, 1, "550 no"),
    ]


def test_nothing_else_of_a_sending_or_a_message_is_listed(tx, message_id):
    sending_id = failed_sending(tx, message_id, {1: "550 no"})
    failed_sending(tx, message_id, {2: "550 another sending"})
    for number, state in enumerate(set(DeliveryState) - {DeliveryState.FAILED}, start=2):
        delivered(tx, message_id, sending_id, state, {number: "other"})

    assert [each.recipient_id for each in failed_people(tx, sending_id, most=10)] == [1]
    assert why_failed(tx, sending_id, most=10) == (1, 1, [(1, "550 no")])


def test_the_list_is_read_in_stretches(tx, message_id):
    sending_id = failed_sending(tx, message_id, dict.fromkeys(range(1, 6), "550 no"))

    first = failed_people(tx, sending_id, most=3)
    second = failed_people(tx, sending_id, most=3, after=first[-1].recipient_id)

    assert [each.recipient_id for each in first + second] == [1, 2, 3, 4, 5]
    assert failed_people(tx, sending_id, most=3, after=second[-1].recipient_id) == []


def test_replies_that_say_the_same_count_as_one_reason(tx, message_id):
    replies = {each: UNKNOWN.format(each, each) for each in range(1, 5)} | {5: "554 spam", 6: "554 spam", 7: "552 full"}
    sending_id = failed_sending(tx, message_id, replies)

    found = why_failed(tx, sending_id, most=2)

    assert found == (7, 7, [(4, "550 5.1.1 … User unknown (queue id …"), (2, "554 spam")])


def test_no_more_are_looked_at_than_a_moment_allows(tx, message_id, monkeypatch):
    monkeypatch.setattr(failures, "MOST_LOOKED_AT", 3)
    sending_id = failed_sending(tx, message_id, {1: "a", 2: "a", 3: "b", 4: "b", 5: "b"})

    assert why_failed(tx, sending_id, most=10) == (5, 3, [(2, "a"), (1, "b")])


def test_of_who_was_erased_neither_address_nor_reply_is_told(tx, message_id):
    sending_id = failed_sending(tx, message_id, {1: "550 <p1@example.com>: no"})
    erase(tx, 1, evidence=Evidence(source=Source.REST), now=NOON)

    (failure,) = failed_people(tx, sending_id, most=10)

    assert (failure.email, failure.reply) == (None, "")
    assert why_failed(tx, sending_id, most=10).reasons == [(1, "")]


def test_a_sending_without_failures_is_not_looked_through(tx, message_id):
    sending_id = failed_sending(tx, message_id, {1: "550 not counted yet"}, counted=0)

    assert failed_people(tx, sending_id, most=10) == []
    assert why_failed(tx, sending_id, most=10) == (0, 0, [])


def test_a_sending_that_is_none_of_a_message_is_not_there(tx, message_id):
    other = add_sending(tx, kind="import_confirmation", list_id=1, subject="Confirm", now=NOON)

    for sending_id in (other, 4711):
        with pytest.raises(UnknownSending):
            failed_people(tx, sending_id, most=10)
        with pytest.raises(UnknownSending):
            why_failed(tx, sending_id, most=10)


def test_the_wall_holds(tx, stranger):
    people(stranger, (1,))
    theirs = failed_sending(stranger, write(stranger).id, {1: "550 theirs"})
    ours = failed_sending(tx, write(tx).id, {})

    assert theirs == ours
    assert failed_people(tx, ours, most=10) == []


@pytest.mark.parametrize(
    ("reply", "general"),
    [
        ("550 5.1.1 <ada@example.org>: Recipient address rejected", "550 5.1.1 … Recipient address rejected"),
        ("550 ada@example.org... User unknown", "550 … User unknown"),
        ("451 4.7.1 [203.0.113.7] deferred, RFC5321 TLSv1.3", "451 4.7.1 [203.0.113.7] deferred, RFC5321 TLSv1.3"),
        ("552 5.2.2 id=1tC4xJ-0002bQ-7a over quota", "552 5.2.2 … over quota"),
        (
            "550-5.1.1 https://support.example/?p=NoSuchUser1234 a1-20020a170902e9c2.567 - gsmtp",
            "550-5.1.1 https://support.example/?p=NoSuchUser1234 … - gsmtp",
        ),
        ("554 mx1.example.com refused 20260601", "554 mx1.example.com refused …"),
        ("550 it cannot be written: ValueError", "550 it cannot be written: ValueError"),
        ("  550\tno\r\nmore ", "550 no more"),
        ("", ""),
    ],
)
def test_a_reply_is_told_without_what_is_of_one_mail(reply, general):
    assert in_general(reply) == general


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize("statement", [failure_queries.PEOPLE, failure_queries.REPLIES])
def test_failures_are_found_by_the_key_and_need_no_sorting(tx, statement):
    prepared = statement.prepared_for("sqlite")

    plan = tx._session.cursor.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", dict.fromkeys(prepared.names)).fetchall()

    steps = [step[3] for step in plan]
    assert "campaign_deliveries USING PRIMARY KEY (account_id=? AND message_id=? AND recipient_id>?)" in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)
