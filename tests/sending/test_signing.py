"""Batches of mails, each signed for the domain that it is from."""

import asyncio
import time
from datetime import UTC, datetime

import dkim
import pytest
from sqlalchemy import bindparam, update

from staffetta.db import Statement
from staffetta.sending import smtp
from staffetta.sending.dkim import Algorithm
from staffetta.sending.dkim_keys import add_key, generate, set_signs, txt_record
from staffetta.sending.signing import DkimSigner
from staffetta.sending.tables import dkim_keys

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MAIL = b"From: news@news.example\r\nTo: ada@example.com\r\nSubject: Hello\r\n\r\nHello.\r\n"
RSA, ED25519 = generate(Algorithm.RSA), generate(Algorithm.ED25519)
BREAK = Statement(
    update(dkim_keys).where(dkim_keys.c.domain == bindparam("of_domain")).values(private_key=bindparam("new_key"))
)


@pytest.fixture
def domain(account) -> str:
    return f"s{account.id}.example"


@pytest.fixture
def signer(settings, database):
    signer = DkimSigner(settings, database)
    yield signer
    signer.close()


def add(database, domain: str, *keys) -> dict[bytes, bytes]:
    """Give a domain keys; return what DNS says of them."""
    with database.connection() as connection:
        records = [
            txt_record(add_key(connection, domain, f"s{number}", key, now=NOON)) for number, key in enumerate(keys)
        ]
    return {f"{record.name}.".encode(): record.value.encode() for record in records}


def verified(mail: bytes, records: dict[bytes, bytes]) -> list[bool]:
    count = mail.count(b"DKIM-Signature:")
    return [dkim.DKIM(mail).verify(i, dnsfunc=lambda name, **_: records[name]) for i in range(count)]


async def test_every_mail_is_signed_with_the_keys_of_its_domain(database, signer, domain):
    records = add(database, domain, RSA, ED25519)
    mails = [MAIL.replace(b"Hello.", b"Hello %d." % number) for number in range(20)]

    signed = await signer.sign_many([(domain, mail) for mail in mails])

    assert [verified(mail, records) for mail in signed] == [[True, True]] * 20
    assert [mail[-len(MAIL) :].endswith(b"Hello %d.\r\n" % number) for number, mail in enumerate(signed)] == [True] * 20


async def test_mail_of_a_domain_without_keys_stays_as_it_is(database, signer, domain):
    records = add(database, domain, ED25519)

    first, second, third = await signer.sign_many([("x.example", MAIL), (domain.upper(), MAIL), ("no domain", MAIL)])

    assert (first, third) == (MAIL, MAIL)
    assert verified(second, records) == [True]


async def test_what_the_command_line_changes_is_noticed(settings, database, signer, domain):
    before = await signer.sign_many([(domain, MAIL)])

    add(database, domain, ED25519)
    database._snapshots.outdate()  # on PostgreSQL this takes a few seconds
    between = await signer.sign_many([(domain, MAIL)])
    with database.connection() as connection:
        set_signs(connection, domain, signs=False)
    database._snapshots.outdate()
    after = await signer.sign_many([(domain, MAIL)])

    assert before == after == [MAIL]
    assert between[0].startswith(b"DKIM-Signature: ")


async def test_mail_whose_key_cannot_be_read_waits_and_holds_up_no_other(database, signer, domain):
    records = add(database, domain, ED25519)
    broken = f"broken-{domain}"
    add(database, broken, ED25519)
    with database.connection() as connection:
        connection.run(BREAK, of_domain=broken, new_key="spilt ink")
        connection.configuration_changed()

    waits, goes = await signer.sign_many([(broken, MAIL), (domain, MAIL)])

    assert isinstance(waits, smtp.Deferred)
    assert str(waits.reply) == f"451 4.7.5 a DKIM key of {broken} cannot be read: see staffetta dkim list"
    assert verified(goes, records) == [True]


async def test_a_mail_that_cannot_be_signed_is_not_sent_unsigned(database, signer, domain):
    add(database, domain, ED25519)

    [result] = await signer.sign_many([(domain, b"Subject: nobody's\r\n\r\n")])

    assert isinstance(result, smtp.Deferred)
    assert result.reply.enhanced == "4.7.5"


async def test_nothing_is_made_for_nothing(signer):
    assert await signer.sign_many([]) == []
    assert await signer.sign_many([("unknown.example", MAIL)]) == [MAIL]
    assert signer._pool is None


async def test_the_loop_goes_on_meanwhile(database, signer, domain):
    add(database, domain, RSA)
    signing = asyncio.create_task(signer.sign_many([(domain, MAIL)] * 500))
    longest, beats, last = 0.0, 0, time.perf_counter()

    while not signing.done():
        await asyncio.sleep(0.001)
        longest, beats, last = max(longest, time.perf_counter() - last), beats + 1, time.perf_counter()

    assert all(each.startswith(b"DKIM-Signature: ") for each in await signing)
    assert beats > 10
    assert longest < 0.15
