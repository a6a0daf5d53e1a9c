"""The token endpoint, asked in every way that clients are known to ask (contract 3.3)."""

import asyncio
import re
from base64 import b64encode
from urllib.parse import urlencode

import httpx
import pytest

from interfaces.oauth.door import CALLBACK, PASSWORD, TOKEN, Door, make_house, open_door
from staffetta.access import block_application, grant_of, set_password, unblock_application
from staffetta.accounts import AccountState, change_state
from staffetta.db import DatabaseUnavailable
from staffetta.kit.clock import utc_now

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ISSUED = re.compile(
    r'\{"access_token":"[A-Za-z0-9]{32,128}","expires_in":3600,"refresh_token":"[A-Za-z0-9]{32,128}","token_type":"bearer"\}'
)
WRONG = "00000000-0000-4000-8000-000000000000"


def issued(response: httpx.Response) -> dict[str, object]:
    """Check an answer as the pickiest clients read it."""
    assert response.status_code == 200, response.text
    assert ISSUED.fullmatch(response.text)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"
    return response.json()


def failed(response: httpx.Response, error: str, words: str = "", *, status: int = 400) -> None:
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert set(response.json()) == {"error", "error_description"}
    assert words in response.json()["error_description"]
    assert response.json()["error_description"].isascii()
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"


def basic(client_id: str, client_secret: str) -> str:
    return b64encode(f"{client_id}:{client_secret}".encode()).decode()


def ways(door: Door, grant: dict[str, str]) -> dict[str, dict[str, object]]:
    """Return every way in which clients send a grant along with the application's credentials."""
    right = {"client_id": door.house.client_id, "client_secret": door.house.client_secret}
    wrong = {"client_id": WRONG, "client_secret": WRONG}
    word = basic(*right.values())
    return {
        "body": {"data": {**grant, **right}},
        "Basic": {"data": grant, "headers": {"Authorization": f"Basic {word}"}},
        "basic in lower case": {"data": grant, "headers": {"authorization": f"basic  {word}"}},
        "body and Basic": {"data": {**grant, **right}, "headers": {"Authorization": f"Basic {word}"}},
        "body, and a header without the word Basic": {"data": {**grant, **right}, "headers": {"Authorization": word}},
        "body, and a header that is noise": {"data": {**grant, **right}, "headers": {"Authorization": "Basic %%%"}},
        "body, and an empty Basic": {"data": {**grant, **right}, "headers": {"Authorization": "Basic "}},
        "body, and a Bearer": {"data": {**grant, **right}, "headers": {"Authorization": "Bearer x"}},
        "body right, Basic wrong": {
            "data": {**grant, **right},
            "headers": {"Authorization": f"Basic {basic(WRONG, WRONG)}"},
        },
        "Basic right, body wrong": {"data": {**grant, **wrong}, "headers": {"Authorization": f"Basic {word}"}},
        "query, body empty": {"params": {**grant, **right}, "headers": {**FORM, "Content-Length": "0"}},
        "query, Basic, body empty": {"params": grant, "headers": {**FORM, "Authorization": f"Basic {word}"}},
        "query and pages": {"params": {**grant, **right, "PageNumber": "0", "PageSize": "20"}},
        "split": {"params": right, "data": grant},
        "query wrong, body right": {"params": {**wrong, "username": "nobody"}, "data": {**grant, **right}},
        "labelled JSON": {"content": urlencode({**grant, **right}), "headers": {"Content-Type": "application/json"}},
        "a JSON object": {"json": {**grant, **right, "scope": None, "meta": {"a": [1]}}},
        "a JSON object and Basic": {"json": grant, "headers": {"Authorization": f"Basic {word}"}},
        "not labelled": {"content": urlencode({**grant, **right})},
        "line end at the end": {"content": urlencode({**grant, **right}) + "\r\n", "headers": FORM},
        "multipart": {"files": {name: (None, value) for name, value in {**grant, **right}.items()}},
        "wants a form back": {"data": {**grant, **right}, "headers": {"Accept": "application/x-www-form-urlencoded"}},
        "names in capitals": {"data": {name.upper(): value for name, value in {**grant, **right}.items()}},
    }


