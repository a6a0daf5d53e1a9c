import msgspec
import pytest

from campaigns.happening import done, record, send, sending, time_lines
from interfaces.rest.neighbours import make_neighbour
from recipients.people import ADA, BASE, BOB, EVIDENCE, MOBILE, confirm, make_list, sign_up, status, suppress_ada
from staffetta.access import set_visible_lists
from staffetta.campaigns import leave
from staffetta.lists import add_group, set_field
from staffetta.outbox import DeliveryState, in_state
from staffetta.recipients import Cause, Channel, Status, get_profile, unsubscribe
from trying import NOON

IN, OUT, WAIT, NEW = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING, Status.NOT_REGISTERED
BODY = {"Email": "Ada@Example.org", "Name": "Ada", "Fields": [{"Id": 1, "Description": "nome", "Value": "Ada"}]}


@pytest.fixture
def within(database, account):
    """Run something in a transaction of the account: `within(sign_up, confirm=False)`."""

    def run(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return run


@pytest.fixture
def five(within):
    """Five people: three subscribed, one unsubscribed, one pending."""

    def sign_five_up(tx):
        ids = [
            sign_up(tx, email=ADA.parse(f"{name}@example.org"), name=name.title(), confirm=name == "eve").recipient_id
            for name in ("ada", "bob", "cyd", "dan", "eve")
        ]
        unsubscribe(tx, ids[3], (1,), cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON, **BASE)
        return ids

    return within(sign_five_up)


def emails(response):
    assert response.status_code == 200, response.text
    return [item["Email"].partition("@")[0] for item in response.json()["Items"]]


async def test_a_recipient_is_added_and_its_bare_id_answered(rest, within):
    answer = await rest.post("Console/List/1/Recipient", json=BODY)

    again = await rest.post("Console/List/1/Recipient?ConfirmEmail=false", json=BODY)
    assert (answer.status_code, answer.text, again.text) == (200, str(int(answer.text)), answer.text)
    profile = within(get_profile, int(answer.text))
    assert (profile.recipient.email, profile.recipient.name) == ("ada@example.org", "Ada")
    assert profile.recipient.fields == {"1": "Ada"}
    assert profile.subscriptions[1, Channel.EMAIL].status == IN


async def test_who_is_to_confirm_is_pending_and_mailed_at_once(rest, within):
    answer = await rest.post("Console/List/1/Recipient?ConfirmEmail=true", json=BODY)

    (mail,) = within(in_state, DeliveryState.PLANNED, most=9)
    assert within(status) == WAIT
    assert (mail.kind, mail.address, mail.recipient_id) == ("confirmation", "ada@example.org", int(answer.text))
    assert mail.details["base_url"].startswith("http")
    assert within(confirm, int(answer.text)) == [1]


@pytest.mark.parametrize("asked", ["services.mailup.com", "WSVC.ss.mailup.it:443", "services.mailupnet.it."])
async def test_a_mail_leads_to_no_host_that_a_client_has_built_in(rest, within, asked):
    await rest.post("Console/List/1/Recipient?ConfirmEmail=true", json=BODY, headers={"Host": asked})

    (mail,) = within(in_state, DeliveryState.PLANNED, most=9)
    assert mail.details["base_url"] == f"http://{rest.account.host}"


@pytest.mark.parametrize("asked", ["staffetta:8080", "mailup.com.example", "notmailup.com", "mail-up.it"])
async def test_a_caught_mail_leads_to_any_other_host_that_was_asked(rest, within, asked):
    await rest.post("Console/List/1/Recipient?ConfirmEmail=true", json=BODY, headers={"Host": asked})

    (mail,) = within(in_state, DeliveryState.PLANNED, most=9)
    assert mail.details["base_url"] == f"http://{asked}"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"Email": "ada@example.org"}, {}),
        ({"Email": "ada@example.org", "Name": None, "Fields": None, "idList": "1"}, {}),
        ({"Email": "ada@example.org", "Fields": [{"Id": "5", "Value": "x"}, None]}, {"5": "x"}),
        ({"Email": "ada@example.org", "Fields": [{"Description": "NOME", "Value": 7}]}, {"1": "7"}),
        ({"Email": "ada@example.org", "Fields": [{"Id": 0, "Description": "nome", "Value": True}]}, {"1": "true"}),
        ({"Email": "ada@example.org", "Fields": [{"Id": 2, "Description": "nome", "Value": "K"}]}, {"2": "K"}),
        ({"Email": "ada@example.org", "Fields": [{"Id": 4711, "Description": "nome", "Value": "K"}]}, {}),
        ({"Email": "ada@example.org", "Fields": [{"Id": "", "Description": "nome", "Value": "K"}]}, {"1": "K"}),
        ({"Email": "ada@example.org", "Fields": [{"Id": 1, "Description": None, "Value": None}]}, {}),
        ({"email": "ada@example.org", "fields": [{"id": 1, "value": "a\x00b"}]}, {"1": "ab"}),
    ],
)
async def test_bodies_are_read_as_clients_write_them(rest, within, body, fields):
    answer = await rest.post("Console/List/1/Recipient", json=body)

    assert answer.status_code == 200, answer.text
    assert within(get_profile, int(answer.text)).recipient.fields == fields


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Email": ""},
        {"Email": "ada"},
        {"Email": "ada@example.org", "MobileNumber": "call me"},
        {"idRecipient": "x"},
        {"idRecipient": 0},
        {"Email": ["ada@example.org"]},
    ],
)
async def test_what_nobody_can_be_reached_by_is_refused(rest, body):
    answer = await rest.post("Console/List/1/Recipient", json=body)

    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, "400")


