"""Messages as they stand on the wire (contract 6)."""

import msgspec


class MessageItem(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a list, without its content."""

    CreationDate: str
    Notes: str
    Subject: str
    idList: int  # noqa: N815 - the wire's own
    idMessage: int  # noqa: N815 - the wire's own
    ServiceType: int
