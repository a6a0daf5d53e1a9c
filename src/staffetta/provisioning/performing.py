"""Making the account of an activation that was taken: all of it in one transaction, with the mail that tells of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from staffetta.access import Application, get_application
from staffetta.accounts import Account, AccountState, Owner, PasswordHash, create_account, get_account
from staffetta.db import Connection
from staffetta.errors import Refusal
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import furnish
from staffetta.outbox import NewDelivery, put
from staffetta.provisioning import queries
from staffetta.provisioning.model import Activation, ActivationState, next_try_at
from staffetta.provisioning.taking import Taken
from staffetta.recipients import Caps, Evidence, SignUp, Source, subscribe
from staffetta.settings import Settings

log = structlog.get_logger()

CREDENTIALS: Final = "credentials"


@dataclass(frozen=True, slots=True)
class OneTime:
    """A one-time password: what it is derived from, and its hash, made before the transaction began."""

    nonce: str
    hash: PasswordHash


def perform(
    connection: Connection, taken: Taken, one_time: OneTime, *, settings: Settings, now: datetime
) -> ActivationState | None:
    """Make the account, its users, its list and the mail with the credentials; None where somebody else has it now.

    Whoever lost the lease, and whoever was blocked meanwhile, changes nothing: there are never two accounts.

    Raises:
        AccountExists: the account's id or host is taken.

    """
    activation = taken.activation
    current = queries.lock_activation(connection, activation.id)
    if current is None or (current.state, current.attempts) != (ActivationState.IN_PROGRESS, activation.attempts):
        return None
    application = get_application(connection, activation.client_id)
    if application.blocked_at is not None:
        queries.settle(connection, activation, ActivationState.BLOCKED, problem="the application is blocked", now=now)
        return ActivationState.BLOCKED
    account = _make_account(connection, taken, application, one_time.hash, settings=settings, now=now)
    _tell(connection, activation, account, one_time.nonce, settings=settings, now=now)
    if activation.newsletter and settings.newsletter_list:
        _sign_up(connection, activation, *settings.newsletter_list, settings=settings, now=now)
    queries.settle(connection, activation, ActivationState.PROCESSED, account_id=account.id, now=now)
    return ActivationState.PROCESSED


def fail(connection: Connection, taken: Taken, problem: str, *, now: datetime) -> ActivationState | None:
    """Let an activation rest and be tried again, or give it up; None where somebody else has it now."""
    activation = taken.activation
    due_at = next_try_at(activation.attempts, now)
    state = ActivationState.RE_ELABORATED if due_at else ActivationState.ERROR
    settled = queries.settle(connection, activation, state, problem=problem, due_at=due_at, now=now)
    return state if settled else None


def _make_account(
    connection: Connection,
    taken: Taken,
    application: Application,
    one_time_hash: str,
    *,
    settings: Settings,
    now: datetime,
) -> Account:
    activation, plan = taken.activation, application.plan
    account = create_account(
        connection,
        account_id=taken.account_id,
        name=activation.company,
        hosts=(settings.console_host(taken.account_id),),
        password=None,
        now=now,
        language=activation.language,
        owner=Owner(
            name=activation.name,
            email=activation.email,
            one_time_hash=one_time_hash,
            plan=plan,
            expires_at=now + timedelta(days=plan.trial_days) if plan.trial_days else None,
        ),
    )
    furnish(connection.for_account(account.id), account, now=now)
    return account


def _tell(
    connection: Connection, activation: Activation, account: Account, nonce: str, *, settings: Settings, now: datetime
) -> None:
    details = {
        "language": activation.language.value,
        "name": activation.name,
        "company": activation.company,
        "login": account.console_user,
        "api_user": account.api_user,
        "console_url": console_url(settings, account),
        "nonce": nonce,
        "expires_on": _day(account.expires_at, account.time_zone),
    }
    mail = NewDelivery(kind=CREDENTIALS, address=activation.email, list_id=0, recipient_id=0, details=details)
    put(connection.for_account(account.id), mail, host=account.host, now=now)


def _day(instant: datetime | None, time_zone: str) -> str:
    return instant.astimezone(ZoneInfo(time_zone)).date().isoformat() if instant else ""


def console_url(settings: Settings, account: Account) -> str:
    """Return where people of an account sign in."""
    return f"{settings.url_of(account.host)}/console/"


def _sign_up(
    connection: Connection, activation: Activation, account_id: int, list_id: int, *, settings: Settings, now: datetime
) -> None:
    """Ask the applicant whether to join the operator's list; where that cannot be, the account comes about without."""
    try:
        account = get_account(connection, account_id)
        if account.state != AccountState.ACTIVE:
            return
        sign_up = SignUp(
            lists=(list_id,),
            email=EmailAddress(activation.email),
            name=activation.name,
            language=activation.language,
            base_url=settings.url_of(account.host),
            host=account.host,
        )
        evidence = Evidence(
            source=Source.REST,
            ip=activation.caller_ip,
            user_agent=activation.user_agent,
            wording=f"TrialActivation RegisterToNewsletter {activation.client_id}",
        )
        caps = _caps(settings)
        subscribe(connection.for_account(account.id), sign_up, evidence=evidence, caps=caps, now=now)
    except Refusal as refusal:
        log.warning("no sign-up to the newsletter", activation=activation.id, reason=type(refusal).__name__)


def _caps(settings: Settings) -> Caps | None:
    if not settings.limited:
        return None
    interval = timedelta(minutes=settings.confirmation_interval_minutes)
    return Caps(interval=interval, per_day=settings.confirmations_per_day)
