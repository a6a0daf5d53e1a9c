"""Looking into a database from outside the product, and filling it with many rows in a few statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from typing import Any

import apsw
import psycopg

from measuring.installations import Installation
from staffetta.outbox import DeliveryState
from staffetta.recipients import Status

# Ids of what is filled in begin after this; those of sign-ups are far below. Of one length, so that addresses that are
# made in order are in order.
BEFORE_FIRST = 10_000_000

NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) "
RECIPIENTS = """INSERT INTO recipients
    (account_id, id, email, mobile, name, language, fields, created_at, changed_at)
    SELECT {account}, n, 'person' || n || '@example.com', NULL, '', NULL, '{{}}', {now}, {now} FROM numbers"""
PEOPLE = """INSERT INTO recipients
    (account_id, id, email, mobile, name, language, fields, created_at, changed_at)
    SELECT {account}, n, 'person' || n || '@example.com', NULL, '', NULL,
        CAST('{{"1":"Ada","2":"Number ' || n || '","3":"Analytical Engines & Sons"}}' AS {document}), {now}, {now}
        FROM numbers"""
SUBSCRIPTIONS = """INSERT INTO subscriptions
    (account_id, recipient_id, list_id, channel, status, cause, changed_at)
    SELECT {account}, n, {list}, 0, {status}, NULL, {now} FROM numbers"""
DELIVERIES = """INSERT INTO deliveries
    (account_id, id, kind, address, list_id, recipient_id, details, message_id, state, due_at, attempts,
     first_tried_at, lease, reply, created_at, changed_at)
    SELECT {account}, n, 'confirmation', 'person' || n || '@example.com', {list}, n,
        '{{"lists":[{list}],"base_url":"http://news.example.com","language":""}}', '<' || n || '@example.com>',
        {state}, {now}, 0, NULL, NULL, '', {now}, {now} FROM numbers"""
COUNTER = """INSERT INTO counters (account_id, name, last_id) VALUES ({account}, '{name}', {last})
    ON CONFLICT (account_id, name) DO UPDATE SET last_id = excluded.last_id"""


@contextmanager
def connected(database: str) -> Iterator[Any]:
    """Open a database as its driver does, each statement a transaction of its own."""
    if database.startswith("sqlite"):
        connection: Any = apsw.Connection(database.removeprefix("sqlite:///"))
        connection.set_busy_timeout(15_000)
    else:
        connection = psycopg.connect(database, autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def numbers(installation: Installation, query: str) -> tuple[int, ...]:
    """Return the one row of a query."""
    with connected(installation.database) as connection:
        return tuple(int(value or 0) for value in connection.execute(query).fetchone())


def count(installation: Installation, table: str) -> int:
    """Return how many rows a table has."""
    return numbers(installation, f"SELECT count(*) FROM {table}")[0]


def fill_subscribers(installation: Installation, people: int) -> None:
    """Put people on the list; while no server runs."""
    _fill(installation, people, [RECIPIENTS, SUBSCRIPTIONS], Status.SUBSCRIBED)


def fill_people(installation: Installation, people: int) -> None:
    """Put people with three fields each on the list; while no server runs."""
    _fill(installation, people, [PEOPLE, SUBSCRIPTIONS], Status.SUBSCRIBED)


def fill_outbox(installation: Installation, people: int) -> None:
    """Put people on the list who wait for the mail that asks them to confirm; while no server runs."""
    _fill(installation, people, [RECIPIENTS, SUBSCRIPTIONS, DELIVERIES], Status.PENDING)


def _fill(installation: Installation, people: int, inserts: list[str], status: Status) -> None:
    last = BEFORE_FIRST + people
    values = {
        "account": installation.account_id,
        "list": installation.list_id,
        "status": int(status),
        "state": int(DeliveryState.PLANNED),
        "now": round(time() * 1_000_000),
        "document": "text" if installation.database.startswith("sqlite") else "jsonb",
        "first": BEFORE_FIRST + 1,
        "last": last,
    }
    with connected(installation.database) as connection:
        _hurry(connection, installation)
        for insert in inserts:
            connection.execute((NUMBERS + insert).format(**values))
        for name in ("recipient", "delivery"):
            connection.execute(COUNTER.format(**values, name=name))
        if not installation.database.startswith("sqlite"):
            connection.execute("VACUUM ANALYZE")


def _hurry(connection: Any, installation: Installation) -> None:
    """Let go of SQLite's safety: a file that a crash spoils here is made anew. The server sets its own mode again."""
    if installation.database.startswith("sqlite"):
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-262144"):
            connection.execute(f"PRAGMA {pragma}")
