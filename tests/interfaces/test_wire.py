"""Requests as real clients write them, over a real socket and cut at every octet."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from staffetta.interfaces.wire import MOST_HEAD_OCTETS, LenientHttpProtocol

SECONDS = 20.0


async def echo(scope, receive, send) -> None:
    """Answer what arrived."""
    body, more = b"", True
    while more and scope["path"] != "/early":
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    seen = {
        "method": scope["method"],
        "version": scope["http_version"],
        "path": scope["path"],
        "query": scope["query_string"].decode("ascii"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "body": body.decode("latin-1"),
    }
    answer = json.dumps(seen).encode()
    headers = [(b"content-length", b"%d" % len(answer)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


class Impatient(LenientHttpProtocol):
    head_seconds = 0.5
    linger_seconds = 0.2


def serve(protocol: type[LenientHttpProtocol], loop: str) -> Iterator[int]:
    config = uvicorn.Config(echo, http=protocol, loop=loop, ws="none", port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(SECONDS)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def port(request) -> Iterator[int]:
    yield from serve(LenientHttpProtocol, request.param)


@pytest.fixture(scope="module")
def impatient_port() -> Iterator[int]:
    yield from serve(Impatient, "asyncio")


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_answer(file) -> tuple[int, dict[str, str], bytes]:
    status = int(file.readline().split()[1])
    headers = {}
    while line := file.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return status, headers, file.read(int(headers.get("content-length", 0)))


def talk(port: int, *segments: bytes, answers: int = 1) -> list[tuple[int, Any]]:
    """Send the segments and return the status and the content of each answer."""
    with connect(port) as connection, connection.makefile("rb") as file:
        for segment in segments:
            connection.sendall(segment)
        found = []
        for _ in range(answers):
            status, headers, body = read_answer(file)
            is_json = headers["content-type"] == "application/json"
            found.append((status, json.loads(body) if is_json else body.decode()))
        return found


def get(target: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join((b"GET " + target + b" HTTP/1.1", b"Host: x", *headers, b"", b""))


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a?x=John Smith;two  blanks", "/a", "x=John%20Smith;two%20%20blanks"),
        ("/a?x=Élodie€".encode(), "/a", "x=%C3%89lodie%E2%82%AC"),
        (b"/a?x=\xc9lodie\x80", "/a", "x=%C9lodie%80"),
        (b"/a?x=tab\tnul\0del\x7fcr\rend", "/a", "x=tab%09nul%00del%7Fcr%0Dend"),
        (b"/a?x=\"'<>[]{}|\\^`~%zz%41+;&", "/a", "x=\"'<>[]{}|\\^`~%zz%41+;&"),
        (b"/a?x=it HTTP/1.1 is", "/a", "x=it%20HTTP/1.1%20is"),
        (b"/a?x=last blank ", "/a", "x=last%20blank%20"),
        ("/città vecchia?x=1".encode(), "/città vecchia", "x=1"),
        (b"   /a?x=1 2", "/a", "x=1%202"),
        (b"//frontend/a?x=1", "//frontend/a", "x=1"),
        (b"http://x/a?x=1 2", "/a", "x=1%202"),
    ],
)
def test_a_target_arrives_with_nothing_but_its_unreadable_octets_escaped(port, target, path, query):
    request = get(target)

    [(status, seen)] = talk(port, request)

    assert (status, seen["path"], seen["query"], seen["headers"]) == (200, path, query, [["host", "x"]])


def test_old_clients_are_answered_in_their_version(port):
    request = b"GET /a?x=1 2 HTTP/1.0\r\n\r\n"

    [(status, seen)] = talk(port, request)

    assert (status, seen["version"], seen["query"]) == (200, "1.0", "x=1%202")


def test_empty_lines_before_a_request_are_skipped(port):
    requests = (b"\r\n", b"\r\n\r\n" + get(b"/1"), b"\r", b"\n" + get(b"/2 2"), b"\r\n")

    answers = talk(port, *requests, answers=2)

    assert [seen["path"] for _, seen in answers] == ["/1", "/2 2"]


def test_requests_sent_in_one_piece_are_all_answered(port):
    post = b"POST /b c HTTP/1.1\r\nContent-Length: 9\r\n\r\nx=1 \xe9&\0\r\n"

    answers = talk(port, get(b"/a") + post + get(b"/d e") + get(b"/f"), answers=4)

    assert [(seen["path"], seen["body"]) for _, seen in answers] == [
        ("/a", ""),
        ("/b c", "x=1 \xe9&\0\r\n"),
        ("/d e", ""),
        ("/f", ""),
    ]


@pytest.mark.parametrize("gap", [0.0, 0.02])
def test_a_body_that_looks_like_requests_is_not_touched(port, gap):
    body = b"\r\n\r\n" + get("/é è".encode()) + b"POST / \xff HTTP/1.1\r\nContent-Length: 5\r\n\r\n"
    head = b"POST /x HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)

    with connect(port) as connection, connection.makefile("rb") as file:
        for segment in (head, body[:30], body[30:]):
            connection.sendall(segment)
            time.sleep(gap)
        _, _, answer = read_answer(file)

    assert json.loads(answer)["body"].encode("latin-1") == body


def test_a_length_with_many_zeros_is_a_length(port):
    head = b"POST /x HTTP/1.1\r\nContent-Length: %s3\r\n\r\n" % (b"0" * 5000)

    answers = talk(port, head + b"a=b" + get(b"/next one"), answers=2)

    assert [(seen["path"], seen["body"]) for _, seen in answers] == [("/x", "a=b"), ("/next one", "")]


def test_a_chunked_body_ends_where_it_ends(port):
    inner = b"0\r\n\r\nGET /never \xe9 HTTP/1.1\r\n\r\n"
    head = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"%x\r\n%s\r\n3;note=1\r\n\n\n\n\r\n0\r\nTrailer: \xe9 1\r\n\r\n" % (len(inner), inner)

    answers = talk(port, head + body + get(b"/next one"), answers=2)

    assert answers[0][1]["body"].encode("latin-1") == inner + b"\n\n\n"
    assert answers[1][1]["path"] == "/next one"


@pytest.mark.parametrize("framing", [b"Content-Length: 40", b"Transfer-Encoding: chunked"])
def test_a_request_after_a_body_nobody_read_is_answered(port, framing):
    body = b"24\r\n" + b"GET /never \xe9 HTTP/1.1\r\n\r\n".ljust(36) if b"40" in framing else b"2\r\nab\r\n0\r\n\r\n"
    requests = b"POST /early HTTP/1.1\r\n" + framing + b"\r\n\r\n" + body, get(b"/next one")

    with connect(port) as connection, connection.makefile("rb") as file:
        connection.sendall(requests[0][:-8])
        first = read_answer(file)
        connection.sendall(requests[0][-8:] + requests[1])
        second = read_answer(file)

    assert json.loads(first[2])["path"] == "/early"
    assert json.loads(second[2])["path"] == "/next one"


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(port):
    head = b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"

    with connect(port) as connection, connection.makefile("rb") as file:
        connection.sendall(head)
        leave = file.readline(), file.readline()
        connection.sendall(b"a=b")
        _, _, answer = read_answer(file)

    assert leave == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
    assert json.loads(answer)["body"] == "a=b"


@pytest.mark.parametrize("field", [b"Upgrade: h2c", b"upgrade:websocket", b"UPGRADE: h2c, x"])
def test_an_upgrade_that_nobody_serves_is_ignored_and_the_body_kept(port, field):
    head = b"POST /x HTTP/1.1\r\nConnection: Upgrade\r\n%s\r\nUpgrade-Insecure-Requests: 1\r\nContent-Length: 3\r\n\r\n"

    answers = talk(port, head % field + b"a=b" + get(b"/next"), answers=2)

    names = [name for name, _ in answers[0][1]["headers"]]
    assert names == ["connection", "upgrade-insecure-requests", "content-length"]
    assert [seen["body"] for _, seen in answers] == ["a=b", ""]


def test_a_head_as_large_as_allowed_is_taken(port):
    octets = MOST_HEAD_OCTETS - len(get(b"/?x= "))

    [(_, whole)] = talk(port, get(b"/?x=_" + b"a" * octets))
    [(_, halves)] = talk(port, get(b"/?x=")[:3], get(b"/?x=_" + b"a" * octets)[3:])

    assert len(whole["query"]) == len(halves["query"]) == octets + 3


LONG = b"a" * (MOST_HEAD_OCTETS + 5)


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        ([get(b"/?" + LONG)], 414),
        ([b"GET /?", LONG], 414),
        ([get(b"/?" + b"\xe9" * (MOST_HEAD_OCTETS // 2))], 414),
        ([get(b"/", b"Cookie: " + LONG)], 431),
        ([b"GET / HTTP/1.1\r\nCookie: ", LONG], 431),
        ([get(b"/", *[b"A: b"] * 100)], 431),
        ([get(b"/ ", *[b"A: b"] * 100)], 431),
        ([get(b"/1"), b"GET / HTTP/1.1\r\nA: " + LONG], 431),
    ],
)
def test_a_head_too_large_is_refused(port, segments, status):
    with connect(port) as connection, connection.makefile("rb") as file:
        for segment in segments[:-1]:
            connection.sendall(segment)
        if segments[0].endswith(b"\r\n\r\n") and len(segments) > 1:
            assert read_answer(file)[0] == 200
        connection.sendall(segments[-1])
        found, headers, text = read_answer(file)

    assert (found, headers["connection"]) == (status, "close")
    assert b"too" in text


def test_a_hundred_headers_are_not_too_many(port):
    request = get(b"/", *[b"A: b"] * 99)

    [(status, seen)] = talk(port, request)

    assert (status, len(seen["headers"])) == (200, 100)


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"GET /a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\n\nGET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT mail.example.com:25 HTTP/1.1\r\n\r\n",
        b"GET http:// HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n: nameless\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_noise_is_refused_at_once(port, noise):
    with connect(port) as connection, connection.makefile("rb") as file:
        connection.sendall(noise)
        status, headers, _ = read_answer(file)

    assert (status, headers["connection"]) == (400, "close")


@pytest.mark.parametrize("beginning", [b"", b"\r\n", b"GET /a HTT", b"GET /a HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(impatient_port, beginning):
    with connect(impatient_port) as connection:
        connection.sendall(beginning)

        assert connection.recv(100) == b""


def test_a_second_head_that_does_not_come_ends_the_connection_too(impatient_port):
    with connect(impatient_port) as connection, connection.makefile("rb") as file:
        connection.sendall(get(b"/"))
        first, _, _ = read_answer(file)
        time.sleep(0.7)
        connection.sendall(b"GET /a HTTP/1.1\r\n")

        assert first == 200
        assert file.read() == b""


def test_an_idle_connection_outlives_the_time_for_a_head(impatient_port):
    with connect(impatient_port) as connection, connection.makefile("rb") as file:
        connection.sendall(get(b"/"))
        read_answer(file)
        time.sleep(0.7)
        connection.sendall(get(b"/again"))

        assert read_answer(file)[0] == 200


def test_a_refused_client_that_stays_is_left(impatient_port):
    with connect(impatient_port) as connection, connection.makefile("rb") as file:
        connection.sendall(b"hello\r\n\r\n")
        status, _, _ = read_answer(file)

        assert status == 400
        assert file.read() == b""


class Recorder(asyncio.Transport):
    """The other end of the wire: keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self.writes: list[bytes] = []

    @property
    def written(self) -> bytes:
        return b"".join(self.writes)

    def write(self, data) -> None:
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


