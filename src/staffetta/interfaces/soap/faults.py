"""What becomes a SOAP fault: requests that cannot be read, refusals without a code, and failures of ours."""

from traceback import format_tb
from typing import NamedTuple

import structlog

from staffetta.db import DatabaseUnavailable
from staffetta.errors import InvalidArgument, Refusal, ResourceExhausted
from staffetta.interfaces.parameters import BodyTooLarge, BodyTooSlow

log = structlog.get_logger()

FAILURE = "The platform could not do it; the failure is on our side and has been recorded."
UNAVAILABLE = "The platform cannot do it at the moment; try again."
# After these the rest of the request was not read: the connection is of no more use.
UNREAD = (BodyTooLarge, BodyTooSlow)


class Unreadable(InvalidArgument):
    """The request is no SOAP that can be read: malformed, hostile, or with a value that is not of its type."""


class TooLarge(ResourceExhausted):
    """The document is larger, deeper or more crowded than any that means well."""


class Fault(NamedTuple):
    """A failure as the caller is told of it; `callers` if the request was at fault (contract 2.4)."""

    text: str
    callers: bool
    closing: bool = False


def fault_of(error: Exception, service: str) -> Fault:
    """Return how an exception is told; what is no refusal is recorded."""
    if isinstance(error, Refusal):
        return Fault(str(error), isinstance(error, (Unreadable, TooLarge, *UNREAD)), isinstance(error, UNREAD))
    record(error, service)
    return Fault(UNAVAILABLE if isinstance(error, DatabaseUnavailable) else FAILURE, callers=False)


def record(error: Exception, service: str) -> None:
    """Record a failure of ours, with no word of what the caller sent."""
    if isinstance(error, DatabaseUnavailable):
        log.error("database unavailable", service=service, reason=str(error))
    else:
        where = "".join(format_tb(error.__traceback__))
        log.error("a call failed", service=service, error=type(error).__name__, where=where)
