import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from recipients.people import ADA, BASE, BOB, EVIDENCE, MINUTE, MOBILE, confirm, make_list, sign_up
from staffetta.db import Connection, Statement
from staffetta.kit.addresses import EmailAddress
from staffetta.recipients import (
    Cause,
    Channel,
    Fault,
    Recipient,
    Source,
    Status,
    history,
    seal_all,
    suppress,
    unsubscribe_address,
    verify,
)
from staffetta.recipients.ledger import Move, append, forget, seal
from staffetta.recipients.ledger_queries import insert_consent
from staffetta.recipients.tables import consents
from trying import NOON, UndoneError

IN, OUT, WAIT, NEW = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING, Status.NOT_REGISTERED

ENTRIES = Statement(
    select(consents)
    .where(consents.c.account_id == bindparam("account_id"))
    .order_by(consents.c.position, consents.c.id)
)


@dataclass
class Somebody:
    """An account's transaction with a few sealed entries, one a person."""

    tx: Any
    entries: list[Any]


@pytest.fixture
def sealed(tx):
    for number in range(5):
        sign_up(tx, email=EmailAddress(f"person{number}@example.org"), now=NOON + number * MINUTE)
    seal(tx)
    return Somebody(tx, tx.all(ENTRIES))


def faults(tx):
    return [each for each in verify(tx) if isinstance(each, Fault)]


def positions(tx):
    return [fault.position for fault in faults(tx)]


def tamper(tx, sql):
    """Change the ledger as somebody could who owns the database: without its triggers; they come back afterwards."""
    cursor = tx._session.cursor
    sqlite = tx._session.dialect_name == "sqlite"
    if sqlite:
        kept = cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in kept:
            cursor.execute(f"DROP TRIGGER {name}")
    else:
        cursor.execute("ALTER TABLE consents DISABLE TRIGGER USER")
    cursor.execute(sql)
    changed = tx._session.connection.changes() if sqlite else cursor.rowcount
    if sqlite:
        for _, trigger in kept:
            cursor.execute(trigger)
    else:
        cursor.execute("ALTER TABLE consents ENABLE TRIGGER USER")
    return changed


def of(tx, entry):
    return f"WHERE account_id = {tx.account_id} AND id = {entry.id}"


def test_each_change_of_status_is_one_entry_with_its_proof(tx):
    news = make_list(tx)
    recipient_id = sign_up(tx, lists=(1, news.id), mobile=MOBILE).recipient_id
    sign_up(tx, lists=(1, news.id), mobile=MOBILE)
    confirm(tx, recipient_id, 1, now=NOON + MINUTE)
    confirm(tx, recipient_id, 1, now=NOON + 2 * MINUTE)
    unsubscribe_address(tx, 1, ADA, evidence=EVIDENCE, now=NOON + 3 * MINUTE, **BASE)
    suppress(tx, ADA.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON + 4 * MINUTE)

    entries = history(tx, ADA.text)

    email, sms = Channel.EMAIL, Channel.SMS
    assert [
        (each.list_id, each.channel, each.address, each.old_status, each.new_status, each.cause) for each in entries
    ] == [
        (1, email, ADA.text, NEW, WAIT, None),
        (1, sms, MOBILE.digits, NEW, WAIT, None),
        (news.id, email, ADA.text, NEW, WAIT, None),
        (news.id, sms, MOBILE.digits, NEW, WAIT, None),
        (1, email, ADA.text, WAIT, IN, None),
        (1, sms, MOBILE.digits, WAIT, IN, None),
        (1, email, ADA.text, IN, OUT, Cause.API),
        (news.id, email, ADA.text, WAIT, OUT, Cause.COMPLAINT),
    ]
    assert [each.happened_at for each in entries] == [
        *[NOON] * 4,
        *[NOON + MINUTE] * 2,
        NOON + 3 * MINUTE,
        NOON + 4 * MINUTE,
    ]
    assert {(each.recipient_id, each.source, each.ip, each.user_agent, each.wording) for each in entries} == {
        (recipient_id, Source.XML, "192.0.2.7", "Mozilla/5.0 “ü”", "form 7")
    }


def test_a_history_is_found_by_address_or_number_and_is_one_persons(tx, stranger):
    sign_up(tx, mobile=MOBILE)
    sign_up(tx, email=BOB)
    sign_up(stranger, mobile=MOBILE)

    assert len(history(tx, ADA.text)) == len(history(tx, MOBILE.digits)) == 2
    assert len(history(tx, BOB.text)) == 1
    assert history(stranger, BOB.text) == []


def test_entries_are_sealed_in_order_and_once(tx):
    for number in range(5):
        sign_up(tx, email=EmailAddress(f"person{number}@example.org"))

    counts = [seal(tx, most=2), seal(tx, most=2), seal(tx, most=2), seal(tx, most=2)]

    entries = tx.all(ENTRIES)
    assert counts == [2, 2, 1, 0]
    assert [each.position for each in entries] == [1, 2, 3, 4, 5]
    assert [each.id for each in entries] == sorted(each.id for each in entries)
    assert len({bytes(each.chain) for each in entries}) == 5
    assert list(verify(tx)) == [5]