STREAM = (
    b"GET /1?x=a b\xe9 HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    b"POST /2?y=\t HTTP/1.1\r\nContent-Length: 24\r\n\r\nGET / \xe9 HTTP/1.1\r\n\r\n\r\n\r\n"
    b"\r\nPOST /3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n\r\n\r\n\r\n\r\n4\r\n0\r\n\r\r\n0\r\nA: b\r\n\r\n"
    b"GET /4 4 HTTP/1.1\r\n\r\n"
    b"POST /5 HTTP/1.1\r\nContent-Length: 3\r\n\r\nx=1GET /6 6 HTTP/1.1\r\n\r\n"
)
EXPECTED = [
    ("/1", "x=a%20b%E9", ""),
    ("/2", "y=%09", "GET / \xe9 HTTP/1.1\r\n\r\n\r\n\r\n"[:24]),
    ("/3", "", "\r\n\r\n\r\n0\r\n\r"),
    ("/4 4", "", ""),
    ("/5", "", "x=1"),
    ("/6 6", "", ""),
]


def open_connection(app) -> tuple[LenientHttpProtocol, Recorder]:
    config = uvicorn.Config(app, ws="none", log_config=None, lifespan="off")
    config.timeout_keep_alive = 0.3
    protocol, transport = LenientHttpProtocol(config, ServerState(), {}, asyncio.get_running_loop()), Recorder()
    protocol.connection_made(transport)
    return protocol, transport