async def test_a_number_is_read_with_its_prefix_and_shown_apart(rest, within):
    body = {"Email": "ada@example.org", "MobileNumber": 3351234567, "MobilePrefix": "0039"}

    recipient_id = (await rest.post("Console/List/1/Recipient", json=body)).json()

    shown = (await rest.get(f"Console/Recipients/{recipient_id}")).json()
    assert (shown["MobileNumber"], shown["MobilePrefix"]) == ("3351234567", "0039")
    assert within(status, 1, MOBILE) == IN


async def test_a_group_is_joined_with_its_list(rest, within):
    group = within(add_group, within(make_list).id, "Friends", now=NOON)

    recipient_id = (await rest.post(f"Console/Group/{group.id}/Recipient", json=BODY)).json()

    by_id = await rest.post(f"Console/Group/{group.id}/Recipient", json={"idRecipient": str(recipient_id)})
    profile = within(get_profile, recipient_id)
    assert by_id.text == str(recipient_id)
    assert profile.groups == {group.id}
    assert set(profile.subscriptions) == {(group.list_id, Channel.EMAIL)}


async def test_a_dead_address_is_not_added(rest, within):
    within(suppress_ada)

    answer = await rest.post("Console/List/1/Recipient", json=BODY)

    assert answer.status_code == 400
    assert "bounced" in answer.json()["ErrorDescription"]


async def test_a_recipient_is_changed_and_shown_with_all_fields(rest, within):
    recipient_id = within(sign_up, name="Ada", fields={1: "Ada", 2: "King"}, confirm=False).recipient_id
    body = {"Email": ADA.text, "Name": "A \U0001f600", "Fields": [None, {"Id": 2, "Value": "L'ove\"lace"}]}

    answer = await rest.put("Console/Recipient/Detail", json=body)

    shown = answer.json()
    assert list(shown) == ["Fields", "Name", "idRecipient", "Email", "MobileNumber", "MobilePrefix"]
    assert [each["Id"] for each in shown["Fields"]] == list(range(1, 41))
    assert shown["Fields"][1] == {"Description": "cognome", "Id": 2, "Value": "L'ove\"lace"}
    assert {each["Value"] for each in shown["Fields"]} == {"Ada", "L'ove\"lace", ""}
    assert (shown["Name"], shown["idRecipient"], shown["MobileNumber"]) == ("A \U0001f600", recipient_id, None)
    assert (await rest.get(f"Console/Recipients/{recipient_id}")).json() == shown


