"""Groups over REST: the seed's samples."""

import pytest

from interfaces.rest.neighbours import make_neighbour
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import add_group, add_list, catalog, get_group
from staffetta.recipients import Evidence, SignUp, Source, get_profile, subscribe
from trying import NOON

SAMPLE = {"Name": "Test REST API Group", "Notes": "Notes should go here"}


@pytest.fixture
def run(database, account):
    """Operations of the account."""

    def run_one(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return run_one


@pytest.fixture
def ada(run):
    """Somebody on list 1, in groups 1 and 2, and on list 2, in its first group."""
    run(add_list, "News", now=NOON)
    sign_up = SignUp(lists=(1, 2), email=EmailAddress("ada@example.org"), confirm=False, host="h", groups=(1, 2, 7))
    return run(subscribe, sign_up, evidence=Evidence(source=Source.XML), now=NOON).recipient_id


@pytest.mark.parametrize("path", ["Console/List/1/Group", "Console/List/1/Groups"])
async def test_a_group_is_made_and_no_collection_is_the_answer(rest, path):
    made = await rest.post(path, json=SAMPLE)

    assert made.status_code == 200
    assert list(made.json().items()) == [
        ("Count", None),
        ("Deletable", True),
        ("Name", "Test REST API Group"),
        ("Notes", "Notes should go here"),
        ("idGroup", 7),
        ("idList", 1),
    ]


@pytest.mark.parametrize("notes", [{}, {"Notes": None}, {"Notes": ""}])
async def test_notes_are_never_null(rest, notes):
    assert (await rest.post("Console/List/1/Group", json={"Name": "Group"} | notes)).json()["Notes"] == ""


async def test_a_group_can_be_made_to_stay(rest):
    made = await rest.post("Console/List/1/Group", json=SAMPLE | {"Deletable": False})

    assert made.json()["Deletable"] is False
    assert (await rest.delete("Console/List/1/Group/7")).status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"Notes": "x"}, {"Name": ""}, {"Name": "x" * 51}, {"Name": "G", "Notes": "x" * 5000}]
)
async def test_what_is_no_group_is_refused(rest, body):
    refused = await rest.post("Console/List/1/Group", json=body)

    assert (refused.status_code, refused.json()["ErrorName"]) == (400, "BadRequest")


async def test_a_group_is_changed(rest):
    await rest.post("Console/List/1/Group", json=SAMPLE)
    body = {"Name": "Test REST API Group renamed", "Notes": "I changed the notes again"}

    changed = await rest.put("Console/List/1/Group/7", json=body)
    renamed = await rest.put("Console/List/1/Group/7", json={"Name": "Renamed", "Notes": None, "Deletable": False})

    assert changed.json() == {"Count": None, "Deletable": True, **body, "idGroup": 7, "idList": 1}
    assert renamed.json() == changed.json() | {"Name": "Renamed"}


async def test_a_group_is_deleted_but_for_those_that_every_list_has(rest):
    gone = await rest.delete("Console/List/1/Group/1")
    again = await rest.delete("Console/List/1/Group/1")
    kept = await rest.delete("Console/List/1/Group/4")

    assert (gone.status_code, gone.content) == (200, b"")
    assert (again.status_code, kept.status_code) == (404, 403)
    assert kept.json()["ErrorName"] == "Forbidden"
    assert "TEST" in kept.json()["ErrorDescription"]


async def test_the_groups_of_a_new_list_are_those_of_the_seed(rest, run):
    run(add_list, "News", now=NOON)

    page = (await rest.get("Console/List/2/Groups")).json()

    assert [(each["Name"], each["Notes"], each["Deletable"], each["idGroup"]) for each in page["Items"]] == [
        ("Autoprofile", "Subscribers that changed their profile", False, 9),
        ("Subscribed from social network", "Subscribed with their social network account.", False, 8),
        ("TEST", "Used for test sending.", False, 7),
    ]
    assert (page["TotalElementsCount"], page["PageSize"], page["IsPaginated"]) == (3, 20, False)