async def test_every_way_of_asking_by_password_is_answered(door):
    grant = {"grant_type": "password", "username": f" {door.house.login.upper()} ", "password": PASSWORD}

    for options in ways(door, grant).values():
        issued(await door.token(**options))


async def test_every_way_of_refreshing_is_answered(door):
    token = issued(await door.by_password())["refresh_token"]

    for options in ways(door, {"grant_type": "refresh_token", "refresh_token": token}).values():
        issued(await door.token(**options))


async def test_every_way_of_sending_a_code_is_answered(door):
    for name in ways(door, {}):
        grant = {"grant_type": "authorization_code", "code": await door.code()}
        issued(await door.token(**ways(door, grant)[name]))


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_code_alone_is_enough(door, method):
    grant = {"code": await door.code(), "grant_type": "authorization_code"}

    issued(await door.token(method=method, params=grant))


async def test_a_password_by_get_is_answered(door):
    grant = {"grant_type": "password", "username": door.house.login, "password": PASSWORD}
    pair = {"client_id": door.house.client_id, "client_secret": door.house.client_secret}

    issued(await door.token(method="GET", params={**grant, **pair}))


@pytest.mark.parametrize(
    "path",
    ["/authorization/oauth/token", "/Authorization/OAuth/Token/", "/AUTHORIZATION//OAUTH/TOKEN", f"{TOKEN}%20"],
)
async def test_letter_case_and_slashes_of_the_path_do_not_matter(door, path):
    grant = {"code": await door.code(), "grant_type": "authorization_code"}

    issued(await door.client.get(path, params=grant))


async def test_a_body_that_never_comes_is_not_waited_for_where_the_query_says_it_all(door):
    token = issued(await door.by_password())["refresh_token"]
    pair = {"client_id": door.house.client_id, "client_secret": door.house.client_secret}

    async def nothing():
        await asyncio.Event().wait()
        yield b""

    response = await door.token(
        params={"grant_type": "refresh_token", "refresh_token": token, **pair},
        content=nothing(),
        headers={"Content-Length": "7", **FORM},
    )

    issued(response)
    assert response.headers["connection"] == "close"


async def test_the_access_token_stands_for_the_user_and_the_application(door):
    token = issued(await door.by_password())["access_token"]

    grant = await door.platform.database.read_across(grant_of, token, now=utc_now())

    assert (grant.user.login, grant.user.account_id) == (door.house.login, door.house.account.id)
    assert grant.client_id == door.house.client_id


async def test_the_first_refresh_token_stays_good_and_two_refreshes_at_once_both_succeed(door):
    first = issued(await door.by_password())["refresh_token"]

    answers = await asyncio.gather(*(door.grant(grant_type="refresh_token", refresh_token=first) for _ in range(3)))
    later = await door.grant(grant_type="refresh_token", refresh_token=first)

    tokens = {issued(answer)["refresh_token"] for answer in (*answers, later)}
    assert len(tokens) == 4
    assert first not in tokens


@pytest.mark.parametrize(
    "sent",
    [
        CALLBACK,
        f"{CALLBACK}?code=x&token_type=bearer&expires_in=3600&state=y",
        "https%3A%2F%2Fshop.example%2Fcb",
        "",
    ],
)
async def test_the_redirect_uri_is_compared_without_what_the_answer_added(door, sent):
    code = await door.code()

    issued(await door.grant(grant_type="authorization_code", code=code, redirect_uri=sent))


@pytest.mark.parametrize("sent", ["https://evil.example/cb", "https://shop.example/cb/x", "nonsense"])
async def test_a_code_with_another_redirect_uri_is_refused(door, sent):
    code = await door.code()

    failed(await door.grant(grant_type="authorization_code", code=code, redirect_uri=sent), "invalid_grant")