def test_what_comes_after_is_chained_to_what_was_sealed(sealed):
    sign_up(sealed.tx, email=BOB)
    seal(sealed.tx)

    assert [each.position for each in sealed.tx.all(ENTRIES)] == [1, 2, 3, 4, 5, 6]
    assert faults(sealed.tx) == []


def test_an_empty_ledger_has_no_faults(tx):
    assert list(verify(tx)) == []
    assert seal(tx) == 0


def test_entries_that_are_not_sealed_yet_are_no_fault(sealed):
    sign_up(sealed.tx, email=BOB)

    assert list(verify(sealed.tx)) == [5]


@pytest.mark.parametrize(
    "change",
    [
        "address = 'eve@example.org'",
        "ip = '198.51.100.1'",
        "user_agent = ''",
        "wording = 'form 8'",
        "new_status = 2",
        "old_status = 2",
        "list_id = 2",
        "channel = 1",
        "cause = 0",
        "source = 1",
        "recipient_id = recipient_id + 1",
        "happened_at = happened_at + 1",
    ],
)
def test_an_entry_that_was_changed_is_found(sealed, change):
    changed = tamper(sealed.tx, f"UPDATE consents SET {change} {of(sealed.tx, sealed.entries[2])}")

    assert changed == 1
    assert faults(sealed.tx) == [Fault(3, "the entry was changed after it was sealed")]


def test_an_entry_that_was_changed_and_sealed_anew_is_found(sealed):
    tamper(sealed.tx, f"UPDATE consents SET digest = chain {of(sealed.tx, sealed.entries[2])}")

    assert 3 in positions(sealed.tx)


@pytest.mark.parametrize("removed", [0, 2, 3])
def test_an_entry_that_was_removed_is_found(sealed, removed):
    tamper(sealed.tx, f"DELETE FROM consents {of(sealed.tx, sealed.entries[removed])}")

    assert Fault(removed + 1, "the entry is missing") in faults(sealed.tx)


def test_entries_that_were_swapped_are_found(sealed):
    second, third = sealed.entries[1:3]
    tx = sealed.tx
    assert tamper(tx, f"UPDATE consents SET position = 99 {of(tx, second)}") == 1
    tamper(tx, f"UPDATE consents SET position = 2 {of(tx, third)}")
    tamper(tx, f"UPDATE consents SET position = 3 {of(tx, second)}")

    assert {2, 3} <= set(positions(tx))


def test_an_entry_that_was_slipped_in_is_found(sealed):
    tx, last = sealed.tx, sealed.entries[-1]
    columns = ", ".join(
        column.name for column in consents.columns if column.name not in {"id", "position", "account_id"}
    )
    tamper(
        tx,
        f"INSERT INTO consents (account_id, id, position, {columns})"
        f" SELECT account_id, 999999, 6, {columns} FROM consents {of(tx, last)}",
    )

    assert 6 in positions(tx)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consents SET address = 'eve@example.org' {of}",
        "UPDATE consents SET position = 77 {of}",
        "UPDATE consents SET chain = digest {of}",
        "DELETE FROM consents {of}",
    ],
)
@pytest.mark.parametrize("seals", [True, False])
def test_the_database_refuses_to_rewrite_the_ledger(database, account, sql, seals):
    with database.transaction(account.id) as tx:
        sign_up(tx)
        if seals:
            seal(tx)
        [entry] = tx.all(ENTRIES)

    refused = seals or "address" in sql or "DELETE" in sql
    message = None
    try:
        with database.transaction(account.id) as tx:
            tx._session.cursor.execute(sql.format(of=of(tx, entry)))
            raise UndoneError
    except Exception as error:  # noqa: BLE001 - each driver has its own
        message = str(error)

    assert ("the ledger of consent is append-only" in message) is refused


def test_sealing_and_verifying_stay_within_the_account(tx, stranger):
    sign_up(tx)
    sign_up(stranger)

    sealed = seal(tx)

    assert sealed == 1
    assert list(verify(tx)) == [1]
    assert list(verify(stranger)) == []


def test_every_account_is_sealed_by_one_call(tx, stranger):
    sign_up(tx)
    sign_up(stranger)
    connection = Connection(tx._session)

    while seal_all(connection):
        pass

    assert list(verify(tx)) == list(verify(stranger)) == [1]


def test_a_chain_of_several_batches_is_verified_whole(own_database):
    with own_database.transaction(1) as tx:
        sign_up_many(tx, 2100)
        while seal(tx):
            pass

        assert [each for each in verify(tx) if isinstance(each, Fault)] == []
        assert max(each for each in verify(tx) if isinstance(each, int)) == 2100


def sign_up_many(tx, count):
    """Write entries without the rest of a sign-up."""
    ada = Recipient(id=1, email=ADA.text, mobile=None)
    for _ in range(count):
        insert_consent(tx, ada, 1, Channel.EMAIL, old=NEW, new=WAIT, cause=None, evidence=EVIDENCE, now=NOON)


