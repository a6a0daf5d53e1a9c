"""Signing in to the console and out of it: who is let in, what a form of others does, and where one is led."""

from dataclasses import replace
from datetime import timedelta

import pytest

from interfaces.console.visitors import ANOTHER, PASSWORD, SIGN_IN, make_applicant, shows, visit
from interfaces.test_pages_outline import Outline
from staffetta.access import set_password
from staffetta.accounts import AccountState, change_state
from staffetta.db import DatabaseUnavailable
from staffetta.interfaces.console.tickets import Purpose, Ticket
from staffetta.interfaces.passwords import MOST_IN_LINE
from staffetta.interfaces.sealing import Seals
from staffetta.interfaces.throttles import PASSWORDS_AT_ONCE, Throttles
from staffetta.kit.clock import utc_now

ROOMS = ["/console", "/console/applications", "/console/applications/revoke", "/console/password", "/console/nothing"]


async def test_a_person_signs_in_and_out(visitor):
    home = await visitor.sign_in()
    out = await visitor.sign_out(home)
    again = await visitor.open()

    assert shows(home, "connect_title")
    assert "Bosco &amp; Figli" in home.text
    assert shows(out, "signed_out")
    assert again.headers["location"] == SIGN_IN


@pytest.mark.parametrize("path", ROOMS)
async def test_a_stranger_is_asked_for_a_password_at_every_door(visitor, path):
    answers = [await visitor.open(path), await visitor.client.post(path, data={"ticket": "x"})]

    for answer in answers:
        assert answer.status_code == 303
        assert answer.headers["location"].partition("?")[0] == SIGN_IN


async def test_who_signs_in_goes_on_to_where_they_wanted(visitor):
    asked = await visitor.open("/console/password", follow_redirects=True)

    room = await visitor.send(asked, username=visitor.login, password=PASSWORD)

    assert shows(room, "password_title")


@pytest.mark.parametrize(
    "way_on",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/console\\@evil.example",
        "/console/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/frontend/subscribe.aspx",
        "/consoleevil",
        f"/console?{'a' * 3000}",
    ],
)
async def test_nobody_is_led_anywhere_else(visitor, way_on):
    page = await visitor.client.get(SIGN_IN, params={"next": way_on})

    answer = await visitor.send(page, follow=False, username=visitor.login, password=PASSWORD, next=way_on)

    assert answer.headers["location"] == "/console"


async def test_the_log_on_of_an_application_is_come_back_to(visitor):
    way_on = "/Authorization/OAuth/LogOn?client_id=a&redirect_uri=https%3A%2F%2Fshop.example%2Fcb"
    page = await visitor.client.get(SIGN_IN, params={"next": way_on})

    answer = await visitor.send(page, follow=False, username=visitor.login, password=PASSWORD)

    assert answer.headers["location"] == way_on


async def test_a_wrong_password_and_an_unknown_user_see_the_same_page(visitor):
    wrong = await visitor.sign_in("wrong")
    unknown = await visitor.sign_in(login="nobody")

    assert shows(wrong, "wrong_password", 400)
    assert shows(unknown, "wrong_password", 400)
    assert without_tickets(wrong).replace(visitor.login, "nobody") == without_tickets(unknown)
    assert 'value="wrong"' not in wrong.text


def without_tickets(response) -> str:
    text = response.text
    for ticket, _ in Outline(text).fields("ticket"):
        text = text.replace(ticket, "")
    return text


async def test_a_form_without_name_or_password_is_not_counted(visitor):
    page = await visitor.open(SIGN_IN)

    assert shows(await visitor.send(page, username=" ", password=PASSWORD), "login_missing", 400)
    assert shows(await visitor.send(page, username="m1", password=""), "password_needed", 400)
    assert visitor.platform.throttles.seconds_until_sign_in("m1", "192.0.2.0/24") == 0


async def test_a_password_in_the_address_signs_nobody_in(visitor):
    page = await visitor.client.get(SIGN_IN, params={"username": visitor.login, "password": PASSWORD})

    assert shows(page, "sign_in_lead")
    assert PASSWORD not in page.text


@pytest.mark.parametrize("login", ["m1\r\nSet-Cookie: a=b", '"><script>alert(1)</script>', "m1\x00", "x" * 5000, "é"])
async def test_a_hostile_user_name_is_nobodys(visitor, login):
    answer = await visitor.sign_in(login=login)

    assert shows(answer, "wrong_password", 400)
    assert "set-cookie: a=b" not in str(answer.headers).lower()


async def test_a_locked_login_is_told_when_to_come_back(visitor):
    for _ in range(10):
        visitor.platform.throttles.sign_in_failed(visitor.login, "203.0.113.0/24")

    answer = await visitor.sign_in()

    assert shows(answer, "locked", 429)
    assert "15 minutes" in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 900


