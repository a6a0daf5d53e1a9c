"""Killed at every step that a delivery takes (design 5), the server loses nobody and mails nobody twice.

Batches are of four, four and two. `time` says which time that a point is
reached is the last; what is in doubt then, and how much of it the mail server has taken, is known beforehand. That a
person is in doubt whose mail was not taken is no loss: they are listed, and the operator says what happens to them.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from scenarios.conftest import empty_postgresql
from scenarios.crash_points import (
    HAND_OVER,
    LAST_OCTET_GONE,
    LAST_OCTET_HELD_BACK,
    NAMES,
    POINTS,
    has_what_tells,
    owner_of,
)
from scenarios.mortal import PEOPLE, Driver, Mortal, mortal
from staffetta.campaigns import settle_doubt
from staffetta.kit.clock import utc_now
from staffetta.outbox import DeliveryState
from staffetta.outbox import settle_doubt as settle_mail_doubt
from staffetta.selftest import CaptureServer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, driver: Driver
) -> Iterator[Mortal]:
    """A running server of each kind that sends each batch as one stream (PIPELINING, CHUNKING).

    Each test leaves it running, with nothing left to send.
    """
    url = "" if request.param == "sqlite" else empty_postgresql(request.getfixturevalue("postgresql_url"))
    folder: Path = tmp_path_factory.mktemp("mortal")
    with CaptureServer() as sink:
        relay = f"smtp://127.0.0.1:{sink.port}?connections=1"
        with mortal(folder, driver, relay=relay, taken=lambda: sink.accepted, database=url) as server:
            yield server


@pytest.fixture
def server(running: Mortal) -> Mortal:
    running.revive()
    return running


CAMPAIGN = [
    # point, time, in doubt, of these taken
    ("sending found", 1, 0, 0),
    ("message kept, sending not begun", 1, 0, 0),
    ("beginning not committed", 1, 0, 0),
    ("people claimed, sending not advanced", 1, 0, 0),
    ("batch not committed", 1, 0, 0),
    ("batch committed", 1, 4, 0),
    ("mails written", 2, 4, 0),
    (LAST_OCTET_HELD_BACK, 2, 4, 3),
    (LAST_OCTET_GONE, 2, 4, 4),
    ("answers heard", 2, 4, 4),
    ("batch recorded, not counted", 1, 4, 4),
    ("people claimed, sending not advanced", 2, 4, 4),
    ("batch recorded, not committed", 2, 4, 4),
    ("batch recorded and committed", 2, 2, 0),
    ("last batch recorded, not counted", 1, 2, 2),
    ("last batch counted, sending not ended", 1, 2, 2),
    ("end not committed", 1, 2, 2),
    ("batch recorded and committed", 3, 0, 0),
]


@pytest.mark.slow
@pytest.mark.parametrize(("point", "time", "in_doubt", "taken"), CAMPAIGN)
def test_a_crash_in_a_campaign_loses_nobody_and_doubles_nobody(server, point, time, in_doubt, taken):
    server.arm(point, time)
    sending_id = server.launch_campaign()
    server.die()

    server.start()
    server.let_campaign_end(sending_id)

    server.assert_campaign(sending_id, in_doubt=in_doubt, taken=taken)


SETTLING = [
    "doubt of mails committed, of campaigns not looked for",
    "doubt of a sending written, sending not ended",
    "doubt of campaigns not committed",
    "doubt of campaigns committed",
]


@pytest.mark.slow
@pytest.mark.parametrize("point", SETTLING)
def test_a_crash_while_the_last_one_is_settled_changes_nothing(server, point):
    server.arm("answers heard", 3)
    sending_id = server.launch_campaign()
    server.die()

    server.die_starting(point)
    server.start()
    server.let_campaign_end(sending_id)

    server.assert_campaign(sending_id, in_doubt=2, taken=2)


@pytest.mark.slow
@pytest.mark.parametrize(("point", "in_doubt"), [("again in talk, not committed", 0), ("again in talk, committed", 4)])
def test_a_crash_while_a_campaign_is_tried_again_loses_nobody_and_doubles_nobody(server, point, in_doubt):
    server.arm("batch committed", 2)
    sending_id = server.launch_campaign()
    server.die()
    server.start()
    server.let_campaign_end(sending_id)
    server.assert_campaign(sending_id, in_doubt=4, taken=0)

    server.arm(point)
    with server.database.transaction(server.account_id) as tx:
        settle_doubt(tx, sending_id, resend=True, now=utc_now())
    server.die()
    server.start()
    server.let_campaign_end(sending_id)

    server.assert_campaign(sending_id, in_doubt=in_doubt, taken=0)


MAILS = [
    ("claim not committed", 1, 0, 0),
    ("claim committed", 1, 4, 0),
    ("mails written", 2, 4, 0),
    (LAST_OCTET_HELD_BACK, 2, 4, 3),
    (LAST_OCTET_GONE, 2, 4, 4),
    ("answers heard", 2, 4, 4),
    ("outcomes written, nothing claimed", 1, 4, 4),
    ("claim written, not looked through", 2, 4, 4),
    ("outcomes not committed", 2, 4, 4),
    ("outcomes committed", 2, 2, 0),
    ("outcomes not committed", 3, 2, 2),
    ("outcomes committed", 3, 0, 0),
]


@pytest.mark.slow
@pytest.mark.parametrize(("point", "time", "in_doubt", "taken"), MAILS)
def test_a_crash_among_ordinary_mails_loses_none_and_doubles_none(server, point, time, in_doubt, taken):
    name = _name("mail", point, time)
    server.arm(point, time)
    server.subscribe(*(f"{name}.{number}" for number in range(PEOPLE)), confirm=True)
    server.die()

    server.start()
    server.let_mail_leave()

    server.assert_mails(name, in_doubt=in_doubt, taken=taken)


@pytest.mark.slow
@pytest.mark.parametrize(
    "point", ["doubt of mails not committed", "doubt of mails committed, of campaigns not looked for"]
)
def test_a_crash_while_the_doubt_of_mails_is_settled_changes_nothing(server, point):
    name = _name("settled", point)
    server.arm("answers heard", 3)
    server.subscribe(*(f"{name}.{number}" for number in range(PEOPLE)), confirm=True)
    server.die()

    server.die_starting(point)
    server.start()
    server.let_mail_leave()

    server.assert_mails(name, in_doubt=2, taken=2)


@pytest.mark.slow
def test_mails_in_doubt_that_were_not_taken_leave_once_when_they_are_sent_again_whatever_crashes(server):
    with server.database.transaction(server.account_id) as tx:  # of the tests before
        settle_mail_doubt(tx, 0, to=DeliveryState.CANCELLED, now=utc_now())
    server.arm("claim committed", 2)
    server.subscribe(*(f"again.{number}" for number in range(PEOPLE)), confirm=True)
    server.die()
    server.start()
    server.let_mail_leave()
    server.assert_mails("again", in_doubt=4, taken=0)

    server.arm("claim not committed")
    with server.database.transaction(server.account_id) as tx:
        settle_mail_doubt(tx, 0, to=DeliveryState.DEFERRED, now=utc_now())
    server.die()
    server.start()
    server.let_mail_leave()

    server.assert_mails("again", in_doubt=0, taken=0)


@pytest.fixture
def policy(server: Mortal) -> Iterator[Callable[[str], None]]:
    """Set what the server's next life does with what is in doubt."""
    yield lambda value: server.settings.update(in_doubt=value)
    server.settings.pop("in_doubt", None)
    server.stop()
    server.start()


