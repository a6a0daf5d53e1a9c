"""The moments at which a test kills the server: before and after each step that a delivery takes.

A point names a function of ours. Where that is renamed or moved, the driver does not start and no test of these passes.
"""

import functools
import inspect
import os
import signal
from collections import Counter
from collections.abc import Callable
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple


class Moment(Enum):
    """Whether a process dies before a function does anything, or when it has done everything."""

    BEFORE = "before"
    AFTER = "after"


class Point(NamedTuple):
    """A function, by `module:name`, and when it kills.

    Attributes:
        of: the argument, or RESULT, that tells whether a call is meant; empty: every call is.
        counts: whether it is, by what is given so.

    """

    function: str
    moment: Moment
    of: str = ""
    counts: Callable[[Any], Any] = bool


BEFORE, AFTER = Moment
RESULT = "result"
SENDER, CAMPAIGNER = "staffetta.sending.sender", "staffetta.sending.campaigning"
CLAIMING, DELIVERIES = "staffetta.campaigns.claiming", "staffetta.campaigns.delivery_queries"
SENDINGS, SMTP = "staffetta.campaigns.sending_queries", "staffetta.sending.smtp"


POINTS = {
    # Step 1: a row is written with the change that calls for it.
    "mail planned, not committed": Point("staffetta.recipients.signing_up:put", AFTER),
    "mail planned and committed, not answered": Point(f"{SENDER}:Sender.wake", BEFORE),
    # Step 2, of ordinary mails: claim, hand over, record.
    "claim written, not looked through": Point("staffetta.sending.batches:exchange", AFTER, RESULT),
    "claim not committed": Point(f"{SENDER}:step", AFTER, RESULT),
    "claim committed": Point(f"{SENDER}:Sender._hand_over", BEFORE),
    "outcomes written, nothing claimed": Point("staffetta.outbox.queries:record", AFTER),
    "outcomes not committed": Point(f"{SENDER}:step", AFTER, "outcomes"),
    "outcomes committed": Point(f"{SENDER}:Sender._step", AFTER, "outcomes"),
    # On the wire, of both.
    "mails written": Point(f"{SMTP}.connection:Connection.send", BEFORE, "envelopes"),
    "answers heard": Point(f"{SMTP}.connection:Connection.send", AFTER, "envelopes"),
    # A sending begins.
    "sending found": Point(f"{CLAIMING}:begin", BEFORE),
    "message kept, sending not begun": Point(f"{SENDINGS}:begin", BEFORE),
    "beginning not committed": Point(f"{CLAIMING}:begin", AFTER),
    # Step 2, of campaigns.
    "people claimed, sending not advanced": Point(f"{DELIVERIES}:advance", BEFORE),
    "batch not committed": Point(
        f"{CAMPAIGNER}:campaign_step", AFTER, RESULT, lambda claimed: claimed and claimed.people
    ),
    "batch committed": Point(f"{CAMPAIGNER}:Campaigner._hand_over", BEFORE),
    "bounces written, outcomes not": Point(f"{CAMPAIGNER}:record_bounces", AFTER),
    "batch recorded, not counted": Point(f"{CLAIMING}:_record", AFTER),
    "batch recorded, not committed": Point(f"{CAMPAIGNER}:campaign_step", AFTER, "results"),
    "batch recorded and committed": Point(f"{CAMPAIGNER}:Campaigner._step", AFTER, "results"),
    # A sending ends.
    "last batch recorded, not counted": Point(
        f"{CLAIMING}:_Counted.settle", BEFORE, "self", lambda counted: not counted.is_counted
    ),
    "last batch counted, sending not ended": Point(f"{DELIVERIES}:is_settled", BEFORE),
    "end not committed": Point(f"{SENDINGS}:end_by_itself", AFTER),
    # A sending is stopped.
    "stop not committed": Point(f"{SENDINGS}:set_state", AFTER),
    "stop committed, not answered": Point(
        "staffetta.db:Database.write", AFTER, "operation", lambda operation: operation.__name__ == "stop_sending"
    ),
    # Step 3: what a crash left in talk, after another one.
    "doubt of mails not committed": Point(f"{SENDER}:settle_orphans", AFTER, RESULT),
    "doubt of mails committed, of campaigns not looked for": Point(f"{SENDER}:settle_campaign_orphans", BEFORE),
    "doubt of a sending written, sending not ended": Point(f"{DELIVERIES}:move_orphans", AFTER, RESULT),
    "doubt of campaigns not committed": Point(f"{SENDER}:settle_campaign_orphans", AFTER, RESULT),
    "doubt of campaigns committed": Point(f"{SENDER}:Sender._settle_orphans", AFTER),
    # Step 5: what is tried again.
    "again in talk, not committed": Point(f"{DELIVERIES}:reclaim", AFTER),
    "again in talk, committed": Point(
        f"{CAMPAIGNER}:Campaigner._hand_over", BEFORE, "claimed", lambda claimed: not claimed.is_fresh
    ),
}
# These are no calls of ours: octets are given to the kernel, all of a batch's or all but the last one.
LAST_OCTET_HELD_BACK, LAST_OCTET_GONE = "last octet held back", "last octet gone"
HAND_OVER = f"{SMTP}.wire:Wire.hand_over"
NAMES = (*POINTS, LAST_OCTET_HELD_BACK, LAST_OCTET_GONE)
# What other processes plan is found at once, so that a test need not wait.
POLL_SECONDS = f"{SENDER}:POLL_SECONDS"


