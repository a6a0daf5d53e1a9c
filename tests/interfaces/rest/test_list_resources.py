"""Lists over REST: the seed's own samples, its rules for members, and what `If-Match` guards."""

from dataclasses import replace

import pytest

from interfaces.rest.neighbours import make_neighbour
from staffetta.access import set_visible_lists
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import ListSettings, UnknownList, add_list, catalog, change_list, get_list
from staffetta.recipients import Evidence, SignUp, Source, history, subscribe
from trying import NOON

# The seed's quick sample, and what its answer is made of.
QUICK = {
    "Name": "New Arrivals",
    "Business": True,
    "Customer": True,
    "OwnerEmail": "jane@example.com",
    "ReplyTo": "mike@example.com",
    "NLSenderName": "Your sender name",
    "CompanyName": "Your company",
    "ContactName": "Your name",
    "Address": "Your address",
    "City": "Your city",
    "CountryCode": "IT",
    "PermissionReminder": "Your permission reminder",
    "WebSiteUrl": "www.mailup.it",
    "UseDefaultSettings": True,
}
OPTIONAL = {
    "DisplayAs": "campo1,campo2",
    "Description": "What it is for",
    "Phone": "+39 0372 24525",
    "PostalCode": "26100",
    "StateOrProvince": "Cremona",
    "TimeZoneCode": "UTC-11:00.0",
    "SmsSenderName": "SMSText",
    "DefaultPrefix": "001",
    "SendConfirmSms": True,
    "Charset": "iso-8859-1",
    "Format": "text",
    "MultipartText": False,
    "KBMax": 250,
    "NotifyEmail": "boss@example.com",
    "OptoutType": 4,
    "MultiOptoutList": "1,2",
    "SendEmailOptout": True,
    "SubscribedEmail": False,
    "BouncedEmail": "bounces@example.com",
    "FrontendForm": False,
    "Public": False,
    "ScopeCode": 2,
    "TrackOnOpened": False,
    "ConversionlabTrackCode": "abc",
    "LinkTrackingParameters": "utm_source=list",
    "Disclaimer": '<a href="http://www.example.com/policy" target=_blank>Policy</a> è',
    "HeaderListUnsubscriber": "<[listunsubscribe]>",
    "HeaderXAbuse": "Report here: http://[host]/p",
}
# As the seed prints L5.
MEMBERS = [
    "BouncedEmail",
    "Charset",
    "ConversionlabTrackCode",
    "DefaultPrefix",
    "Description",
    "Disclaimer",
    "Format",
    "FrontendForm",
    "HeaderListUnsubscriber",
    "HeaderXAbuse",
    "KBMax",
    "LinkTrackingParameters",
    "MultiOptoutList",
    "MultipartText",
    "NotifyEmail",
    "OptoutType",
    "Public",
    "ScopeCode",
    "SendConfirmSms",
    "SendEmailOptout",
    "SmsSenderName",
    "SubscribedEmail",
    "TimeZoneCode",
    "TrackOnOpened",
    "Address",
    "Business",
    "City",
    "CompanyName",
    "ContactName",
    "CountryCode",
    "Customer",
    "DisplayAs",
    "IdList",
    "ListGuid",
    "NLSenderName",
    "Name",
    "OwnerEmail",
    "PermissionReminder",
    "Phone",
    "PostalCode",
    "ReplyTo",
    "StateOrProvince",
    "WebSiteUrl",
]
MANDATORY = [name for name in QUICK if name != "UseDefaultSettings"]


