"""How PostgreSQL finds the people of an import: by the key, however little it knows of its tables."""

import pytest

from recipients.people import EVIDENCE
from staffetta.recipients import ImportPlan, ImportRow, bulk_queries, import_rows
from trying import NOON

pytestmark = pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")


def test_each_of_a_small_table_is_looked_up_all_the_same(tx):
    rows = [ImportRow(email=f"person{number}@example.org") for number in range(500)]
    import_rows(tx, rows, ImportPlan(list_id=1), evidence=EVIDENCE, now=NOON)
    prepared = bulk_queries.KNOWN_BY_EMAIL.prepared_for("postgresql")
    values = {"account_id": tx.account_id, "list_id": 1, "emails": [(tx.account_id, "person5@example.org")]}
    cursor = tx._session.connection.cursor()

    tx.look_up_each()
    cursor.execute(f"EXPLAIN {prepared.sql}", prepared.bind(values))

    plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond: ((account_id = " in plan
    assert "AND (email = " in plan, plan
