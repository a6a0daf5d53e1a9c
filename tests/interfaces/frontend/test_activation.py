"""WSActivation.aspx: a program activates a service for itself (contract 4)."""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from argon2 import PasswordHasher

from interfaces.frontend.calls import Site
from staffetta.access.queries import set_password
from staffetta.accounts import (
    OPERATOR,
    AccountState,
    Service,
    change_service,
    change_state,
    forget_network,
    get_account,
    register_network,
    service_history,
    switching,
)
from staffetta.db import DatabaseUnavailable
from staffetta.interfaces.throttles import Throttles

PAGE = "WSActivation.aspx"
PASSWORD = "a pässword"
# Checking it takes what it says: next to nothing.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def shop(site: Site, now) -> Site:
    """An account whose API user has a password."""
    with site.database.transaction(site.account.id) as tx:
        set_password(tx, site.account.api_user, HASH, now=now)
    return site


def given(site: Site, **changes: str) -> dict[str, str]:
    right = {"usr": site.account.api_user, "pwd": PASSWORD, "nl_url": site.account.host, "ws_name": "WSMailUpImport"}
    return {name: value for name, value in (right | changes).items() if value is not None}


async def code(site: Site, **changes: str) -> int:
    return code_of(await site.request("GET", PAGE, params=given(site, **changes)))


def code_of(response) -> int:
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/xml")
    assert response.text.startswith("<mailupMessage><mailupBody><ReturnCode>")
    return int(fromstring(response.text).findtext("mailupBody/ReturnCode"))


def rules(site: Site, service: Service = Service.IMPORT):
    with site.database.connection() as connection:
        return get_account(connection, site.account.id).rules_of(service)


def change(site: Site, operation, *arguments, **options) -> None:
    with site.database.transaction(site.account.id) as tx:
        operation(tx, *arguments, **options)


async def test_a_service_is_activated_and_its_caller_registered(shop):
    response = await shop.request("GET", PAGE, params=given(shop))

    today = fromstring(response.text).findtext(".//DateOfRequest")
    assert len(today.split("-")) == 3
    assert response.text == (
        "<mailupMessage><mailupBody><ReturnCode>0</ReturnCode><WS_Activation><WS_Name> WS_MailUpImport </WS_Name>"
        f"<DateOfRequest>{today}</DateOfRequest><User>{shop.account.api_user}</User></WS_Activation></mailupBody>"
        "</mailupMessage>"
    )
    assert rules(shop).is_on
    assert rules(shop).admits("192.0.2.7")
    assert not rules(shop).admits("192.0.2.8")


async def test_a_repeat_is_a_success_and_leaves_no_trace(shop):
    first, second = await code(shop), await code(shop)
    elsewhere = await code(replace(shop, ip="2001:db8::7"))

    assert (first, second, elsewhere) == (0, 0, 0)
    assert list(map(str, rules(shop).allowed)) == ["192.0.2.7/32", "2001:db8::7/128"]
    with shop.database.transaction(shop.account.id) as tx:
        trail = [(each.change, each.author.name, each.author.ip) for each in service_history(tx, most=9)]
    login = shop.account.api_user
    assert trail == [
        ("allowed 2001:db8::7/128", login, "2001:db8::7"),
        ("activated", login, "192.0.2.7"),
        ("allowed 192.0.2.7/32", login, "192.0.2.7"),
    ]


async def test_it_is_called_by_form_in_any_letter_case(shop):
    form = {name.upper(): value for name, value in given(shop, ws_name="wsmailupimport").items()}

    assert code_of(await shop.request("POST", "wsactivation.ASPX", data=form)) == 0


async def test_the_form_pages_are_activated_likewise(shop, now):
    change(shop, change_service, Service.FRONT_END, enabled=True, checks_ip=True, active=False, by=OPERATOR, now=now)
    before = await shop.code("xmlChkSubscriber.aspx", **shop.secret(), email="ada@example.com")

    response = await shop.request("GET", PAGE, params=given(shop, ws_name="FrontEnd"))

    assert "<WS_Name> FrontEnd </WS_Name>" in response.text
    after = await shop.code("xmlChkSubscriber.aspx", **shop.secret(), email="ada@example.com")
    stranger = await replace(shop, ip="192.0.2.8").code("xmlChkSubscriber.aspx", **shop.secret(), email="a@example.com")
    assert (before, after, stranger) == (1, 1, -1011)
    assert not rules(shop).active


