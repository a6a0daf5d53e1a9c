"""Making the account of an activation: all of it or nothing, and never twice."""

from datetime import timedelta

import pytest

from provisioning.asking import MAILS_OF, USERS_OF, ask, made, register
from staffetta.access import block_application, check_password, get_user, set_plan
from staffetta.accounts import AccountExists, AccountState, Plan, create_account, get_account, hash_password
from staffetta.kit.languages import Language
from staffetta.lists import catalog, furnish
from staffetta.provisioning import ActivationState, begin_maintenance, block, get_activation
from staffetta.provisioning.model import LEASE, MOST_ATTEMPTS, WAITS
from staffetta.provisioning.performing import OneTime, fail, perform
from staffetta.provisioning.taking import take
from staffetta.settings import Settings
from trying import NOON

SETTINGS = Settings(bind="127.0.0.1:8080")
ONE_TIME = OneTime("1.nonce", hash_password("k7mw-x3cq-pz9d-4hru"))


def performed(connection, client_id, *, settings=SETTINGS, **request):
    """Ask for an account and make it; return the activation."""
    requested = ask(connection, client_id, **request)
    taken = take(connection, now=NOON)
    assert perform(connection, taken, ONE_TIME, settings=settings, now=NOON) == ActivationState.PROCESSED
    return get_activation(connection, requested.id)


def test_the_account_is_there_with_its_users_its_list_and_its_mail(connection, client_id):
    activation = performed(connection, client_id, company="Bosco & Figli", name="Ada Rossi")

    account = get_account(connection, activation.account_id)
    tx = connection.for_account(account.id)
    api_user, console_user = tx.all(USERS_OF)
    (mail,) = tx.all(MAILS_OF)
    assert (account.name, account.language, account.state) == (
        "Bosco & Figli",
        Language.IT,
        AccountState.TERMS_NOT_ACCEPTED,
    )
    assert account.hosts == (f"{account.id}.localhost:8080",)
    assert account.expires_at == NOON + timedelta(days=30)
    assert list(catalog(tx, anew=True).lists) == [1]
    assert len(catalog(tx).fields) == 40
    assert not check_password(api_user.password_hash, "")
    assert check_password(console_user.password_hash, "k7mw-x3cq-pz9d-4hru")
    assert get_user(connection, console_user.login).one_time
    assert (mail.kind, mail.address, mail.list_id) == ("credentials", activation.email, 0)
    assert mail.details == {
        "language": "it",
        "name": "Ada Rossi",
        "company": "Bosco & Figli",
        "login": f"m{account.id}",
        "api_user": f"a{account.id}",
        "console_url": f"http://{account.id}.localhost:8080/console/",
        "nonce": "1.nonce",
        "expires_on": "2026-07-01",
    }
    assert (activation.state, activation.due_at) == (ActivationState.PROCESSED, None)


def test_the_plan_is_the_application_s(connection, client_id):
    set_plan(connection, client_id, Plan(trial_days=0, monthly_messages=500, features=("rest",)))

    activation = performed(connection, client_id)

    account = get_account(connection, activation.account_id)
    (mail,) = connection.for_account(account.id).all(MAILS_OF)
    assert (account.plan.monthly_messages, account.plan.features, account.expires_at) == (500, ("rest",), None)
    assert mail.details["expires_on"] == ""


def test_the_host_follows_the_pattern(connection, client_id):
    settings = Settings(console_host_pattern="shop{id}.Example.org", public_scheme="https")

    activation = performed(connection, client_id, settings=settings)

    account = get_account(connection, activation.account_id)
    (mail,) = connection.for_account(account.id).all(MAILS_OF)
    assert account.host == f"shop{account.id}.example.org"
    assert mail.details["console_url"] == f"https://shop{account.id}.example.org/console/"


def test_whoever_comes_late_makes_no_second_account(connection, client_id):
    requested = ask(connection, client_id, company="Only One")
    slow = take(connection, now=NOON)
    quick = take(connection, now=NOON + LEASE)

    done = perform(connection, quick, ONE_TIME, settings=SETTINGS, now=NOON + LEASE)
    late = perform(connection, slow, ONE_TIME, settings=SETTINGS, now=NOON + LEASE)
    again = perform(connection, quick, ONE_TIME, settings=SETTINGS, now=NOON + LEASE)

    assert (done, late, again) == (ActivationState.PROCESSED, None, None)
    assert made(connection, "Only One") == 1
    assert get_activation(connection, requested.id).account_id == quick.account_id


