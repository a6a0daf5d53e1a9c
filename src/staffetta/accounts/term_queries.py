"""The SQL of the terms of service. They are the installation's; an acceptance is an account's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, func, insert, literal, or_, select, update

from staffetta.accounts.model import AccountState
from staffetta.accounts.tables import accounts, terms, terms_acceptances
from staffetta.db import Connection, Statement, Transaction
from staffetta.kit.languages import Language

_ACCOUNT: BindParameter[int] = bindparam("account_id")
_TERMS = terms.c
_ACCEPTED = terms_acceptances.c
_CURRENT = select(func.coalesce(func.max(_TERMS.version), 0)).scalar_subquery()

CURRENT_VERSION = Statement(select(func.coalesce(func.max(_TERMS.version), 0).label("version")))
LANGUAGES = Statement(select(_TERMS.language).where(_TERMS.version == bindparam("version")).order_by(_TERMS.language))
TEXT = Statement(select(terms).where(_TERMS.version == bindparam("version"), _TERMS.language == bindparam("language")))
INSERT_TERMS = Statement(
    insert(terms).values({name: bindparam(name) for name in ("version", "language", "text", "published_at")})
)
# Those who have yet to accept the version before are among them, so that on PostgreSQL whoever does so is waited for.
ASK_AGAIN = Statement(
    update(accounts)
    .where(
        accounts.c.bound_by_terms == literal(value=True, type_=accounts.c.bound_by_terms.type),
        or_(accounts.c.state == AccountState.ACTIVE, accounts.c.state == AccountState.TERMS_NOT_ACCEPTED),
    )
    .values(state=AccountState.TERMS_NOT_ACCEPTED)
)
LOCK_ACCOUNT = Statement(select(accounts.c.id).where(accounts.c.id == _ACCOUNT).with_for_update())
STANDING = Statement(
    select(
        accounts.c.state,
        accounts.c.bound_by_terms,
        _CURRENT.label("current"),
        exists().where(_ACCEPTED.account_id == accounts.c.id, _ACCEPTED.version == _CURRENT).label("accepted"),
    ).where(accounts.c.id == _ACCOUNT)
)
INSERT_ACCEPTANCE = Statement(
    insert(terms_acceptances).values(
        account_id=_ACCOUNT,
        **{name: bindparam(name) for name in ("version", "language", "login", "ip", "accepted_at")},
    )
)
ACCEPTANCES = Statement(
    select(terms_acceptances).where(_ACCEPTED.account_id == _ACCOUNT).order_by(_ACCEPTED.version.desc())
)


def current_version(connection: Connection) -> int:
    """Return the version in force; 0 where none was published."""
    return int(connection.first(CURRENT_VERSION).version)


def languages_of(connection: Connection, version: int) -> list[str]:
    """Return the languages that a version was published in."""
    return [row.language for row in connection.all(LANGUAGES, version=version)]


def text_of(connection: Connection, version: int, language: str) -> Any:
    """Return a version in a language."""
    return connection.first(TEXT, version=version, language=language)


def insert_terms(
    connection: Connection, version: int, texts: Mapping[Language, str], *, published_at: datetime
) -> None:
    """Add a version in its languages."""
    rows = [
        {"version": version, "language": language.value, "text": text, "published_at": published_at}
        for language, text in texts.items()
    ]
    connection.run_many(INSERT_TERMS, rows)


def ask_again(connection: Connection) -> None:
    """Let every account that is bound by the terms and in use wait until somebody accepts them."""
    connection.run(ASK_AGAIN)


def lock_account(tx: Transaction) -> None:
    """Let nobody publish or accept terms for the account until the transaction ends."""
    tx.first(LOCK_ACCOUNT)


def standing(tx: Transaction) -> Any:
    """Return the account's state, whether it is bound by the terms, the version in force and whether it is accepted."""
    return tx.first(STANDING)


def insert_acceptance(
    tx: Transaction, version: int, language: Language, *, login: str, ip: str, accepted_at: datetime
) -> None:
    """Keep who has accepted a version for the account."""
    tx.run(INSERT_ACCEPTANCE, version=version, language=language.value, login=login, ip=ip, accepted_at=accepted_at)


def acceptances_of(tx: Transaction) -> list[Any]:
    """Return the account's acceptances, the latest version first."""
    return tx.all(ACCEPTANCES)
