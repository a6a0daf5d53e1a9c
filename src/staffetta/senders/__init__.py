"""Trusted senders: the addresses that an account may send from."""

from staffetta.senders.model import SenderState, TrustedSender

__all__ = ["SenderState", "TrustedSender"]
