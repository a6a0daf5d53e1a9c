"""Login and password with every call: who that is, and the code of what keeps them out (contract 3.1)."""

import asyncio
from dataclasses import replace
from typing import NamedTuple

import pytest
from argon2 import PasswordHasher

from staffetta.access import PasswordExpired, UnknownKey, UnknownUser, WrongPassword, issue_key, set_password
from staffetta.access.queries import set_password as store
from staffetta.accounts import (
    OPERATOR,
    AccountClosed,
    AccountState,
    Service,
    activate,
    change_service,
    change_state,
    create_account,
    register_network,
)
from staffetta.interfaces import web_credentials
from staffetta.interfaces.passwords import Busy, Locked
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.throttles import Throttles
from staffetta.interfaces.web_credentials import CLOSED, WORDS, ServiceRefused, WebCredentials, code_of
from staffetta.kit.clock import utc_now
from trying import NOON

PASSWORD = "a pässword"
# Checking it takes what it says: next to nothing.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
IP = "192.0.2.7"


class Given(NamedTuple):
    user: str
    password: str = PASSWORD


@pytest.fixture
def house(database, account):
    """An account whose API user has a password, and whose Import service answers one address."""
    with database.transaction(account.id) as tx:
        store(tx, account.api_user, HASH, now=utc_now())
        store(tx, f"m{account.id}", HASH, now=utc_now())
        activate(tx, Service.IMPORT, ip=IP, by=OPERATOR, now=NOON)
    return account


@pytest.fixture
def other(database, house):
    """Another account."""
    with database.connection() as connection:
        return create_account(connection, account_id=None, name="", hosts=(), password=None, now=NOON)


@pytest.fixture
def change(database, house):
    """Change something of the account."""

    def changed(operation, *arguments, **options) -> None:
        with database.transaction(house.id) as tx:
            operation(tx, *arguments, **options)

    return changed


async def code(platform: Platform, credentials, *, host_account=None, ip: str = IP, **options) -> int:
    asked = {"host_account": host_account, "service": Service.IMPORT, "ip": ip, **options}
    try:
        await platform.web_credentials.service_account(credentials, **asked)
    except ServiceRefused as refusal:
        return refusal.code
    return 0


# Who it is


async def test_a_login_and_its_password_let_in_in_any_letter_case(platform, house):
    for login in (house.api_user, f" A{house.id} ", f"m{house.id}"):
        for account_id in (None, house.id):
            user = await platform.web_credentials.authenticate(login, PASSWORD, account_id=account_id)
            assert (user.account_id, user.login) == (house.id, login.strip().lower())


async def test_users_of_another_account_are_unknown_here(platform, house, other):
    with pytest.raises(UnknownUser):
        await platform.web_credentials.authenticate(house.api_user, PASSWORD, account_id=other.id)
    with pytest.raises(UnknownUser):
        await platform.web_credentials.authenticate("nobody", PASSWORD, account_id=None)


async def test_a_password_that_was_right_is_not_checked_again(platform, house):
    credentials = platform.web_credentials
    await credentials.authenticate(house.api_user, PASSWORD, account_id=None)
    credentials._checks._present = 1_000  # whoever needs a check now is told that too many wait

    assert await credentials.authenticate(house.api_user, PASSWORD, account_id=house.id)
    for user, password in ((house.api_user, f"{PASSWORD}x"), (f"m{house.id}", PASSWORD)):
        with pytest.raises(Busy):
            await credentials.authenticate(user, password, account_id=None)


async def test_a_password_is_forgotten_when_it_changes_and_after_a_while(platform, database, house, monkeypatch):
    credentials = platform.web_credentials
    await credentials.authenticate(house.api_user, PASSWORD, account_id=None)

    with database.connection() as connection:
        set_password(connection, house.api_user, "another", now=utc_now())
    with pytest.raises(WrongPassword):
        await credentials.authenticate(house.api_user, PASSWORD, account_id=None)

    monkeypatch.setattr(web_credentials, "REMEMBERED_SECONDS", 0.0)
    await credentials.authenticate(house.api_user, "another", account_id=None)
    assert not credentials._remembered.has(house.api_user, "another", HASH)


async def test_no_password_is_kept_in_memory(platform, house):
    await platform.web_credentials.authenticate(house.api_user, PASSWORD, account_id=None)

    kept = platform.web_credentials._remembered._kept
    assert list(kept) == [house.api_user]
    assert PASSWORD not in repr(kept)
    assert WebCredentials(platform)._remembered._key != platform.web_credentials._remembered._key


async def test_only_so_many_are_remembered(platform, monkeypatch):
    monkeypatch.setattr(web_credentials, "MOST_REMEMBERED", 2)
    remembered = platform.web_credentials._remembered

    for number in range(3):
        remembered.keep(f"a{number}", PASSWORD, HASH)
    remembered.keep("a2", PASSWORD, HASH)

    assert [remembered.has(f"a{number}", PASSWORD, HASH) for number in range(3)] == [False, True, True]


async def test_guessers_are_shut_out_and_who_was_right_before_is_not(platform, house):
    settings = replace(platform.settings, sign_in_failures_per_login=2, sign_in_failures_per_network=3)
    guarded = replace(platform, settings=settings, throttles=Throttles(settings)).web_credentials
    await guarded.authenticate(house.api_user, PASSWORD, account_id=None)

    for password in ("1", "2"):
        with pytest.raises(WrongPassword):
            await guarded.authenticate(house.api_user, password, account_id=None, ip=IP)

    with pytest.raises(Locked):
        await guarded.authenticate(house.api_user, "3", account_id=None, ip=IP)
    assert await guarded.authenticate(house.api_user, PASSWORD, account_id=None, ip=IP)


