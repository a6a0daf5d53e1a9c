"""Reading what is to be imported: `<subscribers><subscriber email="…"><campo1>…`."""

import tracemalloc
from typing import Any

import pytest

from staffetta.imports.packing import unpack
from staffetta.interfaces.soap.import_documents import (
    EmptyDocument,
    UnreadableDocument,
    read_document,
    read_rows,
)
from staffetta.recipients import ImportRow

ADA = '<subscriber email="ada@example.org" Prefix="+001" Number="8889624587" Name="Ada">'


def rows_of(document: str, *, import_type: int = 3) -> list[ImportRow]:
    """Return the rows of a document."""
    packed = read_rows(document, import_type=import_type)
    found = [ImportRow(*row) for chunk in packed.chunks for row in unpack(chunk)]
    assert len(found) == packed.rows
    return found


def fields_of(*cells: str, **reading: Any) -> Any:
    """Return the fields of one row with these cells."""
    (row,) = rows_of(f"<subscribers>{ADA}{''.join(cells)}</subscriber></subscribers>", **reading)
    return row.fields


def test_a_row_is_read_as_the_contract_writes_it():
    rows = rows_of(
        f"<subscribers>\n {ADA}\n  <campo1>first name</campo1><campo2>last name</campo2><campo3>Company</campo3>\n"
        " </subscriber>\n</subscribers>"
    )

    fields = {"1": "first name", "2": "last name", "3": "Company"}
    assert rows == [ImportRow("ada@example.org", "+001", "8889624587", "Ada", fields)]


@pytest.mark.parametrize(
    "document",
    [
        '<subscribers><subscriber email="ada@example.org" Prefix="" Number="" Name=""/></subscribers>',
        "<Subscribers><Subscriber EMAIL='ada@example.org' prefix='' NUMBER='' name=''></Subscriber></Subscribers>",
        '\ufeff \n<?xml version="1.0" encoding="windows-1252" ?><s><subscriber email="ada@example.org"/></s>',
        '<x:subscribers><x:subscriber email="ada@example.org"/></x:subscribers>',
        '<subscribers><!-- one --><subscriber email="ada@example.org"></subscriber></subscribers>',
    ],
)
def test_letter_case_prologue_and_prefixes_are_no_matter(document):
    assert rows_of(document) == [ImportRow("ada@example.org")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("<campo1>Ada &amp; Co</campo1>", "Ada & Co"),
        ("<Campo1>Ada</Campo1>", "Ada"),
        ("<CAMPO01>Ada</CAMPO01>", "Ada"),
        ("<campo1><![CDATA[Ada <b> & Co]]></campo1>", "Ada <b> & Co"),
        ("<campo1>A<![CDATA[d]]>a</campo1>", "Ada"),
        ("<campo1>Però 😀</campo1>", "Però 😀"),
        ("<campo1> Ada </campo1>", " Ada "),
    ],
)
def test_values_are_text_or_cdata(cell, value):
    assert fields_of(cell) == {"1": value}


@pytest.mark.parametrize("import_type", [1, 2, 3])
def test_an_empty_value_leaves_what_is_stored_and_a_blank_takes_it_away(import_type):
    cells = ("<campo1></campo1>", "<campo2> </campo2>", "<campo3><![CDATA[ ]]></campo3>", "<campo4>x</campo4>")

    assert fields_of(*cells, import_type=import_type) == {"2": None, "3": None, "4": "x"}


@pytest.mark.parametrize("import_type", [4, 5, 6])
def test_from_type_4_on_an_empty_value_takes_away_what_is_stored(import_type):
    assert fields_of("<campo1/>", "<campo2> </campo2>", "<campo3>x</campo3>", import_type=import_type) == {
        "1": None,
        "2": None,
        "3": "x",
    }


@pytest.mark.parametrize(
    ("import_type", "email", "number"),
    [
        (1, "ada@example.org", ""),
        (4, "ada@example.org", ""),
        (2, "", "8889624587"),
        (5, "", "8889624587"),
        (3, "ada@example.org", "8889624587"),
        (6, "ada@example.org", "8889624587"),
    ],
)
def test_the_type_says_which_channel_counts(import_type, email, number):
    (row,) = rows_of(f"<subscribers>{ADA}</subscriber></subscribers>", import_type=import_type)

    assert (row.email, row.number, row.prefix) == (email, number, "+001" if number else "")


def test_fields_go_by_their_names_however_they_are_ordered():
    assert fields_of("<campo7>seven</campo7>", "<campo2>two</campo2>") == {"7": "seven", "2": "two"}


def test_a_document_that_counts_from_zero_goes_by_position():
    document = (
        "<s><subscriber email='a@example.org'><campo1>1</campo1><campo5>5</campo5></subscriber>"
        "<subscriber email='b@example.org'><campo0>one</campo0><campo1></campo1></subscriber></s>"
    )

    assert [row.fields for row in rows_of(document)] == [{"1": "1", "2": "5"}, {"1": "one"}]


@pytest.mark.parametrize(
    "document",
    [
        "no document",
        "<subscribers>",
        "<subscribers><subscriber></subscribers>",
        "<subscribers><person/></subscribers>",
        "<subscribers><subscriber><nome>Ada</nome></subscriber></subscribers>",
        "<subscribers><subscriber><campo1><b>Ada</b></campo1></subscriber></subscribers>",
        "<subscribers><subscriber><campo1>a</campo1><Campo1>b</Campo1></subscriber></subscribers>",
        "<subscribers><subscriber><campo1>a|b</campo1></subscriber></subscribers>",
        "<subscribers><subscriber><campo1>a&#124;b</campo1></subscriber></subscribers>",
        '<subscribers><subscriber email="a|b@example.org"/></subscribers>',
        "<s><subscriber><campo0/><campo1/></subscriber><subscriber><campo0/></subscriber></s>",
        "<s><subscriber>" + "".join(f"<campo{number}/>" for number in range(1, 600)) + "</subscriber></s>",
        '<!DOCTYPE s [<!ENTITY a "ada@example.org">]><s><subscriber email="&a;"/></s>',
        "<s><subscriber><campo1>\x00</campo1></subscriber></s>",
    ],
)
def test_what_is_no_table_of_people_is_refused(document):
    with pytest.raises(UnreadableDocument):
        read_rows(document, import_type=3)


@pytest.mark.parametrize("document", ["", " \n", "<subscribers/>", "<subscribers>\n</subscribers>"])
def test_nobody_to_import_is_told_apart(document):
    with pytest.raises(EmptyDocument):
        read_rows(document, import_type=3)


async def test_ten_million_octets_are_read_in_bounded_memory():
    one = '<subscriber email="somebody@example.org" Prefix="" Number="" Name=""><campo1>Somebody</campo1></subscriber>'
    count = 10_000_000 // len(one)
    document = f"<subscribers>{one * count}</subscribers>"
    tracemalloc.start()

    packed = await read_document(document, import_type=3)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert packed.rows == count
    assert peak < 3 * len(document)
