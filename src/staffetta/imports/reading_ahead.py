"""Reading a file of people ahead: a process of its own reads the next rows while this one writes those before.

Reading and checking are a third of an import's work and need no database: with a second processor they cost no time.
"""

import fcntl
import signal
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple, Self

import msgspec

from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.imports.csv_files import Columns, CsvFile, read_chunk
from staffetta.recipients import People, ReadingTerms, read_people

# A batch of ten thousand people waits in the pipe for the one who writes: more than any system lets it have by itself.
PIPE_OCTETS = 1_048_576

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(People).decode


class Look(NamedTuple):
    """What was found out about a file."""

    encoding: str
    delimiter: str
    columns: Columns


class Batch(NamedTuple):
    """The next people of a file: of how many rows, and those rows as they stand in it where they were asked for."""

    people: People
    rows: int
    cells: list[list[str]]


class FileReader:
    """A process that reads one file of people.

    It is forked, and therefore made before this process has threads or a database. It ends with this one, however that
    ends.
    """

    def __init__(self, file: BinaryIO) -> None:
        context = get_context("fork")
        calls, self._calls = context.Pipe(duplex=False)
        self._answers, answers = context.Pipe(duplex=False)
        with suppress(OSError, AttributeError):  # the system has a lower limit, or no such thing: it goes in pieces
            fcntl.fcntl(answers.fileno(), fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
        theirs = (self._calls, self._answers)
        self._process = context.Process(target=_serve, args=(file, calls, answers, theirs), daemon=True)
        self._process.start()
        calls.close()
        answers.close()
        self.process_id = self._process.pid or 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._calls.close()
        self._answers.close()
        self._process.kill()  # it may be far from an end, and has nothing that anybody needs
        self._process.join()

    def look(
        self,
        *,
        fields: Mapping[int, str],
        encoding: str | None = None,
        delimiter: str | None = None,
        mapping: Mapping[str, str] | None = None,
    ) -> Look:
        """Find out how the file is written and what its columns are; raises what `CsvFile` does."""
        options = {"fields": fields, "encoding": encoding, "delimiter": delimiter, "mapping": mapping}
        self._send("look", options)
        return self._receive()  # type: ignore[no-any-return]

    def begin(self, terms: ReadingTerms, *, skip: int = 0, keep_cells: bool = False) -> None:
        """Pass over rows, and read those after them by these terms."""
        self._send("begin", {"terms": terms, "skip": skip, "keep_cells": keep_cells})
        self._receive()

    def ask(self, most: int) -> None:
        """Let the next rows be read, at most so many; `take` returns them."""
        self._send("read", {"most": most})

    def take(self) -> Batch:
        """Return what was asked for; a batch without rows is behind the last one.

        Raises:
            InvalidArgument: a quoted value does not end.
            FailedPrecondition: the process that reads is gone.

        """
        people, rows, cells = self._receive()
        return Batch(_decode(people), rows, cells)

    def _send(self, what: str, options: dict[str, Any]) -> None:
        try:
            self._calls.send((what, options))
        except OSError as error:
            raise _gone() from error

    def _receive(self) -> Any:
        try:
            answer = self._answers.recv()
        except (EOFError, OSError) as error:
            raise _gone() from error
        if isinstance(answer, InvalidArgument):
            raise answer
        return answer


def _gone() -> FailedPrecondition:
    return FailedPrecondition("the process that reads the file was ended from outside; is memory short?")


def _serve(file: BinaryIO, calls: Connection, answers: Connection, theirs: Iterable[Connection]) -> None:
    """Answer one call after the other until the other process closes its ends of the pipes, or ends."""
    for pipe in theirs:
        pipe.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts both; the one who writes says when to end
    serving = _Serving(file)
    operations: Mapping[str, Callable[..., Any]] = MappingProxyType(
        {"look": serving.look, "begin": serving.begin, "read": serving.read}
    )
    with suppress(EOFError, OSError):
        while True:
            what, options = calls.recv()
            try:
                answer = operations[what](**options)
            except InvalidArgument as refusal:
                answer = refusal
            answers.send(answer)


class _Serving:
    """What the process does that reads."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def look(self, **options: Any) -> Look:
        self._table = CsvFile(self._file, **options)
        self._cells = self._table.cells()
        return Look(self._table.encoding, self._table.delimiter, self._table.columns)

    def begin(self, terms: ReadingTerms, skip: int, keep_cells: bool) -> None:
        self._terms = terms
        self._keep_cells = keep_cells
        for _ in zip(range(skip), self._cells, strict=False):
            pass

    def read(self, most: int) -> tuple[bytes, int, list[list[str]]]:
        rows, cells = read_chunk(self._table, self._cells, most)
        return _encode(read_people(rows, self._terms)), len(rows), cells if self._keep_cells else []
