"""What a call may look like: contract 2.4 and 2.5, a row each."""

from datetime import UTC, datetime
from typing import Any

import pytest

from interfaces.soap.asking import HEADER, SOAP_11, SOAP_12, Asker, envelope
from interfaces.soap.small_service import Heard
from staffetta.interfaces.soap.calls import Credentials

MISSING = {"idList": 0, "xmlDoc": None, "asOptOut": False, "options": None, "startAt": None}
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

READ: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("<TakeAll/>", {}),
    "a number": ("<TakeAll><idList> 12 </idList></TakeAll>", {"idList": 12}),
    "signs": ("<TakeAll><idList>-2147483648</idList></TakeAll>", {"idList": -(2**31)}),
    "text": ("<TakeAll><xmlDoc>a &lt;b&gt; &#x20AC; è</xmlDoc></TakeAll>", {"xmlDoc": "a <b> € è"}),
    "CDATA": ("<TakeAll><xmlDoc><![CDATA[<a>&amp;</a>]]></xmlDoc></TakeAll>", {"xmlDoc": "<a>&amp;</a>"}),
    "empty text": ("<TakeAll><xmlDoc/></TakeAll>", {"xmlDoc": ""}),
    "blanks": ("<TakeAll><xmlDoc> </xmlDoc></TakeAll>", {"xmlDoc": " "}),
    "nil": (f'<TakeAll {XSI}><xmlDoc xsi:nil="true"/><idList xsi:nil="1"/></TakeAll>', {}),
    "true": ("<TakeAll><asOptOut>true</asOptOut></TakeAll>", {"asOptOut": True}),
    "1": ("<TakeAll><asOptOut>1</asOptOut></TakeAll>", {"asOptOut": True}),
    "True": ("<TakeAll><asOptOut>True</asOptOut></TakeAll>", {"asOptOut": True}),
    "0": ("<TakeAll><asOptOut>0</asOptOut></TakeAll>", {}),
    "false": ("<TakeAll><asOptOut>false</asOptOut></TakeAll>", {}),
    "another order": (
        "<TakeAll><asOptOut>1</asOptOut><idList>3</idList></TakeAll>",
        {"idList": 3, "asOptOut": True},
    ),
    "unknown elements": (
        "<TakeAll><idConfirmNL/><idGroup><a>1</a></idGroup><idList>3</idList></TakeAll>",
        {"idList": 3},
    ),
    "elements twice": ("<TakeAll><idList>3</idList><idList>4</idList></TakeAll>", {"idList": 3}),
    "other namespaces": (
        '<x:TakeAll xmlns:x="http://tempuri.org/"><y:idList xmlns:y="urn:y">3</y:idList></x:TakeAll>',
        {"idList": 3},
    ),
    "prefixes nobody declared": ("<x:TakeAll><x:idList>3</x:idList></x:TakeAll>", {"idList": 3}),
    "a second body": ("<TakeAll><idList>3</idList></TakeAll><TakeAll><idList>4</idList></TakeAll>", {"idList": 3}),
    "comments": ("<TakeAll><!-- a --><idList>1<!-- b -->2</idList><?php x ?></TakeAll>", {"idList": 12}),
    "a date": (
        "<TakeAll><startAt>2026-06-01T12:00:00.1234567+02:00</startAt></TakeAll>",
        {"startAt": datetime(2026, 6, 1, 10, 0, 0, 123456, tzinfo=UTC)},
    ),
    "no options": ("<TakeAll><options/></TakeAll>", {"options": {}}),
    "options": (
        (
            f"<TakeAll {XSI}><options><Option><Key>SEND_TO</Key>"
            '<Value xmlns:q="http://www.w3.org/2001/XMLSchema" xsi:type="q:string">ALL</Value></Option>'
            '<Option xsi:nil="true"/><Option><Value>lost</Value></Option>'
            "<Option><key>note</key><value>a<b>c</b></value></Option>"
            "<Option><Value>x</Value><Key> from </Key></Option><Option><Key>empty</Key></Option></options></TakeAll>"
        ),
        {"options": {"send_to": "ALL", "note": "ac", "from": "x", "empty": ""}},
    ),
}


@pytest.mark.parametrize("case", READ)
async def test_a_call_is_read_as_it_is_meant(small: Asker, heard: Heard, case: str):
    body, values = READ[case]

    response = await small.call(body)

    assert response.status_code == 200, response.text
    assert heard.values == MISSING | values


