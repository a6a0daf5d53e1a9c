"""Trusted senders as the REST services show and take them (contract 7.3)."""

import msgspec


class TrustedSender(msgspec.Struct, frozen=True, kw_only=True):
    """An address to send from, and what became of it; a date that there is not is an empty text."""

    AuthorizationDate: str
    CreationDate: str
    EmailAddress: str
    IdTrustedSender: str
    StatusCode: int
    StatusDescription: str
    UpdateDate: str


class NewTrustedSender(msgspec.Struct, frozen=True):
    """What a client sends to have an address trusted."""

    Email: str
