"""What a plugin asks for before it imports: users, lists and groups."""

import pytest

from interfaces.soap.importers import Shop, open_shop, other_account
from staffetta.access import add_user, set_visible_lists
from staffetta.accounts import AccountOptions, UserKind, change_options
from staffetta.interfaces.soap.user_numbers import user_number
from staffetta.lists import add_group, add_list, catalog
from trying import NOON

GUID = "66af9900-7dd7-4cca-9125-beadaf345659"


@pytest.fixture
def shop(unlimited, account) -> Shop:
    return open_shop(unlimited, account)


async def test_users_have_numbers(shop):
    login = f"shop{shop.account.id}@example.org"
    with shop.database.connection() as connection:
        add_user(connection, shop.account.id, login, kind=UserKind.CONSOLE, password="x", now=NOON)

    own = await shop.call("GetIdWsUser")
    first = await shop.call("GetIdUser", userName=f"M{shop.account.id}")
    other = await shop.call("GetIdUser", userName=login)

    number = str(shop.account.id)
    assert own.text.endswith(
        f"<mailupMessage><mailupBody><ReturnCode>0</ReturnCode><IdUser>{number}</IdUser></mailupBody></mailupMessage>"
    )
    assert first.value("IdUser") == number
    assert other.value("IdUser") == str(user_number(login))


@pytest.mark.parametrize("name", [None, "", "nobody", "\ud7ff" * 500])
async def test_users_that_there_are_not_are_minus_1001(shop, name):
    assert (await shop.call("GetIdUser", userName=name)).code == -1001


async def test_users_of_another_account_have_no_number(shop, database):
    other = other_account(database)

    assert (await shop.call("GetIdUser", userName=other.api_user)).code == -1001
    assert (await shop.call("GetNlListsUser", userId=other.id)).code == -200


async def test_lists_come_with_their_groups_to_the_byte(shop, account):
    with shop.database.transaction(account.id) as tx:
        mailing_list = add_list(tx, 'News & "Più" <b>', guid=GUID, now=NOON)
        groups = [each.id for each in catalog(tx).groups_of(mailing_list.id)]

    answer = await shop.call("GetNlLists")

    first, second = answer.document.find("mailupBody/Lists")
    assert (first.get("idList"), first.get("listName")) == ("1", account.name)
    assert len(first.findall("Groups/Group")) == 6
    assert second.get("listName") == 'News & "Più" <b>'
    assert answer.text.endswith(
        f'<List idList="{mailing_list.id}" listGUID="{GUID}" listName="News &amp; &quot;Più&quot; &lt;b&gt;"><Groups>'
        f'<Group idGroup="{groups[0]}" groupName="TEST" />'
        f'<Group idGroup="{groups[1]}" groupName="Subscribed from social network" />'
        f'<Group idGroup="{groups[2]}" groupName="Autoprofile" />'
        "</Groups></List></Lists></mailupBody></mailupMessage>"
    )


async def test_names_are_spelt_for_old_clients_where_the_account_asks_for_it(shop, account):
    with shop.database.transaction(account.id) as tx:
        add_list(tx, 'News & "more"', now=NOON)
        change_options(tx, AccountOptions(soap_legacy_names=True))

    answers = [await shop.call("GetNlLists"), await shop.call("GetNlListsUser", userId=account.id)]

    for answer in answers:
        assert answer.document.findall("mailupBody/Lists/List")[1].get("listName") == "News + 'more'"


async def test_a_list_made_between_two_calls_is_in_the_second(shop, account):
    before = await shop.call("GetNlLists")
    with shop.database.transaction(account.id) as tx:
        add_list(tx, "News", now=NOON)

    after = await shop.call("GetNlLists")

    assert [len(each.document.findall(".//List")) for each in (before, after)] == [1, 2]


async def test_lists_are_those_that_a_user_sees(shop, account):
    login = f"desk{account.id}@example.org"
    with shop.database.connection() as connection:
        tx = connection.for_account(account.id)
        news = add_list(tx, "News", now=NOON)
        add_user(connection, account.id, login, kind=UserKind.CONSOLE, password="x", now=NOON)
        set_visible_lists(connection, login, (news.id,))

    theirs = await shop.call("GetNlListsUser", userId=user_number(login))
    own = await shop.call("GetNlListsUser", userId=account.id)

    assert [each.get("idList") for each in theirs.document.iter("List")] == [str(news.id)]
    assert [each.get("idList") for each in own.document.iter("List")] == ["1", str(news.id)]


@pytest.mark.parametrize("number", [0, -1, 2_147_483_647])
async def test_lists_of_a_user_that_there_is_not_are_minus_200(shop, number):
    assert (await shop.call("GetNlListsUser", userId=number)).code == -200


async def test_a_group_is_made_once_whatever_the_case_of_its_name(shop):
    made = await shop.of_list("CreateGroup", newGroupName=" Nuovi  clienti ")
    again = await shop.of_list("CreateGroup", newGroupName="NUOVI CLIENTI")

    assert made.code > 0
    assert made.text.endswith(
        f"<mailupMessage><mailupBody><ReturnCode>{made.code}</ReturnCode></mailupBody></mailupMessage>"
    )
    assert again.code == made.code


async def test_a_long_name_of_a_group_is_cut(shop, account):
    answer = await shop.of_list("CreateGroup", newGroupName="x" * 60)

    with shop.database.transaction(account.id) as tx:
        assert catalog(tx, anew=True).groups[answer.code].name == "x" * 50


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"newGroupName": "bell\x7f"}, -300),
        ({"idList": 0}, -301),
        ({"idList": None, "listGUID": None}, -301),
        ({"newGroupName": " "}, -302),
        ({"newGroupName": None}, -302),
        ({"idList": 99}, -101),
        ({"listGUID": GUID}, -101),
        ({"listGUID": "x"}, -102),
        ({"listGUID": None}, -102),
    ],
)
async def test_a_group_that_cannot_be_made_is_told_by_its_code(shop, values, code):
    answer = await shop.of_list("CreateGroup", **{"newGroupName": "Readers", **values})

    assert answer.codes == [code]


async def test_a_guid_is_one_however_it_is_written(shop):
    guid = shop.list().guid
    written = [guid.upper(), f"{{{guid}}}", f" {guid} "]

    answers = [await shop.call("CreateGroup", idList=1, listGUID=each, newGroupName="Readers") for each in written]

    assert len({answer.code for answer in answers}) == 1
    assert answers[0].code > 0


async def test_a_list_of_another_account_is_not_found(shop, database):
    other = other_account(database)
    with database.transaction(other.id) as tx:
        theirs = add_list(tx, "News", list_id=77, now=NOON)
        add_group(tx, theirs.id, "Readers", now=NOON)

    answer = await shop.call("CreateGroup", idList=theirs.id, listGUID=theirs.guid, newGroupName="Readers")

    assert answer.code == -101
    assert "Readers" not in (await shop.call("GetNlLists")).text
