"""Asking for a page over REST again and again, as wrk does, and holding every answer against what is due."""

from dataclasses import replace

from measuring.installations import Installation
from measuring.loading import Load, load
from staffetta.access import add_application, get_user, issue_tokens
from staffetta.accounts import get_account
from staffetta.db import open_database
from staffetta.kit.clock import utc_now
from staffetta.settings import Settings


def ask_for_page(
    url: str, token: str, path: str, *, due: str, least_octets: int, connections: int, seconds: int
) -> Load:
    """Ask for a page for a while; each answer must end in `due` and have so many octets."""
    header = f"Authorization: Bearer {token}"
    arguments = [path, due, str(least_octets)]
    return load("pages.lua", url, arguments, connections=connections, seconds=seconds, headers=[header])


def end_of_page(*, number: int, size: int, total: int) -> str:
    """Return what the answer of a page ends in."""
    return f'"PageNumber":{number},"PageSize":{size},"Skipped":{number * size},"TotalElementsCount":{total}}}'


def access_token(installation: Installation) -> str:
    """Return an access token of the account's API user; while no server runs."""
    database = open_database(replace(Settings(home=installation.home), database=installation.database))
    with database.connection() as connection:
        account = get_account(connection, installation.account_id)
        application = add_application(connection, "Benchmark", client_id=None, client_secret=None, now=utc_now())
        user = get_user(connection, account.api_user)
        tokens = issue_tokens(connection, user, application.application.client_id, now=utc_now())
    database.close()
    return tokens.access
