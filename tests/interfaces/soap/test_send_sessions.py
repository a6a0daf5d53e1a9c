"""Signing in to Send, Manage and Report, and what an access key is good for."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from interfaces.soap.programs import Program, account_beside, program_of
from staffetta.access import add_user, get_user, issue_key, queries, set_password
from staffetta.accounts import OPERATOR, AccountState, Service, UserKind, change_service, change_state, hash_password
from staffetta.interfaces.policy import Family
from staffetta.interfaces.soap import Soap
from staffetta.interfaces.soap.managing import MANAGE
from staffetta.interfaces.soap.reporting import REPORT
from staffetta.interfaces.soap.sending import SEND
from staffetta.interfaces.soap.services import Type
from staffetta.kit.clock import utc_now

PASSWORD = "S3greta-1"
CLOSED = {
    AccountState.SUSPENDED: -1003,
    AccountState.INACTIVE: -1004,
    AccountState.EXPIRED: -1005,
    AccountState.TERMS_NOT_ACCEPTED: -1014,
}


@cache
def hash_of_it():
    """Hashing takes a tenth of a second: once is enough."""
    return hash_password(PASSWORD)


@pytest.fixture
def program(unlimited, account):
    return program_of(unlimited, account)


@pytest.fixture
def newcomer(unlimited, account):
    """A program without a key, and a user whose password it knows."""
    with unlimited.database.transaction(account.id) as tx:
        queries.set_password(tx, account.api_user, hash_of_it(), now=utc_now())
    return Program(Soap(unlimited), account, "")


@pytest.mark.parametrize("service", ["MailupSend", "MailupManage", "MailupReport"])
async def test_a_key_of_one_service_is_good_for_all(newcomer, account, service):
    signed_in = await newcomer.call(
        service, "LoginFromId", user=account.api_user, pwd=PASSWORD, consoleId=account.id, accessKey=None
    )

    key = signed_in.one("/LoginFromIdResult/accessKey")
    assert (signed_in.code, signed_in.reason) == (0, "")
    assert len(key) <= 80
    assert (await newcomer.send("GetLists", accessKey=key)).code == 0
    assert (await newcomer.manage("GetLists", accessKey=key)).code == 0


@pytest.mark.parametrize("host", ["wsvc.ss.mailup.it", "services.mailupnet.it"])
async def test_at_the_hosts_of_the_original_the_credentials_say_which_account_it_is(
    newcomer, account, stranger_account, host
):
    at_host = replace(newcomer, host=host)

    signed_in = await at_host.manage("LoginFromId", user=account.api_user, pwd=PASSWORD, consoleId=account.id)
    who = await at_host.send("GetIdUser", accessKey=signed_in.one("//accessKey"))

    assert who.one("//idUser") == str(account.id)


async def test_callers_need_not_be_registered(newcomer, unlimited, account):
    with unlimited.database.transaction(account.id) as tx:
        for service in Service:
            change_service(tx, service, enabled=True, active=True, checks_ip=True, by=OPERATOR, now=utc_now())

    signed_in = await newcomer.send("LoginFromId", user=account.api_user, pwd=PASSWORD, consoleId=account.id)

    assert (await newcomer.send("GetLists", accessKey=signed_in.one("//accessKey"))).code == 0


async def test_signing_in_by_the_console_host(newcomer, account):
    signed_in = await newcomer.send("Login", user=account.api_user, pwd=PASSWORD, url=account.host.upper())

    assert signed_in.one("/LoginResult/accessKey")


@pytest.mark.parametrize("url", ["http://{host}", "{host}/", "", "nobody.example"])
async def test_a_url_that_is_no_console_host_is_told_apart(newcomer, account, stranger_account, url):
    refused = await newcomer.send("Login", user=account.api_user, pwd=PASSWORD, url=url.format(host=account.host))

    assert refused.code == -1001
    assert "url" in refused.reason


async def test_a_wrong_password_and_an_unknown_user_are_refused(newcomer, account):
    wrong = await newcomer.send("LoginFromId", user=account.api_user, pwd="other", consoleId=account.id)
    unknown = await newcomer.send("LoginFromId", user="a999999999", pwd=PASSWORD, consoleId=account.id)

    assert (wrong.code, unknown.code) == (-1002, -1001)
    assert wrong.all("//accessKey") == []
    assert wrong.reason


async def test_the_user_of_another_account_does_not_sign_in_to_this_one(newcomer, account, stranger_account):
    by_id = await newcomer.send("LoginFromId", user=account.api_user, pwd=PASSWORD, consoleId=stranger_account.id)
    by_host = await newcomer.send("Login", user=account.api_user, pwd=PASSWORD, url=stranger_account.host)

    assert (by_id.code, by_host.code) == (-1001, -1001)


@pytest.mark.parametrize("given", [{}, {"user": "a1"}, {"pwd": PASSWORD}, {"user": " ", "pwd": PASSWORD}])
async def test_without_a_user_or_a_password_nobody_signs_in(newcomer, account, given):
    refused = await newcomer.send("LoginFromId", consoleId=account.id, **given)

    assert refused.code == -1013


@pytest.mark.parametrize("state", CLOSED)
async def test_a_closed_account_is_told_why(newcomer, program, account, state):
    with newcomer.application._platform.database.transaction(account.id) as tx:
        change_state(tx, state)

    refused = await newcomer.send("LoginFromId", user=account.api_user, pwd=PASSWORD, consoleId=account.id)

    assert refused.code == CLOSED[state]
    assert (await program.send("GetLists")).code == CLOSED[state]


async def test_a_person_signs_in_like_a_program(newcomer, account, database):
    with database.connection() as connection:
        login = f"ada{account.id}@example.com"
        add_user(connection, account.id, login, kind=UserKind.CONSOLE, password=PASSWORD, now=utc_now())

    signed_in = await newcomer.send("LoginFromId", user=login.upper(), pwd=PASSWORD, consoleId=account.id)

    assert signed_in.code == 0


async def test_signing_out_ends_the_key_and_no_other(program, unlimited, account):
    other = program_of(unlimited, account)

    left = await program.send("Logout")

    assert left.text == "<LogoutResult><errorCode>0</errorCode><errorDescription></errorDescription></LogoutResult>"
    assert (await program.send("GetLists")).code == -1013
    assert (await program.send("Logout")).code == -1013
    assert (await other.send("GetLists")).code == 0


async def test_what_is_no_key_is_refused_by_every_operation_that_wants_one(program):
    for service in (SEND, MANAGE, REPORT):
        for operation in service.operations:
            if operation.result == Type.STRING and any(each.name == "accessKey" for each in operation.parameters):
                refused = await program.call(service.name, operation.name, accessKey="nonsense")

                assert (refused.code, refused.reason) == (-1013, "Invalid access key"), operation.name


async def test_a_key_that_could_be_none_is_refused_like_any_other(program):
    for key in (None, "", " ", "x" * 5000, "é\u2028"):
        assert (await program.send("GetLists", accessKey=key)).code == -1013


async def test_a_key_ends_by_itself(program, database, account):
    with database.connection() as connection:
        user = get_user(connection, account.api_user)
        old = issue_key(connection, user, now=utc_now() - timedelta(minutes=66))
        fresh = issue_key(connection, user, now=utc_now() - timedelta(minutes=64))

    assert (await program.send("GetLists", accessKey=old)).code == -1013
    assert (await program.send("GetLists", accessKey=fresh)).code == 0


async def test_another_password_ends_the_keys(program, database, account):
    with database.connection() as connection:
        set_password(connection, account.api_user, PASSWORD, now=utc_now() + timedelta(seconds=1))

    refused = await program.send("GetLists")

    assert refused.code == -1013


async def test_the_number_of_a_user_is_that_of_the_account(program, account):
    assert (await program.send("GetIdUser")).one("/GetIdUserResult/idUser") == str(account.id)
    assert (await program.manage("GetIdUser")).one("/GetIdUserResult/idUser") == str(account.id)


async def test_a_refusal_never_echoes_markup(program, account):
    refused = await program.send("Login", user="<b>", pwd="&", url="<script>")

    assert "<script>" not in refused.text
    assert refused.code == -1001


@pytest.fixture
def stranger_account(database, account):
    return account_beside(database, account)


@pytest.fixture
def limited(platform, account):
    """A program on a platform that keeps to the policy."""
    return program_of(
        replace(platform, settings=replace(platform.settings, limits="on", soap_calls_per_second=1)), account
    )


async def test_more_calls_than_the_policy_allows_are_told_which_limit(limited):
    answers = await asyncio.gather(*(limited.send("GetLists") for _ in range(6)))

    assert {each.code for each in answers} == {0, -1000}
    refused = next(each for each in answers if each.code)
    assert "1 call a second" in refused.reason
    assert (await limited.manage("GetIdUser")).code == 0


async def test_what_is_not_there_yet_uses_nothing_up(limited, account):
    for _ in range(101):
        assert (await limited.send("SendSingleSMS", listID=1)).code == -1

    policy = limited.application._platform.policy
    assert policy.used(account.id, policy.rule_of(Family.SOAP, "SendSingleSMS"))["SendSingleSMS"] == 0


async def test_the_policy_counts_messages_to_one_by_their_type(limited, account):
    await limited.send("SendSingleNewsletter", listID=1, type="id", content="1", recipientEmail="ada@example.org")
    await limited.send("SendSingleNewsletter", listID=1, type="HTML", content="x", recipientEmail="ada@example.org")

    policy = limited.application._platform.policy
    used = {
        name: policy.used(account.id, policy.rule_of(Family.SOAP, name))[name]
        for name in ("SendSingleNewsletter", "SendSingleNewsletter ID")
    }
    assert used == {"SendSingleNewsletter": 1, "SendSingleNewsletter ID": 1}
