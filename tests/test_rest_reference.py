"""The reference page of the REST services says what the code does."""

import re
from pathlib import Path

from staffetta.interfaces.rest.errors import NAMES
from staffetta.interfaces.rest.limiting import PATIENCE_SECONDS
from staffetta.interfaces.rest.paging import DEFAULT_SIZE, LARGEST_SIZE
from staffetta.interfaces.rest.reference import MARK, markdown_of, write
from staffetta.interfaces.rest.table import ENDPOINTS

REFERENCE = Path(__file__).parents[1] / "docs" / "reference" / "rest.md"
TEXT = REFERENCE.read_text("utf-8")


def test_the_tables_are_those_of_the_code():
    """If this fails: python -m staffetta.interfaces.rest.reference docs/reference/rest.md."""
    assert TEXT.partition(MARK)[2] == markdown_of(ENDPOINTS)


def test_every_status_is_told():
    told = re.findall(r"^\| (\d{3}) \|", TEXT, flags=re.MULTILINE)

    assert told == [str(status.value) for status in sorted(NAMES)]


def test_the_numbers_are_those_of_the_code():
    assert f"up to {PATIENCE_SECONDS} seconds" in TEXT
    assert f"`PageSize` is {DEFAULT_SIZE} unless asked for, at most {LARGEST_SIZE:,}" in TEXT


def test_writing_the_tables_keeps_what_stands_above(tmp_path):
    file = tmp_path / "rest.md"
    file.write_text(f"# By hand\n\n{MARK}old", "utf-8")

    write(file)

    assert file.read_text("utf-8") == f"# By hand\n\n{MARK}{markdown_of(ENDPOINTS)}"
