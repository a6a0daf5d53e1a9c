import uuid
from dataclasses import replace

import pytest

from staffetta.accounts import create_account, directory
from staffetta.errors import InvalidArgument
from staffetta.kit.languages import Language
from staffetta.lists import (
    ListExists,
    ListSettings,
    OptoutType,
    Page,
    UnknownList,
    add_group,
    add_list,
    catalog,
    change_list,
    find_demo,
    get_list,
    get_lists,
    make_demo,
    set_field,
)
from trying import NOON, undone

GUID = "d8ed9d3c-9e2a-4d5d-b5a7-0f6d8f0e6a11"


@pytest.fixture
def connection(own_database):
    yield from undone(own_database)


def test_a_fresh_account_has_what_real_clients_expect(tx, account):
    found = catalog(tx)

    first = found.lists[1]
    assert list(found.lists) == [1]
    assert (first.name, first.settings.sender_name, first.settings.company_name) == (account.name,) * 3
    assert str(uuid.UUID(first.guid)) == first.guid
    assert first.settings.multi_optout_list == "1"
    assert [(group.id, group.list_id, group.name) for group in found.groups_of(1)] == [
        (1, 1, "Clienti"),
        (2, 1, "Prospect"),
        (3, 1, "Newsletter"),
        (4, 1, "TEST"),
        (5, 1, "Subscribed from social network"),
        (6, 1, "Autoprofile"),
    ]
    assert list(found.fields) == list(range(1, 41))
    assert [found.fields[number].name for number in range(1, 14)] == [
        "nome",
        "cognome",
        "azienda",
        "città",
        "provincia",
        "cap",
        "regione",
        "paese",
        "indirizzo",
        "fax",
        "telefono",
        "IDCliente",
        "campo13",
    ]


def test_a_list_is_found_as_it_was_made(tx):
    settings = ListSettings(
        sender_name="“Ü” 'news'",
        language=Language.DA,
        optout_type=OptoutType.PREFERENCE_CENTRE,
        multi_optout_list="1,2",
        pages={Page.CONFIRMED: "https://shop.example/thanks"},
        bounced_email="bounces@shop.example",
    )

    made = add_list(tx, "News", now=NOON, settings=settings)

    assert get_list(tx, made.id) == made
    assert made.settings == settings


def test_a_list_inherits_the_settings_of_list_1(tx):
    first = get_list(tx, 1)
    change_list(tx, 1, settings=replace(first.settings, sender_email="desk@shop.example", subscribed_email=False))

    made = add_list(tx, "News", now=NOON)

    assert (made.settings.sender_email, made.settings.subscribed_email) == ("desk@shop.example", False)
    assert made.settings.multi_optout_list == str(made.id)


def test_the_unsubscribe_page_of_a_new_list_offers_that_list(tx):
    assert add_list(tx, "News", now=NOON, settings=ListSettings()).settings.multi_optout_list == "2"


def test_lists_are_numbered_and_a_given_number_is_skipped(tx):
    numbers = [
        add_list(tx, "a", now=NOON).id,
        add_list(tx, "b", now=NOON, list_id=4).id,
        add_list(tx, "c", now=NOON).id,
        add_list(tx, "d", now=NOON, list_id=3).id,
        add_list(tx, "e", now=NOON).id,
    ]

    assert numbers == [2, 4, 5, 3, 6]


@pytest.mark.parametrize("spelling", [GUID, GUID.upper(), f"{{{GUID}}}", f" {GUID.replace('-', '')} "])
def test_a_guid_can_be_given_in_every_spelling(tx, spelling):
    assert add_list(tx, "News", now=NOON, guid=spelling).guid == GUID


def test_an_id_or_a_guid_that_is_taken_is_refused(tx):
    add_list(tx, "News", now=NOON, list_id=9, guid=GUID)

    with pytest.raises(ListExists):
        add_list(tx, "Other", now=NOON, list_id=9)
    with pytest.raises(ListExists):
        add_list(tx, "Other", now=NOON, guid=GUID.upper())


@pytest.mark.parametrize("list_id", [0, -1, 2**30 + 1])
def test_an_id_out_of_range_is_refused(tx, list_id):
    with pytest.raises(InvalidArgument):
        add_list(tx, "News", now=NOON, list_id=list_id)
    with pytest.raises(InvalidArgument):
        add_group(tx, 1, "News", now=NOON, group_id=list_id)


