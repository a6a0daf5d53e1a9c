"""Two senders that send one message at once by two sendings: everybody is counted once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.happening import counts, person
from campaigns.written import write
from conftest import make_account
from staffetta.campaigns import Audience, Turns, send_message, step
from staffetta.db import open_database
from staffetta.db.upgrading import upgrade
from staffetta.outbox import take_lease
from trying import NOON

LEASE = timedelta(hours=1)


class Sender:
    """A process that sends one sending of several."""

    def __init__(self, settings, account_id, sending_id):
        self.database = open_database(settings)
        self.turns = Turns(alone=False)
        self.turns.next = lambda *_: iter([(account_id, sending_id)])
        with self.database.connection() as connection:
            self.lease = take_lease(connection, alone=False, lasting=LEASE, now=NOON)

    def claim(self, *, meanwhile=lambda: None):
        """Claim the next two and return them; `meanwhile` is called before the commit."""
        with self.database.connection() as connection:
            claimed = step(connection, None, self.turns, lease=self.lease, most=2, now=NOON)
            meanwhile()
        return [each.recipient_id for each in claimed.people]


@pytest.fixture
def own_settings(settings, empty_url):
    """A database of the test's own: what it leaves in talk is nobody else's."""
    upgrade(empty_url)
    return replace(settings, database=empty_url)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True, scope="session")  # one process serves a SQLite file
def test_two_senders_that_claim_the_same_people_of_a_message_at_once_count_each_of_them_once(own_settings):
    database = open_database(own_settings)
    account = make_account(database)
    with database.transaction(account.id) as tx:
        message = write(tx).id
        for number in range(6):
            person(tx, f"person{number}")
        sendings = [send_message(tx, 1, message, audience=Audience(), now=NOON).sending_id for _ in range(2)]
    one, two = (Sender(own_settings, account.id, each) for each in sendings)
    assert one.claim() == two.claim()
    claimed = threading.Event()

    def overtaken():
        claimed.set()
        threading.Event().wait(0.5)  # the other gets as far as it can

    with ThreadPoolExecutor(1) as threads:
        others = threads.submit(lambda: claimed.wait(20) and two.claim())
        assert one.claim(meanwhile=overtaken) == others.result(20)
    assert one.claim() == two.claim()

    with database.transaction(account.id) as tx:
        assert counts(tx, message) == {"recipients": 6}
    for each in (database, one.database, two.database):
        each.close()
