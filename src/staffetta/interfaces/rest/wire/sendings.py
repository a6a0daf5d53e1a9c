"""Sendings as clients read and launch them (contract 6 and 7.7)."""

import msgspec


class SendingItem(msgspec.Struct, frozen=True):
    """A sending; `State` is Undefined, Immediate or Deferred."""

    Id: int
    IdList: int
    IdMessage: int
    Notes: str
    StartDate: str
    State: str
    Subject: str
    Type: str


class SendingDate(msgspec.Struct, frozen=True):
    """When a sending is to begin, in UTC: `2026-01-31 09:00:00Z`."""

    Date: str | None = None
