"""What the services answer, to the byte, and how clients that never parse XML read it (contract 2.2)."""

import re

import pytest

from interfaces.soap.asking import SOAP_12, Asker, envelope

NAMESPACES = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
HEAD = '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{version}"' + NAMESPACES + "><soap:Body>"
TAIL = "</soap:Body></soap:Envelope>"
INNER = (
    "&lt;mailupMessage&gt;&lt;mailupBody&gt;&lt;ReturnCode&gt;0&lt;/ReturnCode&gt;&lt;Lists&gt;"
    '&lt;List idList="1" listName="News"&gt;&lt;Groups&gt;'
    '&lt;Group idGroup="3" groupName="Caffè &amp;amp; &amp;quot;Co&amp;quot; &amp;lt;b&amp;gt;" /&gt;'
    "&lt;/Groups&gt;&lt;/List&gt;&lt;/Lists&gt;&lt;ReturnCode&gt;7&lt;/ReturnCode&gt;"
    "&lt;/mailupBody&gt;&lt;/mailupMessage&gt;"
)


async def test_the_answer_is_one_line_as_the_original_writes_it(small: Asker):
    response = await small.call("<GetLists/>")

    head = HEAD.format(version="http://schemas.xmlsoap.org/soap/envelope/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    assert response.content.decode() == (
        f'{head}<GetListsResponse xmlns="http://ws.mailupnet.it/"><GetListsResult>{INNER}</GetListsResult>'
        f"</GetListsResponse>{TAIL}"
    )


async def test_soap_1_2_is_answered_in_soap_1_2(small: Asker):
    response = await small.call("<Bare/>", version=SOAP_12)

    assert response.headers["content-type"] == "application/soap+xml; charset=utf-8"
    assert response.text == (
        f'{HEAD.format(version=SOAP_12)}<BareResponse xmlns="http://ws.mailupnet.it/"><BareResult>a &amp;gt; b'
        f"</BareResult></BareResponse>{TAIL}"
    )


async def test_a_number_stands_bare(small: Asker):
    response = await small.call("<Count/>")

    assert "<CountResult>-1</CountResult>" in response.text


async def test_who_splits_the_raw_answer_finds_its_parts(small: Asker):
    """Classic ASP: split at literal text, un-escape no more than `&lt;` and `&gt;`, parse what comes of it."""
    raw = (await small.call("<GetLists/>")).text

    between = raw.split("mailupMessage&gt;")[1]
    document = "<mailupMessage>" + between.replace("&lt;", "<").replace("&gt;", ">") + "mailupMessage>"
    codes = [part.split("</")[0] for part in document.split("ReturnCode>")[1::2]]

    assert document.endswith("</mailupMessage>")
    assert [int(code) for code in codes] == [0, 7]


async def test_who_cuts_between_the_tags_of_lists_gets_xml(small: Asker):
    """Two official plugins: decode once, then cut the text between the literals."""
    from lxml import etree

    raw = (await small.call("<GetLists/>")).content
    result = etree.fromstring(raw)[0][0][0].text

    cut = result[result.index("<Lists>") : result.index("</Lists>") + len("</Lists>")]
    group = etree.fromstring(cut).find("List/Groups/Group")

    assert group.get("groupName") == 'Caffè & "Co" <b>'
    assert re.findall(r"&#|<!\[CDATA", raw.decode()) == []


FAULT_11 = "<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{text}</faultstring><detail /></soap:Fault>"
FAULT_12 = (
    "<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code>"
    '<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason></soap:Fault>'
)


async def test_a_refusal_is_a_fault_that_says_why(small: Asker):
    told = "there is no &lt;such&gt; thing &amp; never was"

    old, new = await small.call("<Refuse/>"), await small.call("<Refuse/>", version=SOAP_12)

    assert (old.status_code, new.status_code) == (500, 500)
    assert old.text.endswith(FAULT_11.format(code="Server", text=told) + TAIL)
    assert new.text.endswith(FAULT_12.format(code="Receiver", text=told) + TAIL)


@pytest.mark.parametrize("operation", ["Fail", "Weather"])
async def test_a_failure_of_ours_is_a_fault_that_tells_nothing(small: Asker, operation: str):
    response = await small.call(f"<{operation}/>")

    assert response.status_code == 500
    assert "<faultcode>soap:Server</faultcode><faultstring>The platform c" in response.text
    assert "example.com" not in response.text
    assert "no route" not in response.text


async def test_what_cannot_be_read_is_the_callers_fault(small: Asker):
    old = await small.send("<not xml")
    new = await small.send("<not xml", "application/soap+xml; charset=utf-8")

    assert (old.status_code, new.status_code) == (500, 500)
    assert "<faultcode>soap:Client</faultcode>" in old.text
    assert "<soap:Value>soap:Sender</soap:Value>" in new.text
    assert new.headers["content-type"] == "application/soap+xml; charset=utf-8"


async def test_an_operation_that_is_none_is_named_a_place_to_look(small: Asker):
    response = await small.call("<Drop/>")

    assert "soap:Client" in response.text
    assert small.path in response.text


async def test_a_body_beyond_the_limit_is_not_read(small: Asker):
    headers = {"content-type": "text/xml", "content-length": str(40_000_000)}

    response = await small.request("POST", small.path, content=envelope("<GetLists/>"), headers=headers)

    assert response.status_code == 500
    assert "soap:Client" in response.text
    assert response.headers["connection"] == "close"


async def test_nobody_is_answered_who_went_away(small: Asker):
    sent = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": small.path, "query_string": b"", "headers": headers}
    await small.application(scope, receive, send)

    assert sent == []
