"""Lists, groups, fields and users over MailUpSend."""

from dataclasses import replace

import pytest

from interfaces.soap.programs import account_beside, program_of
from staffetta.access import add_user
from staffetta.accounts import UserKind, change_options
from staffetta.interfaces.soap.user_numbers import user_number
from staffetta.kit.clock import utc_now
from staffetta.lists import add_list, catalog, change_list, get_list, obtain_group, set_field
from staffetta.recipients import history


@pytest.fixture
def theirs(unlimited, account):
    """A program of another account, which has a second list."""
    other = account_beside(unlimited.database, account)
    with unlimited.database.transaction(other.id) as tx:
        add_list(tx, "Theirs", list_id=77, now=utc_now(), auto_id="CRM")
    return program_of(unlimited, other)


async def test_the_lists_are_named(program, account, theirs, changing):
    changing(add_list, "News & more", now=utc_now())

    answer = await program.send("GetLists")

    assert answer.text == (
        "<GetListsResult><errorCode>0</errorCode><errorDescription></errorDescription>"
        f"<lists><list><listID>1</listID><listName>{account.name}</listName></list>"
        "<list><listID>2</listID><listName>News &amp; more</listName></list></lists></GetListsResult>"
    )


async def test_a_list_has_its_groups(program, changing):
    group = changing(obtain_group, 1, 'A "b" & <c>', notes="why", now=utc_now())

    answer = await program.send("GetGroups", listID=1)

    assert answer.one("/GetGroupsResult/list/listID") == "1"
    assert answer.all("/GetGroupsResult/list/groups/group/groupName")[0] == "Clienti"
    own = f"/GetGroupsResult/list/groups/group[groupID={group.id}]"
    assert (answer.one(own + "/groupName"), answer.one(own + "/groupNotes")) == ('A "b" & <c>', "why")


@pytest.mark.parametrize("list_id", [77, 0, -1, 2**31 - 1])
async def test_what_is_no_list_of_the_account_is_not_found(program, theirs, list_id):
    groups = await program.send("GetGroups", listID=list_id)
    deleted = await program.send("DeleteList", listId=list_id)
    credit = await program.send("GetCreditsLists", idList=list_id)

    assert (groups.code, deleted.code, credit.code) == (-100, -100, -100)
    assert (await theirs.send("GetGroups", listID=77)).code == 0


@pytest.mark.parametrize("operation", ["CreateList", "CreateList_st"])
async def test_a_list_is_made_and_carries_its_mark(program, operation, database, account):
    made = await program.send(operation, name=" Joomla & co ", autoId="ORG")

    assert made.code == 0
    list_id, guid, name = (made.one(f"/{operation}/Lists/List/@{each}") for each in ("Id", "Guid", "Name"))
    with database.transaction(account.id) as tx:
        found = get_list(tx, int(list_id))
    assert (found.guid, found.name, name, found.settings.auto_id) == (guid, "Joomla & co", "Joomla & co", "ORG")
    assert {each.name for each in catalog_of_account(database, account).groups_of(found.id)} >= {"TEST"}


def catalog_of_account(database, account):
    with database.transaction(account.id) as tx:
        return catalog(tx, anew=True)


@pytest.mark.parametrize("name", ["", "   ", "x" * 51, None])
async def test_a_list_without_a_name_that_can_be_one_is_refused(program, name):
    refused = await program.send("CreateList", name=name)

    assert refused.code == -1
    assert "50" in refused.reason
    assert (await program.send("GetLists")).all("//listID") == ["1"]


@pytest.mark.parametrize("operation", ["GetListIdentity", "GetListIdentity_st"])
async def test_lists_are_found_by_their_mark(program, theirs, operation, changing):
    first, second = (changing(add_list, name, auto_id="CRM", now=utc_now()) for name in ("One", "Two"))
    changing(add_list, "Unmarked", now=utc_now())

    found = await program.send(operation, autoId="CRM")

    assert found.all(f"/{operation}/Lists/List/@Id") == [str(first.id), str(second.id)]
    assert found.all("//List/@Guid") == [first.guid, second.guid]
    assert found.all("//List/@Name") == ["One", "Two"]
    for nothing in (None, "", "crm", "other"):
        assert (await program.send(operation, autoId=nothing)).text.endswith(f"<Lists></Lists></{operation}>")


async def test_the_mark_of_list_1_is_not_inherited(program, changing):
    changing(change_list, 1, settings=replace(changing(get_list, 1).settings, auto_id="CRM"))

    await program.send("CreateList", name="Plain")

    assert (await program.send("GetListIdentity", autoId="CRM")).all("//List/@Id") == ["1"]


@pytest.mark.parametrize("operation", ["DeleteList", "DeleteList_st"])
async def test_a_list_is_deleted_by_its_number_whatever_the_mark(program, operation, changing):
    kept, gone = (changing(add_list, name, auto_id="CRM", now=utc_now()) for name in ("Kept", "Gone"))

    deleted = await program.send(operation, listId=gone.id, autoId="CRM")

    assert deleted.one("//Lists/List/@Id") == str(gone.id)
    assert (await program.send("GetLists")).all("//listID") == ["1", str(kept.id)]
    assert (await program.send(operation, listId=gone.id)).code == -100


async def test_without_a_number_all_lists_of_a_mark_are_deleted(program, theirs, changing):
    lists = [changing(add_list, name, auto_id="CRM", now=utc_now()) for name in ("One", "Two")]
    kept = changing(add_list, "Kept", now=utc_now())

    deleted = await program.send("DeleteList", listId=0, autoId="CRM")

    assert deleted.all("//List/@Id") == [str(each.id) for each in lists]
    assert (await program.send("GetLists")).all("//listID") == ["1", str(kept.id)]
    assert (await theirs.send("GetLists")).all("//listID") == ["1", "77"]


