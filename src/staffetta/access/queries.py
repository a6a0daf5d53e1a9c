"""The SQL of applications, authorizations and users. Whom a login or an application belongs to crosses accounts."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BindParameter, bindparam, delete, insert, select, update

from staffetta.access.model import Application, Authorization, User
from staffetta.access.tables import application_blocks, applications, authorizations
from staffetta.accounts import NO_PASSWORD, Plan, UserKind
from staffetta.accounts.tables import accounts, users
from staffetta.db import Connection, Statement, Transaction

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_BLOCK = application_blocks.c
# What `user_of` reads.
USER_COLUMNS = (
    users.c.account_id,
    users.c.login,
    users.c.kind,
    users.c.password_changed_at,
    users.c.visible_lists,
    users.c.email,
    users.c.name,
    users.c.one_time,
)
_IS_AUTHORIZED = (
    authorizations.c.account_id == _ACCOUNT,
    authorizations.c.login == bindparam("login"),
    authorizations.c.client_id == bindparam("client_id"),
)

ALL_APPLICATIONS = Statement(select(applications).order_by(applications.c.name, applications.c.client_id))
ALL_BLOCKS = Statement(select(_BLOCK.client_id, _BLOCK.account_id).order_by(_BLOCK.client_id, _BLOCK.account_id))
APPLICATION = Statement(select(applications).where(applications.c.client_id == bindparam("client_id")))
LOCK_APPLICATION = Statement(
    select(applications.c.client_id).where(applications.c.client_id == bindparam("client_id")).with_for_update()
)
APPLICATION_NAMED = Statement(select(applications.c.client_id).where(applications.c.name == bindparam("name")))
INSERT_APPLICATION = Statement(
    insert(applications).values(
        {
            name: bindparam(name)
            for name in ("client_id", "name", "secret_hash", "redirect_uris", "features", "created_at")
        }
    )
)
UPDATE_BLOCKED_AT = Statement(
    update(applications)
    .where(applications.c.client_id == bindparam("of_client"))
    .values(blocked_at=bindparam("new_blocked_at"))
)
APPLICATIONS_NAMED = Statement(
    select(applications).where(applications.c.name == bindparam("name")).order_by(applications.c.client_id).limit(2)
)
UPDATE_FEATURES = Statement(
    update(applications)
    .where(applications.c.client_id == bindparam("of_client"))
    .values(features=bindparam("new_features"))
)
UPDATE_PLAN = Statement(
    update(applications).where(applications.c.client_id == bindparam("of_client")).values(plan=bindparam("new_plan"))
)
BLOCK = Statement(
    select(_BLOCK.blocked_at).where(_BLOCK.account_id == _ACCOUNT, _BLOCK.client_id == bindparam("client_id"))
)
INSERT_BLOCK = Statement(
    insert(application_blocks).values(
        account_id=_ACCOUNT, client_id=bindparam("client_id"), blocked_at=bindparam("blocked_at")
    )
)
DELETE_BLOCK = Statement(
    delete(application_blocks).where(_BLOCK.account_id == _ACCOUNT, _BLOCK.client_id == bindparam("client_id"))
)
AUTHORIZATION = Statement(select(authorizations.c.granted_at).where(*_IS_AUTHORIZED))
AUTHORIZATIONS_OF = Statement(
    select(authorizations.c.login, authorizations.c.client_id, applications.c.name, authorizations.c.granted_at)
    .join(applications, applications.c.client_id == authorizations.c.client_id)
    .where(authorizations.c.account_id == _ACCOUNT, authorizations.c.login == bindparam("login"))
    .order_by(applications.c.name, authorizations.c.client_id)
)
INSERT_AUTHORIZATION = Statement(
    insert(authorizations).values(
        account_id=_ACCOUNT,
        login=bindparam("login"),
        client_id=bindparam("client_id"),
        granted_at=bindparam("granted_at"),
    )
)
DELETE_AUTHORIZATION = Statement(delete(authorizations).where(*_IS_AUTHORIZED))
DELETE_AUTHORIZATIONS = Statement(delete(authorizations).where(authorizations.c.client_id == bindparam("client_id")))
DELETE_AUTHORIZATIONS_IN = Statement(
    delete(authorizations).where(
        authorizations.c.account_id == _ACCOUNT, authorizations.c.client_id == bindparam("client_id")
    )
)
USER = Statement(
    select(*USER_COLUMNS, users.c.password_hash, accounts.c.state)
    .join(accounts, accounts.c.id == users.c.account_id)
    .where(users.c.login == bindparam("login"))
)
USERS = Statement(select(*USER_COLUMNS).where(users.c.account_id == _ACCOUNT).order_by(users.c.login))
USER_HERE = Statement(select(*USER_COLUMNS).where(users.c.account_id == _ACCOUNT, users.c.login == bindparam("login")))
LOCK_USER = Statement(
    select(users.c.login).where(users.c.account_id == _ACCOUNT, users.c.login == bindparam("login")).with_for_update()
)
INSERT_USER = Statement(
    insert(users).values(
        account_id=_ACCOUNT,
        password_changed_at=bindparam("now", type_=users.c.created_at.type),
        created_at=bindparam("now", type_=users.c.created_at.type),
        **{name: bindparam(name) for name in ("login", "kind", "password_hash", "visible_lists")},
    )
)
UPDATE_PASSWORD = Statement(
    update(users)
    .where(users.c.account_id == _ACCOUNT, users.c.login == bindparam("of_login"))
    .values(
        password_hash=bindparam("new_hash"),
        password_changed_at=bindparam("new_changed_at"),
        one_time=bindparam("new_one_time"),
    )
)
# The hash stands in the statement: whoever sets another one at the same moment wins.
UPDATE_MISSING_PASSWORD = Statement(
    update(users)
    .where(users.c.account_id == _ACCOUNT, users.c.login == bindparam("of_login"), users.c.password_hash == NO_PASSWORD)
    .values(password_hash=bindparam("new_hash"), password_changed_at=bindparam("new_changed_at"))
)
UPDATE_VISIBLE_LISTS = Statement(
    update(users)
    .where(users.c.account_id == _ACCOUNT, users.c.login == bindparam("of_login"))
    .values(visible_lists=bindparam("new_visible_lists"))
)


def all_applications(connection: Connection) -> list[Application]:
    """Return every application by name."""
    return [application_of(row) for row in connection.all(ALL_APPLICATIONS)]


def all_blocks(connection: Connection) -> list[Any]:
    """Return the `client_id` and `account_id` of every block for one account."""
    return connection.all(ALL_BLOCKS)


def find_application(connection: Connection, client_id: str) -> Any:
    """Return an application's row, with the digest of its secret."""
    return connection.first(APPLICATION, client_id=client_id)


