"""How the REST services are reached, and what is the same in every answer (contract 2)."""

import pytest

from interfaces.rest.calling import CLIENT_ID, IP, Caller, caller
from interfaces.rest.small_table import ENDPOINTS
from staffetta.accounts import Account
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.rest import Rest

BASE = "/API/v1.1/Rest/ConsoleService.svc/Console"


@pytest.fixture
def small(unlimited: Platform, account: Account) -> Caller:
    """Calls of the small table."""
    return caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/List/7",
        "/api/v1.1/rest/consoleservice.svc/console/list/7",
        "/API/v1/Rest/ConsoleService.svc/Console/List/7",
        f"{BASE}/List/7/",
        f"{BASE}/List/7%20",
        f"{BASE}//List///7//%20",
        f"{BASE}/List/007",
    ],
)
async def test_a_path_is_found_in_every_spelling(small, path):
    answer = await small.get(path)

    assert (answer.status_code, answer.text) == (200, "7")


@pytest.mark.parametrize(
    ("verb", "path", "expected"),
    [
        ("GET", "List/countries", '["literal"]'),
        ("GET", "senders/AbC%20x", '["AbC x"]'),
        ("DELETE", "Email/5/2", "[5,2]"),
        ("DELETE", "Email/Template/2", '["template 2"]'),
    ],
)
async def test_literals_win_over_ids(small, verb, path, expected):
    answer = await small.request(verb, f"{BASE}/{path}")

    assert (answer.status_code, answer.text) == (200, expected)


async def test_an_alias_is_the_same_resource(small):
    answer = await small.get(f"{BASE}/Groups/3")

    assert answer.json()["TotalElementsCount"] == 2


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/List/0",
        f"{BASE}/List/-1",
        f"{BASE}/List/2147483648",
        f"{BASE}/List/{'9' * 5_000}",
        f"{BASE}/List/x",
        f"{BASE}/List/%C2%B2",
        f"{BASE}/Senders/a%00b",
        f"{BASE}/Nothing",
        f"{BASE}/List/1/Groups/2/3",
        "/API/v1.1/Rest/Other.svc/Console/List/1",
        "/API/v1.2/Rest/ConsoleService.svc/Console/List/1",
        "/API/v1.1/Rest",
        "/API",
        f"{BASE}{'/a' * 2_000}",
    ],
)
async def test_what_is_no_path_is_told_as_an_error_object(small, path):
    answer = await small.get(path)

    assert answer.status_code == 404
    assert answer.json()["ErrorName"] == "NotFound"


@pytest.mark.parametrize(
    ("verb", "allowed"), [("POST", "DELETE, GET"), ("PUT", "DELETE, GET"), ("PATCH", "DELETE, GET")]
)
async def test_another_verb_is_told_which_there_are(small, verb, allowed):
    answer = await small.request(verb, f"{BASE}/List/7")

    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.json()["ErrorName"] == "MethodNotAllowed"


async def test_a_head_is_a_get_without_its_body(small):
    answer = await small.request("HEAD", f"{BASE}/List/7")

    assert answer.status_code == 200
    assert answer.headers["content-length"] == "1"
    assert answer.content == b""


@pytest.mark.parametrize("path", [f"{BASE}/List/7", f"{BASE}/Nothing"])
async def test_a_browser_may_ask_first(small, path):
    answer = await small.request("OPTIONS", path, headers={"Authorization": ""})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, PUT, DELETE, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type, Accept, If-Match"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("verb", "path", "expected"),
    [
        ("GET", "List/7", b"7"),
        ("GET", "Truth", b"true"),
        ("DELETE", "List/7", b""),
        ("POST", "Send", b""),
        (
            "GET",
            "List/7/Groups?PageSize=1&pageNumber=1",
            (
                b'{"IsPaginated":true,"Items":[{"Count":null,"Name":"Amici & co","idGroup":1,"Numbers":[7,8]}],'
                b'"PageNumber":1,"PageSize":1,"Skipped":1,"TotalElementsCount":2}'
            ),
        ),
        ("GET", "Profile", b'{"Name":"Ada","Fields":[{"Description":"nome","Id":1,"Value":"Ada"}]}'),
    ],
)
async def test_answers_are_compact_json_with_status_200(small, verb, path, expected):
    answer = await small.request(verb, f"{BASE}/{path}")

    assert (answer.status_code, answer.content) == (200, expected)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["content-length"] == str(len(expected))
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_handler_is_told_who_calls(small):
    answer = await small.get(f"{BASE}/Who")

    assert answer.json() == [str(small.account.id), small.account.api_user, CLIENT_ID, IP]


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"{", b"\xff", b"[" * 10_000])
@pytest.mark.parametrize(("verb", "path"), [("GET", "List/7"), ("DELETE", "List/7"), ("POST", "Send")])
async def test_a_body_that_means_nothing_is_not_looked_at(small, verb, path, body):
    answer = await small.request(verb, f"{BASE}/{path}", content=body)

    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["callback", "CallBack"])
async def test_a_get_can_be_answered_as_a_script(small, name):
    answer = await small.get(f"{BASE}/List/7?{name}=jQuery1.cb_2&_=1")

    assert answer.text == "/**/jQuery1.cb_2(7);"
    assert answer.headers["content-type"] == "application/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["alert(1)//", "a b", "1a", "", "a" * 200, "ä", "a%0A"])
async def test_what_is_no_name_of_a_function_calls_none(small, name):
    answer = await small.get(f"{BASE}/List/7?callback={name}")

    assert answer.text == "7"


async def test_a_script_names_its_token_in_the_query(small):
    answer = await small.get(f"{BASE}/List/7?callback=f&access_token={small.token}", headers={"Authorization": ""})
    plain = await small.get(f"{BASE}/List/7?access_token={small.token}", headers={"Authorization": ""})

    assert answer.text == "/**/f(7);"
    assert plain.status_code == 401
