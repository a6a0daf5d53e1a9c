"""Recipients: who they are, where they stand on each list, and the proof of what they agreed to."""

from staffetta.recipients.bulk import Imported, ImportPlan, ImportRow, Reason, Refused, Tally
from staffetta.recipients.bulk_exporting import export_page
from staffetta.recipients.bulk_reading import People, ReadingTerms, address_of, read_people
from staffetta.recipients.changing import AddressTaken, Details, change_recipient
from staffetta.recipients.confirming import WELCOME, confirm
from staffetta.recipients.counting import count, locate
from staffetta.recipients.erasing import BeyondTheirLists, erase, take_members_off_list, take_off_list
from staffetta.recipients.following import let_follow, may_be_followed
from staffetta.recipients.grouping import group_of, join_group, leave_group
from staffetta.recipients.importing import import_people, import_rows, reading_terms
from staffetta.recipients.leaving import clear_list, empty_group, remove_list
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
    Suppression,
    UnknownRecipient,
    next_status,
)
from staffetta.recipients.placing import AddressesOfTwo, Placed, force_subscription, place
from staffetta.recipients.profiles import (
    GivenField,
    Profile,
    change_groups,
    check_status,
    field_values,
    get_profile,
    save_fields,
    update_by_address,
)
from staffetta.recipients.queries import suppressed_among, waiting_among
from staffetta.recipients.searching import Found, Sought, find, search
from staffetta.recipients.signing_up import CONFIRMATION, LONGEST_VALUE, Caps, SignedUp, SignUp, subscribe
from staffetta.recipients.suppressing import NotSuppressed, lift_suppression, list_suppressions
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
    "LONGEST_VALUE",
    "NOTICE",
    "WELCOME",
    "AddressSuppressed",
    "AddressTaken",
    "AddressesOfTwo",
    "AlreadyUnsubscribed",
    "BeyondTheirLists",
    "Caps",
    "Cause",
    "Channel",
    "Details",
    "Event",
    "Evidence",
    "Fault",
    "Found",
    "GivenField",
    "ImportPlan",
    "ImportRow",
    "Imported",
    "NotSuppressed",
    "People",
    "Placed",
    "Profile",
    "ReadingTerms",
    "Reason",
    "Recipient",
    "Refused",
    "SignUp",
    "SignedUp",
    "Sought",
    "Source",
    "Status",
    "Subscription",
    "Suppression",
    "Tally",
    "UnknownRecipient",
    "address_of",
    "change_groups",
    "change_recipient",
    "check_status",
    "clear_list",
    "confirm",
    "count",
    "empty_group",
    "erase",
    "export_page",
    "field_values",
    "find",
    "force_subscription",
    "get_profile",
    "group_of",
    "head",
    "history",
    "import_people",
    "import_rows",
    "join_group",
    "leave_group",
    "let_follow",
    "lift_suppression",
    "list_suppressions",
    "locate",
    "may_be_followed",
    "next_status",
    "place",
    "read_people",
    "reading_terms",
    "remove_list",
    "save_fields",
    "seal_all",
    "search",
    "subscribe",
    "suppress",
    "suppressed_among",
    "take_members_off_list",
    "take_off_list",
    "unsubscribe",
    "unsubscribe_address",
    "update_by_address",
    "verify",
    "waiting_among",
]
