"""The rooms of who is signed in: the account at a glance, applications, and the own password."""

from datetime import timedelta

import pytest

from interfaces.console.test_console_sign_in import sealed
from interfaces.console.visitors import ANOTHER, PASSWORD, make_applicant, shows, visit
from interfaces.test_pages_outline import Outline
from staffetta.access import (
    add_application,
    authorizations_of,
    authorize,
    check_password,
    get_user,
    password_hash_of,
    set_visible_lists,
)
from staffetta.accounts import AccountState, Plan, change_state
from staffetta.interfaces.console.tickets import Purpose
from staffetta.kit.clock import utc_now
from staffetta.lists import add_list, catalog

REVOKE = "/console/applications/revoke"
HOSTILE = "'; DROP TABLE x\r\n<script>"


def let_act(visitor, name: str = "Shop", *, login: str = "") -> str:
    """Let a new application act for somebody; return its client id."""
    with visitor.database.connection() as connection:
        new = add_application(connection, name, now=utc_now()).application
        authorize(connection, get_user(connection, login or visitor.login), new.client_id, now=utc_now())
    return new.client_id


def allowed(visitor, login: str = "") -> list[str]:
    with visitor.database.transaction(visitor.account.id) as tx:
        return [each.client_id for each in authorizations_of(tx, login or visitor.login)]


# Home


async def test_home_shows_what_a_plugin_asks_for(visitor):
    home = await visitor.sign_in()

    with visitor.database.transaction(visitor.account.id) as tx:
        (first,) = catalog(tx).lists.values()
    for value in (visitor.account.host, visitor.account.api_user, visitor.login, first.guid, "ada@example.com"):
        assert value in home.text
    assert f"http://{visitor.account.host}" in home.text
    assert shows(home, "state_active")


async def test_home_shows_the_lists_that_the_user_sees_and_twenty_at_most(visitor):
    with visitor.database.transaction(visitor.account.id) as tx:
        for number in range(24):
            add_list(tx, f"Extra {number}", now=utc_now())
    all_of_them = await visitor.sign_in()
    with visitor.database.connection() as connection:
        set_visible_lists(connection, visitor.login, (1, 2))
    two = await visitor.open()

    assert "20 of 25 lists are shown." in all_of_them.text
    assert Outline(all_of_them.text).count("tr") == 21
    assert Outline(two.text).count("tr") == 3


async def test_a_trial_says_how_long_it_lasts(visitor):
    with visitor.database.transaction(visitor.account.id) as tx:
        plan_until(tx, utc_now() + timedelta(days=4, hours=23))
    home = await visitor.sign_in()

    assert shows(home, "ends_soon_notice")
    assert "<dd>5</dd>" in home.text


def plan_until(tx, expires_at) -> None:
    from sqlalchemy import bindparam, update

    from staffetta.accounts.tables import accounts
    from staffetta.db import Statement

    tx.configuration_changed()
    statement = update(accounts).where(accounts.c.id == bindparam("account_id")).values(expires_at=bindparam("then"))
    tx.run(Statement(statement), then=expires_at)


async def test_a_white_label_shows_the_accounts_name_in_place_of_the_operators(visitor, platform, database):
    label = make_applicant(database, plan=Plan(white_label=True))
    async with visit(platform, label, operator_name="Posta Blu") as here:
        own = await here.open("/console/sign-in")
    async with visit(platform, visitor.account, operator_name="Posta Blu") as here:
        operators = await here.open("/console/sign-in")

    assert "Posta Blu" not in own.text
    assert "<title>Sign in · Bosco &amp; Figli</title>" in own.text
    assert "<title>Sign in · Posta Blu</title>" in operators.text


async def test_the_navigation_says_where_one_is(visitor):
    await visitor.sign_in()

    for path in ("/console", "/console/applications", "/console/password"):
        links = Outline((await visitor.open(path)).text).attributes("a")
        assert [each["href"] for each in links if each.get("aria-current") == "page"] == [path]


# Applications


async def test_an_application_is_revoked_after_a_question(visitor):
    client_id = let_act(visitor, "Shop & Co")
    await visitor.sign_in()
    listed = await visitor.open("/console/applications")
    question = await visitor.client.get(REVOKE, params={"client_id": client_id})
    still = allowed(visitor)
    answer = await visitor.send(question)
    again = await visitor.open("/console/applications")

    assert "Shop &amp; Co" in listed.text
    assert shows(question, "revoke_lead")
    assert still == [client_id]
    assert shows(answer, "revoked")
    assert "Shop &amp; Co can no longer act for you." in answer.text
    assert allowed(visitor) == []
    assert "Shop &amp; Co" not in again.text