@pytest.fixture
def lists(database, account):
    """Operations on the account's lists."""

    def run(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return run


@pytest.fixture
async def arrivals(rest):
    """A list made of the seed's sample."""
    return (await rest.post("Console/List", json=QUICK)).json()


def refusal(response):
    error = response.json()
    assert error["ErrorCode"] == str(response.status_code)
    return response.status_code, error["ErrorName"], error["ErrorDescription"], error["ErrorStack"]


async def test_a_list_is_made_of_the_seeds_sample(rest, lists):
    made = await rest.post("Console/List", json=QUICK)

    answer = made.json()
    given = {name: value for name, value in QUICK.items() if name != "UseDefaultSettings"}
    assert made.status_code == 200
    assert list(answer) == MEMBERS
    assert answer.items() >= given.items()
    assert (answer["IdList"], answer["MultiOptoutList"]) == (2, "2")
    assert (answer["NotifyEmail"], answer["BouncedEmail"]) == ("", None)
    assert answer["HeaderListUnsubscriber"] == "<[listunsubscribe]>,<[mailto_uns]>"
    assert (answer["KBMax"], answer["Format"], answer["TimeZoneCode"]) == (100, "html", "UTC+01:00.0")
    assert lists(get_list, 2).guid == answer["ListGuid"]
    assert len(lists(catalog).groups_of(2)) == 3


async def test_every_setting_can_be_given_and_is_read_back(rest):
    made = (await rest.post("Console/List", json=QUICK | OPTIONAL)).json()

    read = (await rest.get(f"Console/List/{made['IdList']}")).json()

    assert read == made
    assert read.items() >= OPTIONAL.items()


async def test_missing_settings_are_those_of_another_list(rest, lists):
    settings = ListSettings(kb_max=7, description="from 2", multi_optout_list="1", bounced_email="b@example.com")
    other = lists(add_list, "Other", now=NOON, settings=settings)
    body = {name: value for name, value in QUICK.items() if name != "UseDefaultSettings"}

    for member in ("IdSettings", "IdSetting"):
        made = (await rest.post("Console/List", json=body | {member: other.id})).json()

        assert (made["KBMax"], made["Description"], made["BouncedEmail"]) == (7, "from 2", "b@example.com")
        assert made["MultiOptoutList"] == str(made["IdList"])


async def test_default_settings_are_those_of_list_1_and_win(rest, lists):
    lists(change_list, 1, settings=replace(lists(get_list, 1).settings, kb_max=9))
    other = lists(add_list, "Other", now=NOON, settings=ListSettings(kb_max=7))

    made = (await rest.post("Console/List", json=QUICK | {"IdSettings": other.id})).json()

    assert made["KBMax"] == 9


@pytest.mark.parametrize("given", [{}, {"UseDefaultSettings": False}, {"UseDefaultSettings": None}])
async def test_a_list_needs_a_list_to_take_after(rest, given):
    body = {name: value for name, value in QUICK.items() if name != "UseDefaultSettings"}

    status, _, text, _ = refusal(await rest.post("Console/List", json=body | given))

    assert (status, "IdSettings or UseDefaultSettings" in text) == (400, True)


async def test_a_list_to_take_after_must_be_the_accounts_own(rest, account, database):
    stranger = make_neighbour(database, account)
    with database.transaction(stranger.id) as tx:
        theirs = add_list(tx, "Theirs", now=NOON, list_id=88)

    for list_id in (theirs.id, 99, 0):
        body = {**QUICK, "UseDefaultSettings": False, "IdSettings": list_id}
        assert refusal(await rest.post("Console/List", json=body))[0] == 400


@pytest.mark.parametrize("member", MANDATORY)
async def test_a_mandatory_member_must_be_given(rest, arrivals, member):
    without = {name: value for name, value in QUICK.items() if name != member}

    made = await rest.post("Console/List", json=without)
    changed = await rest.put(f"Console/List/{arrivals['IdList']}", json=without)

    for response in (made, changed):
        assert refusal(response) == (400, "BadRequest", f"{member}: mandatory, and missing", None)


@pytest.mark.parametrize("member", [name for name in MANDATORY if name not in {"Business", "Customer", "ReplyTo"}])
async def test_a_mandatory_text_must_say_something(rest, arrivals, member):
    made = await rest.post("Console/List", json=QUICK | {member: " "})
    changed = await rest.put(f"Console/List/{arrivals['IdList']}", json=arrivals | {member: ""})

    assert refusal(made)[0] == refusal(changed)[0] == 400


@pytest.mark.parametrize("blank", ["", None])
async def test_a_blank_reply_to_is_allowed(rest, blank):
    made = await rest.post("Console/List", json=QUICK | {"ReplyTo": blank})

    assert (made.status_code, made.json()["ReplyTo"]) == (200, "")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Name", "x" * 51),
        ("OwnerEmail", "jane"),
        ("ReplyTo", "mike@"),
        ("NotifyEmail", "boss"),
        ("BouncedEmail", "b b@example.com"),
        ("CountryCode", "ZQ"),
        ("TimeZoneCode", "CET"),
        ("SmsSenderName", "much too long for one"),
        ("DefaultPrefix", "Italy"),
        ("Format", "pdf"),
        ("KBMax", 0),
        ("KBMax", "many"),
        ("OptoutType", 5),
        ("OptoutType", -1),
        ("ScopeCode", 3),
        ("MultiOptoutList", "one"),
        ("LinkTrackingParameters", "?a=b"),
        ("Description", "x" * 5000),
        ("Business", "perhaps"),
    ],
)
async def test_a_value_that_is_none_is_refused(rest, arrivals, member, value):
    made = await rest.post("Console/List", json=QUICK | {member: value})
    changed = await rest.put(f"Console/List/{arrivals['IdList']}", json=QUICK | {member: value})

    for response in (made, changed):
        status, name, text, stack = refusal(response)
        assert (status, name, stack) == (400, "BadRequest", None)
        assert text


