"""Sign-ups that come at the same moment, through the database's own verbs and from two processes' databases."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import bindparam, func, select

from conftest import make_account
from recipients.people import ADA, BASE, CAPS, EVIDENCE, MOBILE, confirm, mails, make_list, profile, sign_up, status
from staffetta.db import Statement, open_database
from staffetta.errors import Refusal
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.languages import Language
from staffetta.recipients import Cause, SignUp, Status, check_status, history, subscribe, suppress
from staffetta.recipients.queries import groups_of, recipient_by_email, subscriptions_of
from staffetta.recipients.tables import recipients
from trying import NOON

COUNT = Statement(
    select(func.count().label("people"))
    .select_from(recipients)
    .where(recipients.c.account_id == bindparam("account_id"))
)


async def test_a_new_address_that_signs_up_many_times_at_once_is_one_recipient(database, account):
    answers = await asyncio.gather(
        *[database.write(account.id, sign_up, caps=CAPS, groups=(1, 2), fields={1: "Ada"}) for _ in range(20)]
    )

    with database.transaction(account.id) as tx:
        assert len({answer.recipient_id for answer in answers}) == 1
        assert sum(answer.requests for answer in answers) == len(mails(tx)) == 1
        assert len(history(tx, ADA.text)) == 1
        assert tx.first(COUNT).people == 1
        assert set(profile(tx, answers[0]).groups) == {1, 2}


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # one process serves a SQLite file
def test_a_new_address_that_signs_up_with_two_processes_at_once_is_one_recipient(database, account, settings):
    both_ready = threading.Barrier(2)

    async def sign_up_often(own):
        await own.read(account.id, history, ADA.text)
        both_ready.wait(20)
        return await asyncio.gather(*[own.write(account.id, sign_up, confirm=False) for _ in range(10)])

    def process():
        own = open_database(replace(settings))
        try:
            return asyncio.run(sign_up_often(own))
        finally:
            own.close()

    with ThreadPoolExecutor(2) as threads:
        answers = [answer for each in [threads.submit(process), threads.submit(process)] for answer in each.result(60)]

    with database.transaction(account.id) as tx:
        assert len({answer.recipient_id for answer in answers}) == 1
        assert sum(not answer.was_subscribed for answer in answers) == 1
        assert tx.first(COUNT).people == 1
        assert len(history(tx, ADA.text)) == 1


async def test_a_confirmation_at_the_same_moment_as_a_sign_up_is_not_lost(database, account):
    recipient_id = (await database.write(account.id, sign_up)).recipient_id

    await asyncio.gather(
        database.write(account.id, sign_up, fields={1: "Ada"}),
        database.write(account.id, confirm, recipient_id),
        database.write(account.id, sign_up, fields={2: "Lovelace"}),
    )

    with database.transaction(account.id) as tx:
        assert status(tx) == Status.SUBSCRIBED
        signed_up = sign_up(tx)
        assert profile(tx, signed_up).recipient.fields == {"1": "Ada", "2": "Lovelace"}


PEOPLE = [EmailAddress.parse(f"{name}@example.org") for name in ("ada", "bob", "carl", "dora", "eve", "fay", "gus")]
KNOWN, SUPPRESSED = PEOPLE[5:]
WISHES = st.fixed_dictionaries(
    {
        "email": st.sampled_from(PEOPLE),
        "mobile": st.sampled_from([None, None, None, MOBILE]),
        "lists": st.sampled_from([(1,), (1,), (1, 2), (99,)]),
        "confirm": st.booleans(),
        "ask_for": st.sampled_from([None, None, 1, 99]),
        "groups": st.sampled_from([(), (), (1,), (1, 2, 77)]),
        "fields": st.sampled_from([{}, {1: "A"}, {1: "A", 999: "B"}]),
        "language": st.sampled_from([None, Language.IT]),
    }
)


@given(wishes=st.lists(WISHES, min_size=2, max_size=12, unique_by=lambda wish: wish["email"].text))
@tried(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_who_signs_up_together_is_where_they_are_when_they_come_one_by_one(own_database, wishes):
    one_by_one, together = prepared(own_database), prepared(own_database)

    async def come():
        waiting = [own_database.write(together, subscribe, SignUp(**wish, **BASE), **PROOF) for wish in wishes]
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = asyncio.run(come())

    assert [said(each) for each in answers] == [said(alone(own_database, one_by_one, wish)) for wish in wishes]
    assert kept(own_database, together) == kept(own_database, one_by_one)


PROOF = {"evidence": EVIDENCE, "now": NOON, "caps": CAPS}


def prepared(database):
    """Make an account with a second list, somebody known and somebody suppressed."""
    account = make_account(database)
    with database.transaction(account.id) as tx:
        make_list(tx)
        sign_up(tx, email=KNOWN, confirm=False)
        suppress(tx, SUPPRESSED.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)
    return account.id


def alone(database, account_id, wish):
    try:
        with database.transaction(account_id) as tx:
            return subscribe(tx, SignUp(**wish, **BASE), **PROOF)
    except Refusal as refusal:
        return refusal


def said(answer):
    if isinstance(answer, Refusal):
        return type(answer), str(answer)
    assert not isinstance(answer, Exception), answer
    return answer.statuses, answer.was_subscribed, answer.requests


def kept(database, account_id):
    """Return all that is stored of the people, by their addresses."""
    with database.transaction(account_id) as tx:
        found = {}
        for person in PEOPLE:
            known = recipient_by_email(tx, person.text)
            entries = [
                (each.list_id, each.channel, each.old_status, each.new_status) for each in history(tx, person.text)
            ]
            found[person.text] = (
                known and (known.mobile, known.language, known.fields),
                known and {key: each.status for key, each in subscriptions_of(tx, known.id).items()},
                known and groups_of(tx, known.id),
                sorted(entries),
                sorted((mail.kind, mail.list_id) for mail in mails(tx) if mail.address == person.text),
            )
        return found


async def test_many_are_looked_up_at_once(own_database):
    ours, theirs = prepared(own_database), prepared(own_database)
    with own_database.transaction(ours) as tx:
        sign_up(tx, email=PEOPLE[0], confirm=True)
        sign_up(tx, email=PEOPLE[1], mobile=MOBILE, confirm=False, lists=(1, 2))
    asked = [
        (account, list_id, address)
        for account in (ours, theirs)
        for list_id in (1, 2, 99)
        for address in (*PEOPLE, MOBILE, PEOPLE[0])
    ]

    answers = await asyncio.gather(*[own_database.read(account, check_status, *who) for account, *who in asked])

    stand = {(account, *who): answer for (account, *who), answer in zip(asked, answers, strict=True)}
    assert {key: each for key, each in stand.items() if each != Status.NOT_REGISTERED} == {
        (ours, 1, PEOPLE[0]): Status.PENDING,
        (ours, 1, PEOPLE[1]): Status.SUBSCRIBED,
        (ours, 2, PEOPLE[1]): Status.SUBSCRIBED,
        (ours, 1, MOBILE): Status.SUBSCRIBED,
        (ours, 2, MOBILE): Status.SUBSCRIBED,
        (ours, 1, KNOWN): Status.SUBSCRIBED,
        (theirs, 1, KNOWN): Status.SUBSCRIBED,
    }
