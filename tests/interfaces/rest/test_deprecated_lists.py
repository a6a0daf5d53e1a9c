"""Lists over the deprecated resources, as most clients call them."""

from dataclasses import replace

import pytest

from interfaces.rest.neighbours import make_neighbour
from staffetta.lists import ListSettings, add_list, change_list, get_list
from trying import NOON

# The seed's sample, its last comma and all.
SAMPLE = """{
   "Name":"New Arrivals", "useDefaultSettings":false, "idSettings":1, "business":true, "Customer":true,
   "scope":"newsletters", "owneremail":"jane@example.com", "format":"html", "copyTemplate":true, "copyWebhooks":true,
   "charset":"UTF-8", "public":true, "tracking":true, "optout_type":0, "sendemailoptout":false, "frontendform":true,
   "headerxabuse":"Please report abuse here: http://[host]/p", "kbmax":100, "replyto":"mike@example.com",
   "headerlistunsubscriber":"<[listunsubscribe]>,<[mailto_uns]>", "multipart_text":true, "subscribedemail":true,
   "sendconfirmsms":false, "nl_sendername":"John Smith", "CompanyName":"Your company", "ContactName":"Your name",
   "Address":"Your address", "City":"Your city", "PostalCode":"26100", "StateOrProvince":"Cremona",
   "CountryCode":"IT", "PermissionReminder":"Your permission reminder", "WebSiteUrl":"Your site",
   "Phone":"Your phone number",
}"""
MEMBERS = [
    "bouncedemail",
    "charset",
    "conversionlab_trackcode",
    "default_prefix",
    "description",
    "disclaimer",
    "displayas",
    "format",
    "frontendform",
    "headerlistunsubscriber",
    "headerxabuse",
    "kbmax",
    "multi_optout_list",
    "multipart_text",
    "nl_sendername",
    "notifyemail",
    "optout_type",
    "owneremail",
    "public",
    "replyto",
    "sendconfirmsms",
    "sendemailoptout",
    "senderfax",
    "senderfaxname",
    "sms_sendername",
    "subscribedemail",
    "tracking",
    "Customer",
    "IdList",
    "Name",
    "business",
    "scope",
    "CompanyName",
    "ContactName",
    "Address",
    "City",
    "CountryCode",
    "PermissionReminder",
    "Phone",
    "PostalCode",
    "StateOrProvince",
    "WebSiteUrl",
]
SENDER = {
    "sender_email": "desk@shop.example",
    "sender_name": "Shop",
    "company_name": "Shop Ltd",
    "contact_name": "Ada",
    "address": "Via Roma 1",
    "city": "Milano",
    "country_code": "IT",
    "permission_reminder": "You registered.",
    "web_site_url": "https://shop.example",
}


@pytest.fixture
def lists(database, account):
    """Operations on the account's lists."""

    def run(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return run


@pytest.fixture
def shop(lists):
    """List 1 with all that its mails must tell of their sender."""
    return lists(change_list, 1, settings=replace(lists(get_list, 1).settings, **SENDER))


async def test_the_seeds_sample_makes_a_list_and_its_id_is_the_answer(rest, lists):
    made = await rest.post("Console/User/Lists", content=SAMPLE)

    assert (made.status_code, made.content) == (200, b"2")
    settings = lists(get_list, 2).settings
    assert (settings.sender_email, settings.reply_to) == ("jane@example.com", "mike@example.com")
    assert (settings.optout_type, settings.scope_code, settings.multi_optout_list) == (0, 0, "2")
    assert (settings.company_name, settings.phone, settings.web_site_url) == (
        "Your company",
        "Your phone number",
        "Your site",
    )


@pytest.mark.parametrize("path", ["Console/User/Lists", "Console/Lists"])
@pytest.mark.parametrize(
    "body",
    [
        {"json": {"Name": "News", "useDefaultSettings": True, "idSettings": 99, "scope": "Direct_Advertising"}},
        {"data": {"Name": "News", "useDefaultSettings": "True", "idSettings": "1", "scope": "direct_advertising"}},
        {"json": {"Name": "News", "idSettings": "1", "scope": "Direct Advertising"}},
        {"json": {"Name": "News", "scope": "Direct_Advertising"}},
        {"data": {"Name": "News", "useDefaultSettings": "False", "idSettings": "0", "scope": "Direct_Advertising"}},
    ],
)
async def test_a_name_is_enough_where_the_sender_can_be_copied(rest, lists, shop, path, body):
    made = await rest.post(path, **body)

    settings = lists(get_list, int(made.content)).settings
    assert {name: getattr(settings, name) for name in SENDER} == SENDER
    assert settings.scope_code == 1


async def test_a_name_is_enough_on_a_fresh_account(rest, lists, account):
    made = await rest.post("Console/Lists", data={"Name": "News", "useDefaultSettings": "True"})

    assert lists(get_list, int(made.content)).settings.company_name == account.name


async def test_where_there_is_no_sender_to_copy_the_documented_500_says_so(rest, lists):
    lists(change_list, 1, settings=ListSettings())

    refused = await rest.post("Console/User/Lists", json={"Name": "News", "useDefaultSettings": True})

    error = refused.json()
    assert (refused.status_code, error["ErrorCode"], error["ErrorName"]) == (500, "500", "InternalServerError")
    assert "OwnerEmail" in error["ErrorDescription"]
    assert [each["idList"] for each in (await rest.get("Console/User/Lists")).json()["Items"]] == [1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"useDefaultSettings": True},
        {"Name": ""},
        {"Name": "x" * 51},
        {"Name": "News", "idSettings": 99},
        {"Name": "News", "scope": "spam"},
        {"Name": "News", "optout_type": 7},
        {"Name": "News", "owneremail": "nobody"},
        {"Name": "News", "kbmax": "much"},
    ],
)
async def test_what_makes_no_list_is_refused(rest, shop, body):
    refused = await rest.post("Console/User/Lists", json=body)

    assert (refused.status_code, refused.json()["ErrorCode"]) == (400, "400")


