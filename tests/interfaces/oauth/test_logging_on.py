"""Signing in and consenting, as a browser that an application sends does it (contract 3.2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from interfaces.oauth.door import BROWSER, CALLBACK, LOG_ON, PASSWORD, TOKEN, answer_of, make_house, open_door
from interfaces.test_pages_outline import Outline
from staffetta.access import block_application, revoke, set_password
from staffetta.accounts import AccountState, change_state
from staffetta.db import DatabaseUnavailable
from staffetta.interfaces.oauth.tickets import Stage, Ticket, Tickets
from staffetta.interfaces.passwords import MOST_IN_LINE
from staffetta.interfaces.throttles import PASSWORDS_AT_ONCE
from staffetta.kit.clock import utc_now
from staffetta.kit.languages import Language, texts

ENGLISH = texts("staffetta.interfaces.oauth", Language.EN)
EVIL = "https://evil.example/"


def shows(response, key: str, status: int = 200) -> bool:
    """Tell whether a page says a text, and check what every page has."""
    page = Outline(response.text)
    assert page.open == page.mistakes == []
    assert page.count("script") == 0
    assert response.status_code == status
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["access-control-allow-origin"] == "*"
    return ENGLISH[key].partition("{")[0] in response.text


# The way through


async def test_somebody_new_signs_in_consents_and_goes_back_with_a_code(door):
    page = await door.open()
    question = await door.sign_in(page)
    back = await door.send(question, choice="allow")

    assert shows(page, "sign_in_title")
    assert "<bdi>shop.example</bdi>" in page.text
    assert shows(question, "may_messages")
    assert f"<bdi>{door.house.login}</bdi>" in question.text
    assert back.headers["location"].startswith(f"{CALLBACK}?code=")
    answer = answer_of(back)
    assert answer == {"code": answer["code"], "token_type": "bearer", "expires_in": "3600", "state": "a b&c=/é"}
    assert answer["code"].isalnum()
    assert answer["code"].isascii()
    assert 32 <= len(answer["code"]) <= 128


async def test_who_has_consented_is_not_asked_again_until_it_is_withdrawn(other_door):
    await other_door.code()

    again = await other_door.sign_in(await other_door.open())
    with other_door.platform.database.transaction(other_door.house.account.id) as tx:
        revoke(tx, other_door.house.login, other_door.house.client_id)
    withdrawn = await other_door.sign_in(await other_door.open())

    assert "code" in answer_of(again)
    assert shows(withdrawn, "may_messages")


async def test_who_declines_goes_back_without_a_code(other_door):
    question = await other_door.sign_in(await other_door.open())

    back = await other_door.send(question, choice="deny")

    answer = answer_of(back)
    assert (answer["error"], answer["state"]) == ("access_denied", "a b&c=/é")
    assert "code" not in answer
    assert shows(await other_door.sign_in(await other_door.open()), "may_messages")


@pytest.mark.parametrize(
    "path",
    [LOG_ON, "/authorization/oauth/logon/", "/Authorization/OAuth/Authorization", "/Authorization/Authorization"],
)
async def test_the_page_has_several_addresses(door, path):
    page = await door.client.get(f"{path}?{door.asked().partition('?')[2]}")

    assert shows(page, "sign_in_title")
    assert Outline(page.text).attributes("form")[0]["action"].startswith(f"{LOG_ON}?")


async def test_some_ask_for_the_page_at_the_address_of_tokens(door):
    asked = door.asked().partition("?")[2]

    assert shows(await door.client.get(f"{TOKEN}?{asked}"), "sign_in_title")


@pytest.mark.parametrize("options", [{"data": {}}, {"files": {}}])
async def test_a_client_may_ask_by_form(door, options):
    asked = {"client_id": door.house.client_id, "redirect_uri": CALLBACK, "response_type": "code", "state": "s"}
    kind = next(iter(options))
    sent = {kind: {name: (None, value) if kind == "files" else value for name, value in asked.items()}}

    page = await door.client.post(LOG_ON, **sent)
    back = await door.sign_in(page)
    back = back if back.status_code == 302 else await door.send(back, choice="allow")

    assert shows(page, "sign_in_title")
    assert answer_of(back)["state"] == "s"


async def test_the_secret_that_samples_put_in_the_address_is_not_passed_on(door):
    page = await door.open(client_secret=door.house.client_secret, scope="", response_type="")

    assert shows(page, "sign_in_title")
    assert door.house.client_secret not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "redirect_uri=https://shop.example/cb",
        "redirect_uri=https%3A%2F%2Fshop.example%2Fcb",
        "redirect_uri=https%253A%252F%252Fshop.example%252Fcb",
    ],
)
async def test_the_redirect_uri_comes_plain_or_encoded_once_or_twice(door, query):
    page = await door.client.get(f"{LOG_ON}?client_id={door.house.client_id}&response_type=code&{query}")

    back = await door.sign_in(page)
    back = back if back.status_code == 302 else await door.send(back, choice="allow")

    assert back.headers["location"].startswith(f"{CALLBACK}?code=")
    assert "state" not in answer_of(back)


async def test_a_redirect_uri_with_a_query_keeps_it(door):
    back = await door.sign_in(await door.open(redirect_uri=f"{CALLBACK}?a=1"))
    back = back if back.status_code == 302 else await door.send(back, choice="allow")

    assert back.headers["location"].startswith(f"{CALLBACK}?a=1&code=")


# Who is let in


async def test_a_wrong_password_and_an_unknown_user_see_the_same_page(door):
    wrong = await door.sign_in(await door.open(), "wrong")
    unknown = await door.sign_in(await door.open(), login="nobody")

    assert shows(wrong, "wrong_password", 400)
    assert shows(unknown, "wrong_password", 400)
    assert without_tickets(wrong).replace(door.house.login, "nobody") == without_tickets(unknown)
    assert "wrong&quot;" not in wrong.text
    assert 'name="password"' in wrong.text
    assert 'value="wrong"' not in wrong.text


def without_tickets(response) -> str:
    ((ticket, _),) = Outline(response.text).fields("ticket")
    return response.text.replace(ticket, "")


async def test_a_form_without_name_or_password_is_not_counted(door):
    page = await door.open()

    for sent in ({"username": " ", "password": PASSWORD}, {"username": "m1"}, {}):
        assert shows(await door.send(page, **sent), "nothing_entered", 400)

    assert door.platform.throttles.seconds_until_sign_in("m1", "192.0.2.0/24") == 0


async def test_a_password_in_the_address_signs_nobody_in(door):
    page = await door.open(username=door.house.login, password=PASSWORD)

    assert shows(page, "sign_in_title")
    assert PASSWORD not in page.text


async def test_a_locked_login_is_told_when_to_come_back(door):
    for _ in range(10):
        door.platform.throttles.sign_in_failed(door.house.login, "203.0.113.0/24")

    response = await door.sign_in(await door.open())

    assert shows(response, "locked_title", 429)
    assert "15 minutes" in response.text
    assert 0 < int(response.headers["retry-after"]) <= 900


async def test_wrong_passwords_on_the_page_are_counted_for_login_and_network(door):
    for number in range(48):
        door.platform.throttles.sign_in_failed(f"x{number}", "192.0.2.0/24")
    page = await door.open()

    first = await door.sign_in(page, "wrong", login="x")
    second = await door.sign_in(page, "wrong", login="y")
    third = await door.sign_in(page)

    assert [first.status_code, second.status_code, third.status_code] == [400, 400, 429]


async def test_who_comes_when_too_many_wait_is_asked_to_try_again(platform, house):
    async with open_door(platform, house) as door:
        page = await door.open()
        door.application._checks._present = PASSWORDS_AT_ONCE + MOST_IN_LINE

        assert shows(await door.sign_in(page), "busy_title", 503)
        refused = await door.by_password()
        assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")


@pytest.mark.parametrize(
    ("state", "key"),
    [
        (AccountState.SUSPENDED, "account_suspended_title"),
        (AccountState.EXPIRED, "account_expired_title"),
        (AccountState.INACTIVE, "account_inactive_title"),
        (AccountState.TERMS_NOT_ACCEPTED, "account_terms_not_accepted_lead"),
    ],
)
async def test_a_closed_account_is_told_why(other_door, state, key):
    page = await other_door.open()
    with other_door.platform.database.transaction(other_door.house.account.id) as tx:
        change_state(tx, state)

    assert shows(await other_door.sign_in(page), key, 403)
    assert shows(await other_door.sign_in(page, "wrong"), "wrong_password", 400)


async def test_an_old_password_of_a_person_has_to_be_changed_that_of_a_program_not(platform, database):
    house = make_house(database)
    with database.connection() as connection:
        for login in (house.login, house.account.api_user):
            set_password(connection, login, PASSWORD, now=utc_now() - timedelta(days=181))
    async with open_door(platform, house) as door:
        person = await door.sign_in(await door.open())
        program = await door.sign_in(await door.open(), login=house.account.api_user)

    assert shows(person, "password_expired_title", 403)
    assert shows(program, "may_messages")


async def test_what_the_console_mends_leads_there_and_back(platform, database):
    house = make_house(database)
    leads = []
    async with open_door(platform, house) as door:
        for key in ("password_change_required_title", "password_expired_title", "account_terms_not_accepted_title"):
            with database.connection() as connection:
                age = timedelta(days=181 if key.startswith("password_expired") else 0)
                once = key.startswith("password_change")
                set_password(connection, house.login, PASSWORD, one_time=once, now=utc_now() - age)
                if key.startswith("account"):
                    change_state(connection.for_account(house.account.id), AccountState.TERMS_NOT_ACCEPTED)
            page = await door.sign_in(await door.open())
            assert shows(page, key, 403)
            leads += [each["href"] for each in Outline(page.text).attributes("a")]
        refused = await door.by_password()

    (link,) = set(leads)
    assert link.startswith("/console/sign-in?next=%2FAuthorization%2FOAuth%2FLogOn%3Fclient_id%3D")
    assert len(leads) == 3
    assert refused.json()["error"] == "invalid_grant"


async def test_a_one_time_password_gets_no_token(platform, database):
    house = make_house(database)
    with database.connection() as connection:
        set_password(connection, house.login, PASSWORD, one_time=True, now=utc_now())
    async with open_door(platform, house) as door:
        answer = await door.by_password()

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert "one sign-in to the console" in answer.json()["error_description"]


async def test_a_blocked_application_is_not_signed_in_to(other_door):
    house, database = other_door.house, other_door.platform.database
    page = await other_door.open()
    with database.connection() as connection:
        block_application(connection, house.client_id, account_id=house.account.id, now=utc_now())
    for_account = await other_door.sign_in(page)
    with database.connection() as connection:
        block_application(connection, house.client_id, account_id=None, now=utc_now())
    for_everybody = await other_door.open()

    assert shows(for_account, "blocked_application_title", 403)
    assert shows(for_everybody, "blocked_application_title", 403)


# Forms of others


async def test_a_form_without_ticket_signs_nobody_in(door):
    asked = door.asked()
    page = await door.client.get(asked)

    response = await door.client.post(asked, data={"username": door.house.login, "password": PASSWORD})

    assert shows(page, "sign_in_title")
    assert shows(response, "stale_form", 400)
    assert f'value="{door.house.login}"' in response.text


async def test_a_form_without_the_cookie_signs_nobody_in(door):
    page = await door.open()
    door.client.cookies.clear()

    assert shows(await door.sign_in(page), "stale_form", 400)


async def test_a_ticket_of_somebody_elses_browser_signs_nobody_in(platform, house, door):
    async with open_door(platform, house) as attacker:
        theirs = await attacker.open()
    await door.open()

    assert shows(await door.sign_in(theirs), "stale_form", 400)


async def test_a_forged_ticket_signs_nobody_in(door):
    page = await door.open()

    for ticket in ("x", "A" * 80, "é", "A" * 10_000):
        assert shows(
            await door.send(page, ticket=ticket, username=door.house.login, password=PASSWORD), "stale_form", 400
        )


def sealed(door, stage: Stage, issued_at: datetime, *, login: str = "", inquiry: bytes = b"") -> str:
    cookie = next(iter(door.client.cookies.values()))
    return Tickets(door.platform.signer).seal(Ticket(stage, issued_at, inquiry, login, issued_at), cookie=cookie)


async def test_a_form_that_was_open_for_too_long_is_shown_anew(door):
    page = await door.open()
    old = sealed(door, Stage.SIGN_IN, datetime.now(UTC) - timedelta(hours=2))

    response = await door.send(page, ticket=old, username=door.house.login, password=PASSWORD)
    again = await door.sign_in(response)

    assert shows(response, "stale_form", 400)
    assert again.status_code in (200, 302)


async def test_a_ticket_is_good_for_what_it_was_made_for_alone(door, database):
    other = make_house(database, redirect_uris=())
    question = await door.open()
    elsewhere = door.asked(redirect_uri=EVIL)
    ((ticket, _),) = Outline(question.text).fields("ticket")

    for address in (elsewhere, door.asked(client_id=other.client_id), door.asked(state="other")):
        sent = {"ticket": ticket, "username": door.house.login, "password": PASSWORD}
        assert shows(await door.client.post(address, data=sent), "stale_form", 400)


async def test_the_ticket_of_a_question_is_not_to_be_had_without_signing_in(other_door):
    page = await other_door.open()

    response = await other_door.send(page, choice="allow")

    assert shows(response, "nothing_entered", 400)


async def test_a_question_from_before_a_change_of_password_is_asked_anew(other_door):
    question = await other_door.sign_in(await other_door.open())
    with other_door.platform.database.connection() as connection:
        set_password(connection, other_door.house.login, "another one 8", now=utc_now())

    assert shows(await other_door.send(question, choice="allow"), "stale_form", 400)


async def test_two_pages_of_one_browser_are_both_good(door):
    first = await door.open(state="1")
    second = await door.open(state="2")

    answers = [await door.sign_in(page) for page in (first, second)]

    assert all(answer.status_code in (200, 302) for answer in answers)


@pytest.mark.parametrize(("scheme", "name"), [("http", "staffetta-sign-in"), ("https", "__Host-staffetta-sign-in")])
async def test_the_cookie_is_for_our_forms_alone(door, scheme, name):
    response = await door.client.get(f"{scheme}://{door.house.account.host}{door.asked()}")

    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{name}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert ("Secure" in cookie) == (scheme == "https")
    assert "Domain" not in cookie


# Where people are sent


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "JavaScript%3Aalert(1)",
        "https://shop.example\\@evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https://shop.example/%0d%0a x",
    ],
)
async def test_a_redirect_uri_that_leads_nowhere_good_is_refused_on_the_spot(door, uri):
    response = await door.open(redirect_uri=uri)

    assert shows(response, "wrong_redirect_title", 400)
    assert "location" not in response.headers


async def test_an_application_with_addresses_of_its_own_leads_to_no_other(platform, database):
    async with open_door(platform, make_house(database, redirect_uris=(CALLBACK,))) as door:
        for uri in (
            EVIL,
            f"{CALLBACK}.evil.example",
            "https://shop.example/other",
            f"{CALLBACK}/../x",
            "http://shop.example/cb",
        ):
            assert shows(await door.open(redirect_uri=uri), "wrong_redirect_title", 400)
        assert shows(await door.open(redirect_uri=f"{CALLBACK}?a=1"), "sign_in_title")
        assert shows(await door.open(redirect_uri=""), "sign_in_title")


async def test_nobody_is_sent_away_without_being_asked_unless_the_address_is_registered(platform, database, door):
    unregistered = await door.open(response_type="token", redirect_uri=EVIL)
    async with open_door(platform, make_house(database, redirect_uris=(CALLBACK,))) as registered:
        back = await registered.open(response_type="token")

    assert shows(unregistered, "wrong_response_type_title", 400)
    assert answer_of(back)["error"] == "unsupported_response_type"
    assert answer_of(back)["state"] == "a b&c=/é"


@pytest.mark.parametrize("client_id", ["", "unknown", "é'\"<>", "x" * 5000])
async def test_an_unknown_application_is_refused_on_the_spot(door, client_id):
    response = await door.client.get(f"{LOG_ON}?{urlencode({'client_id': client_id, 'redirect_uri': EVIL})}")

    assert shows(response, "unknown_application_title", 400)


@pytest.mark.parametrize(
    "state", ["x\r\nSet-Cookie: a=b", "%0d%0aLocation: https://evil.example", '"><script>', "a+b c%2B"]
)
async def test_a_state_comes_back_as_data_whatever_it_holds(door, state):
    page = await door.open(state=state)
    back = await door.sign_in(page)
    back = back if back.status_code == 302 else await door.send(back, choice="allow")

    assert answer_of(back)["state"] == state
    assert back.headers["location"].isprintable()
    assert set(back.headers) & {"set-cookie", "x"} == set()


@pytest.mark.parametrize(
    ("uri", "source"),
    [(CALLBACK, "https:"), ("http://localhost:3000/cb", "http:"), ("myapp://cb", "myapp:")],
)
async def test_browsers_let_the_form_lead_to_the_application(door, uri, source):
    response = await door.open(redirect_uri=uri)

    assert f"form-action 'self' {source};" in response.headers["content-security-policy"]


# Languages and weather


@pytest.mark.parametrize("language", Language)
async def test_the_page_speaks_the_language_that_is_asked_for(door, language):
    title = texts("staffetta.interfaces.oauth", language)["sign_in_title"]

    by_parameter = await door.client.get(door.asked(lang=language.upper()), headers={"Accept-Language": "da"})
    by_browser = await door.client.get(door.asked(lang="xx"), headers={"Accept-Language": f"xx, {language};q=0.5"})
    after_a_mistake = await door.sign_in(by_parameter, "")

    for page in (by_parameter, by_browser, after_a_mistake):
        assert f"<h1>{title}</h1>" in page.text


async def test_without_a_wish_the_page_speaks_the_language_of_the_host(platform, house, door, database):
    from staffetta.accounts import create_account

    with database.connection() as connection:
        host = f"it{house.account.id}.example"
        create_account(
            connection, account_id=None, name="", hosts=(host,), password=None, now=utc_now(), language=Language.IT
        )

    italian = await door.client.get(f"http://{host}{door.asked()}")
    nobodys = await door.client.get(f"http://nobody.example{door.asked()}")

    assert italian.text.startswith('<!doctype html>\n<html lang="it">')
    assert nobodys.text.startswith('<!doctype html>\n<html lang="en">')


async def test_the_head_of_a_page_is_asked_for(door):
    response = await door.client.head(door.asked())

    assert (response.status_code, response.content) == (200, b"")


async def test_other_methods_and_other_addresses_are_refused(door):
    wrong = await door.client.put(door.asked())
    page = await door.client.get("/Authorization/Elsewhere", headers=BROWSER)
    program = await door.client.post("/Authorization/OAuth/Tokens")

    assert shows(wrong, "bad_request_title", 405)
    assert wrong.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert shows(page, "not_found_title", 404)
    assert program.status_code == 404
    assert set(program.json()) == {"error", "error_description"}


async def test_a_body_that_is_too_large_is_refused(platform, house):
    async with open_door(platform, house, body_octets=100) as door:
        assert shows(await door.client.post(door.asked(), content="a" * 200), "too_large_title", 413)


async def test_while_the_database_is_away_people_are_told(door, capsys):
    async def away(*args: object, **kwargs: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    class Away:
        read_across = write_across = cached = staticmethod(away)

    async with open_door(replace(door.platform, database=Away()), door.house) as without:
        assert shows(await without.open(), "failure_title", 503)


async def test_our_own_mistake_is_told_without_what_it_was(door, capsys):
    async def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError(PASSWORD)

    class Broken:
        read_across = staticmethod(broken)
        cached = staticmethod(door.platform.database.cached)

    async with open_door(replace(door.platform, database=Broken()), door.house) as broken_door:
        response = await broken_door.open()

    assert shows(response, "failure_title", 500)
    said = capsys.readouterr()
    assert PASSWORD not in response.text + said.out + said.err
