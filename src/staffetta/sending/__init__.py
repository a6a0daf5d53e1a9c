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
from staffetta.sending.sealer import Sealer
from staffetta.sending.sender import Sender
from staffetta.sending.signing import DkimSigner

__all__ = [
    "Algorithm",
    "DkimKey",
    "DkimSigner",
    "Sealer",
    "Sender",
    "UnreadableKey",
    "add_key",
    "all_keys",
    "generate",
    "keys_of",
    "load_key",
    "set_signs",
    "txt_record",
]
