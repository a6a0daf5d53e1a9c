"""Findings: what a look at a message before it is sent comes to."""

from collections.abc import Iterable
from enum import StrEnum
from itertools import islice

import msgspec

# As many of a kind as a person reads before mending the first.
MOST_NAMED = 5
LONGEST_NAMED = 80


class Level(StrEnum):
    """How much a finding weighs: red blocks the sending, amber asks whoever sends, green is well."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: a code for programs, words that say what to do, and what exactly it is about."""

    code: str
    level: Level
    text: str
    detail: str = ""


def blocks(findings: Iterable[Finding]) -> bool:
    """Tell whether a message is not to be sent."""
    return any(each.level == Level.RED for each in findings)


def named(things: Iterable[str]) -> str:
    """Return the first few of many things, each once and cut short, as a detail."""
    distinct = dict.fromkeys(things)
    shown = [
        each if len(each) <= LONGEST_NAMED else f"{each[:LONGEST_NAMED]}…" for each in islice(distinct, MOST_NAMED)
    ]
    more = len(distinct) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
