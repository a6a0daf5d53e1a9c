"""Sign-ups that come at the same moment, through the database's own verbs and from two processes' databases."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import bindparam, func, select

from recipients.people import ADA, CAPS, confirm, mails, profile, sign_up, status
from staffetta.db import Statement, open_database
from staffetta.recipients import Status, history
from staffetta.recipients.tables import recipients

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
