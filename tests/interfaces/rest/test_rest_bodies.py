"""Bodies as clients write them, and bodies that nobody should write (contract 2.2)."""

import pytest

from interfaces.rest.calling import Caller, caller
from interfaces.rest.small_table import ENDPOINTS, Person, Titled
from staffetta.accounts import Account
from staffetta.errors import InvalidArgument
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.rest.reading import decode_body

ADA = Person(Name="Ada", Email="ada@example.com", idRecipient=7, Active=True)
XMLNS = 'xmlns="http://MailupSoa.Ws.Schema.API.Console" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'


@pytest.fixture
def small(unlimited: Platform, account: Account) -> Caller:
    """Calls of the small table."""
    return caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))


@pytest.mark.parametrize(
    "body",
    [
        b'{"Name":"Ada","Email":"ada@example.com","idRecipient":7,"Active":true}',
        b'\xef\xbb\xbf \r\n{"Name":"Ada","Email":"ada@example.com","idRecipient":7,"Active":true}\r\n',
        b'{"name":"Ada","EMAIL":"ada@example.com","IdRecipient":"7","active":"True"}',
        b'{"Name":"Ada","name":"Eve","Email":"ada@example.com","idRecipient":" 7 ","Active":1}',
        b'{"Name":"Ada","Email":"ada@example.com","idRecipient":7.0,"Active":"1","Fields":null}',
        b'{"Name":"Ada","Email":"ada@example.com","idRecipient":7,"Active":true,"Unknown":{"Name":[1]},}',
        b'{"Name":"A\\u0000d\\u001fa\\b","Email":"ada@example.com","idRecipient":7,"Active":true,"Fields":[] , \n}',
        b"Name=Ada&Email=ada%40example.com&idRecipient=7&Active=true",
        b"name=Ada&email=ada@example.com&idRecipient=7&Active=1&Other=x",
        f"<ConsoleRecipientItem {XMLNS}><Active>true</Active><Email>ada@example.com</Email><Name>Ada</Name>"
        "<idRecipient>7</idRecipient></ConsoleRecipientItem>".encode(),
        (
            b'<?xml version="1.0" encoding="utf-8"?><!-- x --><p:A xmlns:p="x:y"><p:name>Ada</p:name>'
            b"<p:Other><p:x/></p:Other>"
            b"<p:Email>ada@example.com</p:Email><p:IDRECIPIENT>7</p:IDRECIPIENT><p:Active>1</p:Active></p:A>"
        ),
    ],
)
def test_a_body_is_read_in_every_way_of_writing_it(body):
    assert decode_body(body, Person) == ADA


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"Name":"Città"}'.encode(), "Città"),
        ('{"Name":"Città"}'.encode("cp1252"), "Città"),
        (b'{"Name":"Citt\\u00e0"}', "Città"),
        ("Name=Città".encode("cp1252"), "Città"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><a><Name>Città</Name></a>'.encode("latin-1"), "Città"),
        (b'{"Name":"a, ] b,}","Active":true,}', "a, ] b,}"),
        (b'{"Name":null}', ""),
        (b'{"Name":5}', "5"),
        (b'{"Name":true}', "true"),
        (b'{"Name":"null"}', "null"),
        (b'{"Name":"a\\tb\\nc"}', "a\tb\nc"),
        (b'{"name":"a\\u0007b"}', "ab"),
        ('{"Name":"a\u0085b"}'.encode(), "ab"),
        (f'<a {XMLNS}><Name i:nil="true"/></a>'.encode(), ""),
        (b"", ""),
        (b"null", ""),
        (b" \r\n", ""),
        (b"{}", ""),
    ],
)
def test_texts_arrive_as_they_were_meant(body, name):
    assert decode_body(body, Person).Name == name


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'[{"Name":"Ada"},{"name":"Eve"}]', ["Ada", "Eve"]),
        (b'{"Name":"Ada"}', ["Ada"]),
        (b'[{"Name":"Ada"},]', ["Ada"]),
        (b'{"0":{"Name":"Ada"},"2":{"name":"Eve"}}', ["Ada", "Eve"]),
        (b"[]", []),
        (b"null", []),
        (b"{}", []),
        (b"", []),
        (b"<ArrayOfX><X><Name>Ada</Name></X><X><Name>Eve</Name></X></ArrayOfX>", ["Ada", "Eve"]),
    ],
)
def test_an_array_may_be_missing_or_of_one(body, names):
    assert [person.Name for person in decode_body(body, list[Person])] == names


