from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import bindparam, select

from staffetta.accounts import (
    NO_PASSWORD,
    AccountExists,
    AccountOptions,
    AccountState,
    Feature,
    FeatureNotInPlan,
    Owner,
    PasswordHash,
    Plan,
    ReturnCodeWhenAbsent,
    UnknownAccount,
    add_host,
    change_options,
    change_state,
    create_account,
    directory,
    get_account,
    require_feature,
)
from staffetta.accounts.model import UserKind
from staffetta.accounts.queries import owner_of_host, owner_of_login
from staffetta.accounts.tables import users
from staffetta.db import Statement
from staffetta.errors import InvalidArgument
from staffetta.kit.languages import Language
from trying import NOON, undone

USERS = Statement(select(users).where(users.c.account_id == bindparam("account_id")).order_by(users.c.login))


@pytest.fixture
def connection(own_database):
    yield from undone(own_database)


def create(connection, **changed):
    options = {"account_id": None, "name": "Shop", "hosts": (), "password": None, "now": NOON} | changed
    return create_account(connection, **options)


def test_an_account_is_found_as_it_was_made(connection):
    made = create(
        connection,
        account_id=7132,
        hosts=("Shop.Example:8080", "www.shop.example"),
        language=Language.JA,
        time_zone="Asia/Tokyo",
    )

    found = get_account(connection, 7132)

    assert (found.id, found.name, found.language, found.time_zone) == (7132, "Shop", Language.JA, "Asia/Tokyo")
    assert (found.state, found.options) == (AccountState.ACTIVE, AccountOptions())
    assert found.hosts == ("shop.example:8080", "www.shop.example")
    assert (found.host, made.api_user) == ("shop.example:8080", "a7132")


def test_accounts_are_numbered_after_the_largest(connection):
    numbers = [create(connection).id, create(connection, account_id=50).id, create(connection).id]

    assert numbers == [1, 50, 51]


def test_an_account_without_a_name_is_called_by_its_number(connection):
    assert create(connection, name="").name == "Account 1"


def test_both_first_users_have_the_password(connection):
    create(connection, account_id=7132, password="pässword")

    first, second = connection.for_account(7132).all(USERS)

    assert [(first.login, first.kind), (second.login, second.kind)] == [
        ("a7132", UserKind.API),
        ("m7132", UserKind.CONSOLE),
    ]
    assert PasswordHasher().verify(first.password_hash, "pässword")
    assert PasswordHasher().verify(second.password_hash, "pässword")
    assert owner_of_login(connection, "a7132") == 7132
    assert owner_of_login(connection, "a7133") is None


def test_without_a_password_nobody_logs_in(connection):
    create(connection, account_id=7132)

    assert {row.password_hash for row in connection.for_account(7132).all(USERS)} == {"!"}


def test_an_account_that_comes_about_by_itself_waits_for_its_owner(connection):
    plan = Plan(trial_days=14, monthly_messages=500, features=("rest",), white_label=True)
    expires_at = NOON + timedelta(days=14)
    owner = Owner(name="Ada", email="ada@example.com", one_time_hash="hash", plan=plan, expires_at=expires_at)

    made = create(connection, owner=owner)

    found = get_account(connection, made.id)
    program, person = connection.for_account(made.id).all(USERS)
    assert (found.state, found.bound_by_terms) == (AccountState.TERMS_NOT_ACCEPTED, True)
    assert (found.plan, found.expires_at) == (made.plan, made.expires_at) == (plan, expires_at)
    assert (program.password_hash, program.email, program.one_time) == (NO_PASSWORD, "", False)
    assert (person.password_hash, person.email, person.name, person.one_time) == (
        "hash",
        "ada@example.com",
        "Ada",
        True,
    )


def test_an_account_made_by_hand_may_use_everything_for_ever(connection):
    found = get_account(connection, create(connection).id)

    assert (found.plan, found.expires_at, found.bound_by_terms) == (Plan(trial_days=0), None, False)
    for feature in Feature:
        require_feature(found, feature)


def test_a_family_of_calls_that_the_plan_leaves_out_is_refused(connection):
    owner = Owner(name="", email="", one_time_hash="!", plan=Plan(features=("soap",)), expires_at=None)
    account = create(connection, owner=owner)

    require_feature(account, "soap")
    for feature in ("rest", "frontend"):
        with pytest.raises(FeatureNotInPlan):
            require_feature(account, feature)


def test_a_password_that_was_hashed_before_is_taken_as_it_is(connection):
    create(connection, account_id=7132, password=PasswordHash("hash"))

    assert {row.password_hash for row in connection.for_account(7132).all(USERS)} == {"hash"}


def test_an_id_that_is_taken_is_refused(connection):
    create(connection, account_id=5)

    with pytest.raises(AccountExists):
        create(connection, account_id=5)


@pytest.mark.parametrize("account_id", [0, -1, 2**31])
def test_an_id_out_of_range_is_refused(connection, account_id):
    with pytest.raises(InvalidArgument):
        create(connection, account_id=account_id)


@pytest.mark.parametrize("time_zone", ["", "Mars/Olympus", "../etc/passwd", "europe"])
def test_a_time_zone_that_does_not_exist_is_refused(connection, time_zone):
    with pytest.raises(InvalidArgument):
        create(connection, time_zone=time_zone)


@pytest.mark.parametrize("host", ["shop.example", "SHOP.example:9000"])
def test_a_host_that_leads_to_another_account_is_refused(connection, host):
    create(connection, hosts=("shop.example",))

    with pytest.raises(AccountExists):
        create(connection, hosts=(host,))


@pytest.mark.parametrize("host", ["", " ", "http://shop.example", "a b", "user@shop.example", "shop.example/x"])
def test_what_is_no_host_is_refused(connection, host):
    with pytest.raises(InvalidArgument):
        create(connection, hosts=(host,))


def test_a_host_of_the_demo_account_moves(connection):
    demo = create(connection, hosts=("localhost:8080", "127.0.0.1:8080"), demo=True)
    shop = create(connection, hosts=("LOCALHOST",))

    found = directory(connection, anew=True)

    assert found.by_host["localhost"].id == shop.id == owner_of_host(connection, "localhost")
    assert found.by_id[demo.id].hosts == ("127.0.0.1:8080",)


def test_hosts_are_added_in_order_and_twice_is_once(connection):
    account = create(connection, hosts=("one.example",))

    add_host(connection, account.id, "two.example:81")
    add_host(connection, account.id, "Two.example")

    assert get_account(connection, account.id).hosts == ("one.example", "two.example:81")


def test_an_account_is_suspended_and_the_others_are_not(connection):
    ours, theirs = create(connection), create(connection)

    change_state(connection.for_account(ours.id), AccountState.SUSPENDED)

    assert get_account(connection, ours.id).state == AccountState.SUSPENDED
    assert get_account(connection, theirs.id).state == AccountState.ACTIVE


def test_an_accounts_switches_are_set_and_the_others_are_not(connection):
    ours, theirs = create(connection), create(connection)
    options = AccountOptions(retcode_absent=ReturnCodeWhenAbsent.TEXT, require_guid=False)

    change_options(connection.for_account(ours.id), options)

    assert get_account(connection, ours.id).options == options
    assert get_account(connection, theirs.id).options == AccountOptions()


def test_the_only_account_needs_no_name(connection):
    with pytest.raises(UnknownAccount):
        get_account(connection)
    only = create(connection)

    assert get_account(connection) == get_account(connection, only.id)

    create(connection)
    with pytest.raises(UnknownAccount):
        get_account(connection)
    with pytest.raises(UnknownAccount):
        get_account(connection, 99)
