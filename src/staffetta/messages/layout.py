"""Mails in pieces: what is the same for everyone is encoded once, and a recipient costs a join.

A mail is written once as text with two kinds of marks, spelt with noncharacters that `clean` lets through from
nowhere: a hole, which a recipient's value fills, and a section, which is left out when its value is empty.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from staffetta.messages.model import Values
from staffetta.messages.wire import quoted_printable

Filler: TypeAlias = Callable[[Values], str]
Fillers: TypeAlias = Mapping[str, Filler]

HOLE: Final = re.compile("\ufdd0([a-z_0-9]+)\ufdd1")
SECTION: Final = re.compile("\ufdd2([a-z_]+)\ufdd3([^\ufdd4]*)\ufdd4")
BLANK_LINES: Final = re.compile("\n{3,}")
END_SECTION: Final = "\ufdd4"


def hole(name: str) -> str:
    """Return the mark that a value goes in the place of."""
    return f"\ufdd0{name}\ufdd1"


def begin_section(name: str) -> str:
    """Return the mark from which text stands only if there is a value of that name."""
    return f"\ufdd2{name}\ufdd3"


def without_sections(text: str, absent: Sequence[str]) -> str:
    """Return text without the sections whose values are absent, and without the marks of the others."""
    return BLANK_LINES.sub("\n\n", SECTION.sub(lambda found: "" if found[1] in absent else found[2], text))


def plain_pieces(text: str) -> list[str]:
    """Return static texts and names of holes in turn, the first and last being static."""
    return HOLE.split(text)


def quoted_pieces(text: str) -> list[str]:
    """Return the same in quoted-printable, where every hole has lines of its own."""
    pieces = HOLE.split(text)
    last = len(pieces) - 1
    for index in range(0, len(pieces), 2):
        static = quoted_printable(pieces[index])
        if index > 0 and not static.startswith("\r\n"):
            static = f"=\r\n{static}"
        if index < last and static and not static.endswith("\r\n"):
            static = f"{static}=\r\n"
        pieces[index] = static
    return pieces


class Layout:
    """Static pieces, and what fills the holes between them."""

    __slots__ = ("_fillers", "_order", "_pieces")

    def __init__(self, parts: Sequence[tuple[list[str], Fillers]]) -> None:
        """Join the pieces of the parts of a mail, each with the fillers that encode values for it."""
        self._pieces = [""]
        self._fillers: list[Filler] = []
        self._order: list[int] = []
        for pieces, fillers in parts:
            self._pieces[-1] += pieces[0]
            for name, static in zip(pieces[1::2], pieces[2::2], strict=True):
                self._order.append(self._place_of(fillers[name]))
                self._pieces += ["", static]

    def _place_of(self, filler: Filler) -> int:
        if filler not in self._fillers:
            self._fillers.append(filler)
        return self._fillers.index(filler)

    def fill(self, values: Values) -> bytes:
        """Return the mail for one recipient."""
        forms = [filler(values) for filler in self._fillers]
        pieces = self._pieces.copy()
        pieces[1::2] = [forms[index] for index in self._order]
        return "".join(pieces).encode()


@dataclass(frozen=True, slots=True)
class CompiledMail:
    """A mail that is ready for any number of recipients.

    Attributes:
        bounce_address: the envelope's sender, in ASCII.
        layouts: by whether there is a link to unsubscribe, and one to the profile.

    """

    bounce_address: str
    layouts: Mapping[tuple[bool, bool], Layout]

    def render(self, values: Values) -> bytes:
        """Return the mail to one recipient: CRLF, 7-bit but for the address of a recipient that needs SMTPUTF8.

        Raises:
            ValueError: a value that no mail can carry, such as an address with a line break.

        """
        return self.layouts[bool(values.unsubscribe_url), bool(values.profile_url)].fill(values)
