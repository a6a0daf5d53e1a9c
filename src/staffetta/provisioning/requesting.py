"""Asking for an account, and asking how far it is."""

from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from staffetta.accounts import MAINTENANCE, is_on
from staffetta.db import Connection, brief
from staffetta.provisioning import queries
from staffetta.provisioning.fakes import new_hash
from staffetta.provisioning.model import (
    ActivatedBefore,
    Activation,
    ActivationRequest,
    ActivationState,
    AddressAlreadyUsed,
    Requested,
    UnknownActivation,
)

# Ids of what belongs to the installation are counted by the account that there is not.
NOBODY = 0


@brief
def request_activation(
    connection: Connection, request: ActivationRequest, *, ip_window: timedelta | None, now: datetime
) -> Requested:
    """Store a request, which the provisioner then makes an account of; during maintenance it waits.

    `ip_window` is how long an activation from one IP address keeps others from being asked for there; None: not at all.

    Raises:
        ActivatedBefore: there was one from this address.
        AddressAlreadyUsed: there was one for this e-mail address.

    """
    # First, because on PostgreSQL those who ask at once wait for each other by it: of two from one address the second
    # sees the first.
    activation_id = connection.for_account(NOBODY).take_id("activation")
    if ip_window is not None and queries.has_ip(connection, request.caller_ip, since=now - ip_window):
        raise ActivatedBefore("no more than one trial activation is allowed from the same caller IP")
    if queries.has_email(connection, request.email.text):
        raise AddressAlreadyUsed("Email: an account was requested for this address before.")
    hash_text = new_hash()
    queries.insert_activation(connection, _activation(connection, activation_id, request, now), _digest(hash_text))
    return Requested(activation_id, hash_text)


@brief
def activation_status(connection: Connection, activation_id: int, hash_text: str, *, client_id: str) -> ActivationState:
    """Return how far an activation is, to the application that asked for it.

    Raises:
        UnknownActivation: the application has asked for none of this id and hash.

    """
    row = queries.digest_of(connection, activation_id)
    known = bytes(row.digest) if row else b""
    if not compare_digest(known, _digest(hash_text)) or row.client_id != client_id:
        raise UnknownActivation("There is no activation of this Id and Hash.")
    state: ActivationState = row.state
    return state


def _activation(connection: Connection, activation_id: int, request: ActivationRequest, now: datetime) -> Activation:
    waits = is_on(connection, MAINTENANCE)
    return Activation(
        id=activation_id,
        client_id=request.client_id,
        state=ActivationState.MANUAL if waits else ActivationState.CONFIRMED,
        caller_ip=request.caller_ip,
        name=request.name,
        company=request.company,
        email=request.email.text,
        phone=request.phone,
        language=request.language,
        referer=request.referer,
        user_agent=request.user_agent,
        is_usa=request.is_usa,
        newsletter=request.newsletter,
        attempts=0,
        due_at=now,
        account_id=None,
        problem="",
        requested_at=now,
        changed_at=now,
    )


def _digest(hash_text: str) -> bytes:
    return sha256(hash_text.encode("utf-8", "surrogatepass")).digest()
