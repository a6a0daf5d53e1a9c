"""Parameters as real clients send them: by query, by form, by both, well encoded or hardly."""

import asyncio
import socket
from urllib.parse import urlencode

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from staffetta.errors import InvalidArgument, ResourceExhausted
from staffetta.interfaces.parameters import (
    MOST_IDS,
    MOST_PAIRS,
    BodyTooLarge,
    Disconnected,
    Parameters,
    decode_pairs,
    form_pairs,
    is_true,
    read_parameters,
    split_ids,
)

FORM = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=----x1"


@pytest.mark.parametrize(
    ("raw", "pairs"),
    [
        (b"", []),
        (b"&&", []),
        (b"a=1&b=2", [("a", "1"), ("b", "2")]),
        (b"a&b=&=c", [("a", ""), ("b", ""), ("", "c")]),
        (b"a=1;b=2", [("a", "1;b=2")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"a=John+Smith%2B", [("a", "John Smith+")]),
        (b"a%20b=%26%3d", [("a b", "&=")]),
        (b"a=100%&b=%zz%4", [("a", "100%"), ("b", "%zz%4")]),
        (b"a=%C3%89lodie", [("a", "Élodie")]),
        (b"a=%C9lodie+%80", [("a", "Élodie €")]),
        ("a=Élodie €".encode(), [("a", "Élodie €")]),
        (b"a=\xc9&b=\xc3\xa9", [("a", "É"), ("b", "é")]),
        (b"a=\xc3\xa9%C3%A9", [("a", "éé")]),
        (b"a=%C9%81", [("a", "Ɂ")]),
        (b"a=%FF%81", [("a", "ÿ\ufffd")]),
        (b"a=%u00C9lodie+%U20ac", [("a", "Élodie €")]),
        (b"a=%u00C9%C3%A9%E9", [("a", "ÉÃ©é")]),
        (b"a=%uD83D%uDE00", [("a", "😀")]),
        (b"a=%uD83Dx%uDE00", [("a", "\ufffdx\ufffd")]),
        (b"a=%u12&b=%uzzzz", [("a", "%u12"), ("b", "%uzzzz")]),
        (b"a=x\x00y%00z%07", [("a", "xyz")]),
        (b"a\x00=\x1b\x7f\xc2\x85", [("a", "")]),
        (b"a=two%0D%0Alines%09tab", [("a", "two\r\nlines\ttab")]),
        (b"a=%ED%A0%80", [("a", "í\xa0€")]),
    ],
)
def test_pairs_are_decoded_leniently(raw, pairs):
    assert decode_pairs(raw) == pairs


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_what_a_sound_client_encodes_is_read_back(pairs):
    raw = urlencode(pairs).encode()

    assert decode_pairs(raw) == pairs


PIECES = st.sampled_from(
    [b"%", b"%u", b"%uD83D", b"%uDE00", b"%C3", b"%A9", b"+", b"=", b"&", b"\x00", b"\xc3", b"%00", b"a"]
)


@given(st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=12).map(b"".join)))
def test_any_octets_become_sound_text(raw):
    pairs = decode_pairs(raw)

    for text in (text for pair in pairs for text in pair):
        assert text.encode().decode() == text
        assert "\x00" not in text


@given(st.binary(max_size=200), st.sampled_from([b"", FORM, b"text/plain", MULTIPART]))
def test_any_body_is_read_without_an_accident(body, content_type):
    form_pairs(content_type, body)
    form_pairs(content_type, b"------x1\r\nContent-Disposition: form-data; name=a\r\n" + body + b"\r\n------x1--\r\n")


def test_names_are_found_in_any_letter_case():
    parameters = Parameters([("ListGuid", "1"), ("EMAIL", "ada@example.com")])

    found = parameters.get("listguid"), parameters.get("Email"), "LISTGUID" in parameters, list(parameters)

    assert found == ("1", "ada@example.com", True, ["listguid", "email"])


def test_a_missing_name_has_the_default():
    parameters = Parameters([("sms", "")])

    assert (parameters.get("sms", "x"), parameters.get("email", "x"), parameters.get("email")) == ("", "x", "")
    assert ("email" in parameters, parameters.all("email"), len(parameters)) == (False, [], 1)


def test_a_repeated_field_is_a_list():
    parameters = Parameters([("list", "1"), ("List", "3"), ("LIST", "")])

    assert (parameters.get("list"), parameters.all("List")) == ("1,3,", ["1", "3", ""])


def part(name: bytes, value: bytes, extra: bytes = b"") -> bytes:
    return b'------x1\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name, extra, value)


END = b"------x1--\r\n"