@pytest.mark.parametrize("guid", ["x", "d8ed9d3c", GUID + "0"])
def test_what_is_no_guid_is_refused(tx, guid):
    with pytest.raises(InvalidArgument):
        add_list(tx, "News", now=NOON, guid=guid)


@pytest.mark.parametrize("name", ["", "  ", "x" * 51, "bell\x07", "nul\x00", "a\u202eb"])
def test_a_bad_name_is_refused(tx, name):
    with pytest.raises(InvalidArgument):
        add_list(tx, name, now=NOON)
    with pytest.raises(InvalidArgument):
        add_group(tx, 1, name, now=NOON)
    with pytest.raises(InvalidArgument):
        set_field(tx, 1, name)
    with pytest.raises(InvalidArgument):
        change_list(tx, 1, name=name, settings=ListSettings())


def test_a_name_is_kept_as_it_is_shown(tx):
    assert add_list(tx, "  News \n &  <b>\tüber ", now=NOON).name == "News & <b> über"
    assert add_group(tx, 1, "x" * 50, now=NOON).name == "x" * 50


def test_a_list_is_changed_and_no_other_is(tx):
    other = add_list(tx, "Other", now=NOON)

    changed = change_list(tx, 1, name="New", settings=ListSettings(notify_email="boss@shop.example"))

    assert get_list(tx, 1) == changed
    assert (changed.name, changed.settings.notify_email) == ("New", "boss@shop.example")
    assert get_list(tx, other.id) == other


@pytest.mark.parametrize("setting", ["sender_email", "reply_to", "notify_email", "bounced_email"])
def test_an_address_among_the_settings_must_be_one(tx, setting):
    with pytest.raises(InvalidArgument):
        change_list(tx, 1, settings=ListSettings(**{setting: "nobody"}))


def test_lists_are_returned_in_the_order_asked_for(tx):
    second = add_list(tx, "News", now=NOON)

    assert [each.id for each in get_lists(tx, (second.id, 1))] == [second.id, 1]
    with pytest.raises(UnknownList):
        get_lists(tx, (1, 99))


def test_a_list_of_another_account_is_not_found(tx, stranger):
    theirs = add_list(stranger, "Theirs", now=NOON, list_id=77)

    with pytest.raises(UnknownList):
        get_list(tx, theirs.id)
    with pytest.raises(UnknownList):
        change_list(tx, theirs.id, settings=ListSettings())
    with pytest.raises(UnknownList):
        add_group(tx, theirs.id, "Ours?", now=NOON)
    assert get_list(stranger, theirs.id) == theirs


def test_an_id_and_a_guid_of_another_account_are_free(tx, stranger):
    add_list(stranger, "Theirs", now=NOON, list_id=9, guid=GUID)

    assert add_list(tx, "Ours", now=NOON, list_id=9, guid=GUID).name == "Ours"


def test_a_field_is_named_anew(tx, stranger):
    set_field(tx, 1, "first name")
    set_field(tx, 200, "shoe size")

    assert catalog(tx).fields[1].name == "first name"
    assert catalog(tx).fields[200].name == "shoe size"
    assert catalog(stranger).fields[1].name == "nome"


@pytest.mark.parametrize("number", [0, -1, 201])
def test_a_field_out_of_range_is_refused(tx, number):
    with pytest.raises(InvalidArgument):
        set_field(tx, number, "x")


def test_the_demo_account_is_made_with_the_hosts_that_are_free(connection):
    assert find_demo(connection) is None
    first = make_demo(connection, hosts=("localhost:8080", "127.0.0.1"), password="p", now=NOON)

    assert find_demo(connection).id == first.id
    assert find_demo(connection).hosts == ("localhost:8080", "127.0.0.1")
    assert catalog(connection.for_account(first.id)).lists[1].name == "Demo"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "[::1]:8080"])
def test_the_demo_account_takes_no_host_from_another(connection, host):
    create_account(connection, account_id=None, name="", hosts=(host,), password=None, now=NOON)

    demo = make_demo(connection, hosts=("free.example", host.lower()), password="p", now=NOON)

    assert directory(connection, anew=True).by_id[demo.id].hosts == ("free.example",)
