"""Who asks to be written to more slowly, and for how long they are: what replies say, and the plan that follows."""

import re
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple

from staffetta.sending import smtp


class Scope(Enum):
    """What a relay speaks of: the domain of the recipient, or everything that it gets from us."""

    DOMAIN = "domain"
    RELAY = "relay"


# Greylisting (RFC 6647) asks to come back, not to come slowly.
GREYLISTING: Final = re.compile(r"gr[ae]y.?list|postgrey", re.IGNORECASE)
# The first pattern that a 4xx text matches decides. The words are those of Amazon SES, Gmail, Outlook, Yahoo, Orange,
# GMX, Postfix, Exim and Postal.
ASKS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), scope)
    for pattern, scope in (
        (r"maximum sending rate|throttling failure|sending (?:rate|quota|limit)", Scope.RELAY),
        (r"(?:daily|hourly|monthly) (?:\w+ )?(?:limit|quota)", Scope.RELAY),
        (r"rate.?limit|(?:message|mail|connection|submission) rate|unusual rate|unexpected volume", Scope.DOMAIN),
        (r"too (?:many|fast|much)|throttl|slow(?:ing)? down|exceeded .{0,40}(?:rate|connections)", Scope.DOMAIN),
    )
)
# Said by everybody who has any trouble, so that the code has to say that the trouble is us: RFC 3463 §3.8 (policy), or
# a session that is ended in mid-work.
LATER: Final = re.compile(
    r"(?:try|retry)(?:ing)? (?:again )?later|temporarily (?:deferred|rejected|blocked)", re.IGNORECASE
)
# The state of one mailbox (RFC 3463 §3.2, §3.3), and too many recipients of one mail, of which ours have one.
OF_A_MAILBOX: Final = ("4.1.", "4.2.", "4.5.3")

# Where no rate is known, a domain begins with one message a second, and a whole relay with ten.
FIRST_A_MINUTE: Final = {Scope.DOMAIN: 60, Scope.RELAY: 600}
LEAST_A_MINUTE: Final = 1
# Mails that were handed over together are refused together: that is one request, not sixty.
HEARD_ONCE: Final = timedelta(minutes=1)
# How long the first rate holds; half the rate holds twice as long, up to the longest. Then it doubles as often.
HOLDS: Final = timedelta(minutes=10)
LONGEST: Final = timedelta(hours=4)
# So many times its first rate, a domain is as fast as any other.
RECOVERED: Final = 16
LONGEST_REPLY: Final = 500


class SlowDomain(NamedTuple):
    """A domain that is spared, or with an empty domain the relay itself: messages a minute, by all senders together."""

    relay: str
    domain: str
    rate: int
    reply: str
    since: datetime
    until: datetime


def asks_to_slow(outcome: smtp.Outcome) -> Scope | None:
    """Return of what a relay asks for less, if it does."""
    if not isinstance(outcome, smtp.Deferred):
        return None
    reply = outcome.reply
    if GREYLISTING.search(reply.text) or reply.enhanced.startswith(OF_A_MAILBOX):
        return None
    scope = next((scope for pattern, scope in ASKS if pattern.search(reply.text)), None)
    if scope is None and LATER.search(reply.text) and (reply.code == 421 or reply.enhanced.startswith("4.7.")):  # noqa: PLR2004
        scope = Scope.DOMAIN
    # What is refused before a recipient was named is no recipient's doing.
    return Scope.RELAY if scope and outcome.verb == "MAIL" else scope


def slower(
    known: SlowDomain | None, relay: str, domain: str, *, reply: str, usual: float, now: datetime
) -> SlowDomain | None:
    """Return the next step of sparing a domain, or None where it was taken a moment ago.

    Args:
        known: what is known of it, if anything is.
        relay: who asked.
        domain: for whom; empty for the relay itself.
        reply: in what words, for operators.
        usual: the rate that the settings allow, in messages a minute; 0 for any.
        now: when.

    """
    rate_now = rate_at(known, now) if known else None
    if known is None or rate_now is None:
        first = _first(domain)
        rate, since = min(first, int(usual / 2) or LEAST_A_MINUTE) if usual else first, now
    elif now < known.until - _holds(known.domain, known.rate) + HEARD_ONCE:
        return None
    else:
        rate, since = int(rate_now / 2), known.since
    rate = max(rate, LEAST_A_MINUTE)
    return SlowDomain(relay, domain, rate, reply[:LONGEST_REPLY], since, now + _holds(domain, rate))


def rate_at(slow: SlowDomain, now: datetime) -> float | None:
    """Return how many messages a minute it gets now: twice as many every ten minutes after its time. None: it is over.

    It follows from the row alone, so that every process comes to the same.
    """
    rate = float(slow.rate)
    if now >= slow.until:
        steps = (now - slow.until) // HOLDS + 1
        rate *= 2.0 ** min(steps, 64)
    return rate if rate < RECOVERED * _first(slow.domain) else None


def _first(domain: str) -> int:
    return FIRST_A_MINUTE[Scope.DOMAIN if domain else Scope.RELAY]


def _holds(domain: str, rate: int) -> timedelta:
    return min(HOLDS * max(1.0, _first(domain) / rate), LONGEST)
