"""What senders tell each other of their pace, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.outbox import take_lease
from staffetta.sending.pacing import News
from staffetta.sending.pacing_queries import add_to_day, read_pace, release, share_pace
from staffetta.sending.slowing import SlowDomain
from staffetta.sending.warming import day_of

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TODAY = day_of(NOON)


@pytest.fixture
def relay(account) -> str:
    """The name of a relay of the test's own."""
    return f"r{account.id}.example:25"


@pytest.fixture
def connection(database, relay):
    with database.connection() as connection:
        yield connection


def slow(relay: str, *, rate: int = 60, until: datetime = NOON + 10 * MINUTE, domain: str = "a.example") -> SlowDomain:
    return SlowDomain(relay, domain, rate, "450 4.7.1 slow down", NOON, until)


def spared(connection, relay: str) -> list[SlowDomain]:
    return [each for each in read_pace(connection, (), now=NOON).slow if each.relay == relay]


def test_what_one_sender_hears_all_of_them_know(connection, relay):
    share_pace(connection, News((slow(relay), slow(relay, domain="")), ()), (), now=NOON)

    assert set(spared(connection, relay)) == {slow(relay), slow(relay, domain="")}


def test_the_later_word_is_kept(connection, relay):
    later = slow(relay, rate=30, until=NOON + 20 * MINUTE)

    share_pace(connection, News((later,), ()), (), now=NOON)
    share_pace(connection, News((slow(relay),), ()), (), now=NOON)

    assert spared(connection, relay) == [later]


def test_what_is_long_over_is_deleted(connection, relay):
    share_pace(connection, News((slow(relay),), ()), (), now=NOON)

    share_pace(
        connection,
        News((slow(relay, domain="b.example", until=NOON + timedelta(days=3)),), ()),
        (),
        now=NOON + timedelta(days=2),
    )

    assert [each.domain for each in spared(connection, relay)] == ["b.example"]


def test_an_operator_releases_a_domain_on_every_relay(connection, relay):
    domain = f"x.{relay.partition(':')[0]}"
    share_pace(connection, News((slow(relay, domain=domain), slow(f"2{relay}", domain=domain)), ()), (), now=NOON)

    assert release(connection, domain) == 2
    assert (spared(connection, relay), release(connection, domain)) == ([], 0)


def test_what_a_relay_gets_is_counted_by_days(connection, relay):
    share_pace(connection, News((), ((relay, 10),)), (), now=NOON)
    add_to_day(connection, relay, 5, now=NOON)
    add_to_day(connection, relay, -1, now=NOON + timedelta(hours=11, minutes=59))
    add_to_day(connection, relay, 7, now=NOON + timedelta(hours=12))
    add_to_day(connection, f"other-{relay}", 1, now=NOON)

    known = share_pace(connection, None, (relay,), now=NOON)

    assert known.days == ((relay, TODAY, 14), (relay, TODAY + 1, 7))
    assert read_pace(connection, (), now=NOON).days == ()


def test_senders_are_those_whose_lease_lasts(connection, relay):
    before = read_pace(connection, (), now=NOON).senders

    take_lease(connection, alone=False, lasting=MINUTE, now=NOON)

    assert read_pace(connection, (), now=NOON).senders == before + 1
    assert read_pace(connection, (), now=NOON + 2 * MINUTE).senders <= before
