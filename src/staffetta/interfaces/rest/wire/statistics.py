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


class MessageCounters(msgspec.Struct, frozen=True):
    """All that is counted of a message, over all its sendings.

    The first seven count people, each once. The others count times: by people, by programs (`Machine…`), and by people
    who are not to be followed (`Untracked…`).
    """

    IdMessage: int
    Recipients: int
    Viewers: int
    Clickers: int
    HardBounces: int
    SoftBounces: int
    Unsubscriptions: int
    Complaints: int
    Views: int
    Clicks: int
    MachineViews: int
    MachineClicks: int
    UntrackedViews: int
    UntrackedClicks: int


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


class TimeLineEvent(msgspec.Struct, frozen=True):
    """What happened with a message that somebody got.

    `Kind` is `view`, `click`, `hard-bounce`, `soft-bounce`, `unsubscription` or `complaint`. `Actor` is `person`,
    `machine` (a program, which counts apart) or `unsure`, and empty of a bounce; `Reason` says why, or what a bounce
    said. Of a message that is gone, `IdList` is 0 and `Subject` empty; `Url` is the link of a click, if it is there.
    """

    Id: int
    Date: str
    Kind: str
    Actor: str
    Reason: str
    IdMessage: int
    IdList: int
    IdSending: int
    Subject: str
    Url: str
    Ip: str


class TimeLine(msgspec.Struct, frozen=True):
    """A stretch of a time line, the newest first; `Next` is for `Before`, and null at the end.

    What is of lists that the user does not see is left out, so that there may be fewer events than were looked at.
    """

    Events: list[TimeLineEvent]
    Next: int | None
