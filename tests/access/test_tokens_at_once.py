import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from access.accessing import CALLBACK, make_application, make_tokens
from conftest import make_account
from staffetta.access import (
    Tokens,
    UnknownToken,
    authorize,
    get_user,
    grant_of,
    issue_code,
    issue_tokens,
    redeem_code,
    refresh,
    revoke,
    revoke_application,
    set_password,
)
from trying import NOON

MANY = 12


@pytest.fixture
def held(own_database):
    """What an application holds for the API user of an account: committed, unlike in other tests."""
    account = make_account(own_database)
    with own_database.connection() as connection:
        user, shop = get_user(connection, account.api_user), make_application(connection)
        client_id = shop.application.client_id
        authorize(connection, user, client_id, now=NOON)
        code = issue_code(connection, user, client_id, redirect_uri=CALLBACK, now=NOON)
        return user, client_id, code, make_tokens(connection, user, shop)


def grant_by_code(connection, code):
    """Do what the token endpoint does."""
    user, client_id = redeem_code(connection, code, client_id=None, redirect_uri=None, now=NOON)
    return issue_tokens(connection, user, client_id, now=NOON)


async def works(database, access_token):
    try:
        await database.read_across(grant_of, access_token, now=NOON)
    except UnknownToken:
        return False
    return True


async def test_of_many_who_use_a_code_at_once_one_gets_tokens(own_database, held):
    _, _, code, _ = held

    answers = await asyncio.gather(
        *(own_database.write_across(grant_by_code, code) for _ in range(MANY)), return_exceptions=True
    )

    assert sum(isinstance(each, Tokens) for each in answers) == 1
    assert sum(isinstance(each, UnknownToken) for each in answers) == MANY - 1


async def test_all_who_refresh_with_one_token_at_once_get_tokens(own_database, held):
    _, client_id, _, tokens = held

    answers = await asyncio.gather(
        *(own_database.write_across(refresh, tokens.refresh, client_id=client_id, now=NOON) for _ in range(MANY))
    )

    assert all([await works(own_database, each.access) for each in answers])
    assert len({each.refresh for each in answers}) == MANY


ENDINGS = {
    "authorization": lambda connection, user, client_id: revoke(
        connection.for_account(user.account_id), user.login, client_id
    ),
    "application": lambda connection, _, client_id: revoke_application(connection, client_id),
    "account": lambda connection, user, client_id: revoke_application(connection, client_id, user.account_id),
    "password": lambda connection, user, _: set_password(connection, user.login, "another", now=NOON),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_what_is_issued_while_somebody_revokes_does_not_outlive_it(own_database, held, ending):
    user, client_id, code, tokens = held

    def end():
        with own_database.connection() as connection:
            ending(connection, user, client_id)

    with ThreadPoolExecutor(1) as thread:
        with own_database.connection() as connection:
            issued = [
                refresh(connection, tokens.refresh, client_id=client_id, now=NOON),
                grant_by_code(connection, code),
            ]
            ended = thread.submit(end)
            with suppress(TimeoutError):
                ended.result(0.2)  # it waits for us; if it did not, it would be over before we commit
        ended.result(20)

    with own_database.connection() as connection:
        for each in (tokens, *issued):
            with pytest.raises(UnknownToken):
                grant_of(connection, each.access, now=NOON)
            with pytest.raises(UnknownToken):
                refresh(connection, each.refresh, client_id=client_id, now=NOON)


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
async def test_among_many_who_refresh_nobody_keeps_what_is_revoked(own_database, held, ending):
    user, client_id, _, tokens = held
    work = [own_database.write_across(refresh, tokens.refresh, client_id=client_id, now=NOON) for _ in range(MANY)]
    work.insert(MANY // 2, own_database.write_across(ending, user, client_id))

    answers = await asyncio.gather(*work, return_exceptions=True)

    assert [each for each in answers if isinstance(each, Exception) and not isinstance(each, UnknownToken)] == []
    issued = [each for each in answers if isinstance(each, Tokens)]
    assert not any([await works(own_database, each.access) for each in issued])