async def test_an_address_changes_if_it_is_free(rest, within):
    recipient_id = within(sign_up, confirm=False).recipient_id
    within(sign_up, email=BOB, confirm=False)

    taken = await rest.put("Console/Recipient/Detail", json={"idRecipient": recipient_id, "Email": BOB.text})
    free = await rest.put("Console/Recipient/Detail", json={"idRecipient": recipient_id, "Email": "eve@example.org"})

    assert (taken.status_code, free.status_code, free.json()["Email"]) == (400, 200, "eve@example.org")
    assert (await rest.put("Console/Recipient/Detail", json={"Email": ADA.text})).status_code == 404
    assert (await rest.put("Console/Recipient/Detail", json={"Name": "?"})).status_code == 400


async def test_who_stands_on_a_list_is_listed_by_status(rest, five):
    assert emails(await rest.get("Console/List/1/Recipients/Subscribed")) == ["cyd", "bob", "ada"]
    assert emails(await rest.get("Console/List/1/Recipients/Unsubscribed")) == ["dan"]
    assert emails(await rest.get("Console/List/1/Recipients/Pending")) == ["eve"]


async def test_a_page_says_how_many_there_are(rest, five):
    answer = await rest.get("Console/List/1/Recipients/Subscribed?PageNumber=1&PageSize=2")

    page = answer.json()
    assert [(name, page[name]) for name in page if name != "Items"] == [
        ("IsPaginated", True),
        ("PageNumber", 1),
        ("PageSize", 2),
        ("Skipped", 2),
        ("TotalElementsCount", 3),
    ]
    assert [item["Email"] for item in page["Items"]] == ["ada@example.org"]
    assert page["Items"][0]["Fields"][0] == {"Description": "nome", "Id": 1, "Value": ""}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filterby=\"Email.Contains('bob')\"", ["bob"]),
        ("filterby=Email=='BOB@example.org'", ["bob"]),
        ("filterby=\"Email='dan@example.org'\"", []),
        ("filterby=[Name.StartsWith('C')]", ["cyd"]),
        ('orderby="Email asc"&pageSize=2', ["ada", "bob"]),
        ("orderby=idRecipient%2Basc", ["ada", "bob", "cyd"]),
        ("filterby=&orderby=", ["cyd", "bob", "ada"]),
        ("Groups=", ["cyd", "bob", "ada"]),
        ("Groups=4711", []),
        ("filterby=Fields['nome']==''", ["cyd", "bob", "ada"]),
    ],
)
async def test_pages_are_filtered_and_sorted(rest, five, query, expected):
    assert emails(await rest.get(f"Console/List/1/Recipients/Subscribed?{query}")) == expected


@pytest.mark.parametrize("query", ["filterby=Password=='x'", "orderby=Password", "filterby=(((", "Groups=x"])
async def test_what_cannot_be_read_is_refused(rest, five, query):
    for path in ("Subscribed", "EmailOptins"):
        answer = await rest.get(f"Console/List/1/Recipients/{path}?{query}")

        assert (answer.status_code, answer.json()["ErrorCode"]) == (400, "400")


async def test_optins_tell_where_everybody_stands(rest, five):
    answer = await rest.get("Console/List/1/Recipients/EmailOptins")

    eve, dan, cyd, *_ = answer.json()["Items"]
    assert list(cyd) == [
        "Email",
        "Optin_Date",
        "Optin_Request_Date",
        "Optin_Request_IP",
        "Optout_Date",
        "Optout_MsgID",
        "Optout_Subtype",
        "Optout_Type",
        "Status",
        "idRecipient",
    ]
    assert (cyd["Status"], cyd["Optin_Date"], cyd["Optout_Date"], cyd["Optout_Type"]) == (
        "OPTIN",
        "2026-06-01 12:00:00.000",
        "",
        None,
    )
    assert (dan["Status"], dan["Optin_Date"], dan["Optout_Date"], dan["Optout_Type"]) == (
        "OPTOUT",
        "",
        "2026-06-01 12:00:00.000",
        4,
    )
    assert (eve["Status"], eve["Optin_Request_Date"], eve["Optin_Request_IP"]) == (
        "PENDING",
        "2026-06-01 12:00:00.000",
        None,
    )
    assert emails(await rest.get("Console/List/1/Recipients/EmailOptins?filterby=Status=='OPTOUT'")) == ["dan"]


