"""Groups over MailUpManage: made once, changed, removed with or without those in them."""

import asyncio

import pytest

from recipients.people import ADA, BOB, sign_up, status
from staffetta.kit.clock import utc_now
from staffetta.lists import add_group, add_list, catalog
from staffetta.recipients import Status, history


def names(tx, list_id=1):
    return [group.name for group in catalog(tx, anew=True).groups_of(list_id)]


async def test_a_group_is_made_and_shown_with_its_list(program, account, changing):
    made = await program.manage("CreateGroup", listID=1, groupName="Joomla & co", groupNotes="note")

    group = next(each for each in changing(catalog, anew=True).groups_of(1) if each.name == "Joomla & co")
    assert made.text == (
        "<CreateGroupsResult><errorCode>0</errorCode><errorDescription></errorDescription>"
        f"<list><listID>1</listID><listName>{account.name}</listName><groups><group><groupID>{group.id}</groupID>"
        "<groupName>Joomla &amp; co</groupName><groupNotes>note</groupNotes></group></groups></list>"
        "</CreateGroupsResult>"
    )


async def test_a_name_that_exists_answers_with_its_group(program, changing):
    made = await program.manage("CreateGroup", listID=1, groupName="Joomla", groupNotes="first")
    before = changing(names)

    again = await program.manage("CreateGroup", listID=1, groupName=" JOOMLA ", groupNotes="second")

    assert again.text == made.text
    assert changing(names) == before


async def test_of_several_programs_at_once_one_makes_the_group(program, changing):
    made = await asyncio.gather(*(program.manage("CreateGroup", listID=1, groupName="Joomla") for _ in range(8)))

    assert len({each.one("//groupID") for each in made}) == 1
    assert changing(names).count("Joomla") == 1


async def test_a_long_name_is_cut_and_found_again(program, changing):
    made = await program.manage("CreateGroup", listID=1, groupName="x" * 60)
    again = await program.manage("CreateGroup", listID=1, groupName="x" * 70)

    assert made.one("//groupName") == "x" * 50
    assert again.one("//groupID") == made.one("//groupID")


@pytest.mark.parametrize("name", [None, "", "  "])
async def test_a_group_without_a_name_is_refused(program, name):
    assert (await program.manage("CreateGroup", listID=1, groupName=name)).code == -1


async def test_a_group_is_changed_by_its_number_alone(program, changing):
    news = changing(add_list, "News", now=utc_now())
    group = changing(add_group, news.id, "Old", notes="kept", now=utc_now())

    named = await program.manage("UpdateGroup", groupID=group.id, options={"groupName": "New"})
    noted = await program.manage("UpdateGroup", groupID=group.id, options={"GROUPNOTES": "why", "other": "x"})
    nothing = await program.manage("UpdateGroup", groupID=group.id)

    assert (named.code, noted.code, nothing.code) == (0, 0, 0)
    found = changing(catalog, anew=True).groups[group.id]
    assert (found.name, found.notes, found.list_id) == ("New", "why", news.id)


async def test_a_group_that_is_none_of_the_account_is_not_found(program, theirs, changing):
    group = changing(add_group, 1, "Ours", now=utc_now())
    before = changing(names)

    made = await theirs.manage("CreateGroup", listID=77, groupName="x")
    changed = await theirs.manage("UpdateGroup", groupID=group.id, options={"groupName": "Theirs"})
    removed = [
        await theirs.manage("DeleteGroup", listID=1, groupID=group.id, deleteUsers=users) for users in (True, False)
    ]

    assert (made.code, changed.code) == (-100, -1)
    assert [each.code for each in removed] == [-1, -1]
    assert changing(names) == before


async def test_a_group_goes_and_its_members_stay_on_the_list(program, changing):
    group = changing(add_group, 1, "Gone", now=utc_now())
    changing(sign_up, groups=(group.id,), confirm=False)

    removed = await program.manage("DeleteGroup", listID=1, groupID=group.id, deleteUsers="0")

    assert removed.code == 0
    assert "Gone" not in changing(names)
    assert changing(status) == Status.SUBSCRIBED


async def test_a_group_goes_with_its_members(program, changing):
    news = changing(add_list, "News", now=utc_now())
    group = changing(add_group, news.id, "Gone", now=utc_now())
    changing(sign_up, lists=(1, news.id), groups=(group.id,), confirm=False)
    changing(sign_up, lists=(news.id,), email=BOB, groups=(group.id,), confirm=False)

    removed = await program.manage("DeleteGroup", listID=news.id, groupID=group.id, deleteUsers="1")

    assert removed.code == 0
    assert "Gone" not in changing(names, news.id)
    assert (changing(status), changing(status, news.id)) == (Status.SUBSCRIBED, Status.NOT_REGISTERED)
    last = changing(history, ADA.text)[-1]
    assert (last.source.name, last.wording) == ("SOAP", "/MailupManage.asmx DeleteGroup")
    assert changing(history, BOB.text) == []


async def test_the_group_of_another_list_stays(program, changing):
    news = changing(add_list, "News", now=utc_now())
    group = changing(add_group, news.id, "Kept", now=utc_now())

    refused = await program.manage("DeleteGroup", listID=1, groupID=group.id, deleteUsers=True)

    assert refused.code == -1
    assert "Kept" in changing(names, news.id)


async def test_a_group_that_every_list_has_keeps_its_members(program, changing):
    kept = next(each for each in changing(catalog).groups_of(1) if each.name == "TEST")
    changing(sign_up, groups=(kept.id,), confirm=False)

    refused = await program.manage("DeleteGroup", listID=1, groupID=kept.id, deleteUsers=True)

    assert (refused.code, "TEST" in refused.reason) == (-1, True)
    assert changing(status) == Status.SUBSCRIBED
