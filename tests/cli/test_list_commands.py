"""`list`, `group`, `field`: what forms and clients refer to."""

from dataclasses import fields

import pytest

from staffetta.lists import ListSettings


def test_a_list_is_added_with_id_and_guid(staffetta, shop):
    added = staffetta("list", "add", "News", "--account", 7132, "--json").json

    assert added["id"] == 2
    assert staffetta("list", "show", 2, "--json").json["guid"] == added["guid"]


def test_people_who_move_over_bring_their_ids(staffetta, shop):
    guid = "0f8fad5b-d9cb-469f-a165-70867728950e"

    staffetta("list", "add", "News", "--id", 40, "--guid", guid)

    assert staffetta("list", "show", "--json").json[1] == {"id": 40, "guid": guid, "name": "News"}
    assert staffetta("list", "add", "More", "--json").json["id"] == 41


@pytest.mark.parametrize(
    ("setting", "key", "value"),
    [
        ("sender_email=news@shop.example", "sender_email", "news@shop.example"),
        ("sender_name=Ada = Bob", "sender_name", "Ada = Bob"),
        ("optout_type=4", "optout_type", 4),
        ("business=no", "business", False),
        ("confirm_by_button=true", "confirm_by_button", True),
        ("kb_max=250", "kb_max", 250),
        ("language=IT", "language", "it"),
        ("language=", "language", None),
        ("bounced_email=", "bounced_email", None),
        ("name=Renamed", "name", "Renamed"),
        ("pages.confirmed=https://shop.example/ok", "pages", {"confirmed": "https://shop.example/ok"}),
        ("pages.confirmed=", "pages", {}),
    ],
)
def test_a_setting_is_read_as_its_type(staffetta, shop, setting, key, value):
    changed = staffetta("list", "set", 1, setting, "--json").json

    assert changed[key] == value
    assert staffetta("list", "show", 1, "--json").json == changed


def test_every_setting_can_be_set_to_what_it_is(staffetta, shop):
    before = staffetta("list", "show", 1, "--json").json
    words = [
        f"{each.name}={'' if before[each.name] is None else before[each.name]}"
        for each in fields(ListSettings)
        if each.name != "pages"
    ]

    after = staffetta("list", "set", 1, *words, "--json").json

    assert after == before


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("colour=red", "a list has no colour; it has name, description, display_as"),
        ("optout_type=9", "optout_type"),
        ("kb_max=many", "kb_max"),
        ("language=xx", "language"),
        ("sender_email=nobody", "not an email address"),
        ("pages.confirmed=javascript:alert(1)", "http"),
    ],
)
def test_what_cannot_be_a_setting_is_refused_and_leaves_the_list(staffetta, shop, setting, reason):
    before = staffetta("list", "show", 1, "--json").json

    done = staffetta("list", "set", 1, "kb_max=7", setting)

    assert (done.code, done.out) == (1, "")
    assert reason in done.err
    assert staffetta("list", "show", 1, "--json").json == before


def test_a_setting_without_a_value_is_a_mistake_of_usage(staffetta, shop):
    assert staffetta("list", "set", 1, "kb_max").code == 2


def test_a_list_of_another_account_is_not_found(staffetta, shop):
    staffetta("account", "add", "--id", 7133)
    staffetta("list", "add", "Theirs", "--id", 5, "--account", 7133)

    done = staffetta("list", "show", 5, "--account", 7132)

    assert (done.code, done.err) == (1, "error: there is no list 5\n")


def test_markup_in_a_setting_is_shown_as_it_is(staffetta, shop):
    shown = staffetta("list", "show", 1).out

    assert "<[listunsubscribe]>,<[mailto_uns]>" in shown


def test_a_group_is_added_and_listed(staffetta, shop):
    staffetta("list", "add", "News")

    added = staffetta("group", "add", "Buyers", "--list", 2, "--notes", "since 2020", "--json").json

    assert added == {"id": 10, "list_id": 2, "name": "Buyers", "notes": "since 2020", "deletable": True}
    of_list = staffetta("group", "list", "--list", 2, "--json").json
    assert [each["name"] for each in of_list] == ["TEST", "Subscribed from social network", "Autoprofile", "Buyers"]
    assert of_list[-1] == added
    assert len(staffetta("group", "list", "--json").json) == 10


def test_a_group_has_the_id_that_is_given_once(staffetta, shop):
    assert staffetta("group", "add", "A", "--list", 1, "--id", 90, "--json").json["id"] == 90

    done = staffetta("group", "add", "B", "--list", 1, "--id", 90)

    assert (done.code, done.err) == (1, "error: group 90 exists\n")


def test_a_group_needs_a_list_that_there_is(staffetta, shop):
    assert staffetta("group", "add", "A", "--list", 9).err == "error: there is no list 9\n"
    assert staffetta("group", "list", "--list", 9).code == 1
    assert staffetta("group", "add", "A").code == 2


def test_a_field_is_named(staffetta, shop):
    assert staffetta("field", "set", 41, "Taglia", "--json").json == {"id": 41, "name": "Taglia"}

    named = {each["id"]: each["name"] for each in staffetta("field", "list", "--json").json}

    assert (named[1], named[41], len(named)) == ("nome", "Taglia", 41)
