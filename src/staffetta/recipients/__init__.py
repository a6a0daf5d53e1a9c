"""Recipients: who they are, where they stand on each list, and the proof of what they agreed to."""

from staffetta.recipients.confirming import WELCOME, confirm
from staffetta.recipients.counting import count, locate
from staffetta.recipients.ledger import Fault, head, history, seal_all, verify
from staffetta.recipients.model import (
    AddressSuppressed,
    Cause,
    Channel,
    Event,
    Evidence,
    Recipient,
    Source,
    Status,
    Subscription,
    UnknownRecipient,
    next_status,
)
from staffetta.recipients.profiles import (
    Profile,
    change_groups,
    check_status,
    get_profile,
    save_fields,
    update_by_address,
)
from staffetta.recipients.queries import suppressed_among, waiting_among
from staffetta.recipients.signing_up import CONFIRMATION, Caps, SignedUp, SignUp, subscribe
from staffetta.recipients.unsubscribing import (
    GOODBYE,
    NOTICE,
    AlreadyUnsubscribed,
    suppress,
    unsubscribe,
    unsubscribe_address,
)

__all__ = [
    "CONFIRMATION",
    "GOODBYE",
    "NOTICE",
    "WELCOME",
    "AddressSuppressed",
    "AlreadyUnsubscribed",
    "Caps",
    "Cause",
    "Channel",
    "Event",
    "Evidence",
    "Fault",
    "Profile",
    "Recipient",
    "SignUp",
    "SignedUp",
    "Source",
    "Status",
    "Subscription",
    "UnknownRecipient",
    "change_groups",
    "check_status",
    "confirm",
    "count",
    "get_profile",
    "head",
    "history",
    "locate",
    "next_status",
    "save_fields",
    "seal_all",
    "subscribe",
    "suppress",
    "suppressed_among",
    "unsubscribe",
    "unsubscribe_address",
    "update_by_address",
    "verify",
    "waiting_among",
]
