"""The way in: a one-time or expired password, a password of one's own, the terms of service, and the console."""

from datetime import timedelta

import pytest

from interfaces.console.test_console_sign_in import sealed
from interfaces.console.visitors import ANOTHER, ONE_TIME, PASSWORD, SIGN_IN, make_applicant, shows, visit
from interfaces.test_pages_outline import Outline
from staffetta.access import check_password, password_hash_of, set_password
from staffetta.accounts import AccountState, change_state, get_account
from staffetta.accounts.terms import accept_terms, acceptances, publish_terms
from staffetta.interfaces.console.tickets import Purpose
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import Language

CHOOSE = "/console/choose-password"


def state_of(visitor) -> AccountState:
    with visitor.database.connection() as connection:
        return get_account(connection, visitor.account.id).state


def has_password(visitor, login: str, password: str) -> bool:
    with visitor.database.connection() as connection:
        return check_password(password_hash_of(connection, login)[1], password)


async def test_a_newcomer_chooses_a_password_accepts_the_terms_and_is_at_home(newcomer):
    choosing = await newcomer.sign_in(ONE_TIME)
    terms = await newcomer.send(choosing, new=ANOTHER, repeat=ANOTHER)
    home = await newcomer.send(terms, accepted="yes")

    assert shows(choosing, "choose_first")
    assert f"sign in as {newcomer.account.api_user}" in choosing.text
    assert shows(terms, "terms_lead")
    assert shows(home, "terms_accepted")
    assert state_of(newcomer) == AccountState.ACTIVE
    assert has_password(newcomer, newcomer.login, ANOTHER)
    assert has_password(newcomer, newcomer.account.api_user, ANOTHER)
    assert not has_password(newcomer, newcomer.login, ONE_TIME)


async def test_it_is_kept_who_accepted_what_from_where(newcomer):
    newcomer.settle()
    terms = await newcomer.send(await newcomer.open(f"{SIGN_IN}?lang=it"), username=newcomer.login, password=PASSWORD)
    await newcomer.send(terms, accepted="yes")

    with newcomer.database.transaction(newcomer.account.id) as tx:
        (kept,) = acceptances(tx)
    assert (kept.login, kept.ip, kept.version, kept.language) == (newcomer.login, "192.0.2.7", 0, Language.IT)


# A password of one's own


async def test_with_a_one_time_password_nothing_else_is_reachable(newcomer):
    await newcomer.sign_in(ONE_TIME)

    for path in ("/console", "/console/terms", "/console/password", "/console/applications"):
        assert (await newcomer.open(path)).headers["location"].startswith(SIGN_IN)
    assert shows(await newcomer.open(CHOOSE), "choose_first")


@pytest.mark.parametrize(
    ("new", "repeat", "key"),
    [
        ("", "", "password_missing"),
        ("short", "short", "password_weak"),
        ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "password_weak"),
        ("x" * 201, "x" * 201, "password_long"),
        (ANOTHER, "something else", "passwords_differ"),
        (ONE_TIME, ONE_TIME, "password_same"),
    ],
)
async def test_a_bad_choice_is_explained_at_its_field_and_changes_nothing(newcomer, new, repeat, key):
    choosing = await newcomer.sign_in(ONE_TIME)

    answer = await newcomer.send(choosing, new=new, repeat=repeat)

    assert shows(answer, key, 400)
    assert shows(answer, "choose_first", 400)
    wrong = "repeat" if key == "passwords_differ" else "new"
    page = Outline(answer.text)
    assert [each["id"] for each in page.attributes("input") if "aria-invalid" in each] == [wrong]
    assert f"#{wrong}" in [each["href"] for each in page.attributes("a")]
    assert page.references <= set(page.ids)
    assert has_password(newcomer, newcomer.login, ONE_TIME)
    assert f'value="{new}"' not in answer.text or not new


async def test_the_way_on_is_kept_through_every_step(newcomer):
    asked = await newcomer.client.get(SIGN_IN, params={"next": "/console/password"})
    choosing = await newcomer.send(asked, username=newcomer.login, password=ONE_TIME)
    terms = await newcomer.send(choosing, new=ANOTHER, repeat=ANOTHER)

    room = await newcomer.send(terms, accepted="yes")

    assert shows(room, "password_title")


async def test_an_expired_password_is_good_for_choosing_another(visitor):
    visitor.settle(changed_at=utc_now() - timedelta(days=181))
    choosing = await visitor.sign_in()
    home = await visitor.send(choosing, new=ANOTHER, repeat=ANOTHER)

    assert shows(choosing, "choose_expired")
    assert shows(home, "password_chosen")
    assert shows(home, "connect_title")


async def test_who_was_in_when_the_password_expired_has_to_show_that_they_know_it(visitor):
    await visitor.sign_in()
    visitor.settle(changed_at=utc_now() - timedelta(days=181))

    assert (await visitor.open()).headers["location"] == SIGN_IN
    assert (await visitor.open(CHOOSE)).headers["location"].startswith(SIGN_IN)


async def test_the_api_user_keeps_a_password_that_it_has(newcomer):
    newcomer.settle(login=newcomer.account.api_user)

    choosing = await newcomer.sign_in(ONE_TIME)
    await newcomer.send(choosing, new=ANOTHER, repeat=ANOTHER)

    assert f"sign in as {newcomer.account.api_user}" not in choosing.text
    assert has_password(newcomer, newcomer.account.api_user, PASSWORD)