async def test_a_burst_of_wrong_passwords_gets_no_more_tries_than_one_by_one(platform, house):
    settings = replace(platform.settings, sign_in_failures_per_login=2)
    guarded = replace(platform, settings=settings, throttles=Throttles(settings)).web_credentials

    ends = await asyncio.gather(
        *(guarded.authenticate(house.api_user, str(number), account_id=None) for number in range(6)),
        return_exceptions=True,
    )

    assert sum(isinstance(end, WrongPassword) for end in ends) <= 3
    assert sum(isinstance(end, Locked) for end in ends) >= 3


async def test_an_endless_password_is_wrong_and_costs_nothing(platform, house):
    with pytest.raises(WrongPassword):
        await platform.web_credentials.authenticate(house.api_user, "x" * 1_000_000, account_id=None)


async def test_the_old_password_of_a_person_is_refused(platform, change, house):
    change(store, f"m{house.id}", HASH, now=NOON.replace(year=2020))

    with pytest.raises(PasswordExpired):
        await platform.web_credentials.authenticate(f"m{house.id}", PASSWORD, account_id=None)
    assert await code(platform, Given(f"m{house.id}")) == -1002


async def test_a_key_lets_in_and_is_prolonged(platform, database, house):
    user = await platform.web_credentials.authenticate(house.api_user, PASSWORD, account_id=None)
    with database.connection() as connection:
        key = issue_key(connection, user, now=utc_now())
        old = issue_key(connection, user, now=utc_now().replace(year=2020))

    assert await platform.web_credentials.user_of_key(key) == user
    with pytest.raises(UnknownKey):
        await platform.web_credentials.user_of_key(old)


# What keeps them out of a service, in the order of contract 3.1


@pytest.mark.parametrize("credentials", [None, Given("", ""), Given(" "), Given("a1", "")])
async def test_no_credentials(platform, house, credentials):
    assert await code(platform, credentials) == -1013


async def test_a_caller_that_is_registered_gets_the_account(platform, house):
    account = await platform.web_credentials.service_account(
        Given(house.api_user), host_account=house, service=Service.IMPORT, ip=IP
    )

    assert account.id == house.id
    assert await code(platform, Given(house.api_user)) == 0


async def test_users_of_another_account_than_the_host_s(platform, house, other):
    assert await code(platform, Given(house.api_user), host_account=other) == -1001
    assert await code(platform, Given("nobody")) == -1001


async def test_a_wrong_password(platform, house):
    assert await code(platform, Given(house.api_user, "wrong")) == -1002


async def test_a_service_that_is_disabled_or_inactive(platform, change, house):
    change(change_service, Service.IMPORT, enabled=True, checks_ip=True, active=False, by=OPERATOR, now=NOON)
    assert await code(platform, Given(house.api_user)) == -1007
    assert await code(platform, Given(house.api_user), checks_caller=False) == 0

    change(change_service, Service.IMPORT, enabled=False, checks_ip=True, by=OPERATOR, now=NOON)
    assert await code(platform, Given(house.api_user)) == -1006
    assert await code(platform, Given(house.api_user), checks_caller=False) == -1006


async def test_an_address_that_is_not_registered_or_denied(platform, change, house):
    change(register_network, Service.IMPORT, "192.0.2.0/28", allowed=False, by=OPERATOR, now=NOON)

    assert await code(platform, Given(house.api_user), ip="198.51.100.1") == -1011
    assert await code(platform, Given(house.api_user), ip="192.0.2.9") == -1012
    assert await code(platform, Given(house.api_user), ip="") == -1011

    change(change_service, Service.IMPORT, enabled=True, checks_ip=False, by=OPERATOR, now=NOON)
    assert await code(platform, Given(house.api_user), ip="198.51.100.1") == 0


@pytest.mark.parametrize(("state", "expected"), list(CLOSED.items()))
async def test_a_closed_account(platform, change, house, state, expected):
    change(change_state, state)

    assert await code(platform, Given(house.api_user)) == expected
    assert await code(platform, Given(house.api_user, "wrong")) == -1002
    with pytest.raises(AccountClosed):
        await platform.web_credentials.authenticate(house.api_user, PASSWORD, account_id=None)


async def test_terms_that_were_not_accepted_are_told_last(platform, change, house):
    change(change_state, AccountState.TERMS_NOT_ACCEPTED)
    assert await code(platform, Given(house.api_user), ip="198.51.100.1") == -1011

    change(change_state, AccountState.SUSPENDED)
    assert await code(platform, Given(house.api_user), ip="198.51.100.1") == -1003


async def test_an_activation_holds_at_once_for_every_process(platform, database, account):
    with database.transaction(account.id) as tx:
        store(tx, account.api_user, HASH, now=NOON)
    assert await code(platform, Given(account.api_user)) == -1007

    with database.transaction(account.id) as tx:
        activate(tx, Service.IMPORT, ip=IP, by=OPERATOR, now=NOON)
    # As a process would see it that has read the accounts just before.
    assert await code(platform, Given(account.api_user)) == 0


def test_every_code_has_its_words():
    assert str(ServiceRefused(-1012)) == 'IP is registered but has the "deny access" flag'
    assert set(CLOSED.values()) < set(WORDS)


def test_what_has_no_code_of_its_own_is_not_recognized():
    assert code_of(Busy("too many")) == -1000
    assert set(CLOSED) == set(AccountState) - {AccountState.ACTIVE}