def test_whoever_was_taken_for_dead_does_not_report_a_failure(connection, client_id):
    requested = ask(connection, client_id)
    slow = take(connection, now=NOON)
    take(connection, now=NOON + LEASE)

    reported = fail(connection, slow, "too slow", now=NOON + LEASE)

    assert reported is None
    assert get_activation(connection, requested.id).state == ActivationState.IN_PROGRESS


def test_what_was_blocked_meanwhile_comes_to_nothing(connection, client_id):
    requested = ask(connection, client_id, company="Spam")
    taken = take(connection, now=NOON)
    block(connection, requested.id, reason="spam", now=NOON)

    assert perform(connection, taken, ONE_TIME, settings=SETTINGS, now=NOON) is None
    assert made(connection, "Spam") == 0


def test_a_blocked_application_gets_no_accounts(connection, client_id):
    requested = ask(connection, client_id, company="Spam")
    block_application(connection, client_id, account_id=None, now=NOON)

    state = perform(connection, take(connection, now=NOON), ONE_TIME, settings=SETTINGS, now=NOON)

    assert state == get_activation(connection, requested.id).state == ActivationState.BLOCKED
    assert made(connection, "Spam") == 0


def test_what_is_in_progress_when_maintenance_begins_is_finished(connection, client_id):
    requested = ask(connection, client_id)
    taken = take(connection, now=NOON)

    begin_maintenance(connection, now=NOON)

    assert perform(connection, taken, ONE_TIME, settings=SETTINGS, now=NOON) == ActivationState.PROCESSED
    assert get_activation(connection, requested.id).state == ActivationState.PROCESSED


def test_what_died_waits_for_the_end_of_maintenance(connection, client_id):
    requested = ask(connection, client_id)
    take(connection, now=NOON)
    begin_maintenance(connection, now=NOON)

    nothing = take(connection, now=NOON + LEASE)

    assert nothing is None
    assert get_activation(connection, requested.id).state == ActivationState.MANUAL


def test_failures_rest_longer_each_time_and_end_in_an_error(connection, client_id):
    requested = ask(connection, client_id)
    now, states, waits = NOON, [], []

    for _ in range(MOST_ATTEMPTS):
        fail(connection, take(connection, now=now), "no luck", now=now)
        found = get_activation(connection, requested.id)
        states.append(found.state)
        if found.due_at:
            waits.append(found.due_at - now)
            now = found.due_at

    assert states == [ActivationState.RE_ELABORATED] * len(WAITS) + [ActivationState.ERROR]
    assert tuple(waits) == WAITS
    assert (found.problem, found.due_at, take(connection, now=now + LEASE)) == ("no luck", None, None)


def test_an_id_that_was_taken_meanwhile_is_told(connection, client_id):
    ask(connection, client_id)
    taken = take(connection, now=NOON)
    create_account(connection, account_id=taken.account_id, name="By hand", hosts=(), password=None, now=NOON)

    with pytest.raises(AccountExists):
        perform(connection, taken, ONE_TIME, settings=SETTINGS, now=NOON)


@pytest.fixture
def operator(connection):
    """The operator's own account, with list 1."""
    host = "operator.example"
    account = create_account(connection, account_id=None, name="Operator", hosts=(host,), password=None, now=NOON)
    furnish(connection.for_account(account.id), account, now=NOON)
    return account


def test_the_newsletter_asks_the_applicant_to_confirm(connection, client_id, operator):
    settings = Settings(newsletter=f"{operator.id}/1")

    activation = performed(connection, client_id, settings=settings, newsletter=True)

    (mail,) = connection.for_account(operator.id).all(MAILS_OF)
    assert (mail.kind, mail.address, mail.list_id) == ("confirmation", activation.email, 1)
    assert mail.details["base_url"] == "http://operator.example"


def test_who_does_not_want_the_newsletter_is_not_asked(connection, client_id, operator):
    performed(connection, client_id, settings=Settings(newsletter=f"{operator.id}/1"), newsletter=False)

    assert connection.for_account(operator.id).all(MAILS_OF) == []


@pytest.mark.parametrize("newsletter", ["", "{account}/99", "2000000000/1"])
def test_a_newsletter_that_there_is_not_hinders_nobody(connection, client_id, operator, newsletter):
    settings = Settings(newsletter=newsletter.format(account=operator.id))

    activation = performed(connection, client_id, settings=settings, newsletter=True)

    assert activation.state == ActivationState.PROCESSED


def test_each_activation_gets_an_account_of_its_own(connection):
    first, second = (register(connection).application.client_id for _ in range(2))

    ids = {performed(connection, each).account_id for each in (first, second, first)}

    assert len(ids) == 3