async def test_wrong_passwords_count_for_login_and_network(visitor):
    for number in range(48):
        visitor.platform.throttles.sign_in_failed(f"x{number}", "192.0.2.0/24")

    answers = [await visitor.sign_in("wrong", login="x"), await visitor.sign_in("wrong", login="y")]

    assert [each.status_code for each in answers] == [400, 400]
    assert shows(await visitor.sign_in(), "locked", 429)


async def test_who_comes_when_too_many_wait_is_asked_to_try_again(visitor):
    visitor.console._desk.checks._present = PASSWORDS_AT_ONCE + MOST_IN_LINE

    assert shows(await visitor.sign_in(), "busy", 503)


@pytest.mark.parametrize(
    ("state", "key"), [(AccountState.SUSPENDED, "account_suspended"), (AccountState.INACTIVE, "account_inactive")]
)
async def test_a_closed_account_is_told_why_and_whoever_is_in_is_out(visitor, state, key):
    await visitor.sign_in()
    with visitor.database.transaction(visitor.account.id) as tx:
        change_state(tx, state)

    inside = await visitor.open("/console/password")

    assert inside.headers["location"].startswith(SIGN_IN)
    assert shows(await visitor.sign_in(), key, 400)
    assert shows(await visitor.sign_in("wrong"), "wrong_password", 400)


async def test_a_program_is_told_to_send_a_person(visitor):
    visitor.settle(login=visitor.account.api_user)

    assert shows(await visitor.sign_in(login=visitor.account.api_user), "for_programs", 400)


# Hosts


async def test_a_user_of_another_account_is_nobody_on_this_host(visitor, platform, database):
    async with visit(platform, make_applicant(database)) as elsewhere:
        refused = await elsewhere.sign_in(login=visitor.login)

    assert shows(refused, "wrong_password", 400)


async def test_a_session_is_good_for_nothing_on_the_host_of_another_account(visitor, platform, database):
    await visitor.sign_in()
    async with visit(platform, make_applicant(database)) as elsewhere:
        elsewhere.client.cookies.set("staffetta-console", visitor.client.cookies["staffetta-console"])

        answer = await elsewhere.open()

    assert answer.headers["location"] == SIGN_IN


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "nobody.example"])
async def test_everybody_may_sign_in_on_hosts_of_nobody(visitor, platform, host):
    async with visit(platform, visitor.account, host=host) as here:
        assert shows(await here.sign_in(login=visitor.login), "connect_title")


# Forms of others


async def test_a_form_without_ticket_or_with_a_forged_one_signs_nobody_in(visitor):
    page = await visitor.open(SIGN_IN)

    for ticket in ("", "x", "A" * 80, "é", "A" * 10_000):
        answer = await visitor.send(page, ticket=ticket, username=visitor.login, password=PASSWORD)
        assert shows(answer, "stale_form", 400)


async def test_a_form_of_another_browser_signs_nobody_in(visitor, platform):
    async with visit(platform, visitor.account) as attacker:
        theirs = await attacker.open(SIGN_IN)
    await visitor.open(SIGN_IN)

    assert shows(await visitor.send(theirs, username=visitor.login, password=PASSWORD), "stale_form", 400)


async def test_a_form_without_the_cookie_signs_nobody_in(visitor):
    page = await visitor.open(SIGN_IN)
    visitor.client.cookies.clear()

    assert shows(await visitor.send(page, username=visitor.login, password=PASSWORD), "stale_form", 400)


async def test_a_form_that_was_open_for_too_long_signs_nobody_in(visitor):
    page = await visitor.open(SIGN_IN)
    old = sealed(visitor, Purpose.SIGN_IN, age=timedelta(hours=2))

    assert shows(await visitor.send(page, ticket=old, username=visitor.login, password=PASSWORD), "stale_form", 400)


@pytest.mark.parametrize("purpose", set(Purpose) - {Purpose.SIGN_IN})
async def test_a_ticket_does_nothing_at_another_form(visitor, purpose):
    page = await visitor.open(SIGN_IN)
    other = sealed(visitor, purpose)

    assert shows(await visitor.send(page, ticket=other, username=visitor.login, password=PASSWORD), "stale_form", 400)


def sealed(visitor, purpose: Purpose, *, age: timedelta = timedelta(0)) -> str:
    ticket = Ticket(purpose, utc_now() - age, visitor.login)
    cookie = visitor.client.cookies["staffetta-console"]
    return Seals(visitor.platform.signer, "console", Ticket).seal(ticket, cookie=cookie)


async def test_nobody_is_signed_out_by_a_form_of_others(visitor):
    await visitor.sign_in()

    for data in ({}, {"ticket": "x"}, {"ticket": sealed(visitor, Purpose.SIGN_IN)}):
        await visitor.client.post("/console/sign-out", data=data)
    await visitor.open("/console/sign-out")

    assert shows(await visitor.open(), "connect_title")


