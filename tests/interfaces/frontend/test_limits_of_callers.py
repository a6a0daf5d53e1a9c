"""Who may call and how often: registered addresses, the pages' throttles, the caps on confirmation requests."""

from dataclasses import replace

import pytest

from interfaces.frontend.calls import BROWSER, Site
from staffetta.accounts import OPERATOR, Service, change_service, register_network
from staffetta.interfaces.platform import networks
from staffetta.interfaces.throttles import Throttles
from staffetta.recipients import Status
from staffetta.settings import Settings

ADA = "ada@example.com"
XML_PAGES = ("xmlSubscribe.aspx", "xmlChkSubscriber.aspx", "xmlUnsubscribe.aspx", "xmlUpdSubscriber.aspx")
NOT_REGISTERED = -1011
ERROR = "/frontend/landing/error"


@pytest.fixture
def guarded(site: Site, now) -> Site:
    """The account asks for registered addresses: a network, without one address in it, and one of IPv6."""
    with site.database.transaction(site.account.id) as tx:
        change_service(tx, Service.FRONT_END, enabled=True, checks_ip=True, by=OPERATOR, now=now)
        register_network(tx, Service.FRONT_END, "192.0.2.0/24", allowed=True, by=OPERATOR, now=now)
        register_network(tx, Service.FRONT_END, "192.0.2.66", allowed=False, by=OPERATOR, now=now)
        register_network(tx, Service.FRONT_END, "2001:db8::/48", allowed=True, by=OPERATOR, now=now)
    return site


@pytest.mark.parametrize("page", XML_PAGES)
async def test_only_registered_addresses_may_call_the_xml_pages(guarded: Site, page):
    callers = ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::5", "192.0.2.66", "198.51.100.1", "2001:db8:1::5", "")
    secret = guarded.secret()

    codes = [await replace(guarded, ip=ip).code(page, **secret, email="malformed") for ip in callers]

    welcome = 2 if page == "xmlSubscribe.aspx" else 1
    assert codes == [welcome, welcome, welcome, *[NOT_REGISTERED] * 4]


async def test_the_form_handler_is_open_to_everybody(guarded: Site):
    landing = await replace(guarded, ip="198.51.100.1").landing(list=1, email=ADA, confirm="off")

    assert (landing, guarded.status(ADA)) == ("/frontend/landing/subscribed?list=1", Status.SUBSCRIBED)


async def test_nothing_happens_for_an_address_that_is_not_registered(guarded: Site):
    code = await replace(guarded, ip="198.51.100.1").code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)

    assert (code, guarded.recipient(ADA)) == (NOT_REGISTERED, None)


async def test_behind_a_trusted_proxy_the_callers_own_address_counts(guarded: Site):
    proxied = replace(guarded, platform=replace(guarded.platform, trusted_proxies=networks(("10.0.0.0/8",))))
    call = {"params": {"retCode": 1}, "headers": {"x-forwarded-for": "192.0.2.7"}}

    answers = [
        (await replace(proxied, ip=ip).request("GET", "xmlSubscribe.aspx", **call)).text
        for ip in ("10.1.2.3", "198.51.100.1")
    ]

    assert answers == ["1\r\n", "-1011\r\n"]


def limited(site: Site, **settings: object) -> Site:
    tight = replace(site.platform.settings, **settings)
    return replace(site, platform=replace(site.platform, settings=tight, throttles=Throttles(tight)))


@pytest.mark.parametrize("span", ["subscribe_per_minute", "subscribe_per_hour", "subscribe_per_day"])
async def test_each_page_and_account_has_a_quota_of_its_own(site: Site, other_site: Site, span):
    tight = limited(site, **{span: 3})
    other = replace(other_site, platform=tight.platform)

    codes = [await tight.code("xmlSubscribe.aspx", list=1, email=f"{n}@example.com", confirm=0) for n in range(5)]
    landings = [await tight.landing(list=1, email=f"{n}@example.com", confirm="off") for n in range(2, 7)]

    assert codes == [0, 0, 0, 1, 1]
    assert landings == [
        "/frontend/landing/already?list=1",
        "/frontend/landing/subscribed?list=1",
        "/frontend/landing/subscribed?list=1",
        ERROR,
        ERROR,
    ]
    assert await tight.code("xmlChkSubscriber.aspx", **site.secret(), email="0@example.com") == 2
    assert await other.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0) == 0
    assert await other.landing(list=1, email=ADA) == "/frontend/landing/already?list=1"