async def test_numbers_and_flags_may_be_spelt_as_texts(rest):
    body = QUICK | {"Business": "True", "Customer": "false", "KBMax": "50", "IdSettings": "1", "CountryCode": " it "}

    made = (await rest.post("Console/List", json=body)).json()

    assert (made["Business"], made["Customer"], made["KBMax"], made["CountryCode"]) == (True, False, 50, "IT")


async def test_the_lists_are_read_with_the_newest_first(rest, account, arrivals):
    page = (await rest.get("Console/List")).json()

    assert {name: value for name, value in page.items() if name != "Items"} == {
        "IsPaginated": False,
        "PageNumber": 0,
        "PageSize": 20,
        "Skipped": 0,
        "TotalElementsCount": 2,
    }
    assert page["Items"][0] == {
        "Company": "Your company",
        "Description": "",
        "IdList": 2,
        "ListGuid": arrivals["ListGuid"],
        "Name": "New Arrivals",
    }
    assert (page["Items"][1]["IdList"], page["Items"][1]["Name"]) == (1, account.name)


async def test_lists_are_filtered_and_ordered_as_the_seed_does(rest, arrivals):
    exact = await rest.get('Console/List?filterby="Name==\'New Arrivals\'"&orderby="idList desc"')
    other_case = await rest.get("Console/List?filterby=\"Name=='new arrivals'\"")
    upward = await rest.get('Console/List?orderby="idList asc"&PageSize=1&PageNumber=1')

    assert [each["IdList"] for each in exact.json()["Items"]] == [2]
    assert other_case.json()["Items"] == []
    assert [each["IdList"] for each in upward.json()["Items"]] == [2]


async def test_a_list_is_sent_back_as_it_was_read_with_a_change(rest):
    read = (await rest.get("Console/List/1")).json()

    changed = await rest.put("Console/List/1", json=read | {"Description": "New", "IdList": 77, "ListGuid": "x"})

    assert changed.status_code == 200
    assert changed.json() == read | {"Description": "New"}
    assert (await rest.get("Console/List/1")).json() == changed.json()
    assert (read["NotifyEmail"], read["BouncedEmail"]) == (None, None)


async def test_what_is_not_given_stays_and_null_is_not_given(rest):
    made = (await rest.post("Console/List", json=QUICK | OPTIONAL)).json()

    nulls = dict.fromkeys(name for name in OPTIONAL if name not in {"NotifyEmail", "BouncedEmail"})
    changed = await rest.put(f"Console/List/{made['IdList']}", json=QUICK | nulls | {"Name": "Renamed"})

    assert changed.json() == made | {"Name": "Renamed"}


async def test_the_addresses_of_a_list_can_be_unset(rest):
    made = (await rest.post("Console/List", json=QUICK | OPTIONAL)).json()

    for none in (None, ""):
        body = made | {"NotifyEmail": none, "BouncedEmail": none}
        changed = (await rest.put(f"Console/List/{made['IdList']}", json=body)).json()

        assert (changed["NotifyEmail"], changed["BouncedEmail"]) == (None, None)