async def test_a_code_is_good_once(door):
    code = await door.code()
    issued(await door.grant(grant_type="authorization_code", code=code))

    failed(await door.grant(grant_type="authorization_code", code=code), "invalid_grant")


async def test_a_code_belongs_to_its_application(door, database):
    other = make_house(database)
    pair = {"client_id": other.client_id, "client_secret": other.client_secret}
    code = await door.code()

    stolen = await door.token(data={"grant_type": "authorization_code", "code": code, **pair})
    named = await door.token(data={"grant_type": "authorization_code", "code": code, "client_id": other.client_id})
    unknown = await door.token(data={"grant_type": "authorization_code", "code": code, **pair, "client_secret": WRONG})

    failed(stolen, "invalid_grant")
    failed(named, "invalid_grant")
    failed(unknown, "invalid_client")


async def test_a_setting_asks_for_the_secret_with_every_code(platform, house):
    async with open_door(platform, house, code_needs_client_secret="on") as door:
        code = await door.code()

        failed(
            await door.token(method="GET", params={"grant_type": "authorization_code", "code": code}), "invalid_client"
        )
        issued(await door.grant(grant_type="authorization_code", code=code))


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "password": "x"}, "invalid_request"),
        ({"grant_type": "password", "username": "x"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "é\x00 '\""}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "unknown"}, "invalid_grant"),
    ],
)
async def test_what_is_missing_or_unknown_is_a_400_with_two_keys(door, sent, error):
    failed(await door.grant(**sent), error)


@pytest.mark.parametrize(
    "body", [b"{", b"{}", b'{"grant_type":', b"[1]", b'{"grant_type":["password"]}', b'{"a":' + b"[" * 99_999]
)
async def test_an_object_that_says_nothing_is_a_400_with_two_keys(door, body):
    failed(
        await door.token(content=body, headers={"Content-Type": "application/json"}), "invalid_request", "grant_type"
    )


@pytest.mark.parametrize("sent", [{}, {"client_id": WRONG, "client_secret": WRONG}, {"client_secret": ""}])
async def test_an_application_that_proves_nothing_gets_no_tokens(door, sent):
    grant = {"username": door.house.login, "password": PASSWORD, "refresh_token": "x"}

    for kind in ("password", "refresh_token"):
        response = await door.token(data={"grant_type": kind, "client_id": door.house.client_id, **grant, **sent})
        failed(response, "invalid_client", "Invalid credentials")


async def test_a_wrong_password_and_an_unknown_user_read_alike(door):
    wrong = await door.by_password("wrong")
    unknown = await door.by_password(username="nobody@example.org")

    failed(wrong, "invalid_grant", "Invalid credentials")
    assert wrong.text == unknown.text


async def test_who_guesses_has_to_wait_even_for_the_right_password(platform, house):
    async with open_door(platform, house) as door:
        for _ in range(10):
            platform.throttles.sign_in_failed(house.login, "203.0.113.0/24")

        failed(await door.by_password(), "invalid_grant", "wait")
        failed(await door.by_password(username="A0"), "invalid_grant", "Invalid credentials")


async def test_ten_wrong_passwords_lock_the_login(platform, house):
    async with open_door(platform, house) as door:
        for _ in range(9):
            platform.throttles.sign_in_failed(house.login, "203.0.113.0/24")
        failed(await door.by_password("wrong"), "invalid_grant", "Invalid credentials")

        failed(await door.by_password(), "invalid_grant", "wait")


async def test_refreshing_goes_on_while_the_login_is_locked(door):
    token = issued(await door.by_password())["refresh_token"]
    for _ in range(10):
        door.platform.throttles.sign_in_failed(door.house.login, "203.0.113.0/24")

    issued(await door.grant(grant_type="refresh_token", refresh_token=token))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AccountState.SUSPENDED, "suspended"),
        (AccountState.EXPIRED, "expired"),
        (AccountState.INACTIVE, "inactive"),
        (AccountState.TERMS_NOT_ACCEPTED, "accept terms of service"),
    ],
)
async def test_a_closed_account_gets_no_tokens(other_door, state, words):
    token = issued(await other_door.by_password())["refresh_token"]
    code = await other_door.code()
    with other_door.platform.database.transaction(other_door.house.account.id) as tx:
        change_state(tx, state)

    failed(await other_door.by_password(), "invalid_grant", words)
    failed(await other_door.grant(grant_type="refresh_token", refresh_token=token), "invalid_grant")
    failed(await other_door.grant(grant_type="authorization_code", code=code), "invalid_grant")


