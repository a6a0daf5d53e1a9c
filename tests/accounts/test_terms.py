import pytest

from staffetta.accounts import (
    AccountState,
    OutdatedTerms,
    Owner,
    Plan,
    accept_terms,
    acceptances,
    change_state,
    create_account,
    current_terms,
    get_account,
    has_accepted,
    publish_terms,
)
from staffetta.errors import InvalidArgument
from staffetta.kit.languages import Language
from trying import NOON, undone


@pytest.fixture
def connection(own_database):
    yield from undone(own_database)


def create(connection, *, bound=True):
    """Return a transaction of a new account, which has come about by itself."""
    owner = Owner(name="Ada", email="ada@example.com", one_time_hash="!", plan=Plan(), expires_at=None)
    made = create_account(
        connection,
        account_id=None,
        name="",
        hosts=(),
        password=None,
        now=NOON,
        owner=owner if bound else None,
    )
    return connection.for_account(made.id)


def state(tx):
    return get_account(tx, tx.account_id).state


def accept(tx, version=0, *, login="m1", language=Language.EN):
    accept_terms(tx, login=login, ip="192.0.2.7", version=version, language=language, now=NOON)


@pytest.mark.parametrize("language", Language)
def test_there_are_terms_in_every_language_before_any_are_published(connection, language):
    terms = current_terms(connection, language)

    assert (terms.version, terms.language, terms.published_at) == (0, language, None)
    assert [line[:2] for line in terms.text.splitlines() if line[:1].isdigit()] == [f"{n}." for n in range(1, 9)]


def test_published_terms_are_read_in_the_language_asked_for_else_in_english_else_in_any(connection):
    publish_terms(connection, {Language.IT: "Termini", Language.EN: "Terms"}, now=NOON)

    assert current_terms(connection, Language.IT).text == "Termini"
    assert current_terms(connection, Language.JA).text == "Terms"

    publish_terms(connection, {Language.IT: "Nuovi termini", Language.PT: "Novos termos"}, now=NOON)

    terms = current_terms(connection, Language.JA)
    assert (terms.version, terms.language, terms.text, terms.published_at) == (2, Language.IT, "Nuovi termini", NOON)


@pytest.mark.parametrize("texts", [{}, {Language.EN: " \n"}, {Language.EN: "x" * 200_001}])
def test_what_cannot_be_terms_is_not_published(connection, texts):
    with pytest.raises(InvalidArgument):
        publish_terms(connection, texts, now=NOON)

    assert current_terms(connection, Language.EN).version == 0


def test_an_account_is_active_once_the_terms_are_accepted_and_others_are_not(connection):
    ours, theirs = create(connection), create(connection)
    assert state(ours) == AccountState.TERMS_NOT_ACCEPTED

    accept(ours, login="m1")

    assert (state(ours), has_accepted(ours)) == (AccountState.ACTIVE, True)
    assert (state(theirs), has_accepted(theirs), acceptances(theirs)) == (AccountState.TERMS_NOT_ACCEPTED, False, [])
    [kept] = acceptances(ours)
    assert (kept.version, kept.language, kept.login, kept.ip, kept.accepted_at) == (
        0,
        Language.EN,
        "m1",
        "192.0.2.7",
        NOON,
    )


def test_a_second_acceptance_is_harmless_and_the_first_is_kept(connection):
    ours = create(connection)
    accept(ours, login="m1")

    accept(ours, login="grace", language=Language.IT)

    assert [each.login for each in acceptances(ours)] == ["m1"]


def test_a_version_that_is_not_in_force_is_not_accepted(connection):
    ours = create(connection)
    publish_terms(connection, {Language.EN: "Terms"}, now=NOON)

    for version in (0, 2, -1):
        with pytest.raises(OutdatedTerms):
            accept(ours, version)

    assert (state(ours), acceptances(ours)) == (AccountState.TERMS_NOT_ACCEPTED, [])


def test_new_terms_are_to_be_accepted_by_those_who_are_bound_by_them(connection):
    bound, free, suspended = create(connection), create(connection, bound=False), create(connection)
    accept(bound)
    change_state(suspended, AccountState.SUSPENDED)

    version = publish_terms(connection, {Language.EN: "Terms"}, now=NOON)

    assert [state(each) for each in (bound, free, suspended)] == [
        AccountState.TERMS_NOT_ACCEPTED,
        AccountState.ACTIVE,
        AccountState.SUSPENDED,
    ]
    assert (has_accepted(bound), has_accepted(free)) == (False, True)

    accept(bound, version)

    assert state(bound) == AccountState.ACTIVE
    assert [each.version for each in acceptances(bound)] == [1, 0]


@pytest.mark.parametrize("closed", [AccountState.SUSPENDED, AccountState.INACTIVE, AccountState.EXPIRED])
def test_to_accept_opens_no_account_that_is_closed_for_another_reason(connection, closed):
    ours = create(connection)
    change_state(ours, closed)

    accept(ours)

    assert (state(ours), has_accepted(ours)) == (closed, True)