async def test_of_marked_lists_all_go_or_none(program, changing):
    changing(change_list, 1, settings=replace(changing(get_list, 1).settings, auto_id="CRM"))
    other = changing(add_list, "Other", auto_id="CRM", now=utc_now())

    refused = await program.send("DeleteList", autoId="CRM")

    assert refused.code == -1
    assert "list 1" in refused.reason
    assert (await program.send("GetLists")).all("//listID") == ["1", str(other.id)]


async def test_the_ledger_says_who_was_on_a_deleted_list_and_what_deleted_it(program, changing):
    news = changing(add_list, "News", now=utc_now())
    changing(people_signed_up, news.id)

    await program.send("DeleteList", listId=news.id)

    last = changing(history, "ada@example.org")[-1]
    assert (last.list_id, last.source.name, last.ip, last.user_agent) == (news.id, "SOAP", "192.0.2.7", "PHP-SOAP/8.2")
    assert last.wording == "/MailupSend.asmx DeleteList"


def people_signed_up(tx, list_id):
    from recipients.people import sign_up

    sign_up(tx, lists=(list_id,), confirm=False)


@pytest.mark.parametrize("operation", ["GetFields", "GetFields_st"])
async def test_the_fields_are_named_with_their_numbers(program, operation, changing):
    changing(set_field, 2, "città & più")

    answer = await program.send(operation)

    assert answer.all(f"/{operation}/Fields/Field/@Id")[:3] == ["1", "2", "3"]
    assert answer.all("//Field/@Name")[:3] == ["nome", "città & più", "azienda"]
    assert answer.all("//Error") == []
    assert '<Field Name="nome" Id="1" />' in answer.text


@pytest.mark.parametrize("operation", ["GetFields", "GetFields_st"])
async def test_a_failure_of_the_fields_has_an_error_as_well(program, operation):
    refused = await program.send(operation, accessKey="none")

    assert refused.text == (
        f"<{operation}><errorCode>-1013</errorCode><errorDescription>Invalid access key</errorDescription>"
        f"<Error>Invalid access key</Error></{operation}>"
    )


async def test_there_is_no_credit_for_sms(program):
    assert (await program.send("GetCredits")).one("/GetCreditsResult/credits") == "0"
    assert (await program.send("GetCreditsLists", idList=1)).one("/GetCreditsListsResult/credits") == "0"


@pytest.fixture
def ada(database, account):
    """A person who sees list 1 alone."""
    with database.connection() as connection:
        login = f"ada{account.id}@lists.example"
        given = {"kind": UserKind.CONSOLE, "password": "p", "visible_lists": (1,), "now": utc_now()}
        return add_user(connection, account.id, login, **given)


async def test_a_person_who_sees_one_list_reads_all_of_them_over_soap(unlimited, account, ada, changing):
    changing(add_list, "News", now=utc_now())

    answer = await program_of(unlimited, account, ada.login).send("GetLists")

    assert answer.all("//listID") == ["1", "2"]


async def test_the_lists_of_a_user_are_those_they_see(program, theirs, account, ada, changing):
    changing(add_list, "News", now=utc_now())

    of_program = await program.send("GetListsUser", idUser=account.id)
    of_ada = await program.send("GetListsUser", idUser=user_number(ada.login))

    assert (of_program.all("//listID"), of_ada.all("//lists/list/listID")) == (["1", "2"], ["1"])
    assert (await theirs.send("GetListsUser", idUser=user_number(ada.login))).code == -1001
    assert (await program.send("GetListsUser")).code == -1001


async def test_the_access_of_a_user_names_login_and_lists(program, theirs, account, ada):
    of_ada = await program.send("GetUserAccess", userId=user_number(ada.login))
    of_first = await program.send("GetUserAccess", userId=account.id)

    assert of_ada.one("/GetUserAccessResult/user/userName") == ada.login
    assert of_ada.one("//user/lists/list/listID") == "1"
    assert of_first.all("//userName") == [f"a{account.id}", f"m{account.id}"]
    assert (await theirs.send("GetUserAccess", userId=user_number(ada.login))).code == -1001


async def test_no_hash_of_a_user_is_valid_and_the_answer_says_why(program, theirs, account):
    checked = await program.send("CheckUserHash", userID=account.id, userHash="0123")

    assert checked.code == -1
    assert "LoginFromId" in checked.reason
    assert (await theirs.send("CheckUserHash", userID=account.id, userHash="0123")).code == -1001


async def test_legacy_names_have_nothing_that_needs_escaping(program, account, changing):
    list_id = changing(add_list, 'A & "B" <c>', now=utc_now()).id
    changing(obtain_group, list_id, "G & H", now=utc_now())
    changing(set_field, 3, 'F "3"')
    changing(change_options, replace(account.options, soap_legacy_names=True))

    texts = [
        (await program.send("GetLists")).text,
        (await program.send("GetGroups", listID=list_id)).text,
        (await program.send("GetFields")).text,
        (await program.send("GetUserAccess", userId=account.id)).text,
    ]

    assert all("A + 'B' (c)" in text for text in (texts[0], texts[1], texts[3]))
    assert "G + H" in texts[1]
    assert "F '3'" in texts[2]
    assert not any("&" in text for text in texts)


async def test_legacy_names_are_asked_for_when_a_name_is_given(program, account, changing):
    changing(change_options, replace(account.options, soap_legacy_names=True))

    made = await program.send("CreateList", name="A & B")
    grouped = await program.manage("CreateGroup", listID=1, groupName="<b>")

    assert (made.code, grouped.code) == (-1, -1)
    assert 'none of & " < >' in made.reason