@pytest.mark.parametrize("path", ["Console/User/Lists", "Console/Lists"])
async def test_the_old_listing_has_its_own_names_and_creates_nothing(rest, shop, lists, path):
    lists(add_list, "Second", now=NOON)

    page = (await rest.get(path, params={"Name": "Third"})).json()

    assert list(page["Items"][0]) == ["Company", "Description", "Name", "idList", "listGuid"]
    assert [each["idList"] for each in page["Items"]] == [2, 1]
    assert page["Items"][1]["listGuid"] == shop.guid
    assert (page["TotalElementsCount"], page["IsPaginated"]) == (2, False)


async def test_the_old_listing_is_filtered_by_the_names_that_it_shows(rest, lists):
    lists(add_list, "Newsletter 2", now=NOON)

    found = await rest.get('Console/User/Lists?filterby="Name.Contains(\'Newsletter\')"&orderby="idList desc"')
    by_id = await rest.get("Console/User/Lists?filterby=[idList==1]")

    assert [each["idList"] for each in found.json()["Items"]] == [2]
    assert [each["idList"] for each in by_id.json()["Items"]] == [1]


@pytest.mark.parametrize(("verb", "path"), [("PUT", "Console/User/List/1"), ("POST", "Console/Lists/1")])
async def test_a_list_is_changed_where_it_is_told_to_be(rest, lists, shop, verb, path):
    body = {"Name": "New Arrivals", "description": "About new products", "IdList": 2, "kbmax": None, "city": "Roma"}

    changed = await rest.request(verb, path, json=body)

    answer = changed.json()
    assert changed.status_code == 200
    assert list(answer) == MEMBERS
    assert (answer["IdList"], answer["Name"], answer["description"]) == (1, "New Arrivals", "About new products")
    assert (answer["notifyemail"], answer["bouncedemail"], answer["scope"]) == (None, None, "newsletters")
    assert (answer["kbmax"], answer["tracking"], answer["senderfax"], answer["City"]) == (100, True, "", "Roma")
    assert lists(get_list, 1).name == "New Arrivals"


async def test_an_empty_change_answers_the_list(rest, shop):
    changed = await rest.put("Console/User/List/1", json={"IdList": 1})

    assert (changed.json()["IdList"], changed.json()["CompanyName"]) == (1, "Shop Ltd")


@pytest.mark.parametrize("body", [{"scope": "spam"}, {"optout_type": 9}, {"Name": " "}, {"replyto": "nobody"}])
async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(rest, lists, shop, body):
    refused = await rest.put("Console/User/List/1", json={"description": "New"} | body)

    assert refused.status_code == 400
    assert lists(get_list, 1) == shop


async def test_a_list_of_another_account_is_not_found(rest, account, database, shop):
    stranger = make_neighbour(database, account)
    with database.transaction(stranger.id) as tx:
        theirs = add_list(tx, "Theirs", now=NOON, list_id=88)

    changed = await rest.put("Console/User/List/88", json={"Name": "Ours"})
    copied = await rest.post("Console/User/Lists", json={"Name": "Ours", "idSettings": 88})

    assert (changed.status_code, copied.status_code) == (404, 400)
    with database.transaction(stranger.id) as tx:
        assert get_list(tx, 88) == theirs
