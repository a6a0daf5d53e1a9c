from types import MappingProxyType

import pytest

from staffetta.accounts import (
    Account,
    AccountOptions,
    AccountState,
    Directory,
    account_of_host,
    create_account,
    host_only,
)
from staffetta.kit.languages import Language
from trying import NOON


def account(number):
    return Account(
        id=number,
        name="",
        language=Language.EN,
        time_zone="Europe/Rome",
        state=AccountState.ACTIVE,
        options=AccountOptions(),
        hosts=(),
    )


@pytest.mark.parametrize(
    ("netloc", "host"),
    [
        ("Shop.Example:8080", "shop.example"),
        (" shop.example ", "shop.example"),
        ("[::1]:8080", "[::1]"),
        ("[::1]", "[::1]"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("", ""),
    ],
)
def test_a_host_is_known_without_its_port(netloc, host):
    assert host_only(netloc) == host


def test_the_only_account_answers_to_every_host():
    only = account(1)
    directory = Directory(MappingProxyType({1: only}), MappingProxyType({"shop.example": only}))

    assert directory.find("shop.example") is only
    assert directory.find("other.example") is only


def test_among_several_accounts_a_host_must_be_known():
    one, two = account(1), account(2)
    directory = Directory(MappingProxyType({1: one, 2: two}), MappingProxyType({"shop.example": two}))

    assert directory.find("shop.example") is two
    assert directory.find("other.example") is None


def test_an_account_without_hosts_leads_to_this_machine():
    assert account(1).host == "localhost"


async def test_an_account_made_a_moment_ago_is_found_by_its_host(own_database):
    assert await account_of_host(own_database, "new.example") is None

    def create(connection, host):
        return create_account(connection, account_id=None, name="", hosts=(host,), password=None, now=NOON)

    first = await own_database.write_across(create, "new.example")
    found = await account_of_host(own_database, "new.example")
    fallen_back = await account_of_host(own_database, "other.example")
    await own_database.write_across(create, "second.example")

    assert found.id == fallen_back.id == first.id
    assert await account_of_host(own_database, "other.example") is None
    assert (await account_of_host(own_database, "second.example")).id == first.id + 1