async def test_a_page_whose_quota_is_used_up_keeps_its_manners(site: Site):
    tight = limited(site, subscribe_per_minute=0)

    spoken = await tight.text("xmlSubscribe.aspx", {"accept": BROWSER}, list=1, email=ADA)
    landing = await tight.landing(list=1, email=ADA, lang="it")

    assert spoken == "The subscription could not be saved. Please try again later."
    assert landing == f"{ERROR}?lang=it"
    assert site.recipient(ADA) is None


async def test_malformed_calls_use_up_the_quota_and_unregistered_ones_do_not(site: Site, now):
    tight = limited(site, subscribe_per_minute=2)
    with site.database.transaction(site.account.id) as tx:
        change_service(tx, Service.FRONT_END, enabled=True, checks_ip=True, by=OPERATOR, now=now)
    strangers = [await tight.code("xmlSubscribe.aspx", list=1) for _ in range(5)]
    with site.database.transaction(site.account.id) as tx:
        change_service(tx, Service.FRONT_END, enabled=True, checks_ip=False, by=OPERATOR, now=now)

    codes = [await tight.code("xmlSubscribe.aspx", list=1, email=email) for email in ("x", "", ADA)]

    assert (strangers, codes) == ([NOT_REGISTERED] * 5, [2, 1, 1])


async def test_with_limits_off_nothing_is_counted(site: Site):
    free = limited(
        site,
        limits="off",
        subscribe_per_minute=1,
        confirmations_per_day=1,
        confirmation_interval_minutes=60,
        confirmations_per_network_per_hour=1,
    )

    codes = [await free.code("xmlSubscribe.aspx", list=1, email=ADA) for _ in range(4)]

    assert (codes, len(free.requests())) == ([0, 0, 0, 0], 4)


def test_the_quotas_are_those_of_the_protocol():
    settings = Settings()

    assert (settings.subscribe_per_minute, settings.subscribe_per_hour, settings.subscribe_per_day) == (
        300,
        5_000,
        20_000,
    )


async def test_an_address_is_asked_once_for_a_list_in_ten_minutes(site: Site, now):
    site.add_lists(1, now)

    codes = [await site.code("xmlSubscribe.aspx", list=number, email=ADA) for number in (1, 1, 2, 2, "1,2")]
    await site.landing(list=1, email=ADA)

    assert (codes, site.requests()) == ([0] * 5, [(ADA, 1, [1]), (ADA, 2, [2])])


async def test_an_address_is_asked_five_times_a_day(site: Site, now):
    site.add_lists(7, now)

    code = await site.code("xmlSubscribe.aspx", list="1,2,3,4,5,6,7,8", email=ADA)
    landing = await site.landing(list=8, email=ADA)

    assert (code, landing) == (0, "/frontend/landing/pending?list=8")
    assert [list_id for _, list_id, _ in site.requests()] == [1, 2, 3, 4, 5]
    assert {site.status(ADA, number) for number in range(1, 9)} == {Status.PENDING}


async def test_a_network_causes_so_many_requests_and_no_more(site: Site):
    tight = limited(site, confirmations_per_network_per_hour=2)
    callers = ("192.0.2.7", "192.0.2.200", "192.0.2.9", "198.51.100.1")

    for number, ip in enumerate(callers):
        caller = replace(tight, ip=ip)
        assert await caller.code("xmlSubscribe.aspx", list=1, email=f"{number}@example.com") == 0
    await replace(tight, ip="192.0.2.7").landing(list=1, email="form@example.com")
    await replace(tight, ip="192.0.2.7").code("xmlSubscribe.aspx", list=1, email="off@example.com", confirm=0)

    assert [address for address, _, _ in site.requests()] == ["0@example.com", "1@example.com", "3@example.com"]
    assert site.status("2@example.com") == site.status("form@example.com") == Status.PENDING
    assert site.status("off@example.com") == Status.SUBSCRIBED
