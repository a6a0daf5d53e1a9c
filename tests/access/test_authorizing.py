import pytest

from access.accessing import CALLBACK, make_application, make_tokens, make_user
from staffetta.access import (
    Authorization,
    NotAuthorized,
    UnknownApplication,
    UnknownToken,
    authorizations_of,
    authorize,
    grant_of,
    is_authorized,
    issue_code,
    redeem_code,
    refresh,
    revoke,
    revoke_application,
)
from trying import NOON


def acting(connection, user, application):
    """Let an application act for a user; return its tokens and a code that it has not used yet."""
    client_id = application.application.client_id
    authorize(connection, user, client_id, now=NOON)
    code = issue_code(connection, user, client_id, redirect_uri=CALLBACK, now=NOON)
    return make_tokens(connection, user, application), code


def is_over(connection, held):
    tokens, code = held
    attempts = (
        lambda: grant_of(connection, tokens.access, now=NOON),
        lambda: refresh(connection, tokens.refresh, client_id=None, now=NOON),
        lambda: redeem_code(connection, code, client_id=None, redirect_uri=None, now=NOON),
    )
    refused = 0
    for attempt in attempts:
        try:
            attempt()
        except UnknownToken:
            refused += 1
    assert refused in (0, len(attempts))
    return refused > 0


def test_consent_is_kept_and_twice_is_once(connection, ours, client_id, ada):
    assert not is_authorized(connection, ada, client_id)

    authorize(connection, ada, client_id, now=NOON)
    authorize(connection, ada, client_id, now=NOON.replace(hour=13))

    assert is_authorized(connection, ada, client_id)
    assert authorizations_of(connection.for_account(ours), ada.login.upper()) == [
        Authorization(login=ada.login, client_id=client_id, name="Shop", granted_at=NOON)
    ]


def test_consent_is_one_users_for_one_application(connection, ours, theirs, client_id, ada):
    other_user, stranger = make_user(connection, ours), make_user(connection, theirs)
    other_application = make_application(connection).application.client_id

    authorize(connection, ada, client_id, now=NOON)

    assert not is_authorized(connection, ada, other_application)
    assert not is_authorized(connection, other_user, client_id)
    assert not is_authorized(connection, stranger, client_id)
    assert authorizations_of(connection.for_account(ours), other_user.login) == []
    assert authorizations_of(connection.for_account(theirs), ada.login) == []


def test_revoking_ends_what_one_application_does_for_one_user(connection, ours, shop, client_id, ada):
    other_user, other_application = make_user(connection, ours), make_application(connection)
    ended = acting(connection, ada, shop)
    kept = [acting(connection, other_user, shop), acting(connection, ada, other_application)]

    revoke(connection.for_account(ours), ada.login.upper(), client_id)

    assert is_over(connection, ended)
    assert not is_authorized(connection, ada, client_id)
    assert not any(is_over(connection, each) for each in kept)


def test_what_was_not_authorized_is_not_revoked(connection, theirs, shop, client_id, ada):
    held = acting(connection, ada, shop)

    with pytest.raises(NotAuthorized):
        revoke(connection.for_account(theirs), ada.login, client_id)
    with pytest.raises(NotAuthorized):
        revoke(connection.for_account(ada.account_id), ada.login, "unknown")
    with pytest.raises(NotAuthorized):
        revoke(connection.for_account(ada.account_id), "nobody", client_id)

    assert not is_over(connection, held)


def test_an_application_is_revoked_for_one_account(connection, ours, theirs, shop, ada):
    client_id = shop.application.client_id
    stranger, other_application = make_user(connection, theirs), make_application(connection)
    ended = [acting(connection, ada, shop), acting(connection, make_user(connection, ours), shop)]
    kept = [acting(connection, stranger, shop), acting(connection, ada, other_application)]

    assert revoke_application(connection, client_id, ours) == 2

    assert all(is_over(connection, each) for each in ended)
    assert not any(is_over(connection, each) for each in kept)
    assert revoke_application(connection, client_id, ours) == 0


def test_an_application_is_revoked_for_everybody_and_may_be_authorized_again(connection, theirs, shop, client_id, ada):
    stranger, other_application = make_user(connection, theirs), make_application(connection)
    ended = [acting(connection, ada, shop), acting(connection, stranger, shop)]
    kept = acting(connection, ada, other_application)

    assert revoke_application(connection, client_id) == 2

    assert all(is_over(connection, each) for each in ended)
    assert not is_over(connection, kept)
    assert not is_over(connection, acting(connection, ada, shop))


def test_only_an_application_that_there_is_is_revoked(connection):
    with pytest.raises(UnknownApplication):
        revoke_application(connection, "unknown")
