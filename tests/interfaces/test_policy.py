"""The API use policy: how often an account may call what (contract 14.1)."""

import asyncio
import random
import re
from pathlib import Path

import pytest

from staffetta.interfaces.policy import Family, OverLimit, Policy, rules
from staffetta.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy.md").read_text("utf-8")
A_DAY = [
    ("CreateNewsletter", 100),
    ("SendNewsletterFast", 100),
    ("SendSingleNewsletter HTML", 100),
    ("SendNewsletter", 200),
    ("SendSingleNewsletter ID", 5_000),
]
A_SECOND = [
    (Family.SOAP, "SendDirectSMS", 10),
    (Family.SOAP, "SendSingleSMS", 10),
    (Family.SOAP, "GetNlLists", 5),
    (Family.REST, "N4", 30),
    (Family.REST, "L1", 5),
]


async def admitted(policy: Policy, family: Family, method: str, most: int, account_id: int = 1) -> int:
    for count in range(most):
        try:
            async with asyncio.timeout(0):
                await policy.admit(account_id, family, method)
        except (OverLimit, TimeoutError):
            return count
    return most


@pytest.mark.parametrize(("method", "most"), A_DAY)
async def test_sending_is_counted_by_the_day_and_refused_at_once(method, most):
    policy = Policy(Settings())

    for _ in range(most):
        await policy.admit(1, Family.SOAP, method)

    with pytest.raises(OverLimit, match=f"^{method}: the API use policy allows {most:,} calls a day for an account"):
        await policy.admit(1, Family.SOAP, method.lower() if method.islower() else method)
    await policy.admit(2, Family.SOAP, method)
    await policy.admit(1, Family.SOAP, "GetNlLists")


@pytest.mark.parametrize(("family", "method", "most"), A_SECOND)
async def test_other_calls_are_counted_by_the_second(family, method, most):
    policy = Policy(Settings())

    assert await admitted(policy, family, method, most + 1) == most
    assert await admitted(policy, family, method, most, account_id=2) == most
    assert await admitted(policy, family, "Another", 5) == 5


async def test_a_burst_of_a_plugin_is_slowed_down_and_not_refused():
    policy = Policy(Settings(soap_calls_per_second=5))

    await asyncio.gather(*(policy.admit(1, Family.SOAP, "LoginFromId") for _ in range(10)))


async def test_a_flood_is_refused_when_waiting_did_not_help():
    policy = Policy(Settings(soap_calls_per_second=1))

    ends = await asyncio.gather(*(policy.admit(1, Family.SOAP, "GetLists") for _ in range(8)), return_exceptions=True)

    refused = [end for end in ends if end is not None]
    assert 2 <= ends.count(None) <= 4
    assert {str(each) for each in refused} == {
        "GetLists: the API use policy allows 1 call a second for an account; try again later"
    }


async def test_letter_case_gives_nobody_another_quota():
    policy = Policy(Settings())

    names = ("CreateNewsletter", "createnewsletter")
    for number in range(100):
        await policy.admit(1, Family.SOAP, names[number % 2])

    with pytest.raises(OverLimit):
        await policy.admit(1, Family.SOAP, "CREATENEWSLETTER")


async def test_what_is_counted_apart_has_a_key():
    policy = Policy(Settings(rest_calls_per_second=1))

    for user in ("a1", "m1"):
        await policy.admit(1, Family.REST, "L1", key=("client", user))

    assert await admitted(policy, Family.REST, "L1", 2) == 1


@pytest.mark.parametrize("method", ["N1", "N2", "D3"])
async def test_mail_is_limited_by_the_speed_that_was_purchased(method):
    assert await admitted(Policy(Settings()), Family.REST, method, 200) == 200
    assert await admitted(Policy(Settings()), Family.SMTP, "mail", 200) == 200


async def test_without_limits_nothing_is_counted():
    policy = Policy(Settings(limits="off"))

    assert await admitted(policy, Family.SOAP, "CreateNewsletter", 300) == 300


async def test_what_an_account_has_used_is_told():
    policy = Policy(Settings())
    for _ in range(3):
        await policy.admit(1, Family.SOAP, "CreateNewsletter")

    rule = policy.rule_of(Family.SOAP, "createnewsletter")

    assert policy.used(1, rule)["CreateNewsletter"] == 3
    assert set(policy.used(2, rule).values()) == {0}
    assert policy.used(1, policy.rule_of(Family.SMTP, "mail")) == {}


async def test_processes_that_share_a_storage_count_together(redis_url):
    account_id = random.randrange(2**31)
    policies = [Policy(Settings(limits_storage=redis_url)) for _ in range(2)]

    for number in range(100):
        await policies[number % 2].admit(account_id, Family.SOAP, "CreateNewsletter")

    for policy in policies:
        assert policy.used(account_id, policy.rule_of(Family.SOAP, "CreateNewsletter"))["CreateNewsletter"] == 100
        with pytest.raises(OverLimit):
            await policy.admit(account_id, Family.SOAP, "CreateNewsletter")


async def test_a_burst_is_slowed_down_by_all_processes_together(redis_url):
    account_id = random.randrange(2**31)
    policies = [Policy(Settings(limits_storage=redis_url, soap_calls_per_second=5)) for _ in range(2)]

    await asyncio.gather(*(each.admit(account_id, Family.SOAP, "LoginFromId") for each in policies * 4))


def test_the_page_has_the_table_of_the_code():
    rows = [
        "| "
        + " | ".join(
            (
                rule.family.value,
                ", ".join(f"`{method}`" for method in rule.methods) or "all others",
                rule.words,
                f"{rule.patience_seconds} s" if rule.patience_seconds else "",
                rule.counted if rule.limits else "",
                rule.answer,
            )
        )
        + " |"
        for rule in rules(Settings())
    ]

    documented = re.search(r"\| family \|.*\n\| ---.*\n((?:\|.*\n)+)", PAGE)

    assert documented
    assert documented[1].splitlines() == rows
