"""Activations, their states and what is refused: plain values and pure rules."""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

import msgspec

from staffetta.errors import FailedPrecondition, NotFound, PermissionDenied
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.languages import Language

# Ours: an account is ready in a quarter of a second; whoever takes longer than this has died.
LEASE: Final = timedelta(minutes=1)
# How long an activation that has failed rests: the moment's trouble is over soon, an outage lasts longer.
WAITS: Final = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
MOST_ATTEMPTS: Final = len(WAITS) + 1


class ActivationState(IntEnum):
    """How far an activation is, by the codes that clients are told (seed on account provisioning)."""

    NOT_CONFIRMED = 0
    CONFIRMED = 1
    PROCESSED = 2
    ERROR = 3
    MANUAL = 4
    IN_PROGRESS = 5
    BLOCKED = 6
    RE_ELABORATED = 7


# What the provisioner takes once it is due; one in progress only when whoever took it has not come back.
OPEN: Final = (
    ActivationState.CONFIRMED,
    ActivationState.MANUAL,
    ActivationState.IN_PROGRESS,
    ActivationState.RE_ELABORATED,
)


class ActivationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An account that an application asks for, and whom it is for; `caller_ip` is the applicant's address."""

    client_id: str
    name: str
    company: str
    email: EmailAddress
    phone: str
    language: Language
    caller_ip: str
    referer: str = ""
    user_agent: str = ""
    is_usa: bool = False
    newsletter: bool = False


class Requested(msgspec.Struct, frozen=True):
    """What whoever has asked follows the activation by; the database keeps the digest of `hash` alone."""

    id: int
    hash: str


class Activation(msgspec.Struct, frozen=True, kw_only=True):
    """A request and what became of it; `problem` says why it does not go on."""

    id: int
    client_id: str
    state: ActivationState
    caller_ip: str
    name: str
    company: str
    email: str
    phone: str
    language: Language
    referer: str
    user_agent: str
    is_usa: bool
    newsletter: bool
    attempts: int
    due_at: datetime | None
    account_id: int | None
    problem: str
    requested_at: datetime
    changed_at: datetime


class UnknownActivation(NotFound):
    """There is no such activation, or the hash is not its own."""


class ActivatedBefore(PermissionDenied):
    """The caller's IP address has had its activation."""


class AddressAlreadyUsed(FailedPrecondition):
    """The e-mail address has had its activation."""


class NotOperable(FailedPrecondition):
    """The activation is not in a state in which the operator can do this."""


def next_try_at(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` tries, or None to give up."""
    return now + WAITS[attempts - 1] if 0 < attempts < MOST_ATTEMPTS else None