def application_of(row: Any) -> Application:
    """Return an application as its row says."""
    return Application(
        client_id=row.client_id,
        name=row.name,
        redirect_uris=tuple(row.redirect_uris),
        features=tuple(row.features),
        blocked_at=row.blocked_at,
        plan=msgspec.convert(row.plan, Plan),
    )


def lock_application(connection: Connection, client_id: str) -> None:
    """Let no token of an application be issued until the transaction ends."""
    connection.first(LOCK_APPLICATION, client_id=client_id)


def is_name_taken(connection: Connection, name: str) -> bool:
    """Tell whether an application has this name."""
    return connection.first(APPLICATION_NAMED, name=name) is not None


def insert_application(
    connection: Connection, application: Application, secret_hash: bytes, *, created_at: datetime
) -> None:
    """Add an application."""
    connection.run(
        INSERT_APPLICATION,
        client_id=application.client_id,
        name=application.name,
        secret_hash=secret_hash,
        redirect_uris=application.redirect_uris,
        features=application.features,
        created_at=created_at,
    )


def applications_named(connection: Connection, name: str) -> list[Application]:
    """Return two at most of the applications of a name."""
    return [application_of(row) for row in connection.all(APPLICATIONS_NAMED, name=name)]


def set_features(connection: Connection, client_id: str, features: tuple[str, ...]) -> None:
    """Set what an application may do beyond the ordinary."""
    connection.run(UPDATE_FEATURES, of_client=client_id, new_features=features)


def set_plan(connection: Connection, client_id: str, plan: Plan) -> None:
    """Set the plan of the accounts that an application asks for."""
    connection.run(UPDATE_PLAN, of_client=client_id, new_plan=plan)