# Three of the four in doubt have been taken: sent again they are doubled, and dropped the fourth gets nothing.
POLICIES = [("resend", 10, 3), ("drop", 6, 0)]


@pytest.mark.slow
@pytest.mark.parametrize(("value", "sent", "doubled"), POLICIES)
def test_a_policy_for_doubt_touches_nothing_of_a_campaign_but_what_is_in_doubt(server, policy, value, sent, doubled):
    server.arm(LAST_OCTET_HELD_BACK, 2)
    sending_id = server.launch_campaign()
    server.die()

    policy(value)
    server.start()
    server.let_campaign_end(sending_id)

    account = server.campaign_account(sending_id)
    assert (account.sent, account.in_doubt, sum(account.others.values())) == (sent, 0, PEOPLE - sent)
    assert (len(account.doubled), account.untrue) == (doubled, [])
    sending = server.sending(sending_id)
    assert (sending.claimed, sending.sent, sending.left_out) == (PEOPLE, sent, PEOPLE - sent)


@pytest.mark.slow
@pytest.mark.parametrize(("value", "sent", "doubled"), POLICIES)
def test_a_policy_for_doubt_touches_no_mails_but_those_in_doubt(server, policy, value, sent, doubled):
    server.arm(LAST_OCTET_HELD_BACK, 2)
    server.subscribe(*(f"{value}.{number}" for number in range(PEOPLE)), confirm=True)
    server.die()

    policy(value)
    server.start()
    server.let_mail_leave()

    account = server.mail_account(value)
    assert (account.sent, account.in_doubt, sum(account.others.values())) == (sent, 0, PEOPLE - sent)
    assert (len(account.doubled), account.untrue) == (doubled, [])


@pytest.mark.slow
def test_a_crash_before_a_sign_up_is_committed_leaves_nothing_of_it(server):
    server.arm("mail planned, not committed")

    with pytest.raises(httpx.HTTPError):
        server.sign_up("planned.0@example.com")
    server.die()
    server.start()

    assert server.status("planned.0@example.com") == "1"
    assert server.rows("SELECT * FROM deliveries WHERE address LIKE 'planned.%'") == []


@pytest.mark.slow
def test_a_crash_before_a_sign_up_is_answered_leaves_all_of_it(server):
    server.arm("mail planned and committed, not answered")

    with pytest.raises(httpx.HTTPError):
        server.sign_up("committed.0@example.com")
    server.die()
    server.start()
    server.let_mail_leave()

    account = server.mail_account("committed")
    assert server.status("committed.0@example.com") == "4"
    assert (account.sent + account.in_doubt, account.doubled, account.untrue) == (1, [], [])


@pytest.mark.parametrize("name", POINTS)
def test_a_point_is_a_function_that_there_is(name):
    assert has_what_tells(POINTS[name])


def test_what_gives_octets_to_the_kernel_is_where_it_was():
    owner, name = owner_of(HAND_OVER)

    assert callable(getattr(owner, name))


def test_every_point_is_tried():
    from scenarios.test_crashes_in_dialogues import BOUNCED, STOPS

    tried = {point for point, *_ in [*CAMPAIGN, *MAILS]} | {*SETTLING, *STOPS, BOUNCED}

    assert set(NAMES) - tried == {
        "again in talk, not committed",
        "again in talk, committed",
        "doubt of mails not committed",
        "mail planned, not committed",
        "mail planned and committed, not answered",
    }


def _name(*parts: object) -> str:
    return "".join(letter for letter in "".join(map(str, parts)) if letter.isalnum())[:40]
