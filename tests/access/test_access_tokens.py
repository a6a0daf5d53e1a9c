import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from access.accessing import CALLBACK, make_application, make_tokens, make_user
from staffetta.access import (
    PASSWORD_LIFETIME,
    ApplicationBlocked,
    Grant,
    PasswordExpired,
    UnknownToken,
    WrongPassword,
    block_application,
    grant_of,
    issue_code,
    issue_tokens,
    redeem_code,
    refresh,
    set_password,
    unblock_application,
)
from staffetta.access.tables import tokens as tokens_table
from staffetta.access.token_queries import MOST_DELETED
from staffetta.accounts import AccountClosed, AccountState, UserKind, change_state
from staffetta.db import Statement
from trying import NOON

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DIGESTS = Statement(select(tokens_table.c.digest))
COUNT = Statement(select(func.count().label("tokens")).select_from(tokens_table))
NO_TOKENS = ["", "unknown", "a" * 64, "a" * 129, "a b", "a-b", "a\x00b", "ä" * 64, "\udcff"]


def make_code(connection, user, application):
    client_id = application.application.client_id
    return issue_code(connection, user, client_id, redirect_uri=CALLBACK, now=NOON)


def redeem(connection, code, *, client_id=None, redirect_uri=None, now=NOON):
    return redeem_code(connection, code, client_id=client_id, redirect_uri=redirect_uri, now=now)


def works(connection, access_token, *, now=NOON):
    try:
        grant_of(connection, access_token, now=now)
    except UnknownToken:
        return False
    return True


def test_whatever_is_issued_is_letters_and_digits_and_kept_by_its_digest_alone(connection, shop, ada):
    code, tokens = make_code(connection, ada, shop), make_tokens(connection, ada, shop)

    issued = [code, tokens.access, tokens.refresh]
    assert all(re.fullmatch("[A-Za-z0-9]{40,128}", each) for each in issued)
    kept = [bytes(row.digest) for row in connection.all(DIGESTS)]
    assert len(kept) == 3
    assert not set(kept) & {each.encode() for each in issued}
    assert tokens.expires_in_seconds == 3600


def test_an_access_token_stands_for_its_user_and_application(connection, ours, theirs, shop, client_id):
    mine = make_user(connection, ours, visible_lists=(1,))
    other = make_user(connection, theirs, kind=UserKind.API)
    first, second = make_tokens(connection, mine, shop), make_tokens(connection, other, shop)

    assert grant_of(connection, first.access, now=NOON) == Grant(user=mine, client_id=client_id)
    assert grant_of(connection, second.access, now=NOON) == Grant(user=other, client_id=client_id)


@pytest.mark.parametrize("token", NO_TOKENS)
def test_what_was_not_issued_stands_for_nobody(connection, shop, ada, token):
    make_tokens(connection, ada, shop)

    with pytest.raises(UnknownToken):
        grant_of(connection, token, now=NOON)
    with pytest.raises(UnknownToken):
        refresh(connection, token, client_id=None, now=NOON)
    with pytest.raises(UnknownToken):
        redeem(connection, token)


def test_a_token_of_one_kind_is_none_of_another(connection, shop, ada):
    code, tokens = make_code(connection, ada, shop), make_tokens(connection, ada, shop)

    for other in (code, tokens.refresh):
        assert not works(connection, other)
    for other in (code, tokens.access):
        with pytest.raises(UnknownToken):
            refresh(connection, other, client_id=None, now=NOON)
    for other in (tokens.access, tokens.refresh):
        with pytest.raises(UnknownToken):
            redeem(connection, other)


def test_tokens_expire_at_the_microsecond(connection, shop, ada):
    code, tokens = make_code(connection, ada, shop), make_tokens(connection, ada, shop)

    assert works(connection, tokens.access, now=NOON + HOUR - MICROSECOND)
    assert not works(connection, tokens.access, now=NOON + HOUR)
    with pytest.raises(UnknownToken):
        redeem(connection, code, now=NOON + timedelta(minutes=10))
    assert redeem(connection, code, now=NOON + timedelta(minutes=10) - MICROSECOND)[0] == ada
    with pytest.raises(UnknownToken):
        refresh(connection, tokens.refresh, client_id=None, now=NOON + timedelta(days=30))
    assert refresh(connection, tokens.refresh, client_id=None, now=NOON + timedelta(days=30) - MICROSECOND)


def test_a_code_is_exchanged_once(connection, shop, client_id, ada):
    code = make_code(connection, ada, shop)

    assert redeem(connection, code) == (ada, client_id)
    with pytest.raises(UnknownToken):
        redeem(connection, code)


def test_a_second_use_of_a_code_takes_nothing_from_who_used_it_first(connection, shop, ada):
    code = make_code(connection, ada, shop)
    user, client_id = redeem(connection, code)
    tokens = issue_tokens(connection, user, client_id, now=NOON)

    with pytest.raises(UnknownToken):
        redeem(connection, code)

    assert works(connection, tokens.access)


def test_a_code_belongs_to_its_application_and_address_and_is_not_spoilt_by_others(connection, shop, client_id, ada):
    other = make_application(connection).application.client_id
    code = make_code(connection, ada, shop)

    for wrong in ({"client_id": other}, {"redirect_uri": "https://evil.example/"}, {"client_id": ""}):
        with pytest.raises(UnknownToken):
            redeem(connection, code, **wrong)

    assert redeem(connection, code, client_id=client_id, redirect_uri=CALLBACK) == (ada, client_id)


