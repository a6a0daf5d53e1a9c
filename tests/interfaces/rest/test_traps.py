"""Compatibility traps that no single request shows (contract 10); the others are wire cases in `tests/wire`."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import uvicorn

from interfaces.oauth.door import make_house, open_door
from interfaces.rest.calling import CONSOLE, Caller, caller
from staffetta.accounts import Account
from staffetta.app import application
from staffetta.db import open_database
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.throttles import Throttles
from staffetta.interfaces.wire import LenientHttpProtocol
from staffetta.settings import Settings
from wire.cases import read_cases

CASES = read_cases()
HERE = {"K5", "K8", "K12", "K20"}
# K31 is of transactional mail.
TRAPS = {f"K{number}" for number in (*range(1, 31), 32)}
BUSY = re.compile(
    r'\{"ErrorCode":"429","ErrorDescription":"Authorization error \(too_many_requests\): Too many requests\. '
    r'Max:5 calls per second , actual:\d+\.","ErrorName":null,"ErrorStack":null\}'
)


def test_every_trap_has_a_case():
    in_cases = {trap for case in CASES for trap in re.findall(r"\bK\d+\b", case.source)}

    assert TRAPS - in_cases - HERE == set()


def test_success_is_200_and_no_call_is_redirected():
    """K5 and K20: no 201, 202 or 204; a 302 is for browsers that log on."""
    statuses = {
        (step.status, "Authorization" in step.request) for case in CASES for step in case.steps if step.status < 400
    }

    assert statuses == {(200, False), (200, True), (302, True)}


async def test_a_burst_is_slowed_down_and_what_is_refused_is_told_in_the_documented_words(platform, account):
    """K8: a client answers a 429 at once with the same call, so that few must be."""
    limited = replace(platform, settings=replace(platform.settings, limits="on"))
    rest = caller(replace(limited, throttles=Throttles(limited.settings)), account)

    answers = await asyncio.gather(*(rest.get("Console/User/Lists") for _ in range(16)))

    served = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(served) >= 5
    assert len(served) + len(refused) == 16
    assert all(BUSY.fullmatch(answer.text) for answer in refused)


async def test_a_fresh_account_has_the_groups_and_fields_that_clients_index(rest):
    """K12: samples write to field 1 and take groups by their place."""
    groups = (await rest.get("Console/List/1/Groups")).json()["Items"]
    fields = (await rest.get("Console/Recipient/DynamicFields?filterby=Id==1")).json()["Items"]

    assert {"TEST", "Autoprofile", "Subscribed from social network"} <= {group["Name"] for group in groups}
    assert len(groups) >= 3
    assert [field["Id"] for field in fields] == [1]


@asynccontextmanager
async def served(platform: Platform) -> AsyncIterator[int]:
    """Serve everything on a real socket; gives the port."""
    config = uvicorn.Config(
        application(platform), http=LenientHttpProtocol, ws="none", lifespan="off", log_config=None, port=0
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


async def talk(port: int, request: bytes) -> bytes:
    """Send octets as they are; return the body of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
    body = await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
    return body


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (b"filterby=\"Email.Contains('ada@example.com')\"", True),
        (b'filterby="Email==\'ADA@example.com\'"&orderby="Email+asc"', True),
        (b"filterby=[idRecipient>0]", True),
        (b"filterby=idRecipient<1", False),
        ("filterby=Name=='Città'".encode(), True),
        (b"filterby=Name=='Citt\xe0'", True),
        (b"filterby=Name=='{}|^`~<>'", False),
    ],
)
async def test_targets_are_read_as_old_clients_write_them(unlimited, rest, query, found):
    """K13: raw quotes, brackets and letters, which strict servers refuse before anybody has read them."""
    await rest.post("Console/List/1/Recipient", json={"Email": "ada@example.com", "Name": "Città"})
    head = f"Host: {rest.account.host}\r\nAuthorization: Bearer {rest.token}\r\n\r\n".encode()

    async with served(unlimited) as port:
        path = f"{CONSOLE}Console/List/1/Recipients/Subscribed?".encode()
        body = await talk(port, b"GET " + path + query + b" HTTP/1.1\r\n" + head)

    assert (b'"Email":"ada@example.com"' in body, b'"TotalElementsCount":' in body) == (found, True)


async def test_bodies_arrive_as_old_clients_send_them(unlimited, rest):
    """K17 and contract 2.2: `Expect`, chunks, and a GET that says that it has no body."""
    host = f"Host: {rest.account.host}\r\nAuthorization: Bearer {rest.token}\r\n"
    group = '{"Name":"Friends","Notes":""}'
    chunks = f"{len(group) - 9:x}\r\n{group[:-9]}\r\n9\r\n{group[-9:]}\r\n0\r\n\r\n"
    path = f"{CONSOLE}Console/List/1/Group"

    async with served(unlimited) as port:
        made = await talk(port, f"POST {path} HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n{chunks}".encode())
        read = await talk(port, f"GET {path}s HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n".encode())
        deleted = await talk(port, f"DELETE {path}/7 HTTP/1.1\r\n{host}Content-Length: 4\r\n\r\nnull".encode())

    assert made == b'{"Count":null,"Deletable":true,"Name":"Friends","Notes":"","idGroup":7,"idList":1}'
    assert b'"TotalElementsCount":7' in read
    assert deleted == b""


async def test_a_token_is_good_at_once_in_another_process(unlimited: Platform, settings: Settings):
    """K29: two clients loop on a 401 without a limit."""
    house = make_house(unlimited.database)
    other = open_database(settings)
    try:
        async with open_door(unlimited, house, limits="off") as door:
            token = (await door.by_password()).json()["access_token"]

        beside = application(replace(unlimited, database=other))
        answer = await call(beside, house.account, token)

        assert answer.status_code == 200
        assert answer.json()["Username"] == house.login
    finally:
        other.close()


async def call(app: Any, account: Account, token: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{account.host}") as client:
        return await client.get(f"{CONSOLE}Console/Authentication/Info", headers={"Authorization": f"Bearer {token}"})


async def test_reading_page_by_page_ends_where_the_items_end(rest: Caller):
    """K10: one client stops at an empty page, another asks for one page too many."""
    for number in range(5):
        await rest.post("Console/List/1/Group", json={"Name": f"Group {number}"})

    pages = [(await rest.get(f"Console/List/1/Groups?PageNumber={number}&PageSize=4")).json() for number in range(5)]

    assert [len(page["Items"]) for page in pages] == [4, 4, 3, 0, 0]
    assert {(page["PageSize"], page["TotalElementsCount"], page["IsPaginated"]) for page in pages} == {(4, 11, True)}
    ids = [item["idGroup"] for page in pages for item in page["Items"]]
    assert ids == sorted(set(ids), reverse=True)
