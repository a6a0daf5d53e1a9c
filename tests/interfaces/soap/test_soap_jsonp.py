"""Lists and messages for scripts, which hold an access key."""

from typing import Any

import httpx
import msgspec
import pytest

from campaigns.written import write
from interfaces.soap.asking import Asker
from interfaces.soap.programs import account_beside, key_of
from staffetta.accounts import Account
from staffetta.db import Database
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.soap import Soap
from staffetta.kit.clock import utc_now
from staffetta.lists import add_list, catalog

LISTS = "/1.1/MailUpService.svc/jsonp/ListsRead"
MESSAGES = "/1.1/MailUpService.svc/jsonp/EmailsRead"


class Script:
    """A script of another site."""

    def __init__(self, platform: Platform, account: Account) -> None:
        self.asker = Asker(Soap(platform), "", "services.mailup.com")
        self.token = key_of(platform.database, account.api_user)

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        given = {"token": self.token, **parameters}
        return await self.asker.request("GET", path, params=given)


@pytest.fixture
def script(unlimited: Platform, account: Account) -> Script:
    return Script(unlimited, account)


async def test_the_lists_of_the_account_are_told(script: Script, database: Database, account: Account):
    with database.transaction(account.id) as tx:
        made = add_list(tx, "Subscribers </script>", now=utc_now())
        first = catalog(tx).lists[1]

    response = await script.get(LISTS)

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == {
        "Items": [
            {"idList": 1, "listGuid": first.guid, "Name": first.name},
            {"idList": made.id, "listGuid": made.guid, "Name": "Subscribers </script>"},
        ]
    }


async def test_a_callback_is_handed_them(script: Script):
    response = await script.get(LISTS, idList=1, callback="jQuery.cb_1")

    assert response.headers["content-type"] == "application/x-javascript; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.text.startswith('/**/jQuery.cb_1({"Items":[{"idList":1,')
    assert response.text.endswith("}]});")


@pytest.mark.parametrize("callback", ["alert(1)//", "a;b", "1a", "a\nb", "a" * 200, "é"])
async def test_a_callback_that_is_no_name_is_passed_over(script: Script, callback: str):
    response = await script.get(LISTS, callback=callback)

    assert response.headers["content-type"] == "application/json; charset=utf-8"


async def test_the_messages_of_a_list_or_of_all_are_told(script: Script, database: Database, account: Account):
    with database.transaction(account.id) as tx:
        other = add_list(tx, "Other", now=utc_now())
        first, second = write(tx, notes="n"), write(tx, other.id, subject="Two")

    of_all = await script.get(MESSAGES.lower(), idList=0)
    of_one = await script.get(MESSAGES, IDLIST=1)

    assert [each["idMessage"] for each in of_all.json()["Items"]] == [second.id, first.id]
    assert of_one.json() == {
        "Items": [
            {
                "CreationDate": "2026-06-01 12:00:00Z",
                "Notes": "n",
                "Subject": "Spring",
                "idList": 1,
                "idMessage": first.id,
            }
        ]
    }


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000])
async def test_without_a_good_key_nothing_is_told(script: Script, token: str):
    plain = await script.get(LISTS, token=token)
    told = await script.get(LISTS, token=token, callback="f")

    assert plain.status_code == 403
    assert plain.json() == {"ErrorCode": "403", "ErrorDescription": "Invalid access key"}
    assert (told.status_code, told.text) == (200, f"/**/f({plain.text});")


@pytest.mark.parametrize("path", [LISTS, MESSAGES])
async def test_a_list_of_another_account_is_not_found(
    script: Script, database: Database, account: Account, unlimited: Platform, path: str
):
    with database.transaction(account.id) as tx:
        made = add_list(tx, "Ours", now=utc_now())
    stranger = Script(unlimited, account_beside(database, account))

    response = await stranger.get(path, idList=made.id)
    theirs = await stranger.get(LISTS)

    assert response.status_code == 404
    assert [each["idList"] for each in msgspec.json.decode(theirs.content)["Items"]] == [1]


async def test_what_is_no_method_is_not_found(script: Script):
    assert (await script.get("/1.1/MailUpService.svc/jsonp/Nothing")).status_code == 404
    assert (await script.asker.request("POST", LISTS)).status_code == 405
