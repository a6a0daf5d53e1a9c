"""Asking for accounts as applications do, and looking at what became of them."""

import itertools
import os
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from staffetta.access import NewApplication, add_application
from staffetta.accounts.tables import accounts, users
from staffetta.db import Connection, Statement
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.languages import Language
from staffetta.outbox.tables import deliveries
from staffetta.provisioning import ActivationRequest, Requested, request_activation
from staffetta.provisioning.tables import activations
from trying import NOON

FOR_EVER = timedelta(days=36_500)
USERS_OF = Statement(select(users).where(users.c.account_id == bindparam("account_id")).order_by(users.c.login))
MAILS_OF = Statement(select(deliveries).where(deliveries.c.account_id == bindparam("account_id")))
ACCOUNTS_NAMED = Statement(select(func.count().label("accounts")).where(accounts.c.name == bindparam("name")))
FORGET = Statement(delete(activations))

_numbers = itertools.count(1)


def register(connection: Connection, **options: Any) -> NewApplication:
    """Register an application that may ask for accounts."""
    wanted = {"features": ("provisioning",), **options}
    return add_application(connection, f"Shop {next(_numbers)}", now=NOON, **wanted)


def asked(client_id: str = "shop", **changed: Any) -> ActivationRequest:
    """Return a request that nobody has made before."""
    number = next(_numbers)
    ours = {
        "client_id": client_id,
        "name": "Ada Rossi",
        "company": f"Ada's Shop {number}",
        "email": EmailAddress.parse(f"ada{number}.{os.getpid()}@example.com"),
        "phone": "+39 0372 24525",
        "language": Language.IT,
        "caller_ip": f"2001:db8:{os.getpid() % 65_536:x}::{number:x}",
    }
    return ActivationRequest(**{**ours, **changed})


def ask(connection: Connection, client_id: str = "shop", *, now: Any = NOON, **changed: Any) -> Requested:
    """Ask for an account."""
    return request_activation(connection, asked(client_id, **changed), ip_window=FOR_EVER, now=now)


def made(connection: Connection, company: str) -> int:
    """Return how many accounts were made for a company."""
    return int(connection.first(ACCOUNTS_NAMED, name=company).accounts)