@pytest.mark.parametrize(
    ("content_type", "body", "pairs"),
    [
        (FORM, b"a=1&b=2;3", [("a", "1"), ("b", "2;3")]),
        (FORM + b"; charset=UTF-8", b"a=%E9\r\n", [("a", "é")]),
        (FORM, b"only", [("only", "")]),
        (b"", b"a=1", [("a", "1")]),
        (b"text/plain", b"a=1\r\n", [("a", "1")]),
        (b"text/plain", b"hello", []),
        (b"", b'{"a":"b=c"}', []),
        (b"", b"<a b='c'/>", []),
        (MULTIPART, part(b"Email", b"a@b.c") + part(b"Sms", b"") + END, [("Email", "a@b.c"), ("Sms", "")]),
        (MULTIPART, part(b"a", "è\r\n--€".encode()) + part(b"b", b"\xe8") + END, [("a", "è\r\n--€"), ("b", "è")]),
        (MULTIPART, part(b"f", b"data", b'; filename="x.csv"') + part(b"a", b"1\0") + END, [("a", "1")]),
        (MULTIPART, part(b"a", b"\xa4", b"\r\nContent-Type: text/plain; charset=ISO-8859-15") + END, [("a", "€")]),
        (MULTIPART, part(b"a", b"\x80", b"\r\nContent-Type: text/plain; charset=iso-8859-1") + END, [("a", "€")]),
        (
            MULTIPART,
            part(b"a", b"\\ud800", b"\r\nContent-Type: text/plain; charset=unicode_escape") + END,
            [("a", "\\ud800")],
        ),
        (MULTIPART, part(b"a", b"1", b"\r\nContent-Type: text/plain; charset=iso-8859-99") + END, [("a", "1")]),
        (MULTIPART, b"------x1\r\nX: y\r\n\r\nnameless\r\n" + part(b"a", b"1") + END, [("a", "1")]),
        (MULTIPART, part(b"a", b"1") + part(b"b", b"cut short")[:-2], [("a", "1")]),
        (MULTIPART, part(b"a", b"1") + b"------x1\r\n\0 broken", [("a", "1")]),
        (MULTIPART, b"a=1&b=2", []),
        (b'multipart/form-data; boundary="----x1"', part(b"a", b"1") + END, [("a", "1")]),
        (b"multipart/form-data", part(b"a", b"1") + END, []),
        (b"multipart/form-data; boundary=", part(b"a", b"1") + END, []),
        (b"multipart/form-data; boundary=" + b"x" * 5000, part(b"a", b"1") + END, []),
        (b"multipart/form-data; boundary=\xe9\x00", part(b"a", b"1") + END, []),
    ],
)
def test_a_form_is_read_by_its_type_or_by_its_looks(content_type, body, pairs):
    assert form_pairs(content_type, body) == pairs


def scope_of(query: bytes = b"", **headers: bytes) -> dict[str, object]:
    return {
        "type": "http",
        "method": "POST",
        "query_string": query,
        "headers": [(name.replace("_", "-").encode(), value) for name, value in headers.items()],
    }


async def nothing():
    raise AssertionError("a request without a body was waited for")


@pytest.mark.parametrize("headers", [{}, {"content_length": b"0"}, {"content_type": FORM}])
async def test_a_request_without_a_body_is_not_waited_for(headers):
    parameters = await read_parameters(scope_of(b"Email=a@b.c&list=1", **headers), nothing, body_octets=10)

    assert (parameters.get("email"), parameters.get("List")) == ("a@b.c", "1")


@pytest.mark.parametrize(
    "content_type",
    [b"application/json", b"text/xml; charset=utf-8", b"application/soap+xml", b"Application/JSON;x=y"],
)
async def test_a_body_that_is_no_form_is_not_read(content_type):
    scope = scope_of(b"a=1", content_type=content_type, content_length=b"9")

    parameters = await read_parameters(scope, nothing, body_octets=10)

    assert list(parameters) == ["a"]


async def test_a_body_declared_too_large_is_not_read():
    for length in (b"11", b"9" * 30):
        with pytest.raises(BodyTooLarge):
            await read_parameters(scope_of(content_length=length), nothing, body_octets=10)
    assert issubclass(BodyTooLarge, ResourceExhausted)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (b"&".join([b"a=1"] * (MOST_PAIRS + 1)), b""),
        (b"", b"&" * MOST_PAIRS),
        (b"&".join([b"a=1"] * 600), b"&".join([b"a=1"] * 600)),
    ],
)
async def test_there_is_a_limit_to_the_number_of_parameters(query, body):
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    scope = scope_of(query, content_length=b"%d" % len(body), content_type=FORM)

    with pytest.raises(InvalidArgument):
        await read_parameters(scope, receive, body_octets=100_000)


def test_there_is_a_limit_to_the_number_of_parts():
    body = part(b"a", b"1") * MOST_PAIRS

    assert len(form_pairs(MULTIPART, body + END)) == MOST_PAIRS
    with pytest.raises(InvalidArgument):
        form_pairs(MULTIPART, body + part(b"a", b"1") + END)


