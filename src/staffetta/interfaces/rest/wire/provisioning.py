"""Accounts that applications ask for, on the wire (contract 7.11)."""

import msgspec


class NewTrialActivation(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is asked for, and whom it is for; `IpAddress` is the applicant's, else the caller's counts."""

    NameAndSurname: str
    Company: str
    Email: str
    PhoneNumber: str
    Language: str
    IpAddress: str = ""
    IsUSA: bool = False
    RegisterToNewsletter: bool = False
    Referer: str = ""
    UserAgent: str = ""


class TrialActivation(msgspec.Struct, frozen=True):
    """What an activation is followed by; `Id` is -1 for a fake one."""

    Hash: str
    Id: int


class TrialActivationStatus(msgspec.Struct, frozen=True):
    """How far an activation is: 0 to 7, of which 2 is done."""

    Code: int
    Description: str
