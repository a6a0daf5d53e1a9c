"""Killed in the middle of an SMTP dialogue, message by message, or of a stop, the server keeps its promise as well.

The mail server offers neither PIPELINING nor CHUNKING: each content waits for the answer to the one before.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scenarios.conftest import empty_postgresql
from scenarios.crash_points import LAST_OCTET_GONE, LAST_OCTET_HELD_BACK
from scenarios.mortal import PEOPLE, Driver, Mortal, mortal
from scenarios.process import until
from scenarios.relay import MailServer
from staffetta.campaigns import launch_sending
from staffetta.kit.clock import utc_now
from staffetta.outbox import SendingState

pytestmark = pytest.mark.slow

SENDINGS = "/API/v1.1/Rest/ConsoleService.svc/Console/Email/Sendings"
BOUNCED = "bounces written, outcomes not"
STOPS = ["stop not committed", "stop committed, not answered"]


@pytest.fixture(scope="module")
def peer() -> Iterator[MailServer]:
    with MailServer() as started:
        yield started


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, driver: Driver, peer: MailServer
) -> Iterator[Mortal]:
    """A running server of each kind; each test leaves it running, with nothing left to send."""
    url = "" if request.param == "sqlite" else empty_postgresql(request.getfixturevalue("postgresql_url"))
    folder: Path = tmp_path_factory.mktemp("mortal")
    peer.received.clear()
    with mortal(folder, driver, relay=peer.relay(connections=1), taken=peer.taken, database=url) as server:
        yield server


@pytest.fixture
def server(running: Mortal, peer: MailServer) -> Mortal:
    peer.holds.clear()
    peer.answers_to_rcpt.clear()
    running.revive()
    return running


# The second mail of the second batch; the first one of it was answered for.
DOTS = [(LAST_OCTET_HELD_BACK, 1), (LAST_OCTET_GONE, 2)]


@pytest.mark.parametrize(("point", "taken"), DOTS)
def test_a_crash_before_or_after_the_dot_leaves_the_batch_of_a_campaign_in_doubt(server, point, taken):
    server.arm(point, 6)
    sending_id = server.launch_campaign()
    server.die()

    server.start()
    server.let_campaign_end(sending_id)

    server.assert_campaign(sending_id, in_doubt=4, taken=taken)


@pytest.mark.parametrize(("point", "taken"), DOTS)
def test_a_crash_before_or_after_the_dot_leaves_the_batch_of_mails_in_doubt(server, point, taken):
    name = f"dot{taken}"
    server.arm(point, 6)
    server.subscribe(*(f"{name}.{number}" for number in range(PEOPLE)), confirm=True)
    server.die()

    server.start()
    server.let_mail_leave()

    server.assert_mails(name, in_doubt=4, taken=taken)


def test_a_crash_before_a_refusal_is_committed_leaves_no_bounce_and_loses_nobody(server, peer):
    peer.answers_to_rcpt["person5"] = "550 5.1.1 nobody of this name"
    server.arm(BOUNCED)
    sending_id = server.launch_campaign()
    server.die()
    peer.answers_to_rcpt.clear()

    server.start()
    server.let_campaign_end(sending_id)

    server.assert_campaign(sending_id, in_doubt=4, taken=3)
    message_id = server.sending(sending_id).message_id
    assert server.rows(f"SELECT hard_bounces FROM message_counters WHERE message_id = {message_id}") == [(0,)]
    assert server.status("person5@example.com") == "2"


@pytest.mark.parametrize("point", STOPS)
def test_a_crash_in_a_stop_in_mid_campaign_loses_nobody_and_doubles_nobody(server, peer, point):
    token = _token(server)
    peer.holds.add("person5")
    received = len(peer.received)
    sending_id = server.launch_campaign()
    until(lambda: len(peer.received) - received == 5)

    server.arm(point)
    with pytest.raises(httpx.HTTPError):
        server.post(f"{SENDINGS}/{sending_id}/Stop", headers={"Authorization": f"Bearer {token}"})
    server.die()
    peer.holds.clear()
    server.start()

    if point == "stop committed, not answered":
        server.let_talk_end(sending_id)
        assert server.campaign_account(sending_id)[:3] == (4, 4, 1)
        sending = server.sending(sending_id)
        assert (sending.state, sending.ended_at, sending.claimed) == (SendingState.STOPPED, None, 8)
        with server.database.transaction(server.account_id) as tx:
            launch_sending(tx, sending_id, now=utc_now())
    server.let_campaign_end(sending_id)
    server.assert_campaign(sending_id, in_doubt=4, taken=1)


def _token(server: Mortal) -> str:
    given = {name: server.ready[name] for name in ("client_id", "client_secret", "password")}
    form = {"grant_type": "password", "username": server.ready["api_user"], **given}
    return str(server.post("/Authorization/OAuth/Token", data=form).json()["access_token"])
