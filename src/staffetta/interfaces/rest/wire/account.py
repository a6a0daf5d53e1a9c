"""The account and its user on the wire."""

import msgspec


class AuthInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an access token stands for."""

    AccountName: str
    Company: str
    ExpiryDate: str
    IsTrial: bool
    UID: str
    Url: str
    Username: str
    Version: str


class Credit(msgspec.Struct, frozen=True):
    """The text messages that a list has left."""

    Credit: int
    ListId: int


class AuthDetails(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an access token stands for, and what the account has left."""

    AutoRenewal: bool
    Company: str
    CreditsByList: list[Credit]
    Email: str
    ExpiryDate: str
    IsTrial: bool
    Lang: str
    Plan: int
    TotalCredits: int
    UID: str
    Url: str
    Username: str
    Version: str