async def test_sealing_while_others_sign_up_seals_every_entry_once(database, account):
    counts = []

    async def seal_until_done(signing):
        while not signing.done():
            counts.append(await database.write(account.id, seal, most=7))

    people = [EmailAddress(f"somebody{number}@example.org") for number in range(120)]
    signing = asyncio.gather(*[database.write(account.id, sign_up, email=each) for each in people])
    await asyncio.gather(seal_until_done(signing), seal_until_done(signing), signing)

    with database.transaction(account.id) as tx:
        while sealed := seal(tx):
            counts.append(sealed)
        assert faults(tx) == []
        assert [each.position for each in tx.all(ENTRIES)] == list(range(1, 121))
    assert sum(counts) == 120


def test_many_changes_are_sealed_as_they_are_written(sealed):
    people = [(number, f"p{number}@example.org") for number in range(7, 3_007)]
    newcomers, leavers = Move(1, Channel.EMAIL, NEW, IN), Move(1, Channel.EMAIL, IN, OUT, Cause.IMPORT)

    append(sealed.tx, {newcomers: people[:2_000], leavers: people[2_000:]}, evidence=EVIDENCE, now=NOON)
    append(sealed.tx, {}, evidence=EVIDENCE, now=NOON)

    entries = sealed.tx.all(ENTRIES)
    assert [each.position for each in entries] == list(range(1, 3_006))
    assert [(each.recipient_id, each.address) for each in entries[5:]] == people
    assert faults(sealed.tx) == []
    assert seal(sealed.tx) == 0


def test_a_person_who_was_forgotten_leaves_only_digests(sealed):
    tx, gone = sealed.tx, sealed.entries[2]
    sign_up(tx, email=EmailAddress(gone.address), lists=(make_list(tx).id,))

    forget(tx, gone.recipient_id, evidence=EVIDENCE, now=NOON)

    entries = tx.all(ENTRIES)
    theirs = [each for each in entries if each.recipient_id == gone.recipient_id]
    assert [(each.address, each.wording) for each in theirs[:-1]] == [("", "")] * 2
    assert (theirs[-1].address, theirs[-1].cause, theirs[-1].ip) == ("", Cause.ERASURE, EVIDENCE.ip)
    assert not any(gone.address in str(each) for each in entries)
    assert faults(tx) == []
    assert {each.address for each in entries} >= {sealed.entries[1].address}


def test_an_entry_that_was_emptied_without_an_erasure_is_found(sealed):
    third = of(sealed.tx, sealed.entries[2])

    tamper(sealed.tx, f"UPDATE consents SET address = '', ip = '', user_agent = '', wording = '' {third}")

    assert positions(sealed.tx) == [3]


def test_the_last_entries_cannot_be_cut_off(sealed):
    tamper(sealed.tx, f"DELETE FROM consents {of(sealed.tx, sealed.entries[-1])}")

    assert faults(sealed.tx) == [Fault(5, "the entry is missing")]


def test_nobody_of_another_account_is_forgotten(sealed, stranger):
    sign_up(stranger)
    seal(stranger)

    forget(sealed.tx, sealed.entries[0].recipient_id, evidence=EVIDENCE, now=NOON)

    assert [each.address for each in stranger.all(ENTRIES)] == [ADA.text]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # SQLite has one writer
def test_two_sealers_never_give_one_place_twice(database, account):
    late, early = 1_000_000, 1
    with database.transaction(account.id) as tx:
        sign_up_many(tx, 1)
        tx._session.cursor.execute(f"UPDATE counters SET last_id = {late} WHERE account_id = {tx.account_id}")
    with database.transaction(account.id) as tx:
        seal(tx)
        sign_up_many(tx, 1)
    began, go_on = threading.Event(), threading.Event()

    def seal_slowly():
        with database.transaction(account.id) as tx:
            sealed = seal(tx, most=1)
            began.set()
            go_on.wait(20)
        return sealed

    def insert_early_and_seal():
        began.wait(20)
        with database.transaction(account.id) as tx:
            tx._session.cursor.execute(
                "INSERT INTO consents SELECT account_id, 0, recipient_id, address, list_id, channel, old_status,"
                f" new_status, cause, source, ip, user_agent, wording, happened_at FROM consents"
                f" WHERE account_id = {tx.account_id} AND id = {early}"
            )
        threading.Timer(0.3, go_on.set).start()
        with database.transaction(account.id) as tx:
            return seal(tx, most=1)

    with ThreadPoolExecutor(2) as threads:
        slow, quick = threads.submit(seal_slowly), threads.submit(insert_early_and_seal)
        failures = [failure for each in (slow, quick) if (failure := each.exception(60))]

    assert all("consents_sealed" in str(failure) for failure in failures), "the loser is told, and begins again"
    with database.transaction(account.id) as tx:
        while seal(tx):
            pass
        assert faults(tx) == []
        assert [each.position for each in tx.all(ENTRIES)] == [1, 2, 3]
