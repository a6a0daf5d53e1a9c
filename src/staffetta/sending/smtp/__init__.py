"""The SMTP client: one connection to one relay, from the greeting to QUIT.

What a peer does comes back as a value, one outcome for each envelope. Which relay, how many connections, when to try
again and what to write down is decided above.
"""

from staffetta.sending.smtp.connection import Connection
from staffetta.sending.smtp.model import (
    STANDARD_TIMEOUTS,
    Accepted,
    Capabilities,
    Deferred,
    Envelope,
    InDoubt,
    Outcome,
    Rejected,
    RelayUnavailable,
    Reply,
    Timeouts,
    Untouched,
    Verb,
)

__all__ = [
    "STANDARD_TIMEOUTS",
    "Accepted",
    "Capabilities",
    "Connection",
    "Deferred",
    "Envelope",
    "InDoubt",
    "Outcome",
    "Rejected",
    "RelayUnavailable",
    "Reply",
    "Timeouts",
    "Untouched",
    "Verb",
]
