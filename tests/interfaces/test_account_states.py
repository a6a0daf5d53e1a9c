"""What an account that is not active is answered, by every family of calls (contract 14.4)."""

from typing import NamedTuple

import pytest
from argon2 import PasswordHasher

from interfaces.frontend.calls import Site
from interfaces.rest.calling import caller
from interfaces.rest.small_table import ENDPOINTS
from staffetta.access import issue_key
from staffetta.access.queries import set_password
from staffetta.accounts import OPERATOR, AccountClosed, AccountState, Service, activate, change_state
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.web_credentials import ServiceRefused, code_of
from staffetta.kit.clock import utc_now

PASSWORD = "a password"
# Checking it takes what it says: next to nothing.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
IP = "192.0.2.7"
# By state: what xmlSubscribe, a REST resource, WSActivation and Import, and an access key are answered.
ANSWERS = {
    AccountState.ACTIVE: (2, 200, 0, 0),
    AccountState.SUSPENDED: (1, 403, -1003, -1003),
    AccountState.INACTIVE: (1, 403, -1004, -1004),
    AccountState.EXPIRED: (1, 403, -1005, -1005),
    AccountState.TERMS_NOT_ACCEPTED: (1, 403, -1014, -1014),
}


class Given(NamedTuple):
    user: str
    password: str = PASSWORD


@pytest.fixture
def credentials(unlimited, account):
    """What a program of the account signs in with."""
    now = utc_now()
    with unlimited.database.transaction(account.id) as tx:
        set_password(tx, account.api_user, HASH, now=now)
        activate(tx, Service.IMPORT, ip=IP, by=OPERATOR, now=now)
    return {"usr": account.api_user, "pwd": PASSWORD, "nl_url": account.host, "ws_name": "WSMailUpImport"}


@pytest.mark.parametrize(("state", "answers"), ANSWERS.items())
async def test_every_family_refuses_what_is_not_active(unlimited, account, credentials, state, answers):
    site = Site(unlimited, account)
    user = await unlimited.web_credentials.authenticate(account.api_user, PASSWORD, account_id=account.id)
    key = await unlimited.database.write_across(issue_key, user, now=utc_now())
    rest = caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))
    with unlimited.database.transaction(account.id) as tx:
        change_state(tx, state)

    page = await site.code("xmlSubscribe.aspx", list=1, email="no address")
    resource = await rest.get("Console/List/7")
    activation = await site.request("GET", "WSActivation.aspx", params=credentials)

    assert (page, resource.status_code) == answers[:2]
    assert f"<ReturnCode>{answers[2]}</ReturnCode>" in activation.text
    assert await _code_of_import(unlimited, account) == answers[2]
    assert await _code_of_key(unlimited, key) == answers[3]


async def _code_of_import(platform, account) -> int:
    given = Given(account.api_user)
    try:
        await platform.web_credentials.service_account(given, host_account=account, service=Service.IMPORT, ip=IP)
    except ServiceRefused as refusal:
        return refusal.code
    return 0


async def _code_of_key(platform, key: str) -> int:
    try:
        await platform.web_credentials.user_of_key(key)
    except AccountClosed as refusal:
        return code_of(refusal)
    return 0
