"""The process that reads a file of people for the one that writes them."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from staffetta.errors import FailedPrecondition, InvalidArgument
from staffetta.imports.reading_ahead import Batch, FileReader
from staffetta.recipients import ReadingTerms

TERMS = ReadingTerms(frozenset({"1"}), default_prefix="39")
PEOPLE = "email,mobile,campo1,campo2\nAda@example.org,335123456,Augusta,x\nnobody,,,\nbob@example.org,,,\n"

# Opens a reader, says which process it is, and waits for ever.
OWNER = """
import sys, time
from pathlib import Path
from staffetta.imports.reading_ahead import FileReader
with Path(sys.argv[1]).open("rb") as file, FileReader(file) as reader:
    print(reader.process_id, flush=True)
    time.sleep(60)
"""


@contextmanager
def reading(content: str, **options) -> Iterator[FileReader]:
    with FileReader(io.BytesIO(content.encode())) as reader:
        reader.look(fields={1: "First name"})
        reader.begin(TERMS, **options)
        yield reader


def batches(reader: FileReader, most: int) -> list[Batch]:
    taken = []
    while not taken or taken[-1].rows:
        reader.ask(most)
        taken.append(reader.take())
    return taken[:-1]


def runs(process_id: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process_id}/status").read_text("ascii")
    except FileNotFoundError:
        return False


def test_a_file_is_read_into_checked_people():
    with reading(PEOPLE) as reader:
        (batch,) = batches(reader, 10)

    ada, bob = batch.people.by_email
    assert (ada.email, ada.mobile, ada.fields, ada.row) == ("ada@example.org", "39335123456", {"1": "Augusta"}, 0)
    assert (bob.email, bob.mobile, bob.fields, bob.row) == ("bob@example.org", None, {}, 2)
    assert (batch.rows, batch.people.tally.rejected, batch.cells) == (3, 1, [])


def test_batches_have_the_rows_that_were_asked_for():
    content = "email\n" + "".join(f"p{number}@example.org\n" for number in range(25))

    with reading(content, skip=2, keep_cells=True) as reader:
        taken = batches(reader, 10)

    assert [batch.rows for batch in taken] == [10, 10, 3]
    assert [row[0] for batch in taken for row in batch.cells] == [f"p{number}@example.org" for number in range(2, 25)]


def test_what_cannot_be_read_is_told_when_it_is_come_to():
    content = "email,name\nada@example.org,Ada\nbob@example.org," + "x" * 1_000_001 + "\n"

    with reading(content) as reader:
        reader.ask(1)
        assert reader.take().rows == 1
        reader.ask(1)
        with pytest.raises(InvalidArgument, match="line 3"):
            reader.take()


def test_a_reader_that_was_killed_is_told_of():
    with reading(PEOPLE) as reader:
        os.kill(reader.process_id, signal.SIGKILL)

        with pytest.raises(FailedPrecondition, match="memory"):
            batches(reader, 10)


def test_a_reader_ends_with_the_process_that_reads_by_it(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, "utf-8")
    owner = subprocess.Popen([sys.executable, "-c", OWNER, file], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    process_id = int(owner.stdout.readline())
    assert runs(process_id)

    owner.kill()
    owner.communicate(timeout=10)

    deadline = time.monotonic() + 10
    while runs(process_id) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not runs(process_id)


def test_a_reader_that_is_far_from_an_end_is_not_waited_for(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email\n" + "p@example.org\n" * 2_000_000, "utf-8")
    with file.open("rb") as opened, FileReader(opened) as reader:
        reader.look(fields={})
        reader.begin(TERMS)
        reader.ask(2_000_000)

    assert reader._process.exitcode == -signal.SIGKILL


def test_an_interrupt_at_the_terminal_leaves_the_reader_alone():
    with reading(PEOPLE) as reader:
        os.kill(reader.process_id, signal.SIGINT)

        assert batches(reader, 10)[0].rows == 3
