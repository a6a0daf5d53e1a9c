"""Bounces come to the real server while it is killed: none that was answered is lost, none counts twice."""

import random
import signal
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from campaigns.happening import counts, person, send
from campaigns.sent import sending_of
from scenarios.process import Server, free_port
from staffetta.campaigns import EventKind
from staffetta.campaigns.tables import engagements
from staffetta.db import Database, Statement, open_database
from staffetta.settings import Settings
from staffetta.tracking import CampaignToken, Purpose, Signer, load_signer
from trying import NOON

pytestmark = pytest.mark.slow

REPORT = (Path(__file__).parents[1] / "sending" / "reports" / "postfix-user-unknown.eml").read_bytes()
DOMAIN = "bounces.example.com"
PEOPLE = 300
BOUNCED = Statement(
    select(engagements.c.recipient_id, engagements.c.times).where(
        engagements.c.account_id == bindparam("account_id"), engagements.c.kind == EventKind.HARD_BOUNCE
    )
)


@contextmanager
def opened(server: Server) -> Iterator[Database]:
    database = open_database(Settings(home=server.home, database=server.settings["database"]))
    try:
        yield database
    finally:
        database.close()


def sent_to_many(server: Server, account_id: int) -> tuple[int, dict[int, str]]:
    """Send a message to people, as far as the database goes; return its number and each person's return path."""
    with opened(server) as database, database.connection() as connection:
        signer: Signer = load_signer(connection, now=NOON)
        tx = connection.for_account(account_id)
        people = [person(tx, f"p{number}") for number in range(PEOPLE)]
        message_id = send(tx)
        sending_id = sending_of(tx, message_id)
    return message_id, {
        each: f"b-{signer.sign_address(Purpose.RETURN, CampaignToken(account_id, each, sending_id))}@{DOMAIN}"
        for each in people
    }


def bounced(server: Server, account_id: int) -> dict[int, int]:
    with opened(server) as database, database.transaction(account_id) as tx:
        return dict(tx.all(BOUNCED))


def report(port: int, paths: dict[int, str], *, until: float) -> set[int]:
    """Bring reports until a time or until the server is gone; return of whom it said that they are recorded."""
    answered: set[int] = set()
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            for recipient_id, path in paths.items():
                if time.monotonic() > until:
                    break
                client.sendmail("", [path], REPORT)
                answered.add(recipient_id)
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError, OSError):
        pass
    return answered


def test_a_killed_server_loses_and_doubles_no_bounce(make_server: Callable[..., Server], database_url: str):
    port = free_port()
    server = make_server(database=database_url, bounce_domain=DOMAIN, bounce_bind=f"127.0.0.1:{port}").start()
    account_id = server.ready["account_id"]
    message_id, paths = sent_to_many(server, account_id)
    answered: set[int] = set()

    for number in range(3):
        some = dict(random.Random(number).sample(sorted(paths.items()), PEOPLE // 3))
        process = server.process
        assert process
        killer = threading.Timer(0.15 * (number + 1), process.kill)
        killer.start()
        answered |= report(port, some, until=time.monotonic() + 20)
        killer.join()
        server.wait()
        server.start()
        assert answered <= set(bounced(server, account_id))
    answered |= report(port, paths, until=time.monotonic() + 60)

    assert answered == set(paths)
    assert bounced(server, account_id) == dict.fromkeys(paths, 1)
    with opened(server) as database, database.transaction(account_id) as tx:
        assert counts(tx, message_id) == {"hard_bounces": PEOPLE}
    listed = server.command("suppression", "list", "--most", PEOPLE + 1, "--cause", "bounce")
    assert len(listed) == PEOPLE
    assert server.stop(signal.SIGTERM) == 0
