"""Rows by the thousand: what each has for itself, and what all of them share."""

import pytest
from sqlalchemy import bindparam, select

from staffetta.db import Statement
from staffetta.recipients import Cause, Channel, Source, Status
from staffetta.recipients.tables import consents

SAID = Statement(
    select(
        consents.c.id,
        consents.c.address,
        consents.c.channel,
        consents.c.cause,
        consents.c.source,
        consents.c.user_agent,
        consents.c.wording,
        consents.c.digest,
    )
    .where(consents.c.account_id == bindparam("account_id"))
    .order_by(consents.c.id)
)
EVERY_BYTE = bytes(range(256))


@pytest.mark.parametrize(
    "text", ["", "it's", '"quoted"', "a; DROP TABLE consents; --", "\\N", "a\tb\nc\\", "Zoë 😀 \x1f", "%s ? :name"]
)
def test_what_rows_share_arrives_as_what_they_have_alone(tx, text):
    shared = {
        "list_id": 1,
        "channel": 1,
        "old_status": 0,
        "new_status": 1,
        "cause": None,
        "source": int(Source.IMPORT),
        "ip": "",
        "user_agent": text,
        "wording": text,
        "happened_at": 2**50,
    }
    rows = [(number, number, text, EVERY_BYTE) for number in (1, 2, 3)]

    tx.load(consents, ("id", "recipient_id", "address", "digest"), rows, shared=shared)

    found = [(*row[:-1], bytes(row[-1])) for row in tx.all(SAID)]
    assert found == [(number, text, Channel.SMS, None, Source.IMPORT, text, text, EVERY_BYTE) for number in (1, 2, 3)]


def test_nothing_to_add_is_no_statement(tx):
    before = tx.changes

    tx.load(consents, ("id",), [], shared={"cause": int(Cause.IMPORT), "new_status": int(Status.SUBSCRIBED)})

    assert tx.changes == before