# Sessions


async def test_a_session_gets_a_token_that_nobody_knew_before(visitor):
    await visitor.open(SIGN_IN)
    before = visitor.client.cookies["staffetta-console"]
    await visitor.sign_in()
    first = visitor.client.cookies["staffetta-console"]
    visitor.client.cookies.clear()
    await visitor.sign_in()

    assert len({before, first, visitor.client.cookies["staffetta-console"]}) == 3


async def test_a_planted_cookie_is_no_session_after_somebody_signed_in_with_it(visitor, platform):
    visitor.client.cookies.set("staffetta-console", "planted", domain=visitor.account.host)
    await visitor.sign_in()
    async with visit(platform, visitor.account) as attacker:
        attacker.client.cookies.set("staffetta-console", "planted")

        assert (await attacker.open()).status_code == 303


async def test_a_session_is_over_for_everybody_once_signed_out(visitor, platform):
    home = await visitor.sign_in()
    token = visitor.client.cookies["staffetta-console"]
    await visitor.sign_out(home)
    async with visit(platform, visitor.account) as thief:
        thief.client.cookies.set("staffetta-console", token)

        assert (await thief.open()).status_code == 303


async def test_a_new_password_ends_the_session(visitor):
    await visitor.sign_in()
    with visitor.database.connection() as connection:
        set_password(connection, visitor.login, ANOTHER, now=utc_now())

    assert (await visitor.open()).headers["location"] == SIGN_IN


@pytest.mark.parametrize(("scheme", "name"), [("http", "staffetta-console"), ("https", "__Host-staffetta-console")])
async def test_the_cookie_is_for_our_pages_alone(visitor, scheme, name):
    page = await visitor.client.get(f"{scheme}://{visitor.account.host}{SIGN_IN}")

    cookie = page.headers["set-cookie"]
    assert cookie.startswith(f"{name}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert ("Secure" in cookie) == (scheme == "https")
    assert "Domain" not in cookie


# What every page has


@pytest.mark.parametrize("path", ["/Console/Sign-In", "/console/sign-in/", "/console//SIGN-IN/"])
async def test_a_path_may_be_written_in_many_ways(visitor, path):
    assert shows(await visitor.open(path), "sign_in_lead")


async def test_the_language_is_the_one_that_was_chosen_or_the_browsers(visitor):
    of_browser = await visitor.client.get(SIGN_IN, headers={"Accept-Language": "da, en;q=0.5"})
    chosen = await visitor.client.get(f"{SIGN_IN}?lang=ja", headers={"Accept-Language": "da"})
    later = await visitor.client.get(SIGN_IN, headers={"Accept-Language": "da"})

    assert '<html lang="da">' in of_browser.text
    assert '<html lang="ja">' in chosen.text
    assert '<html lang="ja">' in later.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_a_method_that_there_is_not_is_refused(visitor, method):
    answer = await visitor.client.request(method, SIGN_IN)

    assert shows(answer, "bad_request_title", 405)
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_a_page_can_be_asked_for_without_its_content(visitor):
    answer = await visitor.client.head(SIGN_IN)

    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_page_that_there_is_not_is_told_to_who_is_in(visitor):
    await visitor.sign_in()

    assert shows(await visitor.open("/console/nothing"), "not_found_title", 404)


async def test_a_form_that_is_too_large_is_refused(visitor):
    answer = await visitor.client.post(SIGN_IN, data={"username": "x" * 100_000})

    assert shows(answer, "too_large_title", 413)


async def test_without_a_database_the_page_says_so(visitor):
    class Gone:
        async def cached(self, *_, **__):
            raise DatabaseUnavailable("gone")

        read_across = write_across = cached

    async with visit(replace(visitor.platform, database=Gone()), visitor.account) as here:
        answer = await here.open(SIGN_IN)

    assert shows(answer, "failure_title", 503)


async def test_a_mistake_of_ours_is_told_without_details(visitor):
    class Broken:
        async def cached(self, *_, **__):
            raise ValueError("secret ada@example.com")

        read_across = write_across = cached

    async with visit(replace(visitor.platform, database=Broken()), visitor.account) as here:
        answer = await here.open(SIGN_IN)

    assert shows(answer, "failure_title", 500)
    assert "secret" not in answer.text


async def test_with_limits_off_nobody_is_locked_out(visitor, platform):
    off = replace(platform.settings, limits="off")
    async with visit(replace(platform, throttles=Throttles(off)), visitor.account, limits="off") as here:
        for _ in range(11):
            await here.sign_in("wrong")

        assert shows(await here.sign_in(), "connect_title")
