"""What an account is answered by the families of calls that its plan leaves out."""

from typing import NamedTuple

import pytest
from argon2 import PasswordHasher

from interfaces.frontend.calls import Site
from interfaces.rest.calling import caller
from interfaces.rest.small_table import ENDPOINTS
from staffetta.access import issue_key
from staffetta.access.queries import set_password
from staffetta.accounts import (
    OPERATOR,
    FeatureNotInPlan,
    Owner,
    Plan,
    Service,
    accept_terms,
    activate,
    create_account,
)
from staffetta.interfaces.rest import Rest
from staffetta.interfaces.web_credentials import NOT_ENABLED, ServiceRefused, code_of
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import Language
from staffetta.lists import furnish

PASSWORD = "a password"
# Checking it takes what it says: next to nothing.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
IP = "192.0.2.7"
# By what the plan has: what xmlSubscribe, a REST resource, Import and an access key are answered.
ANSWERS = {
    ("rest", "soap", "frontend"): (2, 200, 0, 0),
    ("soap", "frontend"): (2, 403, 0, 0),
    ("rest", "frontend"): (2, 200, NOT_ENABLED, NOT_ENABLED),
    ("rest", "soap"): (1, 200, 0, 0),
}


class Given(NamedTuple):
    user: str
    password: str = PASSWORD


def make(database, features):
    """Make an account of a plan, whose API user has a password and whose Import answers one address."""
    now = utc_now()
    owner = Owner(name="", email="", one_time_hash=HASH, plan=Plan(features=features), expires_at=None)
    with database.connection() as connection:
        host = f"{'-'.join(features)}.plan.example"
        account = create_account(
            connection, account_id=None, name="Shop", hosts=(host,), password=None, now=now, owner=owner
        )
        tx = connection.for_account(account.id)
        furnish(tx, account, now=now)
        accept_terms(tx, login="m1", ip="", version=0, language=Language.EN, now=now)
        set_password(tx, account.api_user, HASH, now=now)
        activate(tx, Service.IMPORT, ip=IP, by=OPERATOR, now=now)
    return account


@pytest.mark.parametrize(("features", "answers"), ANSWERS.items())
async def test_a_family_that_the_plan_leaves_out_is_refused_and_no_other(unlimited, features, answers):
    account = make(unlimited.database, features)
    site = Site(unlimited, account)
    user = await unlimited.web_credentials.authenticate(account.api_user, PASSWORD, account_id=account.id)
    key = await unlimited.database.write_across(issue_key, user, now=utc_now())
    rest = caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))

    page = await site.code("xmlSubscribe.aspx", list=1, email="no address")
    resource = await rest.get("Console/List/7")

    assert (page, resource.status_code) == answers[:2]
    assert await _code_of_import(unlimited, account) == answers[2]
    assert await _code_of_key(unlimited, key) == answers[3]


async def test_rest_says_what_is_missing(unlimited):
    account = make(unlimited.database, ("soap",))

    answer = await caller(unlimited, account, application=Rest(unlimited, ENDPOINTS)).get("Console/List/7")

    assert answer.json()["ErrorDescription"] == "Authorization error: the account's plan does not include rest."


async def test_the_sign_up_form_leads_to_the_page_of_failures(unlimited):
    account = make(unlimited.database, ("rest",))

    answer = await Site(unlimited, account).request("GET", "subscribe.aspx", params={"list": 1, "email": "a@b.example"})

    assert (answer.status_code, answer.headers["location"]) == (302, "/frontend/landing/error")


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
    except FeatureNotInPlan as refusal:
        return code_of(refusal)
    return 0