REFUSED = {
    "an empty number": "<TakeAll><idList/></TakeAll>",
    "an empty boolean": "<TakeAll><asOptOut/></TakeAll>",
    "an empty date": "<TakeAll><startAt/></TakeAll>",
    "a word for a number": "<TakeAll><idList>twelve</idList></TakeAll>",
    "another script's digits": "<TakeAll><idList>１２</idList></TakeAll>",
    "a number too large": "<TakeAll><idList>2147483648</idList></TakeAll>",
    "an endless number": f"<TakeAll><idList>{'9' * 100_000}</idList></TakeAll>",
    "a word for a boolean": "<TakeAll><asOptOut>yes</asOptOut></TakeAll>",
    "XML for text": "<TakeAll><xmlDoc><subscribers/></xmlDoc></TakeAll>",
    "no operation": "",
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_value_that_is_none_is_a_fault(small: Asker, heard: Heard, case: str):
    response = await small.call(REFUSED[case])

    assert response.status_code == 500
    assert "<faultcode>soap:Client</faultcode>" in response.text
    assert heard.calls == []


HEADERS: dict[str, tuple[str, Credentials | None]] = {
    "none": ("", None),
    "whole": (HEADER, Credentials("a1", "secret", "UTF-8")),
    "of another namespace": (
        '<t:Authentication xmlns:t="http://tempuri.org/"><t:User> a1 </t:User></t:Authentication>',
        Credentials("a1"),
    ),
    "empty": ("<Authentication/>", Credentials()),
    "spelt otherwise": ("<Authentication><password> p </password></Authentication>", Credentials("", " p ")),
    "beside others": ("<Other><User>x</User></Other>" + HEADER, Credentials("a1", "secret", "UTF-8")),
}


@pytest.mark.parametrize("case", HEADERS)
async def test_the_header_is_found_by_its_local_name(small: Asker, heard: Heard, case: str):
    header, credentials = HEADERS[case]

    await small.call("<GetLists/>", header=header)

    assert heard.call.credentials == credentials


def test_a_password_is_not_printed():
    assert "secret" not in repr(Credentials("a1", "secret"))


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/soap+xml", "text/xml; charset=utf-8"])
@pytest.mark.parametrize("version", [SOAP_11, SOAP_12])
async def test_the_envelope_says_its_version_whatever_the_headers_say(small: Asker, version: str, content_type: str):
    response = await small.send(envelope("<Bare/>", version=version), content_type)

    assert response.status_code == 200
    assert f'xmlns:soap="{version}"' in response.text


async def test_of_two_versions_that_are_declared_the_envelopes_own_counts(small: Asker):
    both = f'<a:Envelope xmlns:b="{SOAP_11}" xmlns:a="{SOAP_12}"><a:Body><Bare/></a:Body></a:Envelope>'
    unprefixed = f'<Envelope xmlns="{SOAP_11}" xmlns:a="{SOAP_12}"><Body><Bare xmlns=""/></Body></Envelope>'

    new, old = await small.send(both), await small.send(unprefixed)

    assert f'xmlns:soap="{SOAP_12}"' in new.text
    assert f'xmlns:soap="{SOAP_11}"' in old.text


@pytest.mark.parametrize("action", ['"http://ws.mailupnet.it/Fail"', "http://ws.mailupnet.it/Fail", "", '""'])
async def test_the_action_decides_nothing(small: Asker, action: str):
    headers = {"content-type": "text/xml", "SOAPAction": action}

    response = await small.request("POST", small.path, content=envelope("<Bare/>"), headers=headers)

    assert "BareResult" in response.text


BODY = "<TakeAll><xmlDoc>perché €</xmlDoc></TakeAll>"
ENVELOPE = envelope(BODY).partition("?>\n")[2]
WRITTEN: dict[str, tuple[bytes, str]] = {
    "UTF-8 unsaid": (ENVELOPE.encode(), "text/xml"),
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + envelope(BODY).encode(), "text/xml"),
    "blanks before": (b"\r\n  " + envelope(BODY).encode() + b"\r\n\r\n", "text/xml"),
    "windows-1252 declared": (
        f'<?xml version="1.0" encoding="windows-1252"?>{ENVELOPE}'.encode("cp1252"),
        "text/xml; charset=utf-8",
    ),
    "windows-1252 by the header": (ENVELOPE.encode("cp1252"), 'text/xml; charset="windows-1252"'),
    "called ISO 8859-1": (ENVELOPE.encode("cp1252"), "text/xml; charset=ISO-8859-1"),
    "UTF-16 with a mark": (f'<?xml version="1.0" encoding="utf-16"?>{ENVELOPE}'.encode("utf-16"), "text/xml"),
    "UTF-16 without": (ENVELOPE.encode("utf-16-le"), "text/xml; charset=utf-16"),
    "UTF-8 that says UTF-16": (f'<?xml version="1.0" encoding="utf-16"?>{ENVELOPE}'.encode(), "text/xml"),
}


@pytest.mark.parametrize("case", WRITTEN)
async def test_a_call_may_be_written_in_these_characters(small: Asker, heard: Heard, case: str):
    octets, content_type = WRITTEN[case]

    await small.send(octets, content_type)

    assert heard.values["xmlDoc"] == "perché €"


async def test_who_called_and_which_host_was_asked_reaches_the_operation(small: Asker, heard: Heard):
    await small.call("<GetLists/>")

    assert heard.call.ip == "192.0.2.7"
    assert heard.call.host == small.host


async def test_ten_million_characters_pass(small: Asker, heard: Heard):
    document = "<subscriber email='ada@example.com'/>" * 270_000

    response = await small.call(f"<TakeAll><xmlDoc>{document.replace('<', '&lt;')}</xmlDoc></TakeAll>")

    assert response.status_code == 200
    assert heard.values["xmlDoc"] == document
