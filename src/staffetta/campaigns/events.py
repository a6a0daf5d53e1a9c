"""What people and programs do with a message that they got: kinds of events, and who is taken to have caused them."""

from enum import IntEnum


class EventKind(IntEnum):
    """What happened."""

    VIEW = 1
    CLICK = 2
    HARD_BOUNCE = 3
    SOFT_BOUNCE = 4
    UNSUBSCRIPTION = 5
    COMPLAINT = 6

    @property
    def word(self) -> str:
        """How interfaces of ours call it, such as `hard-bounce`."""
        return self.name.lower().replace("_", "-")


class Actor(IntEnum):
    """Who is taken to have done it; programs are counted apart, and what may be either counts as a person's."""

    PERSON = 1
    MACHINE = 2
    UNSURE = 3

    @property
    def word(self) -> str:
        """How interfaces of ours call them."""
        return self.name.lower()
