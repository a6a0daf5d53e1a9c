"""The XML that is answered on request, and whose request it is (contract 8)."""

import msgspec
import pytest
from lxml import etree

from interfaces.rest.calling import Caller, caller
from interfaces.rest.small_table import ENDPOINTS, Group
from staffetta.accounts import Account
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.rest.openapi import types_of
from staffetta.interfaces.rest.reference import shapes_of
from staffetta.interfaces.rest.table import ENDPOINTS as REAL_ENDPOINTS
from staffetta.interfaces.rest.xml import ITEM_NAMES, xml_of

I = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'  # noqa: E741 - as the schema's prefix
API = "http://MailupSoa.Ws.Schema.API"
CONSOLE = "http://MailupSoa.Ws.Schema.API.Console"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SCALARS = "http://schemas.microsoft.com/2003/10/Serialization/"
X = f'xmlns="{ARRAYS}"'


@pytest.fixture
def small(unlimited: Platform, account: Account) -> Caller:
    """Calls of the small table."""
    return caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Console/List/7", f'<int xmlns="{SCALARS}">7</int>'),
        ("Console/Truth", f'<boolean xmlns="{SCALARS}">true</boolean>'),
        (
            "Console/List/7/Groups?PageSize=1&PageNumber=1",
            (
                f'<CollectionOfConsoleGroupItem xmlns="{API}" {I}><IsPaginated>true</IsPaginated><Items>'
                f'<ConsoleGroupItem xmlns="{CONSOLE}"><Count i:nil="true"/><Name>Amici &amp; co</Name>'
                "<idGroup>1</idGroup>"
                f'<Numbers><int xmlns="{ARRAYS}">7</int><int xmlns="{ARRAYS}">8</int></Numbers>'
                "</ConsoleGroupItem></Items>"
                "<PageNumber>1</PageNumber><PageSize>1</PageSize><Skipped>1</Skipped>"
                "<TotalElementsCount>2</TotalElementsCount></CollectionOfConsoleGroupItem>"
            ),
        ),
        (
            "Console/List/7/Groups?PageNumber=9",
            (
                f'<CollectionOfConsoleGroupItem xmlns="{API}" {I}><IsPaginated>false</IsPaginated><Items></Items>'
                "<PageNumber>9</PageNumber><PageSize>20</PageSize><Skipped>180</Skipped>"
                "<TotalElementsCount>2</TotalElementsCount></CollectionOfConsoleGroupItem>"
            ),
        ),
        (
            "Console/Profile",
            (
                f'<Profile xmlns="{CONSOLE}" {I}><Name>Ada</Name><Fields><ConsoleRecipientDynamicFieldItem '
                f'xmlns="{CONSOLE}"><Description>nome</Description><Id>1</Id><Value>Ada</Value>'
                "</ConsoleRecipientDynamicFieldItem></Fields></Profile>"
            ),
        ),
        (
            "/API/v1.1/Rest/MailStatisticsService.svc/Console/Array",
            f'<ArrayOfConsoleGroupItem xmlns="{CONSOLE}" {I}></ArrayOfConsoleGroupItem>',
        ),
    ],
)
async def test_an_answer_is_xml_with_the_names_of_the_original(small, path, expected):
    answer = await small.get(path, headers={"Accept": "application/xml"})

    assert answer.text == expected
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert etree.fromstring(answer.content) is not None


async def test_nothing_is_an_empty_body_in_xml_too(small):
    answer = await small.delete("Console/List/7", headers={"Accept": "application/xml"})

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("accept", "xml"),
    [
        ("application/xml", True),
        ("text/xml", True),
        ("Application/XML; charset=utf-8", True),
        ("application/xml, application/json;q=0.9", True),
        ("application/json;q=0.5,text/xml;q=0.8,*/*;q=0.1", True),
        ("application/json, application/xml", False),
        ("application/xml;q=0.5, */*", False),
        ("application/xml;q=0", False),
        ("application/xml;q=x", False),
        ("application/xml;q=nan", False),
        ("application/json;utf-8", False),
        ("application/x-www-form-urlencoded", False),
        ("xml", False),
        (",;,=;q=xml,/", False),
        ("*/*", False),
        ("", False),
        ("application/json," * 500 + "application/xml", False),
    ],
)
async def test_xml_is_for_those_who_prefer_it(small, accept, xml):
    answer = await small.get("Console/List/7", headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml" if xml else "application/json")


def test_no_text_breaks_the_xml():
    name = "<a href='x'>&amp;]]>\x00\x1b\ufffe\ud83d\r\n\t"

    root = etree.fromstring(xml_of(Group(None, name, 1)))

    assert root.findtext(f"{{{CONSOLE}}}Name") == "<a href='x'>&amp;]]>\r\n\t"


def test_an_item_goes_by_the_name_of_the_originals():
    class SendingItem(msgspec.Struct):
        Id: int

    assert xml_of([SendingItem(1)], list[SendingItem]).startswith(b"<ArrayOfEmailSendingItem ")


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (["a&b"], list[str], f"<ArrayOfstring {X} {I}><string {X}>a&amp;b</string></ArrayOfstring>"),
        ([7], list[int], f"<ArrayOfint {X} {I}><int {X}>7</int></ArrayOfint>"),
        ([], list[str], f"<ArrayOfstring {X} {I}></ArrayOfstring>"),
    ],
)
def test_an_array_of_texts_or_numbers_is_of_the_serializers_own_namespace(value, type_, expected):
    assert xml_of(value, type_).decode() == expected


def test_every_name_is_that_of_an_object_that_is_answered():
    assert set(ITEM_NAMES) <= {shape.name for shape in shapes_of(types_of(REAL_ENDPOINTS))}