async def test_optins_name_the_message_that_people_left_by(rest, within, five):
    message = within(send)
    within(sending, message)
    leaving = {"sending_id": 1, "cause": Cause.LINK, "evidence": EVIDENCE, "now": NOON, **BASE}
    within(leave, five[0], (1,), **leaving)
    within(leave, five[1], (1,), **{**leaving, "sending_id": 0})

    answer = await rest.get("Console/List/1/Recipients/EmailOptins?filterby=Status=='OPTOUT'")

    left_by = {item["Email"].partition("@")[0]: item["Optout_MsgID"] for item in answer.json()["Items"]}
    assert left_by == {"ada": message, "bob": None, "dan": None}


async def test_of_who_is_erased_nothing_is_kept_of_what_they_opened(rest, within, five):
    message = within(send)
    within(lambda tx: record(tx, done(tx, message, five[0])))

    await rest.delete(f"Console/Recipients/{five[0]}")

    assert within(time_lines) == []


async def test_groups_list_their_subscribed_members(rest, within, five):
    group = within(add_group, 1, "Friends", now=NOON)
    for recipient_id in (five[0], five[3]):
        await rest.post(f"Console/Group/{group.id}/Subscribe/{recipient_id}")

    assert emails(await rest.get(f"Console/Group/{group.id}/Recipients")) == ["ada"]
    assert emails(await rest.get(f"Console/Group/{group.id}/Recipient")) == ["ada"]
    assert emails(await rest.get(f"Console/List/1/Recipients/Subscribed?Groups={group.id}")) == ["ada"]
    assert emails(await rest.get(f"Console/List/1/Recipients/Unsubscribed?Groups={group.id}")) == ["dan"]
    assert emails(await rest.get(f"Console/List/1/Recipients/EmailOptins?Groups={group.id}")) == ["dan", "ada"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('email="ada@example.org"', ["ada"]),
        ("email=ADA@example.org", ["ada"]),
        ('email=["ada@example.org","bob@example.org"]', ["bob", "ada"]),
        ("email=ada@example.org;bob@example.org", ["bob", "ada"]),
        ("email=ada@example.org&email=bob@example.org", ["bob", "ada"]),
        ("email=nobody@example.org", []),
        ("email=no%20address", []),
        ("email=", []),
        ("mobile=+393351234567", ["ada"]),
        ("mobileNumber='3351234567'", ["ada"]),
        ("id={first}", ["ada"]),
        ('idRecipient="{first}"', ["ada"]),
        ("id=[{first},4711]", ["ada"]),
        ("id=x", []),
    ],
)
async def test_people_are_found_everywhere(rest, within, query, expected):
    first = within(sign_up, mobile=MOBILE, confirm=False).recipient_id
    within(sign_up, email=BOB)

    answer = await rest.get(f"Console/Recipients?{query.format(first=first)}")

    assert emails(answer) == expected


async def test_who_is_found_is_shown_with_every_list(rest, within):
    within(sign_up, mobile=MOBILE, confirm=False)
    news = within(make_list)
    within(sign_up, lists=(news.id,))

    (item,) = (await rest.get("Console/Recipients?email=ada@example.org")).json()["Items"]

    assert item["Subscriptions"] == [
        {"Channel": "EMAIL", "IdList": 1, "Status": "OPTIN"},
        {"Channel": "SMS", "IdList": 1, "Status": "OPTIN"},
        {"Channel": "EMAIL", "IdList": news.id, "Status": "PENDING"},
    ]
    assert (await rest.get("Console/Recipients")).status_code == 400
    assert (await rest.get("Console/Recipients?id=" + ",".join("1" for _ in range(1_001)))).status_code == 400


