"""Nobody reaches over the wall: not into another account, not onto lists that are hidden from them.

Made from the table of endpoints: a new resource is tried here without a line of its own, unless its body is new.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from interfaces.rest.calling import Caller
from interfaces.rest.house import ADDRESS, SECRET, House, make_house
from staffetta.access import set_visible_lists
from staffetta.accounts import Account
from staffetta.db import Database
from staffetta.interfaces.rest import failures
from staffetta.interfaces.rest.endpoints import Endpoint, Root
from staffetta.interfaces.rest.matching import BASE, PLACEHOLDER, spellings
from staffetta.interfaces.rest.table import ENDPOINTS
from staffetta.interfaces.rest.wire.deprecated_lists import OldListChange
from staffetta.interfaces.rest.wire.groups import GroupChange
from staffetta.interfaces.rest.wire.imports import ImportedRecipient
from staffetta.interfaces.rest.wire.lists import ListChange
from staffetta.interfaces.rest.wire.messages import FileInput, MessageInput, TagInput
from staffetta.interfaces.rest.wire.recipients import RecipientInput
from staffetta.interfaces.rest.wire.senders import NewTrustedSender
from staffetta.interfaces.rest.wire.sendings import SendingDate, SingleSending

SENDER = {
    "Business": True,
    "Customer": True,
    "OwnerEmail": "thief@example.com",
    "ReplyTo": "",
    **dict.fromkeys(("NLSenderName", "CompanyName", "ContactName", "Address", "City"), "Stolen"),
    "CountryCode": "IT",
    "PermissionReminder": "Stolen",
    "WebSiteUrl": "Stolen",
}
# A body that each resource would take, so that nothing but the wall can stop the call.
BODIES: dict[Any, Any] = {
    None: None,
    ListChange: {"Name": "Stolen", "UseDefaultSettings": True, **SENDER},
    OldListChange: {"Name": "Stolen", "useDefaultSettings": True, "nl_sendername": "Stolen"},
    GroupChange: {"Name": "Stolen", "Notes": "Stolen"},
    RecipientInput: {"Email": "thief@example.com", "Name": "Stolen"},
    list[ImportedRecipient]: [{"Email": "thief@example.com", "Name": "Stolen"}],
    SendingDate: {"Date": "2036-01-31 09:00:00Z"},
    SingleSending: {"Email": "thief@example.com", "idMessage": 1},
    NewTrustedSender: {"Email": "thief@example.com"},
    MessageInput: {"Subject": "Stolen", "Content": "Stolen"},
    FileInput: {"Base64Data": "iVBORw0KGgo=", "Name": "stolen.png"},
    TagInput: {"Name": "Stolen"},
    str: "Stolen",
    bool | None: True,
}


@dataclass(frozen=True)
class Resource:
    """An endpoint under one of its spellings."""

    endpoint: Endpoint
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.endpoint.id} {self.method} {self.path}"

    @property
    def names(self) -> set[str]:
        """The placeholders of the path."""
        return {name for name, _ in PLACEHOLDER.findall(self.path)}


EVERYTHING = [Resource(endpoint, method, path) for endpoint in ENDPOINTS for method, path in spellings(endpoint)]
# What there is not has a count of 0 and an empty page here (contract 7.10), which refuses nobody.
STATISTICS = [each for each in EVERYTHING if each.endpoint.root == Root.STATISTICS]
BY_ID = [each for each in EVERYTHING if each.names and each not in STATISTICS]
OF_A_LIST = [each for each in BY_ID if each.names & {"list_id", "group_id", "import_id", "sending_id"}]
OF_A_GROUP_OF_A_LIST = [each for each in OF_A_LIST if each.names >= {"list_id", "group_id"}]
OF_A_MESSAGE_OR_TAG = [
    each for each in OF_A_LIST if each.names & {"message_id", "tag_id"} and "group_id" not in each.names
]
OF_SOMEBODY_ON_A_LIST = [each for each in OF_A_LIST if "recipient_id" in each.names]
COLLECTIONS = [each for each in EVERYTHING if not each.names and each.method == "GET"]


@pytest.fixture
def house(database: Database, account: Account) -> House:
    return make_house(database, account)


async def call(caller: Caller, house: House, resource: Resource, **changed: Any) -> Any:
    """Call with all that the owner would bring along: a good body, and what If-Match has to be."""
    body = BODIES[resource.endpoint.body]
    if resource.endpoint in failures.ENDPOINTS:
        changed = {"sending_id": house.ids["failed_id"], **changed}
    path = house.path(resource.path, **changed)
    return await caller.request(
        resource.method,
        path if resource.endpoint.root == Root.CONSOLE else f"{BASE}/{resource.endpoint.root}/{path}",
        content=b"" if body is None else msgspec.json.encode(body),
        headers={"If-Match": ADDRESS if "sender_id" in resource.names else house.guid},
    )


def told(answer: Any) -> tuple[int, str]:
    """Return status and name of a refusal, which tells nothing of what is behind the wall."""
    assert SECRET not in answer.text
    return answer.status_code, answer.json()["ErrorName"]


@pytest.mark.parametrize("resource", BY_ID, ids=str)
async def test_nothing_of_another_account_is_found_by_its_ids(house, rest_of, other_account, resource):
    before = house.rows()

    answer = await call(rest_of(other_account), house, resource)

    assert told(answer) == (404, "NotFound")
    assert house.rows() == before


@pytest.mark.parametrize("resource", STATISTICS, ids=str)
async def test_nothing_came_of_what_another_account_has(house, rest, rest_of, other_account, resource):
    theirs = await call(rest_of(other_account), house, resource)
    ours = await call(rest, house, resource)

    assert (theirs.status_code, ours.status_code) == (200, 200)
    assert SECRET not in theirs.text
    assert of_whom(theirs) == 0
    assert of_whom(ours) > 0


@pytest.mark.parametrize("resource", STATISTICS, ids=str)
async def test_what_came_of_a_hidden_list_is_not_told(house, narrow, resource):
    answer = await call(narrow, house, resource)

    assert SECRET not in answer.text
    if "message_id" in resource.names:
        assert told(answer) == (403, "Forbidden")
    else:
        assert (answer.status_code, of_whom(answer)) == (200, 0)


def of_whom(answer: Any) -> int:
    """Return of how many a count, some counters, a page or a stretch tells."""
    told_of = answer.json()
    if isinstance(told_of, int):
        return told_of
    if "Recipients" in told_of:
        return int(told_of["Recipients"])
    return len(told_of["Events"]) if "Events" in told_of else len(told_of["Items"]) and told_of["TotalElementsCount"]


@pytest.mark.parametrize("resource", OF_SOMEBODY_ON_A_LIST, ids=str)
async def test_nobody_of_another_account_is_brought_onto_an_own_list(house, rest_of, other_account, resource):
    before = house.rows()

    answer = await call(rest_of(other_account), house, resource, list_id=1, group_id=1)

    assert told(answer) == (404, "NotFound")
    assert house.rows() == before


@pytest.mark.parametrize("resource", COLLECTIONS, ids=str)
async def test_collections_hold_nothing_of_another_account(house, rest_of, other_account, resource):
    recipient_id = house.ids["recipient_id"]

    answers = [
        await rest_of(other_account).get(f"{resource.path}{query}")
        for query in ("", f"?id={recipient_id}", f"?email={ADDRESS}", "?filterby=1==1||1==1", "?PageSize=1000")
    ]

    assert all(answer.status_code in (200, 400) for answer in answers)
    assert not [answer.text for answer in answers if SECRET in answer.text]


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        ("PUT Console/Recipient/Detail", {"idRecipient": "{recipient_id}", "Name": "Stolen"}, 404),
        ("PUT Console/Recipient/Detail", {"Email": ADDRESS, "Name": "Stolen"}, 404),
        ("POST Console/List/1/Recipient", {"idRecipient": "{recipient_id}"}, 404),
        ("POST Console/Group/1/Recipient", {"idRecipient": "{recipient_id}"}, 404),
        ("POST Console/List", {"Name": "Mine", "IdSettings": "{list_id}", **SENDER}, 400),
        ("POST Console/User/Lists", {"Name": "Mine", "idSettings": "{list_id}", "owneremail": "a@b.example"}, 400),
        ("POST Console/Email/Send", {"Email": "thief@example.com", "idMessage": "{message_id}"}, 404),
        ("GET Console/List/1/Recipients/Subscribed?Groups={group_id}", None, 200),
        (f"GET Console/List/1/Recipients/EmailOptins?filterby=Email=='{ADDRESS}'", None, 200),
    ],
)
async def test_ids_in_bodies_and_queries_do_not_reach_over(
    house, rest_of, other_account, *, request_line, body, status
):
    before = house.rows()

    content = house.path(msgspec.json.encode(body).decode()) if body else ""
    method, _, path = house.path(request_line).partition(" ")
    answer = await rest_of(other_account).request(method, path, content=content)

    assert answer.status_code == status, answer.text
    assert SECRET not in answer.text
    assert house.rows() == before


async def test_an_address_that_another_account_has_is_free(house, rest_of, other_account):
    before = house.rows()

    added = await rest_of(other_account).post("Console/List/1/Recipient", json={"Email": ADDRESS, "Name": "Ours"})
    asked = await rest_of(other_account).post("Console/TrustedSenders", json={"Email": ADDRESS})
    shown = (await rest_of(other_account).get(f"Console/Recipients?email={ADDRESS}")).json()["Items"]

    assert (added.status_code, asked.status_code) == (200, 200)
    assert [(each["Name"], each["Subscriptions"]) for each in shown] == [
        ("Ours", [{"Channel": "EMAIL", "IdList": 1, "Status": "OPTIN"}])
    ]
    assert house.rows() == before


@pytest.fixture
def narrow(database: Database, house: House, rest: Caller) -> Caller:
    """The user of the account, who sees list 1 and no other."""
    with database.connection() as connection:
        set_visible_lists(connection, house.account.api_user, (1,))
    return rest


@pytest.mark.parametrize("resource", OF_A_LIST, ids=str)
async def test_a_list_that_is_hidden_from_the_user_is_forbidden(house, narrow, resource):
    before = house.rows()

    answer = await call(narrow, house, resource)

    assert told(answer) == (403, "Forbidden")
    assert house.rows() == before


@pytest.mark.parametrize(
    "path",
    ["Console/List", "Console/User/Lists", "Console/Lists", "Console/Imports", "Console/User/Emails"]
    + [f"Console/Email/Sendings/{state}" for state in ("Immediate", "Deferred", "Undefined")],
)
async def test_collections_leave_hidden_lists_out(house, narrow, path):
    answer = await narrow.get(path)

    items = answer.json()["Items"]
    assert SECRET not in answer.text
    assert {each.get("IdList", each.get("idList")) for each in items} <= {1}
    assert answer.json()["TotalElementsCount"] == len(items)


async def test_a_person_is_shown_without_the_hidden_lists_and_cannot_be_erased(house, narrow):
    before = house.rows()

    found = await narrow.get(f"Console/Recipients?email={ADDRESS}")
    refused = await narrow.delete(f"Console/Recipients/{house.ids['recipient_id']}")

    assert [each["Subscriptions"] for each in found.json()["Items"]] == [[]]
    assert refused.status_code == 403
    assert house.rows() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Console/List", {"Name": "Mine", "IdSettings": "{list_id}", **SENDER}),
        ("Console/User/Lists", {"Name": "Mine", "idSettings": "{list_id}", "owneremail": "a@b.example"}),
    ],
)
async def test_settings_of_a_hidden_list_are_not_copied(house, narrow, path, body):
    before = house.rows()

    answer = await narrow.post(path, content=house.path(msgspec.json.encode(body).decode()))

    assert told(answer) == (403, "Forbidden")
    assert house.rows() == before


async def test_a_message_of_a_hidden_list_is_sent_to_nobody(house, narrow):
    before = house.rows()

    body = {"Email": "thief@example.com", "idMessage": house.ids["message_id"]}
    answer = await narrow.post("Console/Email/Send", json=body)

    assert told(answer) == (403, "Forbidden")
    assert house.rows() == before


@pytest.mark.parametrize("resource", OF_A_GROUP_OF_A_LIST, ids=str)
async def test_a_group_is_not_found_under_another_list(house, rest, resource):
    before = house.rows()

    answer = await call(rest, house, resource, list_id=1)

    assert told(answer) == (404, "NotFound")
    assert house.rows() == before


@pytest.mark.parametrize("resource", OF_A_MESSAGE_OR_TAG, ids=str)
async def test_messages_and_tags_are_not_found_under_another_list(house, rest, resource):
    before = house.rows()

    answer = await call(rest, house, resource, list_id=1)

    assert told(answer) == (404, "NotFound")
    assert house.rows() == before


async def test_images_of_hidden_lists_are_not_shown_and_cannot_be_removed(house, rest_of, narrow, other_account):
    path, before = house.image_path, house.rows()

    answers = [
        await caller.request("DELETE", "Console/Images", json=f"/images/{owner.id}/{path}")
        for caller, owner in (
            (narrow, house.account),
            (rest_of(other_account), house.account),
            (rest_of(other_account), other_account),
        )
    ]
    shown = await narrow.get("Console/Images")

    assert [told(answer) for answer in answers] == [(403, "Forbidden"), (404, "NotFound"), (404, "NotFound")]
    assert shown.json() == []
    assert house.rows() == before


@pytest.mark.parametrize("status", ["Subscribed", "Unsubscribed", "Pending", "EmailOptins"])
async def test_a_group_of_another_list_narrows_to_nobody_of_this_one(house, rest, status):
    answer = await rest.get(f"Console/List/1/Recipients/{status}?Groups={house.ids['group_id']}")

    assert answer.json()["Items"] == []


@pytest.mark.parametrize("resource", BY_ID, ids=str)
async def test_the_owner_does_reach_it(house, rest, resource):
    """Without this the walls above could stand before resources that nobody reaches."""
    answer = await call(rest, house, resource)

    # The import has not run, so that there is no sending yet that would ask its recipients.
    assert answer.status_code == (404 if resource.endpoint.id == "R8" else 200), answer.text
