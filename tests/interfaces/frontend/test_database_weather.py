"""A database that fails is answered as a failure, never as success, and the pages recover by themselves."""

from collections.abc import Iterator

import psycopg
import pytest
import structlog

from interfaces.frontend.calls import BROWSER, opened
from staffetta.db import Connection
from staffetta.recipients import Status
from staffetta.settings import Settings

ADA = "ada@example.com"
ERROR = "/frontend/landing/error"
FAILED = "The subscription could not be saved. Please try again later."


def set_largest_size(connection: Connection, pages: int) -> None:
    """Let this connection's file grow to so many pages and no further."""
    connection._cursor.execute(f"PRAGMA max_page_count={pages}").fetchall()


async def test_a_full_disk_is_a_failure_until_there_is_room(tmp_path, now):
    with opened(Settings(home=tmp_path), now) as site, structlog.testing.capture_logs() as logs:
        await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)
        await site.database.write_across(set_largest_size, 1)
        big = {"csvFldNames": "1;2;3;4;5", "csvFldValues": ";".join(["x" * 1_000] * 5)}

        codes = [
            await site.code("xmlSubscribe.aspx", list=1, email=f"{n}@example.com", confirm=0, **big) for n in range(8)
        ]
        spoken = await site.text(
            "xmlSubscribe.aspx", {"accept": BROWSER}, list=1, email="text@example.com", confirm=0, **big
        )
        landing = await site.landing(
            list=1, email="form@example.com", confirm="off", **{f"campo{n}": "x" * 1_000 for n in range(1, 9)}
        )
        read = await site.code("xmlChkSubscriber.aspx", **site.secret(), email=ADA)
        await site.database.write_across(set_largest_size, 100_000)
        after = await site.code("xmlSubscribe.aspx", list=1, email="after@example.com", confirm=0, **big)
        stored = [site.status(f"{n}@example.com") for n in range(8)]

    # What fits into pages that are there already is stored, and said to be; the rest is neither.
    assert codes[-1] == 1
    assert stored == [Status.NOT_REGISTERED if code else Status.SUBSCRIBED for code in codes]
    assert (spoken, landing, read, after) == (FAILED, ERROR, 2, 0)
    assert {log["event"] for log in logs} == {"database unavailable"}


@pytest.fixture
def doomed_url(postgresql_url: str) -> Iterator[str]:
    """A database of the test's own on the shared PostgreSQL server."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE doomed")
        yield postgresql_url.replace("/postgres?", "/doomed?", 1)
        connection.execute("DROP DATABASE doomed WITH (FORCE)")


def stop_answering(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE doomed ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'doomed'")


def answer_again(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE doomed ALLOW_CONNECTIONS true")


async def test_a_postgresql_that_is_gone_is_a_failure_until_it_is_back(tmp_path, now, postgresql_url, doomed_url):
    settings = Settings(home=tmp_path, database=doomed_url, connections=2)
    with opened(settings, now) as site, structlog.testing.capture_logs() as logs:
        site.database._pool.timeout = 0.3  # nobody wants to wait ten seconds here
        secret = site.secret()
        await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)
        stop_answering(postgresql_url)

        codes = [
            await site.code(page, **secret, email=f"{number}@example.com")
            for number in range(2)
            for page in ("xmlSubscribe.aspx", "xmlChkSubscriber.aspx", "xmlUnsubscribe.aspx", "xmlUpdSubscriber.aspx")
        ]
        landing = await site.landing(list=1, email="form@example.com")
        answer_again(postgresql_url)
        site.database._pool.timeout = 30
        after = await site.code("xmlChkSubscriber.aspx", **secret, email=ADA)
        lost = await site.code("xmlChkSubscriber.aspx", **secret, email="form@example.com")

    assert (codes, landing, after, lost) == ([1] * 8, ERROR, 2, 1)
    assert {log["event"] for log in logs} == {"database unavailable"}
