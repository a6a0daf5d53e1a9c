"""The pages as real clients reach them: any letter case, GET and POST, query and form, from other sites' browsers."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
import uvicorn

from interfaces.frontend.calls import FORM, Site, code_of, location_of, routed
from staffetta.interfaces.wire import LenientHttpProtocol
from staffetta.recipients import Status

ADA = "ada@example.com"
MULTIPART = "multipart/form-data; boundary=x"


SPELLINGS = (
    "/frontend/xmlSubscribe.aspx",
    "/frontend/Xmlsubscribe.aspx",
    "/FrontEnd/XMLSUBSCRIBE.ASPX",
    "//frontend/xmlSubscribe.aspx",
    "///frontend///xmlsubscribe.aspx",
    "/frontend/xml%53ubscribe.aspx",
    "/frontend/xmlSubscribe.aspx/",
    "/Frontend/XmlSubscribe.ASPX//info.aspx/x",
)


async def test_a_page_is_found_in_any_spelling(site: Site):
    codes = {
        page: await site.code(page, list=1, email=f"{number}@example.com") for number, page in enumerate(SPELLINGS)
    }

    assert codes == dict.fromkeys(SPELLINGS, 0)
    assert len(site.requests()) == len(SPELLINGS)


# In this order: what comes last unsubscribes.
ALIASES = {
    "xmlChkSubscriber.aspx": 2,
    "xmlChkSubscribe.aspx": 2,
    "xmlUpdSubscriber.aspx": 0,
    "updSubscriber.aspx": 0,
    "UPDSUBSCRIBER.aspx": 0,
    "xmlUnSubscribe.aspx": 0,
    "xmlUnsubscribe.aspx": 3,
}


async def test_a_page_has_its_aliases(site: Site):
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)

    codes = {page: await site.code(page, **site.secret(), email=ADA) for page in ALIASES}

    assert codes == ALIASES


async def test_a_parameter_is_found_in_any_letter_case(site: Site):
    await site.code("xmlSubscribe.aspx", LIST=1, EMAIL=ADA, CONFIRM=0, RETCODE=1)
    guid = site.mailing_list().guid

    codes = [
        await site.code("xmlchksubscriber.aspx", **{name: guid, "List": 1, "Email": ADA})
        for name in ("ListGuid", "listguid", "LISTGUID", "listGuid")
    ]

    assert codes == [2, 2, 2, 2]


PARAMETERS = {"list": "1", "confirm": "0", "retCode": "1", "email": ADA}
WAYS = {
    "GET": {"method": "GET", "params": PARAMETERS},
    "POST of a form": {"method": "POST", "data": PARAMETERS},
    "POST of a multipart form": {"method": "POST", "files": {name: (None, each) for name, each in PARAMETERS.items()}},
    "POST of nothing, all in the query": {"method": "POST", "params": PARAMETERS},
    "POST of an empty form, all in the query": {
        "method": "POST",
        "params": PARAMETERS,
        "content": b"",
        "headers": {"content-type": FORM},
    },
    "POST of one half, the other in the query": {
        "method": "POST",
        "params": {"list": "1", "retCode": "1"},
        "data": {"email": ADA, "confirm": "0"},
    },
    "POST of a form with no type": {"method": "POST", "content": b"list=1&email=ada@example.com&confirm=0&retCode=1"},
    "POST with unknown parameters": {
        "method": "POST",
        "data": {**PARAMETERS, "source": "x", "token": "y", "Submit": ""},
    },
}


@pytest.mark.parametrize("way", WAYS)
async def test_parameters_come_every_way(site: Site, way):
    request = dict(WAYS[way])
    method = request.pop("method")

    answered = await site.request(method, "xmlSubscribe.aspx", **request)
    led = await site.request(method, "subscribe.aspx", **request)

    assert (code_of(answered), location_of(led)) == (0, "/frontend/landing/already?list=1")
    assert site.status(ADA) == Status.SUBSCRIBED


async def test_empty_parts_of_a_multipart_form_are_as_if_missing(site: Site):
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0, group=1)
    parts = {**site.secret(), "Email": ADA, "Sms": "", "Group": "", "Replace": "", "csvFldNames": "campo1"}
    files = {name: (None, str(value)) for name, value in {**parts, "csvFldValues": "O'Neill è"}.items()}

    response = await site.request("POST", "xmlUpdSubscriber.aspx", files=files)

    assert code_of(response) == 0
    assert (site.recipient(ADA).fields, site.groups(ADA)) == ({"1": "O'Neill è"}, {1})


async def test_check_boxes_of_one_name_are_joined(site: Site, now):
    site.add_lists(2, now)

    response = await site.request(
        "POST",
        "subscribe.aspx",
        content=b"list=1&list=2,3&list=&group=1&group=2&group=3,3&email=ada@example.com&confirm=off",
        headers={"content-type": FORM},
    )

    assert location_of(response) == "/frontend/landing/subscribed?list=1"
    assert [site.status(ADA, number) for number in (1, 2, 3)] == [Status.SUBSCRIBED] * 3
    assert site.groups(ADA) == {1, 2, 3}


async def test_a_semicolon_is_data(site: Site):
    content = b"source=wordpress&Email=ada@example.com&List=1&Group=1;2&Confirm=false&csvFldNames=campo1;campo2"

    response = await site.request(
        "POST",
        "xmlSubscribe.aspx",
        content=content + b"&csvFldValues=Ada;King&retCode=1",
        headers={"content-type": FORM},
    )

    assert code_of(response) == 0
    assert (site.recipient(ADA).fields, site.groups(ADA)) == ({"1": "Ada", "2": "King"}, {1, 2})


PAGES = (
    "subscribe.aspx",
    "xmlSubscribe.aspx",
    "xmlChkSubscriber.aspx",
    "xmlChkSubscribe.aspx",
    "xmlUnsubscribe.aspx",
    "xmlUpdSubscriber.aspx",
    "updSubscriber.aspx",
)


async def test_a_browser_may_call_from_another_site(site: Site):
    headers = {"origin": "https://shop.example", "access-control-request-method": "POST"}

    asked = [
        await site.request("OPTIONS", page, headers=headers, params={"list": 1, "email": ADA, "confirm": 0})
        for page in PAGES
    ]
    answered = [await site.request("GET", page, headers=headers) for page in PAGES]

    assert {(each.status_code, each.content) for each in asked} == {(200, b"")}
    assert {each.headers["access-control-allow-methods"] for each in asked} == {"GET, POST, OPTIONS"}
    assert {each.headers["access-control-allow-origin"] for each in asked + answered} == {"*"}
    assert not any("access-control-allow-credentials" in each.headers for each in answered)
    assert site.recipient(ADA) is None


async def test_no_answer_is_kept_by_a_cache(site: Site):
    responses = [await site.request("GET", page) for page in PAGES]

    assert {response.headers["cache-control"] for response in responses} == {"no-store"}


@asynccontextmanager
async def served(site: Site):
    """Serve the pages on a real socket; gives the port."""
    config = uvicorn.Config(
        routed(site.platform), http=LenientHttpProtocol, ws="none", lifespan="off", log_config=None, port=0
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def talk(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Send octets as they are; return the head and the body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    body = await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
    return head, body


RAW_VALUES = {
    b"Ada King": "Ada King",
    "O'Neill è".encode(): "O'Neill è",
    b"O'Neill \xe8 \x80": "O'Neill è €",
    b"%E8%20%C3%A8": "è Ã¨",
    b"%u00e8+x": "è x",
    b"100%": "100%",
    b'<b>"Ada"</b>': '<b>"Ada"</b>',
}
RAW_CALL = (
    b"GET /frontend/xmlSubscribe.aspx?list=1&email=ada@example.com&confirm=0&retCode=1&csvFldNames=campo1&"
    b"csvFldValues=%b HTTP/1.1\r\nHost: %b\r\n\r\n"
)


async def test_what_no_address_may_hold_is_read_all_the_same(site: Site):
    host = site.account.host.encode()
    stored = {}

    async with served(site) as port:
        for value in RAW_VALUES:
            head, _ = await talk(port, RAW_CALL % (value, host))
            assert head.startswith(b"HTTP/1.1 200 ")
            stored[value] = site.recipient(ADA).fields["1"]
        _, refused = await talk(port, RAW_CALL % (b"Ada;King", host))

    assert stored == RAW_VALUES
    assert refused == b"1\r\n"


async def test_a_number_with_a_raw_plus_is_understood(site: Site):
    target = b"/frontend/xmlSubscribe.aspx?list=1&sms=+393331234567&retCode=1"

    async with served(site) as port:
        _, body = await talk(port, b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, site.account.host.encode()))

    assert (body, site.status("+393331234567")) == (b"0\r\n", Status.SUBSCRIBED)


async def test_a_body_that_is_announced_too_long_is_answered_and_the_connection_closed(site: Site):
    head_sent = b"POST /frontend/xmlSubscribe.aspx?retCode=1 HTTP/1.1\r\nHost: %b\r\nContent-Length: 2000000\r\n\r\n"

    async with served(site) as port:
        head, body = await talk(port, head_sent % site.account.host.encode())

    assert head.startswith(b"HTTP/1.1 200 ")
    assert (b"connection: close" in head.lower(), body) == (True, b"1\r\n")