async def test_a_step_is_over_once_the_password_has_changed(newcomer):
    choosing = await newcomer.sign_in(ONE_TIME)
    with newcomer.database.connection() as connection:
        set_password(connection, newcomer.login, PASSWORD, now=utc_now())

    answer = await newcomer.send(choosing, new=ANOTHER, repeat=ANOTHER)

    assert shows(answer, "step_over")
    assert has_password(newcomer, newcomer.login, PASSWORD)


async def test_a_step_cannot_be_taken_twice(newcomer):
    choosing = await newcomer.sign_in(ONE_TIME)
    cookies = dict(newcomer.client.cookies)
    await newcomer.send(choosing, new=ANOTHER, repeat=ANOTHER)
    newcomer.client.cookies.clear()
    newcomer.client.cookies.update(cookies)

    answer = await newcomer.send(choosing, new=f"{ANOTHER}!", repeat=f"{ANOTHER}!")

    assert shows(answer, "step_over")
    assert has_password(newcomer, newcomer.login, ANOTHER)


async def test_a_step_of_somebody_elses_browser_is_none(newcomer, platform):
    choosing = await newcomer.sign_in(ONE_TIME)
    async with visit(platform, newcomer.account) as thief:
        await thief.open(SIGN_IN)
        thief.client.cookies.set("staffetta-console-step", newcomer.client.cookies["staffetta-console-step"])

        answer = await thief.send(choosing, new=ANOTHER, repeat=ANOTHER)

    assert shows(answer, "step_over")
    assert has_password(newcomer, newcomer.login, ONE_TIME)


@pytest.mark.parametrize("ticket", ["", "x", "old", "other"])
async def test_a_choice_that_another_site_sends_is_none(newcomer, ticket):
    choosing = await newcomer.sign_in(ONE_TIME)
    made = {
        "old": sealed(newcomer, Purpose.CHOOSE, age=timedelta(hours=1)),
        "other": sealed(newcomer, Purpose.RESET),
    }.get(ticket, ticket)

    answer = await newcomer.send(choosing, ticket=made, new=ANOTHER, repeat=ANOTHER)

    assert shows(answer, "stale_choice", 400)
    assert has_password(newcomer, newcomer.login, ONE_TIME)


# Terms


@pytest.fixture
async def reader(newcomer):
    """Somebody who has a password of their own, and reads the terms."""
    newcomer.settle()
    await newcomer.sign_in()
    return newcomer


async def test_before_the_terms_are_accepted_nothing_else_is_reachable(reader):
    for path in ("/console", "/console/password", "/console/applications", "/console/nothing"):
        assert (await reader.open(path)).headers["location"].startswith("/console/terms")
    assert (await reader.client.post("/console/password")).headers["location"].startswith("/console/terms")
    assert shows(await reader.sign_out(await reader.open("/console/terms")), "signed_out")


async def test_without_the_tick_nothing_is_accepted(reader):
    answer = await reader.send(await reader.open("/console/terms"))

    assert shows(answer, "terms_missing", 400)
    assert state_of(reader) == AccountState.TERMS_NOT_ACCEPTED


@pytest.mark.parametrize("ticket", ["", "x", "old", "other"])
async def test_terms_that_another_site_accepts_are_not(reader, ticket):
    page = await reader.open("/console/terms")
    made = {
        "old": sealed(reader, Purpose.TERMS, age=timedelta(days=1)),
        "other": sealed(reader, Purpose.PASSWORD),
    }.get(ticket, ticket)

    assert shows(await reader.send(page, ticket=made, accepted="yes"), "stale_terms", 400)
    assert state_of(reader) == AccountState.TERMS_NOT_ACCEPTED


async def test_whoever_is_not_signed_in_accepts_nothing(newcomer):
    answer = await newcomer.client.post("/console/terms", data={"accepted": "yes", "ticket": "x"})

    assert answer.headers["location"].startswith(SIGN_IN)


# These publish terms, which hold for all accounts of a database.


async def test_terms_that_changed_while_they_were_read_are_shown_anew(platform, own_database):
    from dataclasses import replace

    account = make_applicant(own_database)
    async with visit(replace(platform, database=own_database), account) as reader:
        reader.settle()
        page = await reader.sign_in()
        with own_database.connection() as connection:
            texts = {Language.EN: "# New rules\n\nBe <b>nice</b>.", Language.IT: "Regole"}
            version = publish_terms(connection, texts, now=utc_now())

        again = await reader.send(page, accepted="yes")
        home = await reader.send(again, accepted="yes")

        assert shows(again, "terms_changed", 400)
        assert "<h2>New rules</h2>" in again.text
        assert "Be &lt;b&gt;nice&lt;/b&gt;." in again.text
        assert f"Version {version} of" in again.text
        assert shows(home, "terms_accepted")

        with own_database.connection() as connection:
            publish_terms(connection, {Language.DA: "Regler"}, now=utc_now())
        asked = await reader.open("/console/password", follow_redirects=True)
        assert shows(asked, "terms_lead")
        assert 'lang="da" tabindex' in asked.text

        with own_database.transaction(account.id) as tx:
            accept_terms(tx, login="m1", ip="", version=version + 1, language=Language.DA, now=utc_now())
        assert shows(await reader.send(asked, accepted="yes"), "password_title")


async def test_an_expired_account_comes_in_and_is_told_what_to_do(visitor, platform):
    with visitor.database.transaction(visitor.account.id) as tx:
        change_state(tx, AccountState.EXPIRED)

    async with visit(platform, visitor.account, operator_email="help@example.net") as here:
        home = await here.sign_in()

    assert shows(home, "expired_notice")
    assert 'href="mailto:help@example.net"' in home.text
