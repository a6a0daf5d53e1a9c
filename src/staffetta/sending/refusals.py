"""What a refusal says: that an address is dead, that it cannot be reached for now, or that our mail is not wanted.

Codes are those of RFC 3463 and its registry. Servers use them loosely, so that where a code is vague the words count,
and words of a block outweigh a code that would take the address off every list: that cannot be undone by mailing again.
"""

import re
from enum import IntEnum

LONGEST_DIAGNOSTIC = 500

# The mailbox or its domain does not exist, has moved, or is disabled for good.
DEAD = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
# About the mail: too long, of a kind that is not taken, against a policy. Another mail may arrive.
ABOUT_THE_MAIL = ("5.2.3", "5.3.4", "4.3.4", "5.3.5")
ABOUT_THE_MAIL_SUBJECTS = ("6", "7")
# What servers say for lack of a better code, or mean in several ways.
VAGUE = ("", "5.0.0", "5.1.0", "5.1.4", "5.1.5", "5.2.0", "5.3.0", "5.4.0", "5.4.1", "5.4.4", "5.5.0", "5.5.4")

WORDS_OF_A_BLOCK = (
    "spam", "block", "blacklist", "blocklist", "black list", "denylist", "dnsbl", "rbl", "reputation", "policy",
    "dmarc", "spf", "dkim", "not authenticated", "unauthenticated", "content rejected", "virus", "unsolicited",
    "greylist", "graylist", "too many", "rate limit", "throttl", "suspicious", "banned", "relay", "access denied",
    "not authorized", "not authorised", "not permitted", "administrative prohibition",
)  # fmt: skip
WORDS_OF_THE_DEAD = (
    "user unknown", "unknown user", "no such user", "no such mailbox", "no such recipient", "no such address",
    "no mailbox here", "does not exist", "doesn't exist", "do not exist", "unknown recipient", "recipient unknown",
    "unknown mailbox", "mailbox not found", "recipient not found", "user not found", "address not found",
    "invalid recipient", "invalid mailbox", "unknown address", "unrouteable address", "unroutable address",
    "mailbox unavailable", "account is disabled", "account disabled", "account has been disabled", "mailbox disabled",
    "mailbox is disabled", "account has been deactivated", "no longer valid", "no longer available", "no longer in use",
    "not a valid mailbox", "host not found", "domain not found", "name not found", "host unknown", "unknown host",
    "couldn't find any host named", "null mx", "nullmx", "does not accept mail",
)  # fmt: skip
# One large provider says so of an address that its directory does not have (5.4.1), and of nothing else.
WORDS_OF_A_DIRECTORY = "recipient address rejected: access denied"
WORDS_OF_THE_FULL = ("full", "quota", "over limit", "exceeded storage", "insufficient storage")

# Not a piece of an IP address.
_ENHANCED = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])", re.ASCII)
_REPLY_CODE = re.compile(r"(?<![\d.#])[45][0-5]\d(?=[ -])", re.ASCII)


class Verdict(IntEnum):
    """What a failure says of the address, the mildest first."""

    NOTHING = 0  # it did not fail, or not yet
    BLOCKED = 1  # not this mail, or not from us: of the address it says nothing
    SOFT = 2  # not now
    HARD = 3  # never


def status_in(text: str) -> str:
    """Return the first status code in a text that says more than its class, else the first at all, or ""."""
    found = _ENHANCED.findall(text[:LONGEST_DIAGNOSTIC])
    return next((each for each in found if not each.endswith(".0.0")), found[0] if found else "")


def weigh(status: str, diagnostic: str) -> Verdict:
    """Return what a failure says of the address, by its code and by the words it came with."""
    diagnostic = diagnostic[:LONGEST_DIAGNOSTIC].lower()
    words = _without_names(diagnostic)
    stated = status_in(diagnostic)
    code = stated if status in VAGUE and stated else status
    if WORDS_OF_A_DIRECTORY in words and code in VAGUE:
        return Verdict.HARD
    if _is_about_the_mail(code) or _is_about_the_mail(stated) or _has_any(words, WORDS_OF_A_BLOCK):
        return Verdict.BLOCKED
    if code in DEAD:
        return Verdict.HARD
    temporary = code.startswith("4") or (not code and _first_digit(diagnostic) == "4")
    if code in VAGUE and not temporary and not _has_any(words, WORDS_OF_THE_FULL):
        return Verdict.HARD if _has_any(words, WORDS_OF_THE_DEAD) else Verdict.SOFT
    return Verdict.SOFT


def _without_names(text: str) -> str:
    """Return a text without hosts, addresses and links in it: a host called `spamfilter.example` says nothing."""
    return " ".join(word for word in text.split() if "@" not in word and "." not in word.strip(".,;:()<>[]"))


def _has_any(words: str, sought: tuple[str, ...]) -> bool:
    return any(each in words for each in sought)


def _is_about_the_mail(status: str) -> bool:
    return status in ABOUT_THE_MAIL or status[2:].partition(".")[0] in ABOUT_THE_MAIL_SUBJECTS


def _first_digit(words: str) -> str:
    found = _REPLY_CODE.search(words)
    return found.group()[0] if found else ""
