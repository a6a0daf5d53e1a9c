"""How PostgreSQL finds people: by their addresses, however little it knows of its tables."""

from collections.abc import Iterator
from typing import Any

import pytest

from conftest import make_account
from staffetta.db import Database, Statement, Transaction
from staffetta.recipients import bulk_queries, queries

pytestmark = pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")

# So many accounts with one person each that what is known of any account is that it is small.
PEOPLE = 60_000
OTHERS = f"""
INSERT INTO recipients (account_id, id, email, name, fields, created_at, changed_at)
SELECT account_id, 1, 'somebody' || account_id || '@example.org', '', '{{}}', 0, 0
FROM generate_series(1000000, 1000000 + {PEOPLE}) AS account_id
"""
THEIRS = f"""
INSERT INTO recipients (account_id, id, email, name, fields, created_at, changed_at)
SELECT %s, id, 'person' || id || '@example.org', '', '{{}}', 0, 0 FROM generate_series(1, {PEOPLE}) AS id
"""
FORGET = "TRUNCATE recipients"
PERSON = "person5@example.org"


@pytest.fixture(params=[False, True], ids=["alone", "among small accounts"])
def tx(request: pytest.FixtureRequest, own_database: Database) -> Iterator[Transaction]:
    """A transaction of an account with many people, of whom the statistics of the table know nothing."""
    with own_database.transaction(make_account(own_database).id) as tx:
        cursor = tx._session.connection.cursor()
        cursor.execute(FORGET)
        if request.param:
            cursor.execute(OTHERS)
        cursor.execute("ANALYZE recipients")
        cursor.execute(THEIRS, (tx.account_id,))
        yield tx


def plan_of(tx: Transaction, statement: Statement, **values: Any) -> tuple[str, list[Any]]:
    """Return how a statement is going to be done, and what it finds."""
    prepared = statement.prepared_for("postgresql")
    bound = prepared.bind({"account_id": tx.account_id, **values})
    cursor = tx._session.connection.cursor()
    cursor.execute(f"EXPLAIN {prepared.sql}", bound)
    plan = "\n".join(line for (line,) in cursor.fetchall())
    cursor.execute(prepared.sql, bound)
    return plan, cursor.fetchall()


def test_the_people_of_an_import_are_looked_up_by_their_addresses(tx):
    tx.look_up_each()

    plan, found = plan_of(tx, bulk_queries.KNOWN_BY_EMAIL, list_id=1, emails=[PERSON])

    assert "Index Scan using recipients_email" in plan
    assert "Index Cond: ((ROW(account_id, email) >= ROW(" in plan
    assert plan.count("Index Scan using subscriptions_pk") == len(("email", "sms"))
    assert [row[1] for row in found] == [PERSON]


def test_whoever_signs_up_is_looked_up_by_the_address(tx):
    plan, found = plan_of(tx, queries.BY_EMAIL, of_email=PERSON)

    assert "recipients_email" in plan
    assert f"(email = '{PERSON}'" in plan.partition("Index Cond")[2].partition("\n")[0]
    assert len(found) == 1
