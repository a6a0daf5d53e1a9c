"""`consent`: the ledger's proof, and what happens when somebody rewrites it."""

from datetime import UTC, datetime

import apsw
import pytest

from staffetta.db import Database, open_database
from staffetta.kit.addresses import EmailAddress
from staffetta.recipients import Evidence, SignUp, Source, seal_all, subscribe
from staffetta.settings import read_settings

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def signed_up(staffetta, shop) -> None:
    database = open_database(read_settings())
    sign_up(database, "ada@example.com", user_agent="Mozilla\x1b[31m [bold]")
    sign_up(database, "bob@example.com", user_agent="curl")
    with database.connection() as connection:
        seal_all(connection)
    database.close()


def sign_up(database: Database, address: str, *, user_agent: str) -> None:
    with database.transaction(7132) as tx:
        subscribe(
            tx,
            SignUp(email=EmailAddress.parse(address), lists=(1,), confirm=False),
            evidence=Evidence(source=Source.XML, ip="192.0.2.1", user_agent=user_agent),
            now=NOON,
        )


def test_a_sound_chain_is_said_to_hold(staffetta, signed_up):
    verified = staffetta("consent", "verify", "--json").json
    head = verified["accounts"][0]["head"]

    assert len(bytes.fromhex(head)) == 32
    assert verified == {
        "holds": True,
        "accounts": [{"account_id": 7132, "entries": 2, "faults": [], "head": head}],
    }
    assert staffetta("consent", "verify").out == f"account 7132: 2 entries, the chain holds; head {head}\n"


def test_a_rewritten_entry_is_named_and_the_command_fails(staffetta, home, signed_up):
    with apsw.Connection(str(home / "staffetta.db")) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE consents SET ip = '10.0.0.1' WHERE position = 2")
    connection.close()

    done = staffetta("consent", "verify", "--account", 7132)

    assert done.code == 1
    assert "entry 2: the entry was changed after it was sealed" in done.out


def test_a_person_s_history_is_shown(staffetta, signed_up):
    (entry,) = staffetta("consent", "show", "ADA@example.com", "--json").json

    assert (entry["old_status"], entry["new_status"], entry["source"]) == ("not_registered", "subscribed", "xml")
    assert (entry["ip"], entry["position"], entry["happened_at"]) == ("192.0.2.1", 1, "2026-06-01T12:00:00Z")
    assert len(entry["chain"]) == 64


def test_what_strangers_wrote_does_nothing_to_a_terminal(staffetta, signed_up):
    shown = staffetta("consent", "show", "ada@example.com").out

    assert r"Mozilla\x1b[31m [bold]" in shown
    assert "\x1b" not in shown


def test_nobody_has_no_history(staffetta, shop):
    done = staffetta("consent", "show", "nobody@example.com")

    assert (done.code, done.out) == (1, "")
    assert "knows nobody of this address" in done.err


def test_verifying_leaves_room_for_writers_between_batches(staffetta, signed_up, monkeypatch):
    from staffetta.cli.opening import PiecewiseTransaction
    from staffetta.recipients import verify

    monkeypatch.setattr("staffetta.recipients.ledger.MOST_AT_ONCE", 1)
    database = open_database(read_settings())
    reading = verify(PiecewiseTransaction(database, 7132))

    assert next(reading) == 1
    sign_up(database, "eve@example.com", user_agent="curl")

    assert list(reading) == [2]
    database.close()
