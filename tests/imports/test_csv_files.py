"""Files of people as they come."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.errors import InvalidArgument
from staffetta.imports.csv_files import CsvFile, detect_delimiter, guarded, read_chunk, unguarded

FIELDS = {1: "FirstName", 2: "Last name", 3: "nome"}


def looked_at(content: bytes | str, **options) -> CsvFile:
    octets = content.encode() if isinstance(content, str) else content
    return CsvFile(io.BytesIO(octets), fields=FIELDS, **options)


def rows_of(file: CsvFile) -> list[tuple]:
    return [
        (each.email, each.prefix, each.number, each.name, each.fields) for each in read_chunk(file, file.cells(), 99)[0]
    ]


def emails(content: bytes | str, **options) -> list[str]:
    return [each[0] for each in rows_of(looked_at(content, **options))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"])
def test_encodings_are_found_out(encoding):
    content = "E-mail;name\nada@example.org;Zoë Müller\n".encode(encoding)

    file = looked_at(content)

    assert rows_of(file) == [("ada@example.org", "", "", "Zoë Müller", {})]


def test_an_accent_far_into_the_file_counts_too():
    content = b"email,name\n" + b"a@example.org,x\n" * 200_000 + "b@example.org,Zoë\n".encode("windows-1252")

    assert looked_at(content).encoding == "windows-1252"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(delimiter):
    lines = [["email", "name"], ["ada@example.org", '"Lovelace, Ada; Countess | x"'], ["bob@example.org", "Bob"]]
    content = "\r\n".join(delimiter.join(line) for line in lines)

    file = looked_at(content)

    assert file.delimiter == delimiter
    assert [each[0] for each in rows_of(file)] == ["ada@example.org", "bob@example.org"]


def test_one_column_has_no_delimiter():
    assert emails("email\nada@example.org\n") == ["ada@example.org"]
    assert detect_delimiter("") in ",;\t|"


def test_a_file_without_a_header_begins_with_addresses():
    file = looked_at("ada@example.org;Ada\nbob@example.org;Bob\n")

    assert not file.has_header
    assert file.columns.unknown == ["2"]
    assert [each[0] for each in rows_of(file)] == ["ada@example.org", "bob@example.org"]


def test_columns_are_found_by_their_names():
    file = looked_at(
        "E_Mail,Mobile Number,prefix,Name,campo2,FIRSTNAME,Nome,Shoe size\na@example.org,335,39,A,B,C,D,E\n"
    )

    assert file.columns.unknown == ["Shoe size"]
    assert rows_of(file) == [("a@example.org", "39", "335", "A", {"2": "B", "1": "C", "3": "D"})]


def test_the_vendor_s_own_numbers_are_columns_too():
    file = looked_at("1|2|9|111|222|333\nAda|L|x|a@example.org|39|335\n")

    assert file.columns.unknown == ["9"]
    assert rows_of(file) == [("a@example.org", "39", "335", "", {"1": "Ada", "2": "L"})]


def test_a_mapping_wins():
    file = looked_at("Who,email\na@example.org,b@example.org\n", mapping={"who": "email", "EMAIL": "campo1"})

    assert rows_of(file) == [("a@example.org", "", "", "", {"1": "b@example.org"})]


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("", {}, "no column has addresses"),
        ("name,city\nAda,London\n", {}, "--map"),
        ("email\na@example.org\n", {"mapping": {"Who": "email"}}, "no column who"),
        ("email\na@example.org\n", {"mapping": {"email": "shoe"}}, "neither email"),
        ("email\na@example.org\n", {"encoding": "utf-99"}, "no encoding utf-99"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(content, options, words):
    with pytest.raises(InvalidArgument, match=words):
        looked_at(content, **options)


def test_a_quote_that_never_ends_is_refused_with_its_place():
    file = looked_at('email,name\na@example.org,"' + "x" * 1_100_000)

    with pytest.raises(InvalidArgument, match="line 2"):
        rows_of(file)


def test_short_long_and_blank_rows_are_taken_as_they_are():
    content = "name,email\n\nAda,a@example.org,more\n   \nBob\n\n"

    assert rows_of(looked_at(content)) == [("a@example.org", "", "", "Ada", {}), ("", "", "", "Bob", {})]


@given(st.text(max_size=20))
def test_what_was_made_safe_for_spreadsheets_comes_back(text):
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(text)) == text or text.startswith("'")
