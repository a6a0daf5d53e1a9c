"""The SQL of activations, which belong to no account."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, func, insert, literal_column, null, select, update

from staffetta.accounts.tables import accounts
from staffetta.db import Connection, Statement
from staffetta.kit.languages import Language
from staffetta.provisioning.model import MOST_ATTEMPTS, OPEN, Activation, ActivationState
from staffetta.provisioning.tables import activations

_A = activations.c
_OF_ACTIVATION = bindparam("of_activation", type_=Integer())
_COLUMNS = tuple(_A[name] for name in Activation.__struct_fields__)
_INSERTED = ("id", "digest", *(name for name in Activation.__struct_fields__ if name != "id"))


def _number(state: ActivationState) -> Any:
    return literal_column(str(int(state)))


def _numbers(*states: ActivationState) -> list[Any]:
    return [_number(state) for state in states]


_DUE = (_A.due_at <= bindparam("now", type_=_A.due_at.type), _A.state.in_(_numbers(*OPEN)))
_NEW = {
    "state": bindparam("new_state", type_=_A.state.type),
    "problem": bindparam("new_problem"),
    "due_at": bindparam("new_due_at", type_=_A.due_at.type),
    "changed_at": bindparam("changed", type_=_A.changed_at.type),
}

INSERT = Statement(insert(activations).values({name: bindparam(name, type_=_A[name].type) for name in _INSERTED}))
BY_ID = Statement(select(*_COLUMNS).where(_A.id == _OF_ACTIVATION))
DIGEST = Statement(select(_A.digest, _A.client_id, _A.state).where(_A.id == _OF_ACTIVATION))
LOCK = Statement(select(*_COLUMNS).where(_A.id == _OF_ACTIVATION).with_for_update())
OF_IP = Statement(
    select(_A.id)
    .where(
        _A.caller_ip == bindparam("caller_ip"),
        _A.requested_at > bindparam("since", type_=_A.requested_at.type),
        _A.state != _number(ActivationState.ERROR),
    )
    .limit(1)
)
OF_EMAIL = Statement(
    select(_A.id)
    .where(
        _A.email == bindparam("email"),
        _A.state.not_in(_numbers(ActivationState.ERROR, ActivationState.BLOCKED)),
    )
    .limit(1)
)
LARGEST_ACCOUNT = Statement(select(func.max(accounts.c.id, type_=Integer()).label("id")))
ANY_DUE = Statement(select(_A.id).where(*_DUE).limit(1))
# Set-based, and past what another process holds: two provisioners never take the same one.
CLAIM = Statement(
    update(activations)
    .where(
        _A.id.in_(
            select(_A.id)
            .where(*_DUE, _A.attempts < MOST_ATTEMPTS)
            .order_by(_A.due_at, _A.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    )
    .values(
        state=_number(ActivationState.IN_PROGRESS),
        attempts=_A.attempts + 1,
        due_at=bindparam("until", type_=_A.due_at.type),
        changed_at=bindparam("now", type_=_A.due_at.type),
    )
    .returning(*_COLUMNS)
)
GIVE_UP = Statement(
    update(activations)
    .where(*_DUE, _A.attempts >= MOST_ATTEMPTS)
    .values(
        state=_number(ActivationState.ERROR),
        due_at=null(),
        problem=bindparam("new_problem"),
        changed_at=bindparam("now", type_=_A.due_at.type),
    )
    .returning(_A.id)
)
STAND_BY = Statement(
    update(activations)
    .where(*_DUE, _A.state != _number(ActivationState.MANUAL))
    .values(state=_number(ActivationState.MANUAL), changed_at=bindparam("now", type_=_A.due_at.type))
)
STAND_BY_ALL = Statement(
    update(activations)
    .where(_A.state.in_(_numbers(ActivationState.CONFIRMED, ActivationState.RE_ELABORATED)))
    .values(state=_number(ActivationState.MANUAL), changed_at=bindparam("changed", type_=_A.changed_at.type))
)
GO_ON = Statement(
    update(activations)
    .where(_A.state == _number(ActivationState.MANUAL))
    .values(
        state=_number(ActivationState.RE_ELABORATED),
        due_at=bindparam("changed", type_=_A.due_at.type),
        changed_at=bindparam("changed", type_=_A.changed_at.type),
    )
)
# Who has lost the lease changes nothing any more.
SETTLE = Statement(
    update(activations)
    .where(
        _A.id == _OF_ACTIVATION,
        _A.state == _number(ActivationState.IN_PROGRESS),
        _A.attempts == bindparam("of_attempt", type_=Integer()),
    )
    .values(**_NEW, account_id=bindparam("new_account_id", type_=Integer()))
)
RETRY = Statement(
    update(activations)
    .where(
        _A.id == _OF_ACTIVATION,
        _A.state.not_in(_numbers(ActivationState.PROCESSED, ActivationState.IN_PROGRESS)),
    )
    .values(**_NEW, attempts=0)
)
BLOCK = Statement(
    update(activations).where(_A.id == _OF_ACTIVATION, _A.state != _number(ActivationState.PROCESSED)).values(**_NEW)
)
PAGE = {
    filtered: Statement(
        select(*_COLUMNS)
        .where(
            _A.id < bindparam("before", type_=Integer()),
            *([_A.state == bindparam("of_state", type_=_A.state.type)] if filtered else []),
        )
        .order_by(_A.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    for filtered in (False, True)
}


def insert_activation(connection: Connection, made: Activation, digest: bytes) -> None:
    """Add an activation."""
    connection.run(INSERT, digest=digest, **{name: getattr(made, name) for name in Activation.__struct_fields__})


def find_activation(connection: Connection, activation_id: int) -> Activation | None:
    """Return an activation."""
    return _activation(connection.first(BY_ID, of_activation=activation_id))


def lock_activation(connection: Connection, activation_id: int) -> Activation | None:
    """Return an activation that nobody else can change before this transaction ends."""
    return _activation(connection.first(LOCK, of_activation=activation_id))


def digest_of(connection: Connection, activation_id: int) -> Any:
    """Return the digest, application and state of an activation, or None."""
    return connection.first(DIGEST, of_activation=activation_id)


def has_ip(connection: Connection, caller_ip: str, *, since: datetime) -> bool:
    """Tell whether an activation was asked for from an address."""
    return connection.first(OF_IP, caller_ip=caller_ip, since=since) is not None


def has_email(connection: Connection, email: str) -> bool:
    """Tell whether an activation was asked for an e-mail address that has not come to nothing."""
    return connection.first(OF_EMAIL, email=email) is not None


def largest_account_id(connection: Connection) -> int:
    """Return the largest id of an account, or 0."""
    return connection.first(LARGEST_ACCOUNT).id or 0


def any_due(connection: Connection, *, now: datetime) -> bool:
    """Tell whether somebody has to see to an activation."""
    return connection.first(ANY_DUE, now=now) is not None


def claim(connection: Connection, *, until: datetime, now: datetime) -> Activation | None:
    """Take the activation that is due for the longest time, which nobody else gets before `until`."""
    return _activation(next(iter(connection.all(CLAIM, until=until, now=now)), None))


def give_up(connection: Connection, problem: str, *, now: datetime) -> list[int]:
    """Put what was begun too often into ERROR and return their ids."""
    return [row.id for row in connection.all(GIVE_UP, new_problem=problem, now=now)]


def stand_by(connection: Connection, *, now: datetime) -> None:
    """Let what is due wait for the end of maintenance."""
    connection.run(STAND_BY, now=now)


def stand_by_all(connection: Connection, *, now: datetime) -> int:
    """Let all that nobody works at wait for the end of maintenance, and return how many that are."""
    return connection.changed(STAND_BY_ALL, changed=now)


def go_on(connection: Connection, *, now: datetime) -> int:
    """Let what waits for the end of maintenance be done, and return how many that are."""
    return connection.changed(GO_ON, changed=now)


def settle(
    connection: Connection,
    taken: Activation,
    state: ActivationState,
    *,
    problem: str = "",
    account_id: int | None = None,
    due_at: datetime | None = None,
    now: datetime,
) -> bool:
    """Record what came of a try; False where whoever tried has been taken for dead."""
    return bool(
        connection.changed(
            SETTLE,
            of_activation=taken.id,
            of_attempt=taken.attempts,
            new_state=state,
            new_problem=problem,
            new_account_id=account_id,
            new_due_at=due_at,
            changed=now,
        )
    )


def retry(connection: Connection, activation_id: int, *, now: datetime) -> bool:
    """Let an activation be tried anew; False where it is done, or being done."""
    state = ActivationState.RE_ELABORATED
    return bool(
        connection.changed(
            RETRY, of_activation=activation_id, new_state=state, new_problem="", new_due_at=now, changed=now
        )
    )


def block(connection: Connection, activation_id: int, problem: str, *, now: datetime) -> bool:
    """Let nothing come of an activation; False where it is done."""
    state = ActivationState.BLOCKED
    return bool(
        connection.changed(
            BLOCK, of_activation=activation_id, new_state=state, new_problem=problem, new_due_at=None, changed=now
        )
    )


def page(connection: Connection, *, state: ActivationState | None, before: int, most: int) -> list[Activation]:
    """Return activations, newest first, below an id."""
    filtered = {} if state is None else {"of_state": state}
    rows = connection.all(PAGE[state is not None], before=before, most=most, **filtered)
    return [found for row in rows if (found := _activation(row))]


def _activation(row: Any) -> Activation | None:
    if row is None:
        return None
    values = {name: getattr(row, name) for name in Activation.__struct_fields__}
    return Activation(**{**values, "language": Language(row.language)})
