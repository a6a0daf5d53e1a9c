"""Caught mail, read by people and by their tests, on real databases; and who does not get to read it."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from ipaddress import ip_network

import httpx
import pytest

from interfaces.test_pages_outline import Outline
from staffetta.db import DatabaseUnavailable
from staffetta.interfaces.sandbox import Sandbox
from staffetta.interfaces.sandbox.reading import framed, take_apart
from staffetta.outbox import keep_caught

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOSTILE = "\"'><script>alert(1)</script>{{ 7*7 }}"
LOCAL = "127.0.0.1"


def write_mail(number: int, *, subject: str = "Please confirm", text: str = "Ciao è\n", html: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = "News <news@example.com>"
    message["To"] = "ada@example.org"
    message["Subject"] = subject
    message["Message-ID"] = f"<{number}@example.com>"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
        message.set_boundary(f"part-of-{number}")
    return message.as_bytes().replace(b"\n", b"\r\n")


class Trap:
    """Mails of one account in the sandbox, found by a word that no other test's mails have."""

    def __init__(self, platform, account) -> None:
        self.platform = platform
        self.account = account
        self.word = f"word{account.id}x"

    def catch(self, number: int, *, subject: str = "Please confirm", account_id: int = 0, **parts: str) -> str:
        """Keep a mail and return where it is shown."""
        owner = account_id or self.account.id
        mail = {
            "account_id": owner,
            "id": number,
            "kind": "confirmation",
            "to_address": "ada@example.org",
            "from_address": "News <news@example.com>",
            "subject": f"{subject} {self.word}",
            "raw": write_mail(number, subject=f"{subject} {self.word}", **parts),
            "caught_at": NOON + timedelta(seconds=number),
        }
        with self.platform.database.connection() as connection:
            keep_caught(connection, [mail])
        return f"/sandbox/mail/{owner}-{number}"

    @asynccontextmanager
    async def client(self, address: str = LOCAL, **changes):
        platform = replace(self.platform, **changes)
        transport = httpx.ASGITransport(Sandbox(platform), client=(address, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
            yield client


@pytest.fixture
def trap(platform, account):
    return Trap(platform, account)


@pytest.fixture
async def client(trap):
    async with trap.client() as opened:
        yield opened


def links(response: httpx.Response) -> list[str]:
    return [unescape(str(link["href"])) for link in Outline(response.text).attributes("a")]


# Reading


async def test_the_way_in_leads_to_the_list(client):
    for path in ("/", "/sandbox", "/sandbox/"):
        response = await client.get(path)
        assert (response.status_code, response.headers["location"]) == (302, "/sandbox/mail")


async def test_the_list_shows_the_newest_first_and_what_to_search(trap, client):
    first, second = trap.catch(1), trap.catch(2, subject=HOSTILE)

    response = await client.get("/sandbox/mail", params={"q": trap.word})

    page = Outline(response.text)
    assert response.status_code == 200
    assert page.open == page.mistakes == []
    assert [each for each in links(response) if "-" in each] == [f"{second}?q={trap.word}", f"{first}?q={trap.word}"]
    assert page.count("script") == 0
    assert "frame-src 'self'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"


async def test_a_search_without_result_and_one_of_wild_cards_find_nothing(trap, client):
    trap.catch(1)

    for search in ("nothing of the kind", f"{trap.word}%", f"{trap.word}_", f"%{trap.word}", "' OR 1=1 --", "\\"):
        response = await client.get("/sandbox/mail", params={"q": search})
        assert response.status_code == 200
        assert "Nothing matches" in response.text


async def test_a_long_list_is_shown_in_pages(trap, client):
    for number in range(1, 53):
        trap.catch(number)

    first = await client.get("/sandbox/mail", params={"q": trap.word})
    second = await client.get(links(first)[-1])
    odd = [await client.get(f"/sandbox/mail?q={trap.word}&page={page}") for page in ("99999999999", "-1", "x", "7")]

    assert links(first)[-1] == f"/sandbox/mail?q={trap.word}&page=2"
    assert len([each for each in links(first) if "-" in each]) == 50
    assert len([each for each in links(second) if "-" in each]) == 2
    assert f"/sandbox/mail?q={trap.word}" in links(second)
    assert {response.status_code for response in odd} == {200}
    assert odd[-1].text == second.text


async def test_a_mail_is_shown_beside_the_list_that_it_was_chosen_from(trap, client):
    path = trap.catch(1, html="<p>Ciao</p>")
    trap.catch(1, account_id=trap.account.id + 500_000)

    response = await client.get(path, params={"q": trap.word})

    page = Outline(response.text)
    assert response.status_code == 200
    assert page.open == page.mistakes == []
    assert [each["src"] for each in page.attributes("iframe")] == [f"{path}/frame"]
    assert f"{path}/source" in links(response)
    assert "Ciao è" in response.text
    assert [unescape(str(each["href"])) for each in page.attributes("a") if "aria-current" in each] == [
        f"{path}?q={trap.word}"
    ]


async def test_a_mail_of_text_alone_has_no_frame(trap, client):
    path = trap.catch(1)

    response = await client.get(path)

    assert Outline(response.text).count("iframe") == 0


async def test_the_source_is_what_was_sent_octet_by_octet(trap, client):
    path = trap.catch(1, text="è\n", html=HOSTILE)

    response = await client.get(f"{path}/source")

    assert response.content == write_mail(1, subject=f"Please confirm {trap.word}", text="è\n", html=HOSTILE)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_the_frame_holds_the_mails_html_and_nothing_acts_in_it(trap, client):
    html = "<!doctype html><html><head><title>x</title></head><body><script>alert(1)</script></body></html>"
    path = trap.catch(1, html=html)

    response = await client.get(f"{path}/frame")

    assert response.text.strip() == html.replace("<head>", '<head><base target="_blank">')
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
        " allow-popups-to-escape-sandbox; frame-ancestors 'self'"
    )
    assert response.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", '<base target="_blank">'),
        ("<p>x</p>", '<base target="_blank"><p>x</p>'),
        ("<!DOCTYPE html><p>x</p>", '<!DOCTYPE html><base target="_blank"><p>x</p>'),
        ("<html><HEAD lang=en><p>", '<html><HEAD lang=en><base target="_blank"><p>'),
        ("<header>x</header>", '<base target="_blank"><header>x</header>'),
    ],
)
def test_links_lead_out_of_the_frame_however_a_mail_is_written(html, expected):
    assert framed(html) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xe8",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Subject: =?utf-8?q?=ff?=\r\nTo: <<>>\r\n\r\nx",
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b",
    ],
)
def test_a_mail_that_is_broken_is_read_as_far_as_it_goes(raw):
    parts = take_apart(raw)

    assert isinstance(parts.text, str)
    assert all(isinstance(value, str) for header in parts.headers for value in header)


