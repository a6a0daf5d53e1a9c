"""A campaign's mail in pieces: what is the same for everybody, encoded, and between it what each recipient has."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from html import escape
from operator import itemgetter
from typing import Final, NamedTuple

from staffetta.campaigns.merging import IN_HTML, IN_TEXT_PART, Spelling
from staffetta.messages import BOUNDARY, plain_pieces, quoted_pieces, quoted_printable

# RFC 2045 §6.7: no quoted-printable text holds "=_". That of the pictures does not begin as the other one does.
RELATED: Final = "=_related"
_TEXT: Final = "Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


class Slot(IntEnum):
    """What every mail has of its own besides values of fields, by its place; the name of its hole is its own."""

    DATE = 0
    TO = 1
    MESSAGE_ID = 2
    TOKEN = 3
    LEAVE = 4
    BY_MAIL = 5
    PROFILE = 6
    SUBJECT = 7


class PersonalLink(NamedTuple):
    """A link whose address has placeholders: by way of ours, and how its own address is spelt."""

    number: int
    before: bytes
    after: bytes
    spell: Callable[[str], bytes]


class Laid(NamedTuple):
    """A mail in pieces.

    Attributes:
        pieces: static ones, with an empty one for each hole between them.
        order: for each hole, which of the values goes there: slots first, then forms, then links.
        slots: those that are used.
        forms: values of fields, each with how it is spelt, sorted by field.
        links: those whose addresses have placeholders.

    """

    pieces: list[bytes]
    order: list[int]
    slots: frozenset[Slot]
    forms: list[tuple[str, Spelling]]
    links: list[PersonalLink]


class Body(NamedTuple):
    """What a mail says, with holes: its text part, if it has one, its HTML, and pictures as parts of a mail."""

    text: str
    html: str
    pictures: Sequence[str]


def lay_out(head: str, body: Body, *, follow_url: str) -> Laid:
    """Put a mail together from its header and what it says.

    Args:
        head: with holes, without what describes the body.
        body: what the mail says.
        follow_url: what comes before the token in links that are counted.

    """
    layout = _Layout(follow_url)
    layout.add(plain_pieces(f"{head}MIME-Version: 1.0\r\n"), {})
    if body.text:
        layout.say(f'Content-Type: multipart/alternative;\r\n boundary="{BOUNDARY}"\r\n\r\n--{BOUNDARY}\r\n')
        layout.say(_TEXT.format(subtype="plain"))
        layout.add(quoted_pieces(body.text), IN_TEXT_PART)
        layout.say(f"\r\n--{BOUNDARY}\r\n")
    if body.pictures:
        layout.say(
            f'Content-Type: multipart/related; type="text/html";\r\n boundary="{RELATED}"\r\n\r\n--{RELATED}\r\n'
        )
    layout.say(_TEXT.format(subtype="html"))
    layout.add(quoted_pieces(body.html), IN_HTML)
    layout.say("\r\n")
    for picture in body.pictures:
        layout.say(f"--{RELATED}\r\n{picture}")
    if body.pictures:
        layout.say(f"--{RELATED}--\r\n")
    if body.text:
        layout.say(f"--{BOUNDARY}--\r\n")
    return layout.laid()


class _Layout:
    """Pieces as they come together; what stands in a hole is written once for all holes that take the same."""

    def __init__(self, follow_url: str) -> None:
        self._follow_url = follow_url
        self._statics = [""]
        self._holes: list[object] = []
        self._forms: dict[tuple[str, Spelling], None] = {}
        self._links: dict[tuple[int, bool], PersonalLink] = {}

    def say(self, static: str) -> None:
        self._statics[-1] += static

    def add(self, pieces: list[str], forms: Mapping[str, Spelling]) -> None:
        self._statics[-1] += pieces[0]
        for name, static in zip(pieces[1::2], pieces[2::2], strict=True):
            self._holes.append(self._filler(name, forms))
            self._statics.append(static)

    def _filler(self, name: str, forms: Mapping[str, Spelling]) -> object:
        slot = Slot.__members__.get(name.upper())
        if slot is not None:
            return slot
        letter, rest = name[0], name[1:]
        if letter in forms:
            form = (rest, forms[letter])
            self._forms[form] = None
            return form
        key = (int(rest), forms is IN_HTML)
        self._links[key] = self._link(*key)
        return key

    def _link(self, number: int, is_html: bool) -> PersonalLink:
        def spell(url: str) -> bytes:
            return quoted_printable(escape(url) if is_html else url).encode("ascii")

        before = quoted_printable(self._follow_url).encode("ascii") + b"=\r\n"
        return PersonalLink(number, before, b"=\r\n/%d" % number, spell)

    def laid(self) -> Laid:
        forms = sorted(self._forms, key=itemgetter(0))
        places: dict[object, int] = {slot: int(slot) for slot in Slot}
        for key in (*forms, *self._links):
            places[key] = len(places)
        pieces = [b""] * (2 * len(self._statics) - 1)
        pieces[::2] = [static.encode("ascii") for static in self._statics]
        return Laid(
            pieces,
            [places[hole] for hole in self._holes],
            frozenset(hole for hole in self._holes if isinstance(hole, Slot)),
            forms,
            list(self._links.values()),
        )
