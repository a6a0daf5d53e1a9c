"""The terms of service: published by the operator, accepted for an account before it may use the platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from staffetta.accounts import queries, term_queries
from staffetta.accounts.model import AccountState
from staffetta.db import Connection, Transaction
from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.kit.languages import DEFAULT, Language

BUILT_IN = 0
LONGEST_TERMS = 200_000


class OutdatedTerms(FailedPrecondition):
    """The version that was read is not in force."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms in one language; the built-in ones, version 0, were never published."""

    version: int
    language: Language
    text: str
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Who accepted which version for an account, in which language, when and from where."""

    version: int
    language: Language
    login: str
    ip: str
    accepted_at: datetime


def current_terms(connection: Connection, language: Language) -> Terms:
    """Return the terms in force, in a language or, where they were not published in it, in English or any other."""
    version = term_queries.current_version(connection)
    if version == BUILT_IN:
        return Terms(BUILT_IN, language, _built_in(language), None)
    there = term_queries.languages_of(connection, version)
    chosen = next((each for each in (language, DEFAULT) if each in there), there[0])
    row = term_queries.text_of(connection, version, chosen)
    return Terms(version, Language(row.language), row.text, row.published_at)


@cache
def _built_in(language: Language) -> str:
    return files("staffetta.accounts").joinpath("terms_texts", f"{language}.txt").read_text("utf-8")


def publish_terms(connection: Connection, texts: Mapping[Language, str], *, now: datetime) -> int:
    """Put a new version in force, which everybody who is bound by the terms has to accept anew; return its number.

    Raises:
        InvalidArgument: there is no text, or one that is empty or too long.

    """
    if not texts:
        raise InvalidArgument("the terms have a text in one language at least")
    for language, text in texts.items():
        if not text.strip() or len(text) > LONGEST_TERMS:
            raise InvalidArgument(f"the terms in {language.upper()} have 1 to {LONGEST_TERMS} characters")
    version = term_queries.current_version(connection) + 1
    connection.configuration_changed()
    term_queries.insert_terms(connection, version, texts, published_at=now)
    term_queries.ask_again(connection)
    return version


def accept_terms(tx: Transaction, *, login: str, ip: str, version: int, language: Language, now: datetime) -> None:
    """Accept the terms for the account: one that waits for that is active; in another state it stays as it is.

    A repeat is harmless: the first acceptance of a version is the one that is kept.

    Raises:
        OutdatedTerms: another version is in force.

    """
    term_queries.lock_account(tx)
    standing = term_queries.standing(tx)
    if version != standing.current:
        raise OutdatedTerms("the terms of service have changed meanwhile: read them again")
    if not standing.accepted:
        term_queries.insert_acceptance(tx, version, language, login=login, ip=ip, accepted_at=now)
    if standing.state == AccountState.TERMS_NOT_ACCEPTED:
        tx.configuration_changed()
        queries.set_state(tx, AccountState.ACTIVE)


def has_accepted(tx: Transaction) -> bool:
    """Tell whether nobody need accept anything: the version in force is accepted, or the account is not bound by it."""
    standing = term_queries.standing(tx)
    return bool(standing.accepted or not standing.bound_by_terms)


def acceptances(tx: Transaction) -> list[Acceptance]:
    """Return who has accepted the terms for the account, the latest first."""
    return [
        Acceptance(
            version=row.version,
            language=Language(row.language),
            login=row.login,
            ip=row.ip,
            accepted_at=row.accepted_at,
        )
        for row in term_queries.acceptances_of(tx)
    ]
