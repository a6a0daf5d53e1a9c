"""The worker that makes the accounts that were asked for, and looks after those that are on trial."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from traceback import format_tb

import structlog

from staffetta.access import end_or_remind
from staffetta.accounts import Turn, due_trials, hash_password
from staffetta.db import Database, DatabaseUnavailable
from staffetta.errors import Refusal
from staffetta.kit.clock import utc_now
from staffetta.provisioning.model import ActivationState
from staffetta.provisioning.performing import OneTime, console_url, fail, perform
from staffetta.provisioning.taking import Taken, is_due, take
from staffetta.settings import Settings
from staffetta.tracking import Signer, new_nonce, one_time_password

log = structlog.get_logger()

# What another process was asked for is noticed after this; what this one was, at once.
POLL_SECONDS = 1.0
TRIALS_SECONDS = 60.0


class Provisioner:
    """Makes accounts until it is stopped, one at a time: most of the time of each goes to the hash of its password.

    A crash at any moment leaves an activation as it was, or done: whoever runs when its lease is over takes it again.
    """

    def __init__(
        self, settings: Settings, database: Database, signer: Signer, *, wake_sender: Callable[[], None] = lambda: None
    ) -> None:
        self._settings = settings
        self._database = database
        self._signer = signer
        self._wake_sender = wake_sender
        self._waiting = asyncio.Event()
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Say that an activation was stored and committed."""
        self._waiting.set()

    def stop(self) -> None:
        """Let `run` return after the account that is under way."""
        self._stopping.set()
        self._waiting.set()

    async def run(self) -> None:
        """Make what accounts are asked for, then wait for more; look at trials once a minute."""
        trials = asyncio.create_task(self._look_at_trials())
        try:
            while not self._stopping.is_set():
                self._waiting.clear()
                if await self._watched(self._round):
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._waiting.wait(), POLL_SECONDS)
        finally:
            await trials

    async def _watched(self, work: Callable[[], object]) -> bool:
        """Do some work; whatever happens, the loop goes on."""
        try:
            return bool(await work())  # type: ignore[misc]
        except DatabaseUnavailable as error:
            log.warning("provisioning waits for the database", reason=str(error))
        except Exception as error:  # noqa: BLE001 - the worker's loop
            _log_fault("provisioning failed", error)
        return False

    async def _round(self) -> bool:
        """Make an account; return whether there was one to make."""
        if not await self._database.read_across(is_due, now=utc_now()):
            return False
        taken = await self._database.write_across(take, now=utc_now())
        if taken is None:
            return False
        try:
            await self._perform(taken)
        except DatabaseUnavailable:
            raise  # nothing has happened, or nobody knows: the lease runs out
        except Exception as error:  # noqa: BLE001 - the worker's loop; a refusal, too, is for the operator to read
            await self._fail(taken, error)
        return True

    async def _perform(self, taken: Taken) -> None:
        nonce = new_nonce(self._signer)
        password = one_time_password(self._signer, f"m{taken.account_id}", nonce)
        one_time = OneTime(nonce, await asyncio.to_thread(hash_password, password))
        state = await self._database.write_across(perform, taken, one_time, settings=self._settings, now=utc_now())
        if state == ActivationState.PROCESSED:
            self._wake_sender()
            log.info("account activated", activation=taken.activation.id, account=taken.account_id)

    async def _fail(self, taken: Taken, error: Exception) -> None:
        problem = str(error) if isinstance(error, Refusal) else f"a mistake of ours: {type(error).__name__}"
        _log_fault("an activation failed", error, activation=taken.activation.id, attempt=taken.activation.attempts)
        if await self._database.write_across(fail, taken, problem, now=utc_now()) == ActivationState.ERROR:
            log.error("an activation was given up", activation=taken.activation.id)

    async def _look_at_trials(self) -> None:
        while not self._stopping.is_set():
            await self._watched(self._trials)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TRIALS_SECONDS)

    async def _trials(self) -> None:
        """End the trials that are over, and remind people of the end of others; each in a transaction of its own."""
        for account_id in await self._database.read_across(due_trials, now=utc_now()):
            if self._stopping.is_set():
                return
            await self._watched(partial(self._trial, account_id))

    async def _trial(self, account_id: int) -> None:
        url = partial(console_url, self._settings)
        turn = await self._database.write(account_id, end_or_remind, console_url=url, now=utc_now())
        if turn != Turn.NOTHING:
            self._wake_sender()
            log.info("looked at a trial", account=account_id, turn=turn.value)


def _log_fault(event: str, error: Exception, **ids: int) -> None:
    # What an exception says is not logged: it may hold an address.
    where = "".join(format_tb(error.__traceback__))
    log.error(event, error=type(error).__name__, where=where, **ids)
