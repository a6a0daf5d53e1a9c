"""subscribe.aspx: the visitor is led on, and what was sent is stored before (contract 9.2)."""

from dataclasses import replace

import pytest

from interfaces.frontend.calls import Site, location_of
from staffetta.lists import Page, change_list
from staffetta.recipients import Cause, Evidence, Source, Status, history, suppress

ADA = "ada@example.com"


async def test_a_visitor_is_led_to_the_page_of_the_outcome(site: Site, now):
    site.add_lists(1, now)
    with site.database.transaction(site.account.id) as tx:
        evidence = Evidence(source=Source.SENDING)
        suppress(tx, "bounced@example.com", cause=Cause.BOUNCE, evidence=evidence, now=now)
    calls = {
        "pending?list=1": {"list": 1, "email": "one@example.com"},
        "pending?list=2": {"list": "2,1", "email": "two@example.com", "confirm": "on"},
        "subscribed?list=1": {"list": 1, "email": ADA, "confirm": "off"},
        "already?list=1": {"list": 1, "email": ADA},
        "pending?list=1&lang=it": {"list": 1, "email": "three@example.com", "lang": "it"},
        "subscribed?list=2": {"list": 2, "number": "3331234567"},
        "invalid?list=1": {"list": 1, "email": "ada"},
        "invalid?list=2": {"list": 2},
        "invalid?list=1&lang=ja": {"list": 1, "email": ADA, "number": "x", "lang": "JA"},
        "error": {"email": ADA},
        "error?lang=da": {"email": ADA, "list": 99, "lang": "da"},
        "error?list=1": {"email": "bounced@example.com", "list": 1, "confirm": "off"},
        "error?list=2": {"email": ADA, "list": "2,99"},
    }

    landings = {page: await site.landing(**call) for page, call in calls.items()}

    assert landings == {page: f"/frontend/landing/{page}" for page in calls}


async def test_one_request_asks_for_all_lists(site: Site, now):
    site.add_lists(2, now)

    await site.landing(list="3,1,2", email=ADA)

    assert site.requests() == [(ADA, 3, [3, 1, 2])]
    assert [site.status(ADA, number) for number in (1, 2, 3)] == [Status.PENDING] * 3


@pytest.mark.parametrize("word", ["off", "OFF", "0", "false", "no"])
async def test_a_form_can_do_without_confirmation(site: Site, word):
    landing = await site.landing(list=1, email=ADA, confirm=word)

    assert (landing, site.requests()) == ("/frontend/landing/subscribed?list=1", [])


async def test_everything_that_the_form_holds_is_stored(site: Site):
    await site.landing(
        list=1,
        email=ADA,
        prefix="001",
        number="212 555 0123",
        group="1;3",
        campo1="Ada",
        Campo2="King",
        campo99="x",
        campox="y",
        campo3="",
        dynsndmail="bob@shop.example",
        dynsndname="Bob",
        name="Ada K.",
        source="footer",
        Submit="Go",
    )

    recipient = site.recipient(ADA)
    assert (recipient.mobile, recipient.name) == ("12125550123", "Ada K.")
    assert (recipient.fields, site.groups(ADA)) == ({"1": "Ada", "2": "King"}, {1, 3})
    assert [mail.details["sender"] for mail in site.mails()] == [["bob@shop.example", "Bob"]]
    with site.database.transaction(site.account.id) as tx:
        assert {(entry.source, entry.wording) for entry in history(tx, ADA)} == {(Source.FORM, "subscribe.aspx footer")}


async def test_a_field_of_check_boxes_keeps_all_that_were_checked(site: Site):
    await site.request("POST", "subscribe.aspx", data={"list": 1, "email": ADA, "campo3": ["tea", "coffee"]})

    assert site.recipient(ADA).fields == {"3": "tea,coffee"}


async def test_the_answer_is_small_and_html(site: Site):
    response = await site.request("GET", "Subscribe.aspx", params={"list": 1, "email": ADA})

    location = location_of(response)
    assert location == "/frontend/landing/pending?list=1"
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.text == f'<html><body><a href="{location}">&rarr;</a></body></html>'


EXTERNAL = {
    "https://shop.example/thanks": "https://shop.example/thanks",
    "HTTP://shop.example/thanks?a=1&b=2#top": "HTTP://shop.example/thanks?a=1&b=2#top",
    "https://shop.example/?a=%20;(x)": "https://shop.example/?a=%20;(x)",
    "https://shop.example/già fatto": "https://shop.example/gi%C3%A0%20fatto",
    "https://shop.example/\"><script>alert('x')</script>": (
        "https://shop.example/%22%3E%3Cscript%3Ealert(%27x%27)%3C/script%3E"
    ),
    "https://shop.example/\r\nSet-Cookie: a=b": "https://shop.example/%0D%0ASet-Cookie:%20a=b",
    "https://[": "https://[",
    "javascript:alert(1)": "/frontend/landing/pending?list=1",
    "data:text/html,x": "/frontend/landing/pending?list=1",
    "//shop.example/": "/frontend/landing/pending?list=1",
    "shop.example": "/frontend/landing/pending?list=1",
    "": "/frontend/landing/pending?list=1",
}


async def test_a_list_can_have_pages_of_its_own(site: Site):
    settings = site.mailing_list().settings
    led = {}

    for number, page in enumerate(EXTERNAL):
        with site.database.transaction(site.account.id) as tx:
            change_list(
                tx, 1, settings=replace(settings, pages={Page.PENDING: page, Page.ALREADY: "https://x.example"})
            )
        led[page] = await site.landing(list=1, email=f"{number}@example.com")

    assert led == EXTERNAL


@pytest.mark.parametrize("outcome", [Page.PENDING, Page.SUBSCRIBED, Page.ALREADY, Page.INVALID, Page.ERROR])
async def test_every_outcome_has_its_own_page(site: Site, outcome):
    settings = site.mailing_list().settings
    pages = {page: f"https://shop.example/{page}" for page in Page}
    with site.database.transaction(site.account.id) as tx:
        change_list(tx, 1, settings=replace(settings, pages=pages))
    if outcome == Page.ALREADY:
        await site.landing(list=1, email=ADA, confirm="off")
    call = {
        Page.SUBSCRIBED: {"confirm": "off"},
        Page.INVALID: {"email": "x"},
        Page.ERROR: {"list": "1,99"},
    }.get(outcome, {})

    landing = await site.landing(**{"list": 1, "email": ADA, **call})

    assert landing == f"https://shop.example/{outcome}"
