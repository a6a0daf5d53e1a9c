"""What of a sending failed for good, and in whose words: a mail server's, or ours where a mail could not be written."""

import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from staffetta.campaigns import failure_queries as queries
from staffetta.campaigns.failure_queries import Failure
from staffetta.campaigns.launching import get_campaign_sending
from staffetta.db import Transaction

__all__ = ["Failure", "Failures", "Reason", "failed_people", "why_failed"]

# Reading more takes a database thread for seconds, and tells nothing new.
MOST_LOOKED_AT = 20_000
LEFT_OUT = "…"
BRACKETS = "<>()[]{}:;,.\"'"
# Queues and mails have such ids; shorter ones are codes and versions.
SHORTEST_NUMBER = 6
SHORTEST_ID = 8
# Names of hosts have dots, and few digits.
DIGITS_OF_A_DOTTED_ID = 4
ANY_LETTER = re.compile(r"[^\W\d_]")
ANY_DIGIT = re.compile(r"\d")


class Reason(NamedTuple):
    """A reply, without what is of one mail alone, and of how many it is; "" is of people who were erased."""

    people: int
    reply: str


class Failures(NamedTuple):
    """How many of a sending failed, how many were looked at, and their reasons, the most frequent first."""

    failed: int
    looked_at: int
    reasons: list[Reason]


def failed_people(tx: Transaction, sending_id: int, *, most: int, after: int = 0) -> list[Failure]:
    """Return whose mail of a sending failed, by rising id above `after`, or raise UnknownSending."""
    sending = get_campaign_sending(tx, sending_id)
    return queries.people(tx, sending, after=after, most=most) if sending.failed else []


def why_failed(tx: Transaction, sending_id: int, *, most: int) -> Failures:
    """Return why mails of a sending failed, in at most so many different words, or raise UnknownSending.

    At most 20,000 of them are looked at, by rising id of the recipient.
    """
    sending = get_campaign_sending(tx, sending_id)
    # Nothing is looked for that has not been counted: there may be a million that were sent.
    wanted = min(sending.failed, MOST_LOOKED_AT)
    replies = queries.replies(tx, sending, most=wanted) if wanted else []
    counted = Counter(map(in_general, replies))
    reasons = [Reason(people, reply) for reply, people in counted.most_common(most)]
    return Failures(sending.failed, len(replies), reasons)


def in_general(reply: str) -> str:
    """Return a reply without what is of one mail alone: addresses, and ids such as those of queues."""
    return " ".join(LEFT_OUT if "@" in word or _is_id(word) else word for word in reply.split())


@lru_cache(4_096)
def _is_id(word: str) -> bool:
    if len(word) < SHORTEST_NUMBER or word.isalpha() or "://" in word:
        return False
    core = word.strip(BRACKETS)
    if core.isdigit():
        return len(core) >= SHORTEST_NUMBER
    if len(core) < SHORTEST_ID or not ANY_LETTER.search(core):
        return False
    return len(ANY_DIGIT.findall(core)) >= (DIGITS_OF_A_DOTTED_ID if "." in core else 1)
