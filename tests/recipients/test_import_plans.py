"""How PostgreSQL finds the people of an import: by the key, however little it knows of its tables."""

import pytest

from conftest import make_account
from recipients.people import EVIDENCE
from staffetta.recipients import ImportPlan, ImportRow, bulk_queries, import_rows
from trying import NOON

pytestmark = pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")


def test_each_of_a_small_table_is_looked_up_all_the_same(own_database):
    """With statistics of other tests' accounts, of one person each, any index of the account is as good as another."""
    account = make_account(own_database)
    rows = [ImportRow(email=f"person{number}@example.org") for number in range(500)]
    prepared = bulk_queries.KNOWN_BY_EMAIL.prepared_for("postgresql")
    with own_database.transaction(account.id) as tx:
        import_rows(tx, rows, ImportPlan(list_id=1), evidence=EVIDENCE, now=NOON)
        values = {"account_id": account.id, "list_id": 1, "emails": ["person5@example.org"]}
        cursor = tx._session.connection.cursor()

        tx.look_up_each()
        cursor.execute(f"EXPLAIN {prepared.sql}", prepared.bind(values))

        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using recipients_email" in plan
    assert "AND (email = " in plan, plan
    assert plan.count("Index Scan using subscriptions_pk") == len(("email", "sms")), plan
