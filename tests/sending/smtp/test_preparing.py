"""Envelopes to commands."""

import pytest

from staffetta.sending.smtp import Capabilities, Envelope, Rejected
from staffetta.sending.smtp.dialogue import stuff_dots
from staffetta.sending.smtp.preparing import Prepared, prepare

CONTENT = b"Subject: one\r\n\r\nbody\r\n"
EVERYTHING = Capabilities(size=0, eight_bit_mime=True, smtputf8=True)


def commands(envelope: Envelope, capabilities: Capabilities = EVERYTHING) -> list[str]:
    prepared = prepare(envelope, capabilities)
    assert isinstance(prepared, Prepared)
    return [prepared.mail.decode(), prepared.rcpt.decode()]


@pytest.mark.parametrize(
    ("envelope", "capabilities", "mail", "rcpt"),
    [
        (Envelope("a@b.it", "c@d.it", CONTENT), Capabilities(), "<a@b.it>", "<c@d.it>"),
        (Envelope("", "c@d.it", CONTENT), Capabilities(), "<>", "<c@d.it>"),
        (Envelope("a@b.it", '"c d"@d.it', CONTENT), Capabilities(), "<a@b.it>", '<"c d"@d.it>'),
        (Envelope("a@b.it", "c@d.it", CONTENT), Capabilities(size=100), "<a@b.it> SIZE=22", "<c@d.it>"),
        (Envelope("a@b.it", "c@d.it", CONTENT), EVERYTHING, "<a@b.it> SIZE=22", "<c@d.it>"),
        (Envelope("a@b.it", "c@d.it", b"\xe9\r\n"), EVERYTHING, "<a@b.it> SIZE=3 BODY=8BITMIME", "<c@d.it>"),
        (Envelope("a@b.it", "c@d.it", CONTENT, smtputf8=True), EVERYTHING, "<a@b.it> SIZE=22 SMTPUTF8", "<c@d.it>"),
        (Envelope("a@b.it", "c@bücher.de", CONTENT), Capabilities(), "<a@b.it>", "<c@xn--bcher-kva.de>"),
        (Envelope("a@Città.it", "c@d.it", CONTENT), Capabilities(), "<a@xn--citt-3na.it>", "<c@d.it>"),
        (Envelope("a@b.it", "é@bücher.de", CONTENT), EVERYTHING, "<a@b.it> SIZE=22 SMTPUTF8", "<é@bücher.de>"),
    ],
)
def test_an_envelope_is_said_in_the_peers_terms(envelope, capabilities, mail, rcpt):
    assert commands(envelope, capabilities) == [f"MAIL FROM:{mail}\r\n", f"RCPT TO:{rcpt}\r\n"]


@pytest.mark.parametrize(
    ("envelope", "capabilities", "reply", "verb"),
    [
        (Envelope("a@b.it", "c@d.it", b"\xe9\r\n"), Capabilities(), "554 5.6.3", "MAIL"),
        (Envelope("a@b.it", "c@d.it", CONTENT), Capabilities(size=21), "552 5.3.4", "MAIL"),
        (Envelope("a@b.it", "c@d.it", CONTENT, smtputf8=True), Capabilities(), "553 5.6.7", "MAIL"),
        (Envelope("a@b.it", "é@d.it", CONTENT), Capabilities(), "553 5.6.7", "MAIL"),
        (Envelope("a@b.it", "c@bü..cher", CONTENT), EVERYTHING, "553 5.1.2", "RCPT"),
        (Envelope("a@b.it", "c@" + "ü" * 70 + ".de", CONTENT), EVERYTHING, "553 5.1.2", "RCPT"),
        (Envelope("a@b.it", "", CONTENT), EVERYTHING, "553 5.1.3", "RCPT"),
        (Envelope("a@b.it", "c" * 320 + "@d.it", CONTENT), EVERYTHING, "553 5.1.3", "RCPT"),
    ],
)
def test_what_the_peer_could_not_take_is_refused_here(envelope, capabilities, reply, verb):
    outcome = prepare(envelope, capabilities)

    assert isinstance(outcome, Rejected)
    assert str(outcome.reply).startswith(reply)
    assert (outcome.verb, outcome.local) == (verb, True)


@pytest.mark.parametrize(
    "text",
    ["\r", "\n", "\r\nRSET", "\0", "\t", "\x7f", "\x85", "<", ">", "> SIZE=1", " ", "\ud800", "é\r\n", "é>", "é "],
)
def test_no_address_can_say_more_than_an_address(text):
    address = f"a{text}b@example.org"

    as_sender = prepare(Envelope(address, "c@d.it", CONTENT), EVERYTHING)
    as_recipient = prepare(Envelope("a@b.it", address, CONTENT), EVERYTHING)

    assert isinstance(as_sender, Rejected)
    assert isinstance(as_recipient, Rejected)
    assert (as_sender.verb, as_sender.reply.enhanced) == ("MAIL", "5.1.7")
    assert (as_recipient.verb, as_recipient.reply.enhanced) == ("RCPT", "5.1.3")


@pytest.mark.parametrize(
    ("content", "stuffed"),
    [
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b".\r\n", b"..\r\n"),
        (b"a\r\n.\r\n..b\r\n", b"a\r\n..\r\n...b\r\n"),
        (b"a.b\r\n", b"a.b\r\n"),
        (b"a\n.\r\nMAIL FROM:<x>\r\n", b"a\n..\r\nMAIL FROM:<x>\r\n"),
    ],
)
def test_dots_that_begin_a_line_are_doubled(content, stuffed):
    assert stuff_dots(content) == stuffed
