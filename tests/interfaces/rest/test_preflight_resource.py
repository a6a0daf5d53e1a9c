"""Looking at a message before it is sent, over REST."""

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import insert

from interfaces.rest.calling import Caller, caller
from sending.dns_answering import Records, answering
from staffetta.accounts import Account
from staffetta.db import Connection, Database, Statement
from staffetta.interfaces.platform import Platform
from staffetta.lists import change_list, get_list
from staffetta.sending.tables import dkim_keys
from trying import NOON

MESSAGE = {"Subject": "Spring", "Content": "<p>Hello</p>", "PreHeader": "Look"}
PATH = "Console/List/1/Email/1/Preflight"


def calling(platform: Platform, account: Account, *servers: str) -> Caller:
    return caller(replace(platform, settings=replace(platform.settings, dns_servers=servers)), account)


def levels(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {each["Code"]: each["Level"] for each in answer.json()["Findings"]}


async def test_what_blocks_comes_first_and_says_so(unlimited, account):
    with answering({}) as server:
        rest = calling(unlimited, account, server.address)
        await rest.post("Console/List/1/Email", json=MESSAGE)

        answer = await rest.get(PATH)

    first = answer.json()["Findings"][0]
    assert (first["Code"], first["Level"]) == ("recipients", "red")
    assert set(first) == {"Code", "Level", "Text", "Detail"}
    assert answer.json()["Blocks"] is True


async def test_a_message_that_is_well_does_not_block(unlimited, account, database):
    domain = f"shop{account.id}.com"
    record = keep_key(database, domain)
    records: Records = {
        (domain, "TXT"): ["v=spf1 mx -all"],
        (domain, "MX"): [f"10 mx.{domain}."],
        (f"_dmarc.{domain}", "TXT"): ["v=DMARC1; p=reject"],
        (f"s1._domainkey.{domain}", "TXT"): [record],
    }
    with answering(records) as server:
        rest = calling(unlimited, account, server.address)
        await rest.post("Console/List/1/Email", json=MESSAGE)
        with database.transaction(account.id) as tx:
            change_list(tx, 1, name=None, settings=replace(get_list(tx, 1).settings, sender_email=f"news@{domain}"))
        await rest.post("Console/List/1/Recipient", json={"Email": "ada@example.org"})

        answer = await rest.get(PATH)

    assert answer.json()["Blocks"] is False
    assert {code: levels(answer)[code] for code in ("spf", "dkim", "dmarc", "recipients")} == dict.fromkeys(
        ("spf", "dkim", "dmarc", "recipients"), "green"
    )


async def test_a_sender_that_nobody_confirmed_blocks(unlimited, account):
    with answering({}) as server:
        rest = calling(unlimited, account, server.address)
        await rest.post("Console/List/1/Email", json=MESSAGE)

        answer = await rest.get(f"{PATH}?sender=somebody@example.org")

    assert levels(answer)["sender"] == "red"


@pytest.mark.parametrize(
    ("path", "status"),
    [("Console/List/1/Email/9/Preflight", 404), ("Console/List/9/Email/1/Preflight", 404), (f"{PATH}?sender=%00", 200)],
)
async def test_what_is_not_there(unlimited, account, path, status):
    with answering({}) as server:
        rest = calling(unlimited, account, server.address)
        await rest.post("Console/List/1/Email", json=MESSAGE)

        answer = await rest.get(path)

    assert answer.status_code == status


async def test_a_message_of_another_account_is_not_found(unlimited, account, other_account):
    with answering({}) as server:
        await calling(unlimited, other_account, server.address).post("Console/List/1/Email", json=MESSAGE)

        answer = await calling(unlimited, account, server.address).get(PATH)

    assert answer.status_code == 404


async def test_of_several_keys_the_newest_signs(unlimited, account, database):
    domain = f"shop{account.id}.com"
    keep_key(database, domain, "s1", NOON)
    newer = keep_key(database, domain, "a2", NOON + timedelta(days=1))
    with answering({(f"a2._domainkey.{domain}", "TXT"): [newer]}) as server:
        rest = calling(unlimited, account, server.address)
        await rest.post("Console/List/1/Email", json=MESSAGE)
        with database.transaction(account.id) as tx:
            change_list(tx, 1, name=None, settings=replace(get_list(tx, 1).settings, sender_email=f"news@{domain}"))

        answer = await rest.get(PATH)

    assert levels(answer)["dkim"] == "green"


def keep_key(database: Database, domain: str, selector: str = "s1", created_at: datetime = NOON) -> str:
    """Keep a signing key for a domain; return what its owner publishes."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with database.connection() as connection:
        _insert(
            connection, domain=domain, selector=selector, algorithm="ed25519", private_key=secret, created_at=created_at
        )
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(key.public_key().public_bytes_raw()).decode()}"


def _insert(connection: Connection, **values: Any) -> None:
    connection.run(Statement(insert(dkim_keys).values(**values, signs=True)))
