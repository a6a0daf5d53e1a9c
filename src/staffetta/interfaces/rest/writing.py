"""Writing recipients: a page of a hundred with forty fields each is 180 kB, and most of it is the same."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

import msgspec

from staffetta.db import Transaction, brief
from staffetta.interfaces.rest.wire import recipients as wire
from staffetta.kit.phones import MobileNumber
from staffetta.lists import Field, catalog

P = ParamSpec("P")
T = TypeVar("T")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
# People of one list have values for the same fields, but for a few; each frame takes two kilobytes.
MOST_FRAMES = 256


class Person(Protocol):
    """Whoever can be written as a recipient."""

    @property
    def id(self) -> int: ...
    @property
    def email(self) -> str | None: ...
    @property
    def mobile(self) -> str | None: ...
    @property
    def name(self) -> str: ...
    @property
    def written_fields(self) -> str: ...


class Writer:
    """Writes the recipients of one account; of its fields all but the values is ready."""

    def __init__(self, fields: Mapping[int, Field]) -> None:
        self.fields = fields
        self._frames: dict[tuple[str, ...], _Frame] = {}

    def recipients(self, people: Iterable[Person]) -> list[wire.Recipient]:
        """Return recipients as they stand on the wire."""
        written = []
        for person in people:
            number, prefix = None, None
            if person.mobile:
                mobile = MobileNumber(person.mobile)
                number, prefix = mobile.national, mobile.prefix
            # The values stay as they are written: they were JSON, and are JSON again.
            values = _decode(person.written_fields)
            frame = self._frames.get(tuple(values)) or self._frame(tuple(values))
            pieces = frame.pieces.copy()
            pieces[1::2] = map(values.__getitem__, frame.numbers)
            fields = msgspec.Raw(b"".join(pieces))
            written.append(wire.Recipient(fields, person.name, person.id, person.email or "", number, prefix))
        return written

    def recipient(self, person: Person) -> wire.Recipient:
        """Return one recipient likewise."""
        return self.recipients([person])[0]

    def sought(self, person: Person, subscriptions: list[wire.RecipientSubscription]) -> wire.SoughtRecipient:
        """Return a recipient that was looked for likewise."""
        known = msgspec.structs.asdict(self.recipient(person))
        return wire.SoughtRecipient(**known, Subscriptions=subscriptions)

    def _frame(self, numbers: tuple[str, ...]) -> "_Frame":
        if len(self._frames) >= MOST_FRAMES:
            self._frames.clear()
        frame = self._frames[numbers] = _frame_of(self.fields, numbers)
        return frame


class _Frame(NamedTuple):
    """All but the values of people who have some for the same fields; each second piece is a value's."""

    pieces: list[bytes | msgspec.Raw]
    numbers: Sequence[str]


def _frame_of(fields: Mapping[int, Field], valued: Collection[str]) -> _Frame:
    pieces, numbers = [b""], []
    for field in fields.values():
        pieces[-1] += b',{"Description":%b,"Id":%d,"Value":' % (_encode(field.name), field.id)
        if str(field.id) in valued:
            numbers.append(str(field.id))
            pieces += [b"", b"}"]
        else:
            pieces[-1] += b'""}'
    pieces[0] = b"[" + pieces[0][1:]
    pieces[-1] += b"]"
    return _Frame([*pieces], numbers)


# One for each account that is called, as long as its fields stay what they are.
_writers: dict[int, Writer] = {}


def with_writer(
    tx: Transaction, operation: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
) -> tuple[T, Writer]:
    """Run an operation, and return who writes what it has found."""
    found = operation(tx, *args, **kwargs)
    fields = catalog(tx).fields
    writer = _writers.get(tx.account_id)
    if writer is None or writer.fields is not fields:
        writer = _writers[tx.account_id] = Writer(fields)
    return found, writer


@brief
def with_writer_at_once(
    tx: Transaction, operation: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
) -> tuple[T, Writer]:
    """Do the same with an operation that is over at once."""
    return with_writer(tx, operation, *args, **kwargs)