async def test_groups_are_filtered_ordered_and_paged(rest):
    exact = await rest.get('Console/List/1/Groups?filterby="Name==\'Prospect\'"&orderby="idGroup+asc"')
    paged = await rest.get("Console/List/1/Groups?PageNumber=1&PageSize=4")
    several = await rest.get("Console/List/1/Groups?orderby=Name%20asc%3BidGroup%20desc&PageSize=1")
    unknown = await rest.get("Console/List/1/Groups?filterby=Colour=='red'")

    assert [each["idGroup"] for each in exact.json()["Items"]] == [2]
    assert [each["idGroup"] for each in paged.json()["Items"]] == [2, 1]
    assert paged.json()["IsPaginated"] is True
    assert [each["Name"] for each in several.json()["Items"]] == ["Autoprofile"]
    assert unknown.status_code == 400


@pytest.mark.parametrize("path", ["Recipients", "Recipient"])
async def test_a_group_is_emptied(rest, run, ada, path):
    first = await rest.delete(f"Console/List/1/Group/1/{path}")
    again = await rest.delete(f"Console/List/1/Group/1/{path}")

    assert (first.status_code, first.content, again.content) == (200, b'{"Removed":1}', b'{"Removed":0}')
    assert set(run(get_profile, ada).groups) == {2, 7}


async def test_the_groups_of_a_recipient_are_those_of_the_list(rest, ada):
    here = (await rest.get(f"Console/List/1/Recipient/{ada}/Groups")).json()
    there = (await rest.get(f"Console/List/2/Recipient/{ada}/Groups")).json()
    filtered = (await rest.get(f"Console/List/1/Recipient/{ada}/Groups?filterby=idGroup==1")).json()

    assert [each["idGroup"] for each in here["Items"]] == [2, 1]
    assert [each["Name"] for each in there["Items"]] == ["TEST"]
    assert [each["idGroup"] for each in filtered["Items"]] == [1]


async def test_a_recipient_that_there_is_not_has_no_groups(rest, ada):
    assert (await rest.get("Console/List/1/Recipient/999/Groups")).status_code == 404


async def test_a_list_or_group_that_there_is_not_is_not_found(rest, run):
    run(add_list, "News", now=NOON)
    calls = [
        ("POST", "List/99/Group"),
        ("PUT", "List/99/Group/1"),
        ("PUT", "List/2/Group/1"),
        ("PUT", "List/1/Group/99"),
        ("DELETE", "List/2/Group/1"),
        ("GET", "List/99/Groups"),
        ("DELETE", "List/2/Group/1/Recipients"),
        ("DELETE", "List/1/Group/99/Recipients"),
        ("GET", "List/99/Recipient/1/Groups"),
    ]

    answers = [(await rest.request(verb, f"Console/{path}", json=SAMPLE)).status_code for verb, path in calls]

    assert answers == [404] * len(calls)


async def test_a_group_of_another_account_is_not_found(rest, account, run, database):
    stranger = make_neighbour(database, account)
    with database.transaction(stranger.id) as tx:
        theirs = add_group(tx, 1, "Theirs", now=NOON, group_id=800)
        sign_up = SignUp(lists=(1,), email=EmailAddress("ada@example.org"), confirm=False, groups=(800,), host="h")
        their_ada = subscribe(tx, sign_up, evidence=Evidence(source=Source.XML), now=NOON).recipient_id

    answers = [
        await rest.put("Console/List/1/Group/800", json=SAMPLE),
        await rest.delete("Console/List/1/Group/800"),
        await rest.delete("Console/List/1/Group/800/Recipients"),
        await rest.get(f"Console/List/1/Recipient/{their_ada}/Groups"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    with database.transaction(stranger.id) as tx:
        assert get_group(tx, 1, 800) == theirs
        assert set(get_profile(tx, their_ada).groups) == {800}
    assert 800 not in run(catalog).groups