def set_blocked_at(connection: Connection, client_id: str, blocked_at: datetime | None) -> None:
    """Block an application for everybody, or no longer."""
    connection.run(UPDATE_BLOCKED_AT, of_client=client_id, new_blocked_at=blocked_at)


def is_blocked(tx: Transaction, client_id: str) -> bool:
    """Tell whether an application is blocked for the account."""
    return tx.first(BLOCK, client_id=client_id) is not None


def insert_block(tx: Transaction, client_id: str, blocked_at: datetime) -> None:
    """Block an application for the account."""
    tx.run(INSERT_BLOCK, client_id=client_id, blocked_at=blocked_at)


def delete_block(tx: Transaction, client_id: str) -> None:
    """Block an application for the account no longer."""
    tx.run(DELETE_BLOCK, client_id=client_id)


def is_authorized(tx: Transaction, login: str, client_id: str) -> bool:
    """Tell whether a user lets an application act."""
    return tx.first(AUTHORIZATION, login=login, client_id=client_id) is not None


def authorizations_of(tx: Transaction, login: str) -> list[Authorization]:
    """Return whom a user lets act, by name."""
    return [
        Authorization(login=row.login, client_id=row.client_id, name=row.name, granted_at=row.granted_at)
        for row in tx.all(AUTHORIZATIONS_OF, login=login)
    ]


def insert_authorization(tx: Transaction, login: str, client_id: str, *, granted_at: datetime) -> None:
    """Let an application act for a user."""
    tx.run(INSERT_AUTHORIZATION, login=login, client_id=client_id, granted_at=granted_at)


def delete_authorization(tx: Transaction, login: str, client_id: str) -> int:
    """Let an application act for a user no longer; return how many authorizations went."""
    return tx.changed(DELETE_AUTHORIZATION, login=login, client_id=client_id)


def delete_authorizations(connection: Connection, client_id: str) -> int:
    """Let an application act for nobody, within the wall of one account or everywhere; return how many went."""
    statement = DELETE_AUTHORIZATIONS_IN if isinstance(connection, Transaction) else DELETE_AUTHORIZATIONS
    return connection.changed(statement, client_id=client_id)


def find_user(connection: Connection, login: str) -> Any:
    """Return a user's row, with the hash of the password and the state of the account."""
    return connection.first(USER, login=login)


def user_of(row: Any) -> User:
    """Return a user as a row with their columns says."""
    return User(
        account_id=row.account_id,
        login=row.login,
        kind=row.kind,
        password_changed_at=row.password_changed_at,
        visible_lists=None if row.visible_lists is None else tuple(row.visible_lists),
        email=row.email,
        name=row.name,
        one_time=row.one_time,
    )


def all_users(tx: Transaction) -> list[User]:
    """Return the account's users by login."""
    return [user_of(row) for row in tx.all(USERS)]


def find_user_here(tx: Transaction, login: str) -> User | None:
    """Return the account's user of a login."""
    row = tx.first(USER_HERE, login=login)
    return None if row is None else user_of(row)


def lock_user(tx: Transaction, login: str) -> None:
    """Let no token be issued to a user until the transaction ends."""
    tx.first(LOCK_USER, login=login)


def insert_user(
    tx: Transaction,
    login: str,
    *,
    kind: UserKind,
    password_hash: str,
    visible_lists: tuple[int, ...] | None,
    now: datetime,
) -> None:
    """Add a login of the account."""
    tx.run(INSERT_USER, login=login, kind=kind, password_hash=password_hash, visible_lists=visible_lists, now=now)


def set_password(tx: Transaction, login: str, password_hash: str, *, one_time: bool = False, now: datetime) -> None:
    """Give a user another password."""
    tx.run(UPDATE_PASSWORD, of_login=login, new_hash=password_hash, new_changed_at=now, new_one_time=one_time)


def set_missing_password(tx: Transaction, login: str, password_hash: str, *, now: datetime) -> None:
    """Give a user a password who has none."""
    tx.run(UPDATE_MISSING_PASSWORD, of_login=login, new_hash=password_hash, new_changed_at=now)


def set_visible_lists(tx: Transaction, login: str, lists: tuple[int, ...] | None) -> None:
    """Set which lists a user sees; None is all of them."""
    tx.run(UPDATE_VISIBLE_LISTS, of_login=login, new_visible_lists=lists)
