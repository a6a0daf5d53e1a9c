"""Trusted senders: the addresses that an account may send from."""

from staffetta.senders.model import SenderState, TrustedSender
from staffetta.senders.trusting import (
    VERIFICATION,
    SenderBlocked,
    UnknownSender,
    block,
    confirm_sender,
    get_sender,
    is_blocked,
    trust,
    trusted_senders,
)

__all__ = [
    "VERIFICATION",
    "SenderBlocked",
    "SenderState",
    "TrustedSender",
    "UnknownSender",
    "block",
    "confirm_sender",
    "get_sender",
    "is_blocked",
    "trust",
    "trusted_senders",
]
