"""Statistics as clients read them (contract 7.10)."""

import msgspec


class MessageRecipient(msgspec.Struct, frozen=True):
    """Somebody who got a message."""

    Email: str
    IdMessage: int
    IdRecipient: int


class MessageView(msgspec.Struct, frozen=True):
    """Somebody who opened a message, and how often."""

    Count: int
    Email: str
    IdMessage: int
    IdRecipient: int


class MessageClick(msgspec.Struct, frozen=True):
    """Somebody who followed links of a message, and how often."""

    Count: int
    Email: str
    IdMessage: int
    IdRecipient: int


class MessageUrlClick(msgspec.Struct, frozen=True):
    """A link of a message, and how often it was followed; `Url` is its address, or a label of what it leads to."""

    Count: int
    IdMessage: int
    Url: str


class MessageUrlClickDetail(msgspec.Struct, frozen=True):
    """Somebody who followed a link of a message, and how often."""

    Count: int
    Email: str
    IdMessage: int
    IdRecipient: int
    Url: str


class MessageBounce(msgspec.Struct, frozen=True):
    """Somebody whose mail came back; `Type` is Hard or Soft."""

    Email: str
    IdMessage: int
    IdRecipient: int
    Type: str


class MessageUnsubscription(msgspec.Struct, frozen=True):
    """Somebody who left by a message, and when."""

    Email: str
    IdMessage: int
    IdRecipient: int
    Date: str


class RecipientDelivery(msgspec.Struct, frozen=True):
    """A message that went to somebody, and in how many sendings."""

    Count: int
    IdList: int
    IdMessage: int
    Notes: str
    Subject: str


class RecipientView(msgspec.Struct, frozen=True):
    """A message that somebody opened, and how often."""

    Count: int
    IdList: int
    IdMessage: int
    Notes: str
    Subject: str


class RecipientClick(msgspec.Struct, frozen=True):
    """A message of which somebody followed links, and how often."""

    Count: int
    IdList: int
    IdMessage: int
    Notes: str
    Subject: str


class RecipientUrlClick(msgspec.Struct, frozen=True):
    """A link that somebody followed, and how often."""

    Count: int
    IdList: int
    IdMessage: int
    Notes: str
    Subject: str
    Url: str


class RecipientBounce(msgspec.Struct, frozen=True):
    """A message that came back from somebody's address, and how often."""

    Count: int
    IdList: int
    IdMessage: int
    Notes: str
    Subject: str


class RecipientBounceDetail(msgspec.Struct, frozen=True):
    """How a message came back: `Type` is Hard or Soft, `Description` what the mail server said."""

    Count: int
    IdList: int
    IdMessage: int
    Notes: str
    Subject: str
    Type: str
    Date: str
    Description: str


class RecipientUnsubscription(msgspec.Struct, frozen=True):
    """A message by which somebody left a list, and when."""

    IdList: int
    IdMessage: int
    Notes: str
    Subject: str
    Date: str
