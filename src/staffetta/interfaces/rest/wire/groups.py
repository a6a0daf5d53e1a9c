"""Groups as the REST services show and take them (contract 7.4)."""

import msgspec


class Group(msgspec.Struct, frozen=True):
    """A group of a list; nobody has ever seen a count."""

    Count: int | None
    Deletable: bool
    Name: str
    Notes: str
    idGroup: int  # noqa: N815 - the wire's name
    idList: int  # noqa: N815 - the wire's name


class GroupChange(msgspec.Struct, frozen=True):
    """What a client sends to make or change a group."""

    Name: str | None = None
    Notes: str | None = None
    Deletable: bool = True


class Removed(msgspec.Struct, frozen=True):
    """How many were taken out of a group."""

    Removed: int