@pytest.mark.parametrize(
    ("missing", "sum_of_them"),
    [
        (("ws_name",), -2),
        (("usr",), -4),
        (("pwd",), -8),
        (("nl_url",), -16),
        (("usr", "pwd"), -12),
        (("ws_name", "nl_url"), -18),
        (("ws_name", "usr", "pwd", "nl_url"), -30),
    ],
)
async def test_what_is_missing_is_summed_up(site, missing, sum_of_them):
    assert await code(site, **dict.fromkeys(missing)) == sum_of_them
    assert await code(site, **dict.fromkeys(missing, "")) == sum_of_them


async def test_a_service_that_does_not_exist_is_one_that_is_missing(site):
    assert await code(site, ws_name="WSMailUpExport") == -2


@pytest.mark.parametrize(
    "written",
    ["http://{}", "https://{}/", "{}/", "HTTP://{}/frontend/", "{}:8080", " {} ", "http://{}/a?b=c#d", "{}."],
)
async def test_the_console_is_found_in_what_clients_make_of_it(shop, written):
    assert await code(shop, nl_url=written.format(shop.account.host.upper())) == 0


@pytest.mark.parametrize("console", ["elsewhere.example", "http://[", "//", "http:///x", "a b"])
async def test_another_console_is_not_this_account_s(shop, console):
    assert await code(shop, nl_url=console) == -1001


async def test_users_of_another_account_activate_nothing_here(shop, other_site):
    theirs = {"usr": other_site.account.api_user}

    assert await code(shop, **theirs) == -1001
    assert await code(shop, nl_url=other_site.account.host) == -1001
    assert await code(other_site, nl_url=shop.account.host, usr=shop.account.api_user) == -1001
    assert not rules(shop).active
    assert not rules(other_site).active


async def test_unknown_users_and_wrong_passwords_are_told_apart(shop):
    assert await code(shop, usr="a999999999") == -1001
    assert await code(shop, pwd="wrong") == -1002
    assert not rules(shop).active


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        (AccountState.SUSPENDED, -1003),
        (AccountState.INACTIVE, -1004),
        (AccountState.EXPIRED, -1005),
        (AccountState.TERMS_NOT_ACCEPTED, -1014),
    ],
)
async def test_a_closed_account_activates_nothing(shop, state, refused):
    change(shop, change_state, state)

    assert await code(shop) == refused
    assert await code(shop, pwd="wrong") == -1002


async def test_what_the_operator_has_switched_off_stays_off(shop, now):
    change(shop, change_service, Service.IMPORT, enabled=False, checks_ip=True, by=OPERATOR, now=now)

    assert await code(shop) == -1006
    assert not rules(shop).enabled


async def test_what_the_operator_keeps_out_does_not_let_itself_in(shop, now):
    change(shop, register_network, Service.IMPORT, "192.0.2.0/24", allowed=False, by=OPERATOR, now=now)

    assert await code(shop) == -1010
    assert not rules(shop).active

    change(shop, forget_network, Service.IMPORT, "192.0.2.0/24", by=OPERATOR, now=now)
    assert await code(shop) == 0


async def test_an_address_too_many_and_one_that_nobody_knows_are_not_registered(shop, monkeypatch):
    assert await code(replace(shop, ip="")) == -1010

    monkeypatch.setattr(switching, "MOST_NETWORKS", 1)
    assert [await code(replace(shop, ip=ip)) for ip in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == [0, -1010, 0]


async def test_guessers_are_shut_out(shop):
    settings = replace(shop.platform.settings, sign_in_failures_per_login=2)
    guarded = replace(shop, platform=replace(shop.platform, settings=settings, throttles=Throttles(settings)))

    answers = [await code(guarded, pwd=password) for password in ("1", "2", "3", PASSWORD)]

    assert answers == [-1002, -1002, -1000, -1000]


class Away:
    """A database that does not answer."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def cached(self, *_arguments: object) -> None:
        raise self.error


@pytest.mark.parametrize(("error", "answered"), [(DatabaseUnavailable("away"), -1009), (ZeroDivisionError(), -1000)])
async def test_failures_on_our_side_have_their_codes(shop, error, answered):
    platform = replace(shop.platform, database=Away(error))

    assert await code(replace(shop, platform=platform)) == answered


async def test_a_body_that_is_too_long_is_not_read(shop):
    settings = replace(shop.platform.settings, body_octets=10)
    small = replace(shop, platform=replace(shop.platform, settings=settings))

    response = await small.request("POST", PAGE, data=given(shop))

    assert code_of(response) == -1000
    assert response.headers["connection"] == "close"


async def test_what_is_echoed_is_escaped(shop, database, now):
    response = await shop.request("GET", PAGE, params=given(shop, usr="<b>&"))

    assert "<b>" not in response.text
    assert code_of(response) == -1001