async def test_a_mail_that_is_not_there_is_missing(trap, client):
    trap.catch(1)

    for rest in ("9-9", "9-9/frame", "9-9/source", "x", "1", "9999999999-999999999999999999", "1-1/../x"):
        response = await client.get(f"/sandbox/mail/{rest}")
        assert response.status_code == 404
        assert Outline(response.text).open == []


# JSON


async def test_mails_as_json_are_what_tests_look_for(trap, client):
    trap.catch(1)
    trap.catch(2, text="Ciao è\nClick\n", html="<p>è</p>")

    response = await client.get("/sandbox/mail.json", params={"q": trap.word.upper()})

    newest, oldest = response.json()
    subject = f"Please confirm {trap.word}"
    assert response.headers["content-type"] == "application/json"
    assert newest == {
        "id": f"{trap.account.id}-2",
        "kind": "confirmation",
        "date": "2026-06-01T12:00:02+00:00",
        "to": "ada@example.org",
        "from": "News <news@example.com>",
        "subject": subject,
        "message_id": "<2@example.com>",
        "text": "Ciao è\nClick\n",
        "html": "<p>è</p>\n",
        "raw": write_mail(2, subject=subject, text="Ciao è\nClick\n", html="<p>è</p>").decode(),
    }
    assert (oldest["id"], oldest["html"]) == (f"{trap.account.id}-1", "")


async def test_json_comes_in_pages_of_any_size(trap, client):
    for number in range(1, 6):
        trap.catch(number)
    query = f"/sandbox/mail.json?q={trap.word}"

    pages = [(await client.get(f"{query}&limit=2&page={page}")).json() for page in (1, 2, 3, 4)]

    assert [[mail["message_id"] for mail in page] for page in pages] == [
        ["<5@example.com>", "<4@example.com>"],
        ["<3@example.com>", "<2@example.com>"],
        ["<1@example.com>"],
        [],
    ]


async def test_json_of_no_sensible_size_is_refused(client):
    for query in ("limit=0", "limit=1001", "limit=x", "limit=99999999999", "page=0", "page=-1"):
        response = await client.get(f"/sandbox/mail.json?{query}")
        assert response.status_code == 400
        assert "1000" in response.json()["error"]