async def test_a_recipient_is_taken_off_a_list_and_then_forgotten(rest, within):
    recipient_id = within(sign_up, confirm=False).recipient_id

    off = await rest.delete(f"Console/List/1/Recipient/{recipient_id}")
    assert (off.status_code, off.content, within(status)) == (200, b"", NEW)
    erased = await rest.delete(f"Console/Recipients/{recipient_id}")

    assert (erased.status_code, erased.content) == (200, b"")
    assert (await rest.get(f"Console/Recipients/{recipient_id}")).status_code == 404
    assert (await rest.delete(f"Console/Recipients/{recipient_id}")).status_code == 404


async def test_fields_with_awkward_names_and_values_are_written_right(rest, within):
    within(set_field, 3, 'Quote " back\\ é')
    recipient_id = within(sign_up, fields={3: '"\\\u2028</script>'}, confirm=False).recipient_id

    shown = msgspec.json.decode((await rest.get(f"Console/Recipients/{recipient_id}")).content)

    assert shown["Fields"][2] == {"Description": 'Quote " back\\ é', "Id": 3, "Value": '"\\\u2028</script>'}


async def test_who_sees_few_lists_learns_nothing_of_the_others(rest_of, database, account, within):
    news = within(make_list)
    group = within(add_group, news.id, "Hidden", now=NOON)
    recipient_id = within(sign_up, lists=(1, news.id), confirm=False).recipient_id
    with database.connection() as connection:
        set_visible_lists(connection, account.api_user, (1,))
    restricted = rest_of(account)

    (found,) = (await restricted.get(f"Console/Recipients?id={recipient_id}")).json()["Items"]
    refused = [
        await restricted.get(f"Console/List/{news.id}/Recipients/Subscribed"),
        await restricted.get(f"Console/List/{news.id}/Recipients/EmailOptins"),
        await restricted.get(f"Console/Group/{group.id}/Recipients"),
        await restricted.post(f"Console/List/{news.id}/Recipient", json=BODY),
        await restricted.post(f"Console/Group/{group.id}/Recipient", json=BODY),
        await restricted.delete(f"Console/List/{news.id}/Recipient/{recipient_id}"),
        await restricted.delete(f"Console/Recipients/{recipient_id}"),
    ]

    assert [each["IdList"] for each in found["Subscriptions"]] == [1]
    assert {answer.status_code for answer in refused} == {403}
    assert within(status, news.id) == IN


async def test_nothing_of_another_account_is_found(rest_of, database, account, within):
    theirs = rest_of(make_neighbour(database, account))
    news = within(make_list)
    group = within(add_group, news.id, "Mine", now=NOON, group_id=4711)
    mine = within(sign_up, lists=(news.id,), confirm=False).recipient_id

    answers = [
        await theirs.post(f"Console/List/{news.id}/Recipient", json=BODY),
        await theirs.post(f"Console/Group/{group.id}/Recipient", json=BODY),
        await theirs.post("Console/List/1/Recipient", json={"idRecipient": mine}),
        await theirs.put("Console/Recipient/Detail", json={"idRecipient": mine, "Name": "Theirs"}),
        await theirs.put("Console/Recipient/Detail", json={"Email": ADA.text, "Name": "Theirs"}),
        *[
            await theirs.get(f"Console/List/{news.id}/Recipients/{each}")
            for each in ("Subscribed", "Unsubscribed", "Pending", "EmailOptins")
        ],
        await theirs.get(f"Console/Group/{group.id}/Recipients"),
        await theirs.get(f"Console/Recipients/{mine}"),
        await theirs.delete(f"Console/List/1/Recipient/{mine}"),
        await theirs.delete(f"Console/Recipients/{mine}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert emails(await theirs.get(f"Console/Recipients?id={mine}&email={ADA.text}")) == []
    assert within(status, news.id) == IN