def test_a_refresh_gives_new_tokens_and_the_old_ones_stay_good(connection, shop, client_id, ada):
    first = make_tokens(connection, ada, shop)

    second = refresh(connection, first.refresh, client_id=client_id, now=NOON)
    third = refresh(connection, first.refresh, client_id=None, now=NOON)

    assert len({first.access, second.access, third.access, first.refresh, second.refresh, third.refresh}) == 6
    assert all(works(connection, each.access) for each in (first, second, third))
    assert refresh(connection, second.refresh, client_id=client_id, now=NOON)


def test_each_refresh_lets_the_30_days_begin_anew(connection, shop, ada):
    first = make_tokens(connection, ada, shop)
    days = [NOON + timedelta(days=day) for day in (29, 58, 87)]

    for day in days:
        tokens = refresh(connection, first.refresh, client_id=None, now=day)
        assert works(connection, tokens.access, now=day)

    with pytest.raises(UnknownToken):
        refresh(connection, first.refresh, client_id=None, now=days[-1] + timedelta(days=30))


def test_a_refresh_token_belongs_to_its_application(connection, shop, ada):
    other = make_application(connection).application.client_id
    tokens = make_tokens(connection, ada, shop)

    with pytest.raises(UnknownToken):
        refresh(connection, tokens.refresh, client_id=other, now=NOON)


@pytest.mark.parametrize("here", [True, False], ids=["for one account", "for everybody"])
def test_a_blocked_application_gets_and_does_nothing_until_it_is_unblocked(connection, theirs, shop, ada, here):
    ours, client_id = ada.account_id, shop.application.client_id
    other = make_user(connection, theirs)
    code, tokens, others = (
        make_code(connection, ada, shop),
        make_tokens(connection, ada, shop),
        make_tokens(connection, other, shop),
    )
    account_id = ours if here else None

    block_application(connection, client_id, account_id=account_id, now=NOON)

    assert not works(connection, tokens.access)
    assert works(connection, others.access) is here
    for attempt in (
        lambda: make_code(connection, ada, shop),
        lambda: make_tokens(connection, ada, shop),
        lambda: redeem(connection, code),
        lambda: refresh(connection, tokens.refresh, client_id=client_id, now=NOON),
    ):
        with pytest.raises(ApplicationBlocked):
            attempt()
    unblock_application(connection, client_id, account_id=account_id)
    assert works(connection, tokens.access)
    assert redeem(connection, code)


def test_another_applications_block_is_its_own(connection, ours, shop, ada):
    other = make_application(connection).application.client_id
    tokens = make_tokens(connection, ada, shop)

    block_application(connection, other, account_id=ours, now=NOON)
    block_application(connection, other, account_id=None, now=NOON)

    assert works(connection, tokens.access)


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.TERMS_NOT_ACCEPTED])
def test_no_tokens_are_issued_in_an_account_that_is_closed(connection, ours, shop, ada, state):
    code, tokens = make_code(connection, ada, shop), make_tokens(connection, ada, shop)

    change_state(connection.for_account(ours), state)

    for attempt in (
        lambda: make_code(connection, ada, shop),
        lambda: make_tokens(connection, ada, shop),
        lambda: redeem(connection, code),
        lambda: refresh(connection, tokens.refresh, client_id=None, now=NOON),
    ):
        with pytest.raises(AccountClosed):
            attempt()
    change_state(connection.for_account(ours), AccountState.ACTIVE)
    assert refresh(connection, tokens.refresh, client_id=None, now=NOON)


def test_with_the_password_of_a_person_their_tokens_expire(connection, ours, shop, client_id, ada):
    program = make_user(connection, ours, kind=UserKind.API)
    last = NOON + PASSWORD_LIFETIME
    before = last - timedelta(minutes=5)
    mine, its = (issue_tokens(connection, each, client_id, now=before) for each in (ada, program))

    assert works(connection, mine.access, now=last - MICROSECOND)
    assert not works(connection, mine.access, now=last)
    with pytest.raises(PasswordExpired):
        refresh(connection, mine.refresh, client_id=None, now=last)
    assert works(connection, its.access, now=last)
    assert refresh(connection, its.refresh, client_id=None, now=last)


def test_nothing_is_issued_on_a_password_that_has_changed_since_it_was_checked(connection, shop, client_id, ada):
    set_password(connection, ada.login, "another", now=NOON + MICROSECOND)

    with pytest.raises(WrongPassword):
        issue_tokens(connection, ada, client_id, now=NOON)
    with pytest.raises(WrongPassword):
        issue_code(connection, ada, client_id, redirect_uri=CALLBACK, now=NOON)


def test_nothing_is_issued_to_an_application_that_there_is_not(connection, ada):
    with pytest.raises(UnknownToken):
        issue_tokens(connection, ada, "unknown", now=NOON)


def test_issuing_deletes_a_few_tokens_that_have_expired_and_no_others(connection, shop, client_id, ada):
    codes = [make_code(connection, ada, shop) for _ in range(MOST_DELETED + 5)]
    kept = make_tokens(connection, ada, shop)

    issue_tokens(connection, ada, client_id, now=NOON + timedelta(minutes=10))
    assert connection.first(COUNT).tokens == 5 + 2 + 2
    issue_tokens(connection, ada, client_id, now=NOON + timedelta(minutes=10))

    assert connection.first(COUNT).tokens == 2 + 2 + 2
    assert works(connection, kept.access)
    assert len(set(codes)) == len(codes)