# Who may read


async def test_callers_on_this_machine_may_read(trap):
    for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        async with trap.client(address) as client:
            assert (await client.get("/sandbox/mail")).status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "", "testclient"])
async def test_others_are_told_which_setting_lets_them(trap, address):
    path = trap.catch(1)

    async with trap.client(address) as client:
        page = await client.get(path)
        source = await client.get(f"{path}/source")
        json = await client.get("/sandbox/mail.json")

    assert page.status_code == source.status_code == json.status_code == 403
    assert "STAFFETTA_SANDBOX_NETWORKS" in page.text
    assert Outline(page.text).open == []
    assert trap.word not in page.text + source.text + json.text
    assert "STAFFETTA_SANDBOX_NETWORKS" in json.json()["error"]


async def test_a_network_can_be_let_in(trap):
    settings = replace(trap.platform.settings, sandbox_networks=("192.0.2.0/24",))

    async with trap.client("192.0.2.7", settings=settings) as client:
        assert (await client.get("/sandbox/mail")).status_code == 200


@pytest.mark.parametrize("trusted", [(), (ip_network("10.0.0.0/8"),)])
async def test_a_proxy_that_is_not_trusted_does_not_make_strangers_local(trap, trusted):
    async with trap.client(trusted_proxies=trusted) as client:
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"):
            response = await client.get("/sandbox/mail", headers={header: "127.0.0.1"})
            assert response.status_code == 403
            assert "STAFFETTA_TRUSTED_PROXIES" in response.text


async def test_a_trusted_proxy_says_who_asks(trap):
    settings = replace(trap.platform.settings, sandbox_networks=("127.0.0.0/8", "10.0.0.0/8"))
    cases = (
        ({"X-Forwarded-For": "127.0.0.1, 192.0.2.7", "X-Forwarded-Proto": "https"}, 403),
        ({"X-Forwarded-For": "192.0.2.7, 127.0.0.5", "Via": "1.1 p"}, 403),
        ({"X-Real-IP": "192.0.2.7"}, 403),
        ({"X-Forwarded-For": "10.1.2.3"}, 200),
        ({}, 200),
    )

    async with trap.client(settings=settings, trusted_proxies=(ip_network("127.0.0.0/8"),)) as client:
        for headers, status in cases:
            assert (await client.get("/sandbox/mail", headers=headers)).status_code == status


async def test_mails_from_before_are_shown_when_mail_is_no_longer_caught(trap):
    path = trap.catch(1)
    settings = replace(trap.platform.settings, relays=("smtp://mail.example",))

    async with trap.client(settings=settings) as client:
        mail = await client.get(path)
        root = await client.get("/")

    assert mail.status_code == 200
    assert root.status_code == 404


class EmptyDatabase:
    """A database in which nothing was ever caught, or one that fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def read_across(self, *_: object, **__: object) -> list[object]:
        if self._error:
            raise self._error
        return []


async def test_there_is_nothing_to_see_where_mail_leaves(trap):
    settings = replace(trap.platform.settings, relays=("smtp://mail.example",))

    async with trap.client(settings=settings, database=EmptyDatabase()) as client:
        page, json = await client.get("/sandbox/mail"), await client.get("/sandbox/mail.json")

    assert page.status_code == json.status_code == 404
    assert "STAFFETTA_RELAYS" in page.text
    assert "STAFFETTA_RELAYS" in json.json()["error"]


# The rest of HTTP


async def test_nothing_can_be_changed(trap, client):
    path = trap.catch(1)

    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        response = await client.request(method, path)
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


async def test_the_head_of_a_page_comes_without_its_body(trap, client):
    path = trap.catch(1)

    for target in ("/sandbox/mail", "/sandbox/mail.json", path, f"{path}/source", f"{path}/frame"):
        response = await client.head(target)
        assert (response.status_code, response.content) == (200, b"")
        assert int(response.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("error", "status"), [(DatabaseUnavailable("x"), 503), (RuntimeError("to ada@a.example"), 500)]
)
async def test_a_fault_of_ours_is_told_without_details(trap, error, status, capsys):
    async with trap.client(database=EmptyDatabase(error)) as client:
        page, json = await client.get("/sandbox/mail"), await client.get("/sandbox/mail.json")

    logged = "".join(capsys.readouterr())
    assert page.status_code == json.status_code == status
    assert "ada@" not in page.text + json.text + logged
    assert "interface" in logged
