from datetime import datetime

import pytest

from staffetta import __version__
from staffetta.accounts import create_account
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import Language


@pytest.fixture
def italian(database, account):
    """A second account, in another language."""
    with database.connection() as connection:
        return create_account(
            connection,
            account_id=None,
            name="Italiana",
            hosts=(f"italian-{account.host}",),
            password=None,
            now=utc_now(),
            language=Language.IT,
        )


async def test_info_says_whom_the_token_stands_for(rest, account):
    answer = await rest.get("Console/Authentication/Info")

    found = answer.json()
    assert answer.status_code == 200
    assert list(found) == [
        "AccountName",
        "Company",
        "ExpiryDate",
        "IsTrial",
        "UID",
        "Url",
        "Username",
        "Version",
    ]
    assert found | {"ExpiryDate": "", "UID": ""} == {
        "AccountName": "",
        "Company": account.name,
        "ExpiryDate": "",
        "IsTrial": False,
        "UID": "",
        "Url": f"http://{account.host}",
        "Username": account.api_user,
        "Version": __version__,
    }


async def test_details_add_language_and_credits(rest, account):
    found = (await rest.get("Console/Authentication/Details")).json()

    assert list(found) == [
        "AutoRenewal",
        "Company",
        "CreditsByList",
        "Email",
        "ExpiryDate",
        "IsTrial",
        "Lang",
        "Plan",
        "TotalCredits",
        "UID",
        "Url",
        "Username",
        "Version",
    ]
    assert (found["Company"], found["Lang"], found["CreditsByList"]) == (account.name, "EN", [])


async def test_the_language_is_the_accounts_own(rest_of, italian):
    found = (await rest_of(italian).get("Console/Authentication/Details")).json()

    assert found["Lang"] == "IT"


async def test_details_are_read_by_post_as_well(rest):
    read = await rest.get("Console/Authentication/Details")
    posted = await rest.post("Console/Authentication/Details", content=b"")

    assert posted.status_code == 200
    assert posted.json() == read.json()


async def test_an_account_expires_on_a_date_that_clients_can_read(rest):
    found = (await rest.get("Console/Authentication/Info")).json()

    expires = datetime.strptime(found["ExpiryDate"], "%Y-%m-%d %H:%M:%S.%f")  # noqa: DTZ007 - the wire says no zone
    assert found["ExpiryDate"].endswith(".000")
    assert expires.year > 2030


async def test_the_identity_is_the_same_each_time_and_another_for_each_user(rest, rest_of, account, italian):
    asked = [
        await caller.get("Console/Authentication/Info")
        for caller in (rest, rest_of(account), rest_of(account, f"m{account.id}"), rest_of(italian))
    ]

    first, again, person, stranger = [answer.json()["UID"] for answer in asked]
    assert first == again
    assert isinstance(first, str)
    assert len({first, person, stranger}) == 3
