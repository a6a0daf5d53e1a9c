"""Names that an account does without, groups that are made once, and the marks of other systems."""

from dataclasses import replace

import pytest

from staffetta.accounts import change_options
from staffetta.errors import InvalidArgument
from staffetta.lists import (
    ListSettings,
    UnknownList,
    add_group,
    add_list,
    catalog,
    change_group,
    change_list,
    get_list,
    obtain_group,
    set_field,
)
from trying import NOON

NAMES = ["A & B", 'A "B"', "A < B", "A > B"]


@pytest.fixture
def restricted(database, account):
    """A transaction of an account with legacy names."""
    with database.transaction(account.id) as tx:
        change_options(tx, replace(account.options, soap_legacy_names=True))
        yield tx


@pytest.mark.parametrize("name", NAMES)
def test_names_that_need_escaping_are_refused_where_the_account_says_so(restricted, name):
    tx = restricted
    group = add_group(tx, 1, "Plain", now=NOON)
    settings = get_list(tx, 1).settings

    for make in (
        lambda: add_list(tx, name, now=NOON),
        lambda: change_list(tx, 1, name=name, settings=settings),
        lambda: add_group(tx, 1, name, now=NOON),
        lambda: obtain_group(tx, 1, name, now=NOON),
        lambda: change_group(tx, 1, group.id, name=name),
        lambda: set_field(tx, 1, name),
    ):
        with pytest.raises(InvalidArgument, match="none of &"):
            make()


@pytest.mark.parametrize("name", NAMES)
def test_they_are_names_like_any_other_elsewhere(tx, name):
    assert add_list(tx, name, now=NOON).name == name
    assert add_group(tx, 1, name, now=NOON).name == name
    assert set_field(tx, 1, name).name == name


def test_a_name_from_before_stays_when_something_else_changes(database, account):
    with database.transaction(account.id) as tx:
        made = add_list(tx, NAMES[0], now=NOON)
        group = add_group(tx, made.id, NAMES[1], now=NOON)
        change_options(tx, replace(account.options, soap_legacy_names=True))

        listed = change_list(tx, made.id, name=made.name, settings=replace(made.settings, description="new"))
        grouped = change_group(tx, made.id, group.id, name=group.name, notes="new")

        assert (listed.name, listed.settings.description) == (NAMES[0], "new")
        assert (grouped.name, grouped.notes) == (NAMES[1], "new")


def test_a_group_is_made_once_for_a_name(tx):
    made = obtain_group(tx, 1, " Joomla  shop ", notes="first", now=NOON)

    again = obtain_group(tx, 1, "JOOMLA SHOP", notes="second", now=NOON)

    assert again == made
    assert (made.name, made.notes, made.deletable) == ("Joomla shop", "first", True)
    assert obtain_group(tx, 1, "test", now=NOON).name == "TEST"


def test_a_group_of_the_name_on_another_list_is_another(tx):
    news = add_list(tx, "News", now=NOON)

    assert obtain_group(tx, 1, "Shop", now=NOON).id != obtain_group(tx, news.id, "Shop", now=NOON).id


def test_a_name_is_cut_where_the_blank_would_be_left(tx):
    made = obtain_group(tx, 1, "x" * 49 + " yz", now=NOON)

    assert made.name == "x" * 49
    assert obtain_group(tx, 1, "x" * 49 + " other", now=NOON) == made


@pytest.mark.parametrize("name", ["", "  ", "a\x07b"])
def test_a_group_without_a_name_is_not_made(tx, name):
    before = catalog(tx).groups

    with pytest.raises(InvalidArgument):
        obtain_group(tx, 1, name, now=NOON)

    assert catalog(tx, anew=True).groups == before


def test_the_list_of_another_account_gets_no_group(tx, stranger):
    theirs = add_list(stranger, "Theirs", list_id=77, now=NOON)

    with pytest.raises(UnknownList):
        obtain_group(tx, theirs.id, "Shop", now=NOON)


def test_a_mark_is_what_was_said_and_never_inherited(tx):
    marked = add_list(tx, "Marked", auto_id="CRM", now=NOON)
    change_list(tx, 1, settings=replace(get_list(tx, 1).settings, auto_id="ONE"))

    plain = add_list(tx, "Plain", now=NOON)
    copied = add_list(tx, "Copied", settings=replace(marked.settings, description="x"), now=NOON)

    assert (marked.settings.auto_id, plain.settings.auto_id, copied.settings.auto_id) == ("CRM", "", "")
    assert ListSettings().auto_id == ""