async def test_the_seeds_words_refuse_a_list_that_is_not_known_by_its_guid(rest, arrivals):
    path = f"Console/List/{arrivals['IdList']}"
    other = (await rest.get("Console/List/1")).json()["ListGuid"]

    missing = await rest.delete(path)
    not_one = await rest.delete(path, headers={"If-Match": "aaaa"})
    another = await rest.delete(path, headers={"If-Match": other})

    assert missing.json() == {
        "ErrorCode": "403",
        "ErrorDescription": "Missing If-Match header.",
        "ErrorName": "Forbidden",
        "ErrorStack": None,
    }
    assert not_one.json() == {
        "ErrorCode": "412",
        "ErrorDescription": "If-Match header content type must be: System.Guid.",
        "ErrorName": "PreconditionFailed",
        "ErrorStack": None,
    }
    assert another.json() == not_one.json() | {"ErrorDescription": "Invalid [listGuid] from If-Match header field."}
    assert (missing.status_code, not_one.status_code, another.status_code) == (403, 412, 412)
    assert (await rest.get(path)).status_code == 200


@pytest.mark.parametrize("spelling", ["{}", '"{}"', "{{{}}}"])
async def test_a_list_is_deleted_by_its_guid(rest, lists, arrivals, spelling):
    ada = SignUp(lists=(2,), email=EmailAddress("ada@example.org"), confirm=False, host="h")
    lists(subscribe, ada, evidence=Evidence(source=Source.XML), now=NOON)

    guid = spelling.format(arrivals["ListGuid"].upper())
    gone = await rest.delete("Console/List/2", headers={"If-Match": guid})

    assert (gone.status_code, gone.content) == (200, b"")
    assert (await rest.get("Console/List/2")).status_code == 404
    last = lists(history, "ada@example.org")[-1]
    assert (last.source, last.list_id, last.ip) == (Source.REST, 2, "192.0.2.7")
    with pytest.raises(UnknownList):
        lists(get_list, 2)


async def test_list_1_is_never_deleted(rest, lists):
    gone = await rest.delete("Console/List/1", headers={"If-Match": lists(get_list, 1).guid})

    status, name, text, _ = refusal(gone)
    assert (status, name) == (403, "Forbidden")
    assert "default settings" in text


async def test_a_list_of_another_account_is_not_found(rest, account, database):
    stranger = make_neighbour(database, account)
    with database.transaction(stranger.id) as tx:
        theirs = add_list(tx, "Theirs", now=NOON, list_id=88)

    answers = [
        await rest.get("Console/List/88"),
        await rest.put("Console/List/88", json=QUICK),
        await rest.delete("Console/List/88", headers={"If-Match": theirs.guid}),
    ]

    assert [refusal(answer)[:2] for answer in answers] == [(404, "NotFound")] * 3
    with database.transaction(stranger.id) as tx:
        assert get_list(tx, 88) == theirs


async def test_a_user_sees_its_own_lists_and_those_it_makes(rest_of, account, database, lists):
    hidden = lists(add_list, "Hidden", now=NOON)
    with database.connection() as connection:
        set_visible_lists(connection, account.api_user, (1,))
    rest = rest_of(account)

    made = await rest.post("Console/List", json=QUICK)
    copied = await rest.post("Console/List", json=QUICK | {"UseDefaultSettings": False, "IdSettings": hidden.id})
    paths = [f"Console/List/{hidden.id}", f"Console/List/{made.json()['IdList']}", "Console/List/77"]

    assert [(await rest.get(path)).status_code for path in paths] == [403, 200, 404]
    assert refusal(await rest.put(paths[0], json=QUICK))[0] == 403
    assert refusal(await rest.delete(paths[0], headers={"If-Match": hidden.guid}))[0] == 403
    assert refusal(copied)[0] == 403
    assert [each["IdList"] for each in (await rest.get("Console/List")).json()["Items"]] == [3, 1]
    assert [each["idList"] for each in (await rest.get("Console/User/Lists")).json()["Items"]] == [3, 1]