async def test_an_application_of_others_is_not_found(visitor, platform, database):
    of_program = let_act(visitor, login=visitor.account.api_user)
    async with visit(platform, make_applicant(database)) as stranger:
        of_stranger = let_act(stranger)
        own = let_act(visitor)
        await visitor.sign_in()
        question = await visitor.client.get(REVOKE, params={"client_id": own})

        for client_id in (of_program, of_stranger, "nothing", HOSTILE):
            asked = await visitor.client.get(REVOKE, params={"client_id": client_id}, follow_redirects=True)
            sent = await visitor.send(question, client_id=client_id)
            assert shows(asked, "not_authorized")
            assert shows(sent, "not_authorized")

        assert allowed(stranger) == [of_stranger]
    assert allowed(visitor, visitor.account.api_user) == [of_program]
    assert allowed(visitor) == [own]


async def test_who_has_to_sign_in_first_finds_the_question_again(visitor):
    client_id = let_act(visitor)
    asked = await visitor.client.get(REVOKE, params={"client_id": client_id}, follow_redirects=True)

    question = await visitor.send(asked, username=visitor.login, password=PASSWORD)

    assert shows(question, "revoke_lead")
    assert (await visitor.open(REVOKE)).headers["location"] == "/console/applications"


async def test_a_question_about_one_application_revokes_no_other(visitor):
    one, other = let_act(visitor, "One"), let_act(visitor, "Other")
    await visitor.sign_in()
    question = await visitor.client.get(REVOKE, params={"client_id": one})

    for values in (
        {"client_id": other},
        {"ticket": ""},
        {"ticket": "x"},
        {"ticket": sealed(visitor, Purpose.PASSWORD)},
    ):
        assert shows(await visitor.send(question, **values), "stale_form", 400)

    assert set(allowed(visitor)) == {one, other}


async def test_a_revocation_sent_twice_is_told(visitor):
    client_id = let_act(visitor)
    await visitor.sign_in()
    question = await visitor.client.get(REVOKE, params={"client_id": client_id})
    await visitor.send(question)

    assert shows(await visitor.send(question), "not_authorized")


async def test_what_an_application_is_called_does_nothing(visitor):
    client_id = let_act(visitor, '"><script>alert(1)</script>{x}{{ 7*7 }}')
    await visitor.sign_in()

    assert shows(await visitor.open("/console/applications"), "applications_lead")
    question = await visitor.client.get(REVOKE, params={"client_id": client_id})
    assert shows(question, "revoke_lead")
    assert shows(await visitor.send(question), "revoked")


# Password


async def test_a_password_is_changed_and_this_browser_stays_in(visitor, platform):
    async with visit(platform, visitor.account) as other:
        await other.sign_in()
        await visitor.sign_in()
        old_token = visitor.client.cookies["staffetta-console"]
        changed = await visitor.send(
            await visitor.open("/console/password"), current=PASSWORD, new=ANOTHER, repeat=ANOTHER
        )

        assert shows(changed, "password_changed")
        assert visitor.client.cookies["staffetta-console"] != old_token
        assert (await other.open()).status_code == 303
        assert shows(await other.sign_in(ANOTHER), "connect_title")


@pytest.mark.parametrize(
    ("current", "new", "repeat", "key"),
    [
        ("", ANOTHER, ANOTHER, "current_missing"),
        ("wrong", ANOTHER, ANOTHER, "wrong_current"),
        ("x" * 2_000, ANOTHER, ANOTHER, "wrong_current"),
        (PASSWORD, "short", "short", "password_weak"),
        (PASSWORD, ANOTHER, "other", "passwords_differ"),
        (PASSWORD, PASSWORD, PASSWORD, "password_same"),
    ],
)
async def test_a_change_that_will_not_do_changes_nothing(visitor, current, new, repeat, key):
    await visitor.sign_in()

    answer = await visitor.send(await visitor.open("/console/password"), current=current, new=new, repeat=repeat)

    assert shows(answer, key, 400)
    with visitor.database.connection() as connection:
        assert check_password(password_hash_of(connection, visitor.login)[1], PASSWORD)


@pytest.mark.parametrize("ticket", ["", "x"])
async def test_a_change_that_another_site_sends_is_none(visitor, ticket):
    await visitor.sign_in()
    page = await visitor.open("/console/password")

    answer = await visitor.send(page, ticket=ticket, current=PASSWORD, new=ANOTHER, repeat=ANOTHER)

    assert shows(answer, "stale_form", 400)


async def test_guessing_the_present_password_is_counted(visitor):
    await visitor.sign_in()
    page = await visitor.open("/console/password")
    for _ in range(10):
        await visitor.send(page, current="wrong", new=ANOTHER, repeat=ANOTHER)

    assert shows(await visitor.send(page, current=PASSWORD, new=ANOTHER, repeat=ANOTHER), "locked", 429)


async def test_a_form_of_a_session_that_is_over_changes_nothing(visitor):
    await visitor.sign_in()
    page = await visitor.open("/console/password")
    with visitor.database.transaction(visitor.account.id) as tx:
        change_state(tx, AccountState.SUSPENDED)

    answer = await visitor.send(page, follow=False, current=PASSWORD, new=ANOTHER, repeat=ANOTHER)

    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fpassword"
