import random
from contextlib import suppress

import pytest
from sqlalchemy import bindparam, func, select

from recipients.people import BASE, EVIDENCE, make_list, sign_up
from staffetta.db import Statement
from staffetta.errors import Refusal
from staffetta.kit.addresses import EmailAddress
from staffetta.recipients import Channel, Status, count, locate, unsubscribe_address
from staffetta.recipients.counting import BLOCK
from staffetta.recipients.ledger import Move, append, seal
from staffetta.recipients.tables import subscriptions
from trying import NOON

STANDING = Statement(
    select(subscriptions.c.list_id, subscriptions.c.status, func.count().label("members"))
    .where(subscriptions.c.account_id == bindparam("account_id"), subscriptions.c.channel == Channel.EMAIL)
    .group_by(subscriptions.c.list_id, subscriptions.c.status)
)
NEW, IN, OUT, WAIT = Status.NOT_REGISTERED, Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING


def newcomers(recipient_ids, list_id=1):
    return {Move(list_id, Channel.EMAIL, NEW, IN): [(number, f"p{number}@example.org") for number in recipient_ids]}


def test_the_counts_are_exact_whether_sealed_or_not(tx):
    news = make_list(tx)
    luck = random.Random(7)
    for number in range(60):
        person = EmailAddress(f"person{luck.randrange(25)}@example.org")
        list_id = luck.choice((1, news.id))
        if luck.random() < 0.7:
            sign_up(tx, email=person, lists=(list_id,), confirm=luck.random() < 0.5)
        else:
            unsubscribe_safely(tx, list_id, person)
        if number % 17 == 0:
            seal(tx, most=luck.randrange(1, 40))

        counted = {
            (each, status): count(tx, each, Channel.EMAIL, status)
            for each in (1, news.id)
            for status in (IN, OUT, WAIT)
        }

        standing = {(row.list_id, row.status): row.members for row in tx.all(STANDING)}
        assert {key: members for key, members in counted.items() if members} == standing


def unsubscribe_safely(tx, list_id, person):
    with suppress(Refusal):  # nobody of this address is on the list
        unsubscribe_address(tx, list_id, person, evidence=EVIDENCE, now=NOON, **BASE)


def test_many_changes_are_counted_in_the_transaction_that_makes_them(tx):
    append(tx, newcomers(range(1, 10_001)), evidence=EVIDENCE, now=NOON)

    assert count(tx, 1, Channel.EMAIL, IN) == 10_000
    assert count(tx, 1, Channel.EMAIL, WAIT) == count(tx, 1, Channel.SMS, IN) == count(tx, 2, Channel.EMAIL, IN) == 0


@pytest.mark.parametrize("offset", [0, 1, BLOCK - 1, BLOCK, 5_000, 9_998, 9_999])
def test_a_page_far_back_begins_where_counting_would_end(tx, offset):
    people = [number for number in range(1, 20_001) if number % 2]
    append(tx, newcomers(people), evidence=EVIDENCE, now=NOON)

    before, passed_over = locate(tx, 1, Channel.EMAIL, IN, offset)

    rest = [number for number in reversed(people) if before is None or number < before]
    assert rest[passed_over] == list(reversed(people))[offset]
    assert passed_over < BLOCK


def test_past_the_end_there_is_nobody(tx):
    append(tx, newcomers(range(1, 101)), evidence=EVIDENCE, now=NOON)

    before, passed_over = locate(tx, 1, Channel.EMAIL, IN, 2**40)

    assert [number for number in range(1, 101) if number < before][passed_over:] == []


def test_another_accounts_people_are_not_counted(tx, stranger):
    append(stranger, newcomers([1]), evidence=EVIDENCE, now=NOON)
    sign_up(stranger, confirm=False)

    assert count(tx, 1, Channel.EMAIL, IN) == 0
    assert count(stranger, 1, Channel.EMAIL, IN) == 2
