"""Trusted senders: addresses whose owners have confirmed that an account may send from them."""

from datetime import datetime
from enum import IntEnum

import msgspec


class SenderState(IntEnum):
    """Whether an address is trusted; the numbers are those of the protocol (contract 7.3)."""

    NOT_CONFIRMED = 0
    CONFIRMED = 1
    BLOCKED = 2


class TrustedSender(msgspec.Struct, frozen=True, kw_only=True):
    """An address to send from; `id` is 16 letters and digits."""

    id: str
    email: str
    state: SenderState
    created_at: datetime
    changed_at: datetime
    authorized_at: datetime | None = None
