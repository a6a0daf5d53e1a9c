"""The engine that sends: claims deliveries, writes the mails, hands them to a relay, records what became of them."""

from staffetta.sending.dkim import Algorithm
from staffetta.sending.dkim_keys import (
    DkimKey,
    UnreadableKey,
    add_key,
    all_keys,
    generate,
    keys_of,
    load_key,
    set_signs,
    txt_record,
)
from staffetta.sending.intake import Intake
from staffetta.sending.pacing import Known, News, Pacer
from staffetta.sending.pacing_queries import add_to_day, read_pace, release, share_pace, tell
from staffetta.sending.preflight import judge_departure, preflight_of
from staffetta.sending.sealer import Sealer
from staffetta.sending.sender import Sender
from staffetta.sending.signing import DkimSigner
from staffetta.sending.slowing import SlowDomain, rate_at
from staffetta.sending.warming import allowance, day_of

__all__ = [
    "Algorithm",
    "DkimKey",
    "DkimSigner",
    "Intake",
    "Known",
    "News",
    "Pacer",
    "Sealer",
    "Sender",
    "SlowDomain",
    "UnreadableKey",
    "add_key",
    "add_to_day",
    "all_keys",
    "allowance",
    "day_of",
    "generate",
    "judge_departure",
    "keys_of",
    "load_key",
    "preflight_of",
    "rate_at",
    "read_pace",
    "release",
    "set_signs",
    "share_pace",
    "tell",
    "txt_record",
]
