"""Recipients, their fields and where they stand, as clients send and read them (contract 6 and 7.5)."""

import msgspec


class FieldInput(msgspec.Struct, frozen=True):
    """A value for a personal data field, named by `Id` or else by `Description`."""

    Id: int | None = None
    Description: str = ""
    Value: str | None = None


class RecipientInput(msgspec.Struct, frozen=True):
    """A recipient as a client writes it: by address, number or id."""

    Email: str = ""
    Name: str | None = None
    MobileNumber: str | None = None
    MobilePrefix: str | None = None
    Fields: list[FieldInput | None] | None = None
    idRecipient: int | None = None  # noqa: N815 - the wire's name


class FieldDefinition(msgspec.Struct, frozen=True):
    """A personal data field of the account."""

    Description: str
    Id: int


class Recipient(msgspec.Struct):
    """A recipient with all personal data fields of the account, in the order of their ids.

    `Fields` is an array of objects with `Description`, `Id` and `Value`.
    """

    Fields: msgspec.Raw
    Name: str
    idRecipient: int  # noqa: N815 - the wire's name
    Email: str
    MobileNumber: str | None
    MobilePrefix: str | None


class RecipientSubscription(msgspec.Struct, frozen=True):
    """Where a recipient stands on a list: `Channel` is EMAIL or SMS, `Status` OPTIN, OPTOUT or PENDING."""

    Channel: str
    IdList: int
    Status: str


class SoughtRecipient(Recipient):
    """A recipient that a search has found, with every list that it is or was on."""

    Subscriptions: list[RecipientSubscription]


class EmailOptin(msgspec.Struct, frozen=True):
    """Where an address stands on a list, since when, and why it has left."""

    Email: str
    Optin_Date: str
    Optin_Request_Date: str
    Optin_Request_IP: str | None
    Optout_Date: str
    Optout_MsgID: int | None
    Optout_Subtype: int | None
    Optout_Type: int | None
    Status: str
    idRecipient: int  # noqa: N815 - the wire's name
