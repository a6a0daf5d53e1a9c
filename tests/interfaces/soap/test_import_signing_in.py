"""Who may call Import: every code of contract 3.1."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from interfaces.soap.importers import IP, PASSWORD, PATH, Shop, open_shop, other_account
from staffetta.accounts import (
    OPERATOR,
    AccountOptions,
    AccountState,
    ImportPrologue,
    Service,
    change_options,
    change_service,
    change_state,
    register_network,
)
from staffetta.interfaces.soap.importing import IMPORT
from trying import NOON

RULES: Any = {"enabled": True, "active": True, "checks_ip": False, "by": OPERATOR, "now": NOON}
STATES = {
    AccountState.SUSPENDED: -1003,
    AccountState.INACTIVE: -1004,
    AccountState.EXPIRED: -1005,
    AccountState.TERMS_NOT_ACCEPTED: -1014,
}


@pytest.fixture
def shop(unlimited, account) -> Shop:
    return open_shop(unlimited, account)


def header(user: str, password: str) -> str:
    return f"<Authentication><User>{user}</User><Password>{password}</Password></Authentication>"


async def test_the_api_user_and_the_console_user_are_let_in(shop):
    answers = [await replace(shop, user=f"{letter}{shop.account.id}").call("GetIdWsUser") for letter in "am"]

    assert [answer.code for answer in answers] == [0, 0]


@pytest.mark.parametrize("given", ["", "<Authentication/>", header("", PASSWORD), header("a1", "")])
@pytest.mark.parametrize("operation", [each.name for each in IMPORT.operations])
async def test_no_operation_is_without_user_and_password(shop, operation, given):
    answer = await shop.call_with(given, operation)

    assert answer.codes == [-1013]


@pytest.mark.parametrize("user", ["x", "a999999999", "admin", "a0", "' or 1=1"])
async def test_users_that_nobody_has_are_minus_1001(shop, user):
    assert (await shop.call_with(header(user, PASSWORD), "GetIdWsUser")).code == -1001


async def test_the_user_of_another_account_s_host_is_minus_1001(shop, database):
    other = other_account(database)

    at_my_host = await shop.call_with(header(other.api_user, PASSWORD), "GetNlLists")
    at_theirs = await shop.call_with(header(shop.account.api_user, PASSWORD), "GetNlLists", host=other.host)

    assert (at_my_host.code, at_theirs.code) == (-1001, -1001)


async def test_at_a_host_that_is_shared_the_user_says_which_account_it_is(shop, database):
    other_account(database)

    answer = await shop.call_with(header(shop.account.api_user, PASSWORD), "GetIdWsUser", host="wsvc.example")

    assert answer.value("IdUser") == str(shop.account.id)


async def test_a_wrong_password_is_minus_1002(shop):
    assert (await replace(shop, password="other").call("GetIdWsUser")).code == -1002


@pytest.mark.parametrize(("state", "code"), STATES.items())
async def test_an_account_that_is_closed_is_told_why(shop, database, state, code):
    with database.transaction(shop.account.id) as tx:
        change_state(tx, state)

    assert (await shop.call("GetNlLists")).code == code


@pytest.mark.parametrize(("changed", "code"), [({"enabled": False}, -1006), ({"active": False}, -1007)])
async def test_a_service_that_is_off_or_was_not_activated_is_told_so(shop, database, changed, code):
    with database.transaction(shop.account.id) as tx:
        change_service(tx, Service.IMPORT, **RULES | changed)

    assert (await shop.call("GetNlLists")).code == code


@pytest.mark.parametrize(("allowed", "code"), [(None, -1011), (False, -1012), (True, 0)])
async def test_addresses_are_checked_where_the_account_asks_for_it(shop, database, allowed, code):
    with database.transaction(shop.account.id) as tx:
        change_service(tx, Service.IMPORT, **RULES | {"checks_ip": True})
        if allowed is not None:
            register_network(tx, Service.IMPORT, IP, allowed=allowed, by=OPERATOR, now=NOON)

    assert (await shop.call("GetIdWsUser")).code == code


async def test_calls_by_http_cannot_bring_a_header(shop):
    transport = httpx.ASGITransport(shop.application)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        reply = await client.get(f"http://{shop.account.host}{PATH}/GetNlLists")

    assert reply.status_code == 200
    assert "&lt;ReturnCode&gt;-1013&lt;/ReturnCode&gt;" in reply.text


@pytest.mark.parametrize(
    ("prologue", "begins"),
    [
        (ImportPrologue.UTF_8, '<?xml version="1.0" encoding="utf-8" ?><mailupMessage>'),
        (ImportPrologue.WINDOWS_1252, '<?xml version="1.0" encoding="windows-1252" ?><mailupMessage>'),
        (ImportPrologue.NONE, "<mailupMessage>"),
    ],
)
async def test_the_declaration_is_as_the_account_wants_it(shop, database, prologue, begins):
    with database.transaction(shop.account.id) as tx:
        change_options(tx, AccountOptions(soap_import_prologue=prologue))

    assert (await shop.call("GetIdWsUser")).text.startswith(begins)


async def test_more_calls_than_the_policy_allows_are_minus_1000(platform, account):
    shop = open_shop(replace(platform, settings=replace(platform.settings, soap_calls_per_second=1)), account)
    calls = [shop.call("GetIdWsUser") for _ in range(6)]

    codes = [answer.code for answer in await asyncio.gather(*calls)]

    assert set(codes) == {0, -1000}
