from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest

from staffetta.interfaces.oauth.tickets import LIFETIMES, Stage, Ticket, Tickets
from staffetta.interfaces.sealing import StaleTicket, new_cookie
from staffetta.tracking import Signer

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
KEYS = {1: b"k" * 32}
COOKIE = "c" * 32
INQUIRY = b"i" * 32
TICKETS = Tickets(Signer(KEYS))
TICKET = Ticket(Stage.CONSENT, NOON, INQUIRY, "m7", NOON)


def opened(text: str, *, cookie: str = COOKIE, inquiry: bytes = INQUIRY, now: datetime = NOON) -> Ticket:
    return TICKETS.open(text, cookie=cookie, inquiry=inquiry, now=now)


def test_a_ticket_says_what_it_was_made_with():
    assert opened(TICKETS.seal(TICKET, cookie=COOKIE)) == TICKET


def test_every_process_with_the_same_keys_reads_it():
    assert Tickets(Signer(KEYS)).seal(TICKET, cookie=COOKIE) == TICKETS.seal(TICKET, cookie=COOKIE)


@pytest.mark.parametrize("stage", Stage)
def test_a_ticket_is_good_to_the_end_of_its_time_and_no_longer(stage):
    text = TICKETS.seal(Ticket(stage, NOON, INQUIRY), cookie=COOKIE)
    end = NOON + LIFETIMES[stage]

    assert opened(text, now=end).stage == stage
    with pytest.raises(StaleTicket):
        opened(text, now=end + timedelta(microseconds=1))


def test_a_ticket_of_another_browser_inquiry_or_installation_is_refused():
    text = TICKETS.seal(TICKET, cookie=COOKIE)
    foreign = Tickets(Signer({1: b"x" * 32})).seal(TICKET, cookie=COOKIE)

    for attempt in (
        lambda: opened(text, cookie=new_cookie()),
        lambda: opened(text, cookie=""),
        lambda: opened(text, inquiry=b"other"),
        lambda: opened(foreign),
    ):
        with pytest.raises(StaleTicket):
            attempt()


def test_a_ticket_without_a_cookie_is_good_for_nobody():
    with pytest.raises(StaleTicket):
        opened(TICKETS.seal(TICKET, cookie=""), cookie="")


@pytest.mark.parametrize("place", [0, 31, 32, 60, -1])
def test_a_ticket_that_was_changed_is_refused(place):
    raw = bytearray(urlsafe_b64decode(TICKETS.seal(TICKET, cookie=COOKIE)))
    raw[place] ^= 1

    with pytest.raises(StaleTicket):
        opened(urlsafe_b64encode(bytes(raw)).decode())


@pytest.mark.parametrize("text", ["", "x", "AAAA", "é", "=", "A" * 4096, "A" * 5000, "\x00"])
def test_what_is_no_ticket_is_refused(text):
    with pytest.raises(StaleTicket):
        opened(text)


def test_cookies_differ():
    assert len({new_cookie() for _ in range(100)}) == 100
