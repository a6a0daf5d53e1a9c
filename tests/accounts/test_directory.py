import pytest

from staffetta.accounts import (
    Account,
    AccountOptions,
    AccountState,
    UnknownAccount,
    account_of_host,
    account_of_id,
    add_host,
    change_state,
    create_account,
    directory,
    find_account,
    host_only,
)
from staffetta.db import open_database
from staffetta.db.upgrading import upgrade
from staffetta.kit.languages import Language
from staffetta.settings import Settings
from trying import NOON


@pytest.fixture
def empty(settings, empty_url):
    """A database of each kind without accounts."""
    upgrade(empty_url)
    opened = open_database(Settings(home=settings.home, database=empty_url))
    yield opened
    opened.close()


@pytest.fixture
def beside(settings, empty, empty_url):
    """The same database as another process has it."""
    opened = open_database(Settings(home=settings.home, database=empty_url))
    yield opened
    opened.close()


def create(connection, host):
    return create_account(connection, account_id=None, name="", hosts=(host,), password=None, now=NOON)


def kept_by(database):
    return {key for _, key in database._snapshots._kept}


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


def test_an_account_without_hosts_leads_to_this_machine():
    account = Account(
        id=1,
        name="",
        language=Language.EN,
        time_zone="Europe/Rome",
        state=AccountState.ACTIVE,
        options=AccountOptions(),
        hosts=(),
    )

    assert account.host == "localhost"


async def test_the_only_account_answers_to_every_host(empty):
    only = await empty.write_across(create, "shop.example")

    assert (await account_of_host(empty, "shop.example")).id == only.id
    assert (await account_of_host(empty, "other.example")).id == only.id


async def test_among_several_accounts_a_host_must_be_known(empty):
    await empty.write_across(create, "one.example")
    two = await empty.write_across(create, "two.example")

    assert (await account_of_host(empty, "two.example")).id == two.id
    assert await account_of_host(empty, "other.example") is None


async def test_an_account_made_a_moment_ago_is_found_by_its_host(empty):
    assert await account_of_host(empty, "new.example") is None

    first = await empty.write_across(create, "new.example")
    found = await account_of_host(empty, "new.example")
    fallen_back = await account_of_host(empty, "other.example")
    await empty.write_across(create, "second.example")

    assert found.id == fallen_back.id == first.id
    assert await account_of_host(empty, "other.example") is None
    assert (await account_of_host(empty, "second.example")).id == first.id + 1


async def test_an_account_that_another_process_made_is_found_by_its_host_at_once(empty, beside):
    for host in ("one.example", "two.example"):
        await empty.write_across(create, host)
    assert await account_of_host(empty, "three.example") is None

    with beside.connection() as connection:
        made = create(connection, "three.example")

    assert (await account_of_host(empty, "three.example")).id == made.id
    assert await account_of_id(empty, made.id) == await account_of_host(empty, "three.example")


async def test_the_first_account_of_another_process_answers_to_every_host_at_once(empty, beside):
    assert await account_of_host(empty, "other.example") is None

    with beside.connection() as connection:
        made = create(connection, "one.example")

    assert (await account_of_host(empty, "other.example")).id == made.id


async def test_hosts_that_strangers_make_up_are_not_kept_in_memory(empty):
    for host in ("one.example", "two.example"):
        await empty.write_across(create, host)
    await account_of_host(empty, "two.example")
    before = kept_by(empty)

    for number in range(20):
        await account_of_host(empty, f"{number}.stranger.example")
        with pytest.raises(UnknownAccount):
            await account_of_id(empty, 1_000 + number)

    assert kept_by(empty) == before


async def test_what_is_kept_of_an_account_follows_its_changes_by_host_and_by_id(empty):
    for host in ("one.example", "two.example"):
        account = await empty.write_across(create, host)
    assert (await account_of_host(empty, "two.example")).state == AccountState.ACTIVE

    await empty.write(account.id, change_state, AccountState.SUSPENDED)

    assert (await account_of_host(empty, "two.example")).state == AccountState.SUSPENDED
    assert (await account_of_id(empty, account.id)).state == AccountState.SUSPENDED


async def test_a_host_that_moves_leads_to_its_new_account(empty):
    def make_demo(connection):
        return create_account(
            connection,
            account_id=None,
            name="Demo",
            hosts=("localhost", "demo.example"),
            password=None,
            now=NOON,
            demo=True,
        )

    demo = await empty.write_across(make_demo)
    shop = await empty.write_across(create, "shop.example")
    assert (await account_of_host(empty, "localhost")).id == demo.id

    await empty.write_across(add_host, shop.id, "localhost:8080")

    assert (await account_of_host(empty, "localhost")).id == shop.id
    assert (await account_of_host(empty, "demo.example")).id == demo.id


async def test_a_look_up_is_answered_from_memory(empty):
    for host in ("one.example", "two.example"):
        await empty.write_across(create, host)
    by_host = await account_of_host(empty, "two.example")
    by_id = await account_of_id(empty, by_host.id)

    assert await account_of_host(empty, "two.example") is by_host
    assert await account_of_id(empty, by_host.id) is by_id


async def test_one_account_is_found_as_the_directory_has_it(empty):
    for host in ("one.example", "two.example"):
        await empty.write_across(create, host)

    with empty.connection() as connection:
        everybody = directory(connection)

        assert [find_account(connection, each) for each in everybody.by_id] == list(everybody.by_id.values())
        assert everybody.by_host["two.example"].id == 2
        assert find_account(connection, 3) is None
