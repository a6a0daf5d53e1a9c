"""What SQLite reads of people whose mail came back: theirs, not everybody's of the account."""

import pytest

from staffetta.campaigns import bouncing_queries as queries

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True, scope="session")


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (queries.ADDRESSES, "recipients USING PRIMARY KEY (account_id=? AND id=?)"),
        (queries.RECORDED, "events USING PRIMARY KEY (account_id=? AND recipient_id=?)"),
        (queries.SOFT_BOUNCES, "soft_bounces USING PRIMARY KEY (account_id=? AND recipient_id=?)"),
        (queries.FORGET, "soft_bounces USING PRIMARY KEY (account_id=? AND recipient_id=?)"),
        (queries.LAST_SEEN, "engagements_recipient (account_id=? AND recipient_id=?"),
        (queries.LAST_KEPT, "campaign_deliveries_recipient (account_id=? AND recipient_id=?)"),
        (queries.SENT, "sendings USING PRIMARY KEY (account_id=? AND id=?)"),
    ],
)
def test_people_are_found_by_an_index(tx, statement, index):
    prepared = statement.prepared_for("sqlite")
    values = dict.fromkeys(prepared.names) | {"people": "[]"}

    plan = tx._session.cursor.execute(f"EXPLAIN QUERY PLAN {prepared.sql}", {**values, **prepared._defaults}).fetchall()

    assert any(index in step[3] for step in plan), plan
