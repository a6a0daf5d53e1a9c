"""The life of an account: suspended, reactivated, expired, extended; `access.end_or_remind` tells its owner."""

from datetime import datetime, timedelta
from enum import StrEnum

from staffetta.accounts import queries, trial_queries
from staffetta.accounts.model import AccountState, reminder_passed
from staffetta.accounts.terms import has_accepted
from staffetta.db import Connection, Transaction
from staffetta.errors import FailedPrecondition, InvalidArgument

MOST_DAYS = 3_650
MOST_AT_ONCE = 100


class TrialOver(FailedPrecondition):
    """The account's time is over: it needs more of it before it can be active."""


class NoTrial(FailedPrecondition):
    """The account has no end that could be put off."""


class Turn(StrEnum):
    """What a look at an account's trial has changed."""

    NOTHING = "nothing"
    REMINDED = "reminded"
    EXPIRED = "expired"


def suspend(tx: Transaction) -> None:
    """Suspend the account: it is refused everywhere until it is reactivated."""
    _set_state(tx, AccountState.SUSPENDED)


def reactivate(tx: Transaction, *, now: datetime) -> None:
    """Let the account be used again; where terms of service are to be accepted, only after that.

    Raises:
        TrialOver: its time is over.

    """
    expires_at = trial_queries.trial_of(tx).expires_at
    if expires_at is not None and expires_at <= now:
        raise TrialOver("the account's time is over: extend it")
    _open(tx)


def expire(tx: Transaction, *, now: datetime) -> None:
    """End the account's time at once; nobody is told by mail. One without an end has none when it comes back."""
    expires_at = trial_queries.trial_of(tx).expires_at
    if expires_at is not None and expires_at > now:
        trial_queries.set_end(tx, now, reminded_days=reminder_passed(now, now=now))
    _set_state(tx, AccountState.EXPIRED)


def extend(tx: Transaction, *, days: int, now: datetime) -> datetime:
    """Give the account more time and return its new end; one that has expired is open again from now on.

    Raises:
        InvalidArgument: less than a day, or more than ten years.
        NoTrial: its time does not end.

    """
    if not 0 < days <= MOST_DAYS:
        raise InvalidArgument(f"an account is extended by 1 to {MOST_DAYS} days")
    trial = trial_queries.trial_of(tx)
    if trial.expires_at is None and trial.state != AccountState.EXPIRED:
        raise NoTrial("the account has no end that could be put off")
    expires_at: datetime = max(trial.expires_at or now, now) + timedelta(days=days)
    trial_queries.set_end(tx, expires_at, reminded_days=reminder_passed(expires_at, now=now))
    tx.configuration_changed()
    if trial.state == AccountState.EXPIRED:
        _open(tx)
    return expires_at


def due_trials(connection: Connection, *, now: datetime) -> list[int]:
    """Return the ids of some accounts that `access.end_or_remind` has something to do for, the most urgent first."""
    return trial_queries.due_accounts(connection, most=MOST_AT_ONCE, now=now)


def look_at_trial(tx: Transaction, *, now: datetime) -> Turn:
    """Expire the account when its time is over, or note that somebody is reminded of its end; a repeat does nothing."""
    trial = trial_queries.trial_of(tx)
    passed = reminder_passed(trial.expires_at, now=now)
    if passed is None or trial.state not in trial_queries.RUNNING:
        return Turn.NOTHING
    if trial.expires_at <= now:
        _set_state(tx, AccountState.EXPIRED)
        return Turn.EXPIRED
    if trial.reminded_days is not None and trial.reminded_days <= passed:
        return Turn.NOTHING
    trial_queries.set_reminded(tx, passed)
    return Turn.REMINDED


def _open(tx: Transaction) -> None:
    _set_state(tx, AccountState.ACTIVE if has_accepted(tx) else AccountState.TERMS_NOT_ACCEPTED)


def _set_state(tx: Transaction, state: AccountState) -> None:
    tx.configuration_changed()
    queries.set_state(tx, state)