class Deaths:
    """Kills this process when the point that a file names is reached for the time that it names."""

    def __init__(self) -> None:
        self.armed = Path()
        self._times: Counter[str] = Counter()

    def reached(self, name: str) -> bool:
        """Count that a point was reached; tell whether it is the time to die."""
        try:
            wanted, _, time = self.armed.read_text("utf-8").rpartition(" ")
        except (FileNotFoundError, IsADirectoryError):
            return False
        if wanted != name:
            return False
        self._times[name] += 1
        return self._times[name] == int(time)

    def die(self) -> None:
        """End as by a power switch; the file is gone then, so that the next life is not told to."""
        self.armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def owner_of(function: str) -> tuple[Any, str]:
    """Return the module or class that has what `module:name` names, and its last name.

    Raises:
        AttributeError, ImportError: there is no such thing any more.

    """
    module, _, path = function.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, import_module(module))
    getattr(owner, name)
    return owner, name


def set_all(deaths: Deaths) -> None:
    """Let every point of this process ask whether it is the time to die."""
    for name, point in POINTS.items():
        owner, attribute = owner_of(point.function)
        setattr(owner, attribute, _deadly(getattr(owner, attribute), name, point, deaths))
    owner, attribute = owner_of(HAND_OVER)
    setattr(owner, attribute, _deadly_hand_over(getattr(owner, attribute), deaths))
    owner, attribute = owner_of(POLL_SECONDS)
    setattr(owner, attribute, 0.05)


def has_what_tells(point: Point) -> bool:
    """Tell whether the function of a point still has the argument that its calls are told by."""
    owner, name = owner_of(point.function)
    return point.of in {"", RESULT, *inspect.signature(getattr(owner, name)).parameters}


def _deadly(function: Any, name: str, point: Point, deaths: Deaths) -> Any:
    assert has_what_tells(point), point
    bind = inspect.signature(function).bind

    def look(args: Any, options: Any, result: Any = None) -> None:
        given = {**bind(*args, **options).arguments, "": True, RESULT: result}
        if point.counts(given.get(point.of)) and deaths.reached(name):
            deaths.die()

    # Marks that our own decorators have left on a function go along.
    @functools.wraps(function)
    def deadly(*args: Any, **options: Any) -> Any:
        if point.moment == BEFORE:
            look(args, options)
            return function(*args, **options)
        result = function(*args, **options)
        look(args, options, result)
        return result

    @functools.wraps(function)
    async def deadly_coroutine(*args: Any, **options: Any) -> Any:
        if point.moment == BEFORE:
            look(args, options)
            return await function(*args, **options)
        result = await function(*args, **options)
        look(args, options, result)
        return result

    return deadly_coroutine if inspect.iscoroutinefunction(function) else deadly


def _deadly_hand_over(hand_over: Any, deaths: Deaths) -> Any:
    @functools.wraps(hand_over)
    def deadly(wire: Any, octets: Any, *rest: Any) -> None:
        has_content = b"\r\n\r\n" in bytes(octets)
        for name, kept in ((LAST_OCTET_HELD_BACK, 1), (LAST_OCTET_GONE, 0)):
            if has_content and deaths.reached(name):
                given = bytes(octets)[: len(octets) - kept]
                # Not by the transport, which writes when the event loop turns.
                written = os.write(wire._transport.get_extra_info("socket").fileno(), given)
                assert written == len(given)
                deaths.die()
        hand_over(wire, octets, *rest)

    return deadly
