"""The sandbox keeps what can be written, and is not held up by what cannot."""

from datetime import UTC, datetime, timedelta

from staffetta.db import Database
from staffetta.interfaces.platform import Platform
from staffetta.kit.addresses import EmailAddress
from staffetta.outbox import DeliveryState, NewDelivery, in_state, put, take_lease
from staffetta.recipients import Evidence, SignUp, Source, subscribe
from staffetta.sending.catching import catch_due
from staffetta.sending.composing import Composer

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def test_a_mail_that_cannot_be_written_holds_up_no_other(database: Database, account, platform: Platform):
    with database.transaction(account.id) as tx:
        who = SignUp(
            lists=(1,), email=EmailAddress("ada@example.com"), host="news.example", base_url="http://x.example"
        )
        ada = subscribe(tx, who, evidence=Evidence(source=Source.XML), now=NOW)
        put(
            tx,
            NewDelivery(
                kind="goodbye",
                address="not an address",
                list_id=1,
                recipient_id=ada.recipient_id,
                details={"lists": [1], "base_url": "http://x.example", "language": ""},
            ),
            host="news.example",
            now=NOW,
        )

    with database.connection() as connection:
        lease = take_lease(connection, alone=False, lasting=timedelta(minutes=1), now=NOW)
        catch_due(connection, Composer(platform.settings, platform.signer), lease=lease, most=1_000, now=NOW)

    with database.transaction(account.id) as tx:
        failed = in_state(tx, DeliveryState.FAILED, most=10)
        sent = in_state(tx, DeliveryState.SENT, most=10)
    assert [each.kind for each in failed] == ["goodbye"]
    assert [each.kind for each in sent] == ["confirmation"]