async def let_tasks_run() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


async def requests_seen(segments: list[bytes]) -> list[tuple[str, str, str]]:
    """Give the segments to a protocol one after another and return what the application saw."""
    seen = []

    async def note(scope, receive, send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        seen.append((scope["path"], scope["query_string"].decode("ascii"), body.decode("latin-1")))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    protocol, transport = open_connection(note)
    for segment in segments:
        protocol.data_received(segment)
        await asyncio.sleep(0)
    await let_tasks_run()
    protocol.connection_lost(None)
    assert transport.written.count(b"HTTP/1.1 204") == len(seen)
    return seen


def cut_in_two(at: int) -> list[bytes]:
    return [part for part in (STREAM[:at], STREAM[at:]) if part]


async def test_it_does_not_matter_where_the_stream_is_cut():
    cuts = [cut_in_two(at) for at in range(len(STREAM))]

    for segments in cuts:
        assert await requests_seen(segments) == EXPECTED, segments


@pytest.mark.parametrize("octets", [1, 2, 3, 5, 7, 64])
async def test_it_does_not_matter_how_small_the_pieces_are(octets):
    segments = [STREAM[at : at + octets] for at in range(0, len(STREAM), octets)]

    seen = await requests_seen(segments)

    assert seen == EXPECTED


async def test_an_answer_is_written_at_once():
    protocol, transport = open_connection(echo)

    protocol.data_received(get(b"/1") + get(b"/2"))
    await let_tasks_run()

    assert [each.count(b"HTTP/1.1 200 OK") for each in transport.writes] == [1, 1]
    assert all(each.endswith(b"}") for each in transport.writes)


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
async def test_a_head_does_not_wait_for_a_body_that_takes_its_time(method):
    may_go_on = asyncio.Event()

    async def slow(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await may_go_on.wait()
        await send({"type": "http.response.body", "body": b"HTTP", "more_body": False})

    protocol, transport = open_connection(slow)
    protocol.data_received(get(b"/1").replace(b"GET", method))
    await let_tasks_run()
    before = transport.written
    may_go_on.set()
    await let_tasks_run()

    assert before.startswith(b"HTTP/1.1 200 OK")
    assert before.endswith(b"\r\n\r\n")
    assert transport.written == before + (b"" if method == b"HEAD" else b"HTTP")


async def test_a_head_is_written_before_the_connection_is_closed():
    async def brief(scope, receive, send) -> None:
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    protocol, transport = open_connection(brief)
    protocol.data_received(get(b"/1").replace(b"GET", b"HEAD"))
    await let_tasks_run()

    assert transport.closed
    assert b"connection: close\r\n\r\n" in transport.written


async def test_the_rest_of_a_refused_request_is_read_and_dropped():
    protocol, transport = open_connection(echo)

    protocol.data_received(b"GET /" + LONG)
    await let_tasks_run()
    answer = transport.written
    protocol.data_received(LONG + b"\r\n\r\n" + get(b"/"))
    await let_tasks_run()

    assert answer.startswith(b"HTTP/1.1 414")
    assert (transport.written, transport.closed) == (answer, False)
    protocol.connection_lost(None)


async def test_a_connection_in_the_middle_of_a_head_is_not_idle():
    protocol, transport = open_connection(echo)

    protocol.data_received(get(b"/"))
    await let_tasks_run()
    protocol.data_received(b"GET")
    await asyncio.sleep(0.5)

    assert not transport.closed
    protocol.connection_lost(None)


@pytest.mark.parametrize("cut", [cut_in_two(at) for at in (5, 40, 75, 130)])
def test_a_cut_stream_is_read_alike_from_a_socket(port, cut):
    first, second = cut

    with connect(port) as connection, connection.makefile("rb") as file:
        connection.sendall(first)
        time.sleep(0.02)
        connection.sendall(second)
        answers = [json.loads(read_answer(file)[2]) for _ in EXPECTED]

    assert [(seen["path"], seen["query"], seen["body"]) for seen in answers] == EXPECTED
