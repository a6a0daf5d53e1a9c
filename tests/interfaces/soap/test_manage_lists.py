"""Lists over MailUpManage: made after another, with options; changed; removed."""

from dataclasses import replace

import pytest

from staffetta.interfaces.soap.list_options import SETTINGS
from staffetta.kit.clock import utc_now
from staffetta.lists import OptoutType, add_list, change_list, get_list

# Each option of the contract, a value for it, and what the list has then.
OPTIONS = {
    "owneremail": ("owner@example.org", "sender_email", "owner@example.org"),
    "bouncedemail": ("bounce@example.org", "bounced_email", "bounce@example.org"),
    "description": ("What & why", "description", "What & why"),
    "format": ("TEXT", "format", "text"),
    "charset": ("iso-8859-15", "charset", "iso-8859-15"),
    "public": ("0", "public", False),
    "tracking": ("0", "track_on_opened", False),
    "nl_sendername": ("Ada", "sender_name", "Ada"),
    "sms_sendername": ("Ada123", "sms_sender_name", "Ada123"),
    "optout_type": ("1", "optout_type", OptoutType.CONFIRMED),
    "sendemailoptout": ("1", "send_email_optout", True),
    "notifyemail": ("n@example.org", "notify_email", "n@example.org"),
    "frontendform": ("false", "frontend_form", False),
    "disclaimer": ("Read <this>", "disclaimer", "Read <this>"),
    "headerxabuse": ("abuse here", "header_x_abuse", "abuse here"),
    "kbmax": ("250", "kb_max", 250),
    "replyto": ("r@example.org", "reply_to", "r@example.org"),
    "headerreplyto": ("h@example.org", "reply_to", "h@example.org"),
    "displayas": ("Shown", "display_as", "Shown"),
    "headerlistunsubscriber": ("<[listunsubscribe]>", "header_list_unsubscriber", "<[listunsubscribe]>"),
    "headerlistunsubscribe": ("<[mailto_uns]>", "header_list_unsubscriber", "<[mailto_uns]>"),
    "multipart_text": ("0", "multipart_text", False),
    "conversionlab_trackcode": ("UA-1", "conversionlab_track_code", "UA-1"),
    "default_prefix": ("0044", "default_prefix", "0044"),
    "multi_optout_list": ("1,2", "multi_optout_list", "1,2"),
    "subscribedemail": ("0", "subscribed_email", False),
    "sendconfirmsms": ("1", "send_confirm_sms", True),
}
DONE = "<OpResult><errorCode>0</errorCode><errorDescription></errorDescription></OpResult>"
WRONG = {
    "public": "maybe",
    "kbmax": "many",
    "optout_type": "7",
    "owneremail": "nobody",
    "format": "pdf",
    "sms_sendername": "much too long a name",
    "multi_optout_list": "a;b",
    "description": "x" * 4001,
}


def test_every_option_is_tried():
    assert set(OPTIONS) == set(SETTINGS)


async def test_the_options_of_a_new_list_are_its_settings(program, changing):
    given = {key.upper(): value for key, (value, _, _) in OPTIONS.items() if not key.startswith("header")}

    made = await program.manage("CreateList", name="News", defaultSettings="default", copyTemplate=False, options=given)

    assert made.code == 0
    settings = changing(get_list, int(made.one("//Lists/List/@Id"))).settings
    for key, (_, setting, value) in OPTIONS.items():
        if not key.startswith("header"):
            assert getattr(settings, setting) == value, key


async def test_an_option_changes_one_setting_of_a_list(program, changing):
    for key, (value, setting, kept) in OPTIONS.items():
        news = changing(add_list, "News", now=utc_now())

        changed = await program.manage("UpdateList", listID=news.id, options={key: value})

        assert changed.text == DONE.replace("Op", "UpdateList")
        assert changing(get_list, news.id) == replace(news, settings=replace(news.settings, **{setting: kept})), key


