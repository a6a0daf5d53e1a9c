"""The worker: what is asked for comes about, once, whatever dies meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, update

from provisioning.asking import MAILS_OF, USERS_OF, ask, made, register
from staffetta.access import check_password
from staffetta.accounts import NO_PASSWORD, AccountState, Owner, Plan, create_account, get_account
from staffetta.db import Database, Statement
from staffetta.kit.clock import utc_now
from staffetta.provisioning import (
    Activation,
    ActivationState,
    Provisioner,
    begin_maintenance,
    end_maintenance,
    get_activation,
    retry,
)
from staffetta.provisioning.tables import activations
from staffetta.provisioning.taking import take
from staffetta.settings import Settings
from staffetta.tracking import Signer, one_time_password

PATIENCE_SECONDS = 20
LEASE_IS_OVER = Statement(
    update(activations).where(activations.c.id == bindparam("of")).values(due_at=bindparam("over"))
)
SIGNER = Signer({1: b"k" * 32})


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """What another process was asked for is noticed sooner than people need it."""
    monkeypatch.setattr("staffetta.provisioning.worker.POLL_SECONDS", 0.05)


def provisioner(database: Database, **settings: Any) -> Provisioner:
    return Provisioner(Settings(**settings), database, SIGNER)


@asynccontextmanager
async def running(*workers: Provisioner) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.run()) for each in workers]
    try:
        yield
    finally:
        for each in workers:
            each.stop()
        await asyncio.gather(*tasks)


async def reached(database: Database, activation_id: int, *states: ActivationState) -> Activation:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await database.read_across(get_activation, activation_id)).state not in states:  # noqa: ASYNC110 - it is the database that is asked
            await asyncio.sleep(0.02)
    return found


def asked_for(database: Database, count: int = 1, **request: Any) -> list[int]:
    with database.connection() as connection:
        client_id = register(connection).application.client_id
        return [ask(connection, client_id, now=utc_now(), **request).id for _ in range(count)]


async def test_an_account_comes_about_and_its_password_is_that_of_the_mail(quiet):
    (activation_id,) = asked_for(quiet)

    async with running(provisioner(quiet)):
        found = await reached(quiet, activation_id, ActivationState.PROCESSED)

    with quiet.transaction(found.account_id) as tx:
        (mail,) = tx.all(MAILS_OF)
        console_user = tx.all(USERS_OF)[1]
    password = one_time_password(SIGNER, f"m{found.account_id}", mail.details["nonce"])
    assert password not in str(mail)
    assert check_password(console_user.password_hash, password)


async def test_two_workers_make_each_account_once(quiet):
    ids = asked_for(quiet, 4, company="At once")
    with quiet.connection() as connection:
        before = made(connection, "At once")

    async with running(provisioner(quiet), provisioner(quiet)):
        found = [await reached(quiet, each, ActivationState.PROCESSED) for each in ids]

    with quiet.connection() as connection:
        assert made(connection, "At once") - before == 4
    assert before == 0
    assert len({each.account_id for each in found}) == 4


async def test_what_a_worker_died_over_is_done_by_the_next(quiet):
    (activation_id,) = asked_for(quiet, company="Survivor")
    with quiet.connection() as connection:
        # It was taken, that was committed, and then the process was killed.
        assert take(connection, now=utc_now())
        connection.run(LEASE_IS_OVER, of=activation_id, over=utc_now())

    async with running(provisioner(quiet)):
        found = await reached(quiet, activation_id, ActivationState.PROCESSED)

    with quiet.connection() as connection:
        assert made(connection, "Survivor") == 1
    assert found.attempts == 2


async def test_what_cannot_be_done_is_told_and_others_go_on(quiet):
    taken_host = "taken.example"
    with quiet.connection() as connection:
        create_account(connection, account_id=None, name="", hosts=(taken_host,), password=None, now=utc_now())
    (broken,) = asked_for(quiet)

    async with running(provisioner(quiet, console_host_pattern=taken_host)):
        failed = await reached(quiet, broken, ActivationState.RE_ELABORATED)
    (sound,) = asked_for(quiet)
    with quiet.connection() as connection:
        retry(connection, broken, now=utc_now())
    async with running(provisioner(quiet)):
        states = [(await reached(quiet, each, ActivationState.PROCESSED)).state for each in (sound, broken)]

    assert "taken.example leads to account" in failed.problem
    assert failed.due_at > utc_now()
    assert failed.account_id is None
    assert states == [ActivationState.PROCESSED] * 2


async def test_maintenance_lets_everything_wait(quiet):
    with quiet.connection() as connection:
        begin_maintenance(connection, now=utc_now())
    (activation_id,) = asked_for(quiet)

    async with running(provisioner(quiet)):
        await asyncio.sleep(0.2)
        waiting = await reached(quiet, activation_id, ActivationState.MANUAL)
        await quiet.write_across(end_maintenance, now=utc_now())
        done = await reached(quiet, activation_id, ActivationState.PROCESSED)

    assert waiting.account_id is None
    assert done.account_id


async def test_trials_that_are_over_end(quiet):
    over = utc_now() - timedelta(seconds=1)
    owner = Owner(name="Ada", email="ada@example.com", one_time_hash=NO_PASSWORD, plan=Plan(), expires_at=over)
    with quiet.connection() as connection:
        account = create_account(
            connection, account_id=None, name="", hosts=(), password=None, now=over - timedelta(days=30), owner=owner
        )

    async with running(provisioner(quiet)), asyncio.timeout(PATIENCE_SECONDS):
        while (await quiet.read_across(get_account, account.id)).state != AccountState.EXPIRED:  # noqa: ASYNC110 - it is the database that is asked
            await asyncio.sleep(0.02)

    with quiet.transaction(account.id) as tx:
        assert [mail.kind for mail in tx.all(MAILS_OF)] == ["trial_expired"]
