"""The reference page of the SOAP services says what the code does."""

from pathlib import Path

from staffetta.interfaces.soap import SERVICES
from staffetta.interfaces.soap.parsing import LONGEST_TAG_OCTETS, MOST_ATTRIBUTES, MOST_LEVELS
from staffetta.interfaces.soap.reading import MOST_ELEMENTS
from staffetta.interfaces.soap.reference import MARK, markdown_of, write

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "soap.md"
TEXT = " ".join(REFERENCE.read_text("utf-8").split())


def test_the_tables_are_those_of_the_code():
    """If this fails: python -m staffetta.interfaces.soap.reference docs/reference/soap.md."""
    assert REFERENCE.read_text("utf-8").partition(MARK)[2] == markdown_of(SERVICES)


def test_the_limits_are_those_of_the_code():
    assert f"more than {MOST_LEVELS} levels, {MOST_ELEMENTS:,} elements, {MOST_ATTRIBUTES} attributes" in TEXT
    assert f"{LONGEST_TAG_OCTETS:,} octets in a tag" in TEXT


def test_there_are_as_many_operations_as_in_the_original():
    assert {each.name: len(each.operations) for each in SERVICES} == {
        "WSMailUpImport": 9,
        "MailupSend": 52,
        "MailupManage": 13,
        "MailupReport": 7,
    }


def test_writing_the_tables_keeps_what_stands_above(tmp_path):
    file = tmp_path / "soap.md"
    file.write_text(f"# By hand\n\n{MARK}old", "utf-8")

    write(file)

    assert file.read_text("utf-8") == f"# By hand\n\n{MARK}{markdown_of(SERVICES)}"