async def test_a_blocked_application_gets_no_tokens_for_the_account(other_door):
    house, database = other_door.house, other_door.platform.database
    token = issued(await other_door.by_password())["refresh_token"]
    code = await other_door.code()
    with database.connection() as connection:
        block_application(connection, house.client_id, account_id=house.account.id, now=utc_now())

    for sent in (
        {"grant_type": "refresh_token", "refresh_token": token},
        {"grant_type": "authorization_code", "code": code},
    ):
        assert (await other_door.grant(**sent)).status_code == 400
    failed(await other_door.by_password(), "invalid_client", "blocked")

    with database.connection() as connection:
        unblock_application(connection, house.client_id, account_id=house.account.id)
    issued(await other_door.by_password())


async def test_a_new_password_ends_what_the_old_one_began(other_door):
    token = issued(await other_door.by_password())["refresh_token"]
    with other_door.platform.database.connection() as connection:
        set_password(connection, other_door.house.login, "another one 8", now=utc_now())

    failed(await other_door.grant(grant_type="refresh_token", refresh_token=token), "invalid_grant")
    failed(await other_door.by_password(), "invalid_grant", "Invalid credentials")
    issued(await other_door.by_password("another one 8"))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
async def test_other_methods_are_refused_in_the_same_shape(door, method):
    response = await door.token(method=method)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST, OPTIONS"
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path", ["/Authorization/OAuth/LogOn", "/Authorization/OAuth/Authorization", "/Authorization/Authorization", TOKEN]
)
async def test_browsers_may_ask_whether_they_may_call(door, path):
    response = await door.client.options(path, headers={"Origin": "https://app.example"})

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "Authorization" in response.headers["access-control-allow-headers"]
    assert int(response.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in response.headers


async def test_too_many_parameters_are_a_400(door):
    failed(await door.token(content="a=1&" * 1500, headers=FORM), "invalid_request")


async def test_a_body_that_is_too_large_is_a_400(platform, house):
    async with open_door(platform, house, body_octets=100) as door:
        failed(await door.token(content="a" * 200, headers=FORM), "invalid_request")


@pytest.mark.parametrize("octets", [b"\xff\xfe=%zz&&==&%", b"{", b"[1]", b"<x/>", b"\x00" * 20])
async def test_noise_is_a_400(door, octets):
    for content_type in ("application/json", "multipart/form-data; boundary=x", "multipart/form-data", "", "é"):
        response = await door.token(content=octets, headers={"Content-Type": content_type.encode("latin-1")})
        failed(response, "invalid_request")


async def test_while_the_database_is_away_clients_are_told_in_the_same_shape(door, caplog):
    async def away(*args: object, **kwargs: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    class Away:
        read_across = write_across = cached = staticmethod(away)

    from dataclasses import replace

    async with open_door(replace(door.platform, database=Away()), door.house) as without:
        failed(await without.by_password(), "temporarily_unavailable", status=503)
        failed(
            await without.grant(grant_type="refresh_token", refresh_token="x"), "temporarily_unavailable", status=503
        )


async def test_our_own_mistake_is_told_in_the_same_shape_and_shows_nothing(door, capsys):
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(f"{PASSWORD} {name}")

    from dataclasses import replace

    async with open_door(replace(door.platform, database=Broken()), door.house) as broken:
        response = await broken.by_password()

    failed(response, "server_error", status=503)
    said = capsys.readouterr()
    assert PASSWORD not in response.text + said.out + said.err