class Site:
    """A real server whose application reads parameters and keeps what came of it."""

    def __init__(self) -> None:
        self.outcomes: asyncio.Queue[object] = asyncio.Queue()

    async def __call__(self, scope, receive, send) -> None:
        try:
            parameters = await read_parameters(scope, receive, body_octets=200_000)
            await self.outcomes.put({name: parameters.all(name) for name in parameters})
        except (BodyTooLarge, Disconnected) as error:
            await self.outcomes.put(type(error))
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})


async def post(*segments: bytes, finish: bool = True) -> object:
    """Send a request in segments to a site and return what it read."""
    loop, site, state = asyncio.get_running_loop(), Site(), ServerState()
    config = uvicorn.Config(site, ws="none", lifespan="off", log_config=None)
    config.load()
    server = await loop.create_server(lambda: config.http_protocol_class(config, state, {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for segment in segments:
            writer.write(segment)
            await writer.drain()
            await asyncio.sleep(0.01)
        if not finish:
            writer.close()
        outcome = await asyncio.wait_for(site.outcomes.get(), 20)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        await asyncio.gather(*state.tasks)
        return outcome


def request(query: bytes, content_type: bytes, *framing: bytes, method: bytes = b"POST") -> bytes:
    lines = (method + b" /x?" + query + b" HTTP/1.1", b"Host: x", b"Content-Type: " + content_type, *framing)
    return b"\r\n".join((*lines, b"", b""))


async def test_query_and_body_are_read_together_the_query_first():
    head = request(b"list=1&Email=a@b.c", FORM, b"Content-Length: 16")

    outcome = await post(head, b"LIST=3&", b"sms=%2B39")

    assert outcome == {"list": ["1", "3"], "email": ["a@b.c"], "sms": ["+39"]}


@pytest.mark.parametrize("method", [b"GET", b"POST", b"PUT"])
async def test_a_body_counts_whatever_the_method(method):
    outcome = await post(request(b"a=1", FORM, b"Content-Length: 3", method=method) + b"b=2")

    assert outcome == {"a": ["1"], "b": ["2"]}


async def test_a_chunked_multipart_form_is_read():
    form = part(b"Email", b"a@b.c") + END
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)

    outcome = await post(request(b"", MULTIPART, b"Transfer-Encoding: chunked"), chunks[:20], chunks[20:])

    assert outcome == {"email": ["a@b.c"]}


async def test_a_client_that_asks_first_may_send_its_body():
    outcome = await post(request(b"", FORM, b"Expect: 100-continue", b"Content-Length: 3"), b"a=1")

    assert outcome == {"a": ["1"]}


async def test_a_body_that_grows_too_large_is_given_up():
    chunk = b"%x\r\n%s\r\n" % (60_000, b"a" * 60_000)

    outcome = await post(request(b"", FORM, b"Transfer-Encoding: chunked"), *[chunk] * 4, b"0\r\n\r\n")

    assert outcome is BodyTooLarge


async def test_a_client_that_leaves_in_the_middle_is_noticed():
    outcome = await post(request(b"", FORM, b"Content-Length: 10"), b"a=1", finish=False)

    assert outcome is Disconnected


@pytest.mark.parametrize(
    ("text", "by_default_no", "by_default_yes"),
    [
        *((text, True, True) for text in ("1", "true", "True", "YES", "on", " On ")),
        *((text, False, False) for text in ("0", "false", "FALSE", "no", "Off")),
        *((text, False, True) for text in ("", " ", "maybe", "2")),
    ],
)
def test_yes_and_no_are_read_as_clients_spell_them(text, by_default_no, by_default_yes):
    assert (is_true(text, default=False), is_true(text, default=True)) == (by_default_no, by_default_yes)


@pytest.mark.parametrize(
    ("text", "ids", "invalid"),
    [
        ("", [], []),
        (" , ; ", [], []),
        ("3", [3], []),
        ("3,1; 2 ,,3,03", [3, 1, 2], []),
        ("1,x,-2,0,1.5,+3,²", [1], ["x", "-2", "0", "1.5", "+3", "²"]),
        ("2147483647,2147483648," + "9" * 5000, [2147483647], ["2147483648", "9" * 5000]),
        ("1 2", [], ["1 2"]),
    ],
)
def test_ids_are_split_at_commas_and_semicolons(text, ids, invalid):
    assert split_ids(text) == (ids, invalid)


def test_there_is_a_limit_to_the_number_of_ids():
    assert len(split_ids(",".join(map(str, range(1, MOST_IDS + 1)))).ids) == MOST_IDS
    with pytest.raises(InvalidArgument):
        split_ids("1," * (MOST_IDS + 1))