@pytest.mark.parametrize(
    ("body", "texts"),
    [(b'{"0":"http:","2":5}', ["http:", "5"]), (b"{}", []), (b'"http:"', ["http:"]), (b'["http:"]', ["http:"])],
)
def test_an_array_of_texts_likewise(body, texts):
    assert decode_body(body, list[str]) == texts


@pytest.mark.parametrize(
    "body",
    [
        b'{"Fields":[{"Id":"1","description":"nome","Value":null}]}',
        b'{"fields":[{"id":1,"Description":"nome"}]}',
        b'{"Fields":{"Id":1,"Description":"nome","Value":""}}',
        b"<a><Fields><b><Description>nome</Description><Id>1</Id><Value/></b></Fields></a>",
    ],
)
def test_what_is_inside_is_read_as_leniently(body):
    (field,) = decode_body(body, Person).Fields

    assert (field.Id, field.Description, field.Value) == (1, "nome", "")


@pytest.mark.parametrize(
    ("body", "wanted", "said"),
    [
        (b'{"idRecipient":"x"}', Person, "idRecipient: expected `int | null`, got `str`."),
        (b'{"Fields":[{},{"Id":[]}]}', Person, "Fields[1].Id: expected `int`, got `array`."),
        (b'{"Active":"perhaps"}', Person, "Active: expected `bool`, got `str`."),
        (b"{}", Titled, "The body: Object missing required field `Name`."),
        (b'{"Name":null}', Titled, "Name: expected `str`, got `null`."),
        (b"", Titled, "The body: Object missing required field `Name`."),
        (b"[1]", Person, "The body: Expected `object`, got `array`."),
        (b'{"People":[{"Name":"Ada"}],"Force":true}', list[Person], "The body: Expected `array`, got `object`."),
        (b'{"Name":"Ada","Fields":{"nome":"Ada"}}', Person, "Fields: expected `array`, got `object`."),
        (b"5", Person, "The body: Expected `object`, got `int`."),
        (b'{"Name"', Person, "The body is no JSON: Input data was truncated."),
        (b"hello", Person, "The body is no JSON: JSON is malformed: invalid character (byte 0)."),
        (b"<a>", Person, "The body is no well-formed XML."),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a><Name>&b;</Name></a>", Person, "document type, which is not read"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_member(body, wanted, said):
    with pytest.raises(InvalidArgument) as refused:
        decode_body(body, wanted)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"Name":' * 10_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b',"name":"x"}',
        b'{"Name":"' + b"x" * 300_000,
        b'{"Name":"x"' + b", " * 300_000,
        b"," * 300_000,
        b'{"' + b"\\" * 300_000,
        b'{"idRecipient":' + b"9" * 100_000 + b"}",
        b'{"idRecipient":"' + b"9" * 100_000 + b'"}',
        b'{"idRecipient":1e400}',
        b'{"Name":"\\ud800"}',
        b"a=b&" * 5_000,
        b"<a>" * 100_000,
        b"<a><Name>" + b"&lt;" * 10 + b"</Nam>",
        b'<a xmlns:b="c" b:c="1" b:c="2"/>',
        b"\x00" * 1_000,
        b"\xff\xfe<\x00a\x00>\x00",
    ],
)
async def test_a_hostile_body_is_an_error_object(small, body):
    answer = await small.post("/API/v1.1/Rest/ConsoleService.svc/Console/Person", content=body)

    assert answer.status_code == 400
    assert answer.json()["ErrorCode"] == "400"
    assert len(answer.content) < 1_000


async def test_a_body_beyond_the_limit_is_refused(small, unlimited, account):
    octets = b'{"Name":"' + b"x" * unlimited.settings.rest_body_octets

    async def pieces():
        yield octets

    announced = await small.post("Console/Person", content=octets)
    streamed = await small.post("Console/Person", content=pieces())

    for answer in (announced, streamed):
        assert answer.status_code == 400
        assert "33554432 octets" in answer.json()["ErrorDescription"]


async def test_a_long_body_is_read_as_others_are(small):
    people = [{"Name": f"Ada {number}", "Fields": [{"Id": 1, "Value": "x" * 50}]} for number in range(5_000)]

    answer = await small.put("Console/People", json=people)

    assert [person["Name"] for person in answer.json()] == [person["Name"] for person in people]
