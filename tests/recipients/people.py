"""People who sign up, and looking at what became of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from staffetta.db import Transaction
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.phones import MobileNumber
from staffetta.lists import MailingList, add_list, change_list, get_list
from staffetta.outbox import DeliveryState, in_state
from staffetta.recipients import (
    Caps,
    Cause,
    Evidence,
    Profile,
    SignedUp,
    SignUp,
    Source,
    Status,
    check_status,
    get_profile,
    subscribe,
    suppress,
)
from staffetta.recipients import confirm as confirm_them
from trying import NOON

ADA = EmailAddress.parse("ada@example.org")
BOB = EmailAddress.parse("bob@example.org")
MOBILE = MobileNumber.parse("+393351234567")
OTHER_MOBILE = MobileNumber.parse("+393357654321")
EVIDENCE = Evidence(source=Source.XML, ip="192.0.2.7", user_agent="Mozilla/5.0 “ü”", wording="form 7")
CAPS = Caps(interval=timedelta(minutes=10), per_day=5)
MINUTE = timedelta(minutes=1)
BASE = {"base_url": "https://news.example", "host": "news.example"}


def sign_up(tx: Transaction, *, now: Any = NOON, caps: Caps | None = None, **changed: Any) -> SignedUp:
    """Sign Ada up on list 1, or as told."""
    values = {"lists": (1,), "email": ADA, **BASE} | changed
    return subscribe(tx, SignUp(**values), evidence=EVIDENCE, now=now, caps=caps)


def confirm(tx: Transaction, recipient_id: int, *lists: int, now: Any = NOON) -> list[int]:
    """Follow a confirmation link and return the lists that it speaks of."""
    confirmed = confirm_them(tx, recipient_id, lists or (1,), evidence=EVIDENCE, now=now, **BASE)
    return [each.id for each in confirmed]


def status(tx: Transaction, list_id: int = 1, address: EmailAddress | MobileNumber = ADA) -> Status:
    """Return where somebody stands on a list."""
    return check_status(tx, list_id, address)


def mails(tx: Transaction, kind: str | None = None) -> list[Any]:
    """Return the deliveries that are planned, oldest first."""
    return [row for row in reversed(in_state(tx, DeliveryState.PLANNED, most=1000)) if kind in (None, row.kind)]


def profile(tx: Transaction, signed_up: SignedUp) -> Profile:
    """Return all that is known of somebody."""
    return get_profile(tx, signed_up.recipient_id)


def make_list(tx: Transaction, name: str = "News", **settings: Any) -> MailingList:
    """Make a list with settings of its own."""
    made = add_list(tx, name, now=NOON)
    return change_list(tx, made.id, settings=replace(made.settings, **settings)) if settings else made


def set_list(tx: Transaction, list_id: int = 1, **settings: Any) -> None:
    """Change settings of a list."""
    change_list(tx, list_id, settings=replace(get_list(tx, list_id).settings, **settings))


def suppress_ada(tx: Transaction, cause: Cause = Cause.BOUNCE) -> None:
    """Let nobody write to Ada any more."""
    suppress(tx, ADA.text, cause=cause, evidence=EVIDENCE, now=NOON)