async def test_a_value_that_is_none_changes_nothing(program, changing):
    news = changing(add_list, "News", now=utc_now())
    for key, value in WRONG.items():
        changed = await program.manage("UpdateList", listID=news.id, options={"displayas": "Other", key: value})
        made = await program.manage("CreateList", name="Other", options={key: value})

        assert (changed.code, made.code) == (-1, -1), key
        assert changed.reason
        assert changing(get_list, news.id) == news
    assert (await program.manage("GetLists")).all("//listID") == ["1", str(news.id)]


async def test_unknown_options_fax_and_empty_codes_are_passed_over(program, changing):
    news = changing(add_list, "News", now=utc_now())
    given = {"senderfax": "1", "senderfaxname": "x", "colour": "blue", "format": "", "public": " ", "kbmax": ""}

    changed = await program.manage("UpdateList", listID=news.id, options=given)

    assert changed.code == 0
    assert changing(get_list, news.id) == news


async def test_an_empty_text_clears_the_setting(program, changing):
    news = changing(add_list, "News", now=utc_now())
    full = replace(news.settings, notify_email="n@example.org", bounced_email="b@example.org", description="d")
    changing(change_list, news.id, settings=full)

    await program.manage(
        "UpdateList", listID=news.id, options={"notifyemail": "", "bouncedemail": "", "description": ""}
    )

    settings = changing(get_list, news.id).settings
    assert (settings.notify_email, settings.bounced_email, settings.description) == ("", None, "")


async def test_a_new_list_takes_the_settings_of_another(program, changing):
    template = changing(add_list, "Template", auto_id="CRM", now=utc_now())
    changing(change_list, template.id, settings=replace(template.settings, description="copied", kb_max=7))

    made = await program.manage(
        "CreateList", name="News", defaultSettings=str(template.id), copyTemplate=True, options={"kbmax": "8"}
    )

    news = changing(get_list, int(made.one("//List/@Id")))
    assert (made.one("//List/@Name"), made.one("//List/@Guid")) == ("News", news.guid)
    assert (news.settings.description, news.settings.kb_max) == ("copied", 8)
    assert (news.settings.multi_optout_list, news.settings.auto_id) == (str(news.id), "")


@pytest.mark.parametrize(("template", "code"), [("77", -100), ("0", -100), ("some", -1), ("-1", -1), ("9" * 30, -100)])
async def test_settings_of_no_list_are_not_copied(program, template, code):
    refused = await program.manage("CreateList", name="News", defaultSettings=template)

    assert refused.code == code
    assert (await program.manage("GetLists")).all("//listID") == ["1"]


async def test_another_accounts_list_is_neither_copied_nor_changed_nor_deleted(program, theirs, changing):
    news = changing(add_list, "Ours", list_id=77, now=utc_now())

    refused = [
        await theirs.manage("CreateList", name="x", defaultSettings="77"),
        await theirs.manage("UpdateList", listID=77, options={"description": "theirs"}),
        await theirs.manage("DeleteList", listID=77),
        await theirs.manage("GetGroups", listID=77),
    ]

    assert [each.code for each in refused] == [-100] * 4
    assert changing(get_list, 77) == news
    assert (await theirs.manage("GetLists")).all("//listID") == ["1"]


async def test_a_list_is_deleted_and_the_first_is_not(program, changing):
    news = changing(add_list, "News", now=utc_now())

    deleted = await program.manage("DeleteList", listID=news.id)
    again = await program.manage("DeleteList", listID=news.id)
    first = await program.manage("DeleteList", listID=1)

    assert (
        deleted.text
        == "<DeleteListResult><errorCode>0</errorCode><errorDescription></errorDescription></DeleteListResult>"
    )
    assert (again.code, first.code) == (-100, -1)
    assert (await program.manage("GetLists")).all("//listID") == ["1"]


async def test_manage_names_groups_and_the_lists_of_a_user_as_send_does(program, account):
    for operation, given in (("GetLists", {}), ("GetGroups", {"listID": 1}), ("GetListsUser", {"idUser": account.id})):
        by_manage = await program.manage(operation, **given)

        assert by_manage.text == (await program.send(operation, **given)).text
        assert by_manage.code == 0
