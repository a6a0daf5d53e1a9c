"""Imports and what came of them, as clients read them (contract 6)."""

import msgspec


class ImportedField(msgspec.Struct, frozen=True):
    """A value for a field, named by `Id` or else by `Description`; a bad one must not fail ten thousand others."""

    Id: int | str | None = None
    Description: str = ""
    Value: str | int | float | bool | None = None


class ImportedRecipient(msgspec.Struct, frozen=True):
    """One of many recipients as a client sends it; what cannot be used is counted."""

    Email: str = ""
    Name: str | None = None
    MobileNumber: str | int | None = None
    MobilePrefix: str | int | None = None
    Fields: list[ImportedField | None] | None = None


class ImportStatus(msgspec.Struct, frozen=True):
    """How far an import is: clients ask again until it is completed."""

    Completed: bool
    CreatedRecipients: int
    ImportedRecipients: int
    NotValidRecipients: int
    UpdatedRecipients: int
    ValidRecipients: int
    idImport: int  # noqa: N815 - the wire's name


class ImportItem(msgspec.Struct, frozen=True):
    """An import in a list of them; `StatusCode` 1 waits, 2 runs, 3 is completed, 4 has failed."""

    Filename: str
    IdImport: int
    IdList: int
    Rows: int
    StartDate: str
    StatusCode: int


class InvalidRows(msgspec.Struct, frozen=True):
    """What was not taken: addresses and numbers, by the reason."""

    InvalidEmail: int
    InvalidNumber: int
    Total: int
    WithoutEmail: int
    WithoutNumber: int
    WithoutPrefix: int


class ValidRows(msgspec.Struct, frozen=True):
    """What was taken, by the channel; `Total` counts rows."""

    EmailNew: int
    EmailUpdate: int
    NumberNew: int
    NumberUpdate: int
    RepeatedEmail: int
    RepeatedNumber: int
    Total: int


class ImportRows(msgspec.Struct, frozen=True):
    """The rows of an import."""

    Invalid: InvalidRows
    Total: int
    Valid: ValidRows


class ImportDetail(msgspec.Struct, frozen=True):
    """An import with the options that it was asked for with, and what came of its rows."""

    EndDate: str
    FieldSeparator: str
    Filename: str
    IdGroups: list[int]
    IdImport: int
    IdList: int
    IgnoreDoubleQuotes: bool
    IgnoreFirstRow: bool
    ImportAsUnsubscribed: bool
    IncludePendingRecipients: bool
    OverwriteEmptyFields: bool
    ReplaceExistingGroup: bool
    Rows: ImportRows
    SendConfirmationEmail: bool
    StartDate: str
    StatusCode: int
    StopDate: str
    TextDelimiter: str


class ImportSending(msgspec.Struct, frozen=True):
    """The sending that asks the recipients of an import to confirm."""

    idSending: int  # noqa: N815 - the wire's name
