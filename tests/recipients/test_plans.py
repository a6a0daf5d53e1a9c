"""What SQLite reads to find somebody: the index, not everybody of the account."""

import pytest

from staffetta.outbox import sending_queries
from staffetta.recipients import bulk_queries, queries

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (queries.BY_EMAIL, "recipients_email (account_id=? AND email=?)"),
        (queries.STATUS_BY_EMAIL, "recipients_email (account_id=? AND email=?)"),
        (queries.BY_MOBILE, "recipients_mobile (account_id=? AND mobile=?)"),
        (queries.BY_MOBILE_ON_LIST, "recipients_mobile (account_id=? AND mobile=?)"),
        (queries.STATUS_BY_MOBILE, "recipients_mobile (account_id=? AND mobile=?)"),
        (bulk_queries.KNOWN_BY_EMAIL, "recipients_email (account_id=? AND email=?)"),
        (bulk_queries.KNOWN_BY_MOBILE, "recipients_mobile (account_id=? AND mobile=?)"),
        (sending_queries.RELEASE, "deliveries_sending (account_id=? AND sending_id=?"),
        (sending_queries.PLANNED_AMONG, "deliveries_recipient (account_id=? AND recipient_id=?"),
    ],
)
def test_somebody_is_found_by_an_index(tx, statement, index):
    prepared = statement.prepared_for("sqlite")

    plan = tx._session.cursor.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", dict.fromkeys(prepared.names)).fetchall()

    assert any(index in step[3] for step in plan), plan
