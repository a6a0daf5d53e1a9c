"""What a relay's answer says of an address, when a campaign is handed over to it."""

import pytest

from staffetta.campaigns import Bounce
from staffetta.sending.judging import bounce_of
from staffetta.sending.smtp import Accepted, Deferred, InDoubt, Rejected, Reply, Untouched

NUMBERS = {"account_id": 1, "message_id": 2, "sending_id": 3, "recipient_id": 4}


@pytest.mark.parametrize(
    ("outcome", "is_hard", "speaks_of_address"),
    [
        (Rejected(Reply(550, "5.1.1 user unknown"), "RCPT"), True, True),
        (Rejected(Reply(550, "no"), "RCPT"), True, True),
        (Rejected(Reply(550, "5.1.1 user unknown"), "DATA"), True, True),
        (Rejected(Reply(552, "5.2.2 mailbox full"), "RCPT"), False, True),
        (Rejected(Reply(554, "5.7.1 blocked"), "RCPT"), False, False),
        (Rejected(Reply(550, "spam"), "DATA"), False, False),
        (Rejected(Reply(550, "no"), "DATA"), False, False),
        (Rejected(Reply(550, "5.1.8 sender unknown"), "MAIL"), False, False),
        (Rejected(Reply(550, "5.1.1 it cannot be written"), "DATA", local=True), False, False),
    ],
)
def test_a_refusal_is_a_bounce(outcome, is_hard, speaks_of_address):
    assert bounce_of(outcome, **NUMBERS) == Bounce(
        **NUMBERS, is_hard=is_hard, reply=str(outcome.reply), speaks_of_address=speaks_of_address
    )


def test_a_refusal_for_now_is_a_bounce_once_it_is_given_up():
    full, busy = (Deferred(Reply(452, text), "RCPT") for text in ("4.2.2 mailbox full", "4.7.1 too many from you"))

    assert bounce_of(full, **NUMBERS) is None
    assert bounce_of(full, **NUMBERS, given_up=True).speaks_of_address
    assert not bounce_of(busy, **NUMBERS, given_up=True).speaks_of_address


@pytest.mark.parametrize("outcome", [Accepted(Reply(250, "OK")), InDoubt("gone"), Untouched("gone")])
def test_what_may_have_arrived_has_not_bounced(outcome):
    assert bounce_of(outcome, **NUMBERS) is None
