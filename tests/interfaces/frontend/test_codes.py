"""Every code of every Xml page, and every cause that the contract gives for it (contract 9.3 to 9.6, seed 003)."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from interfaces.frontend.calls import Site, opened
from staffetta.accounts import (
    OPERATOR,
    AccountOptions,
    AccountState,
    Service,
    change_options,
    change_service,
    change_state,
)
from staffetta.interfaces.frontend.codes import Code
from staffetta.recipients import Cause, Evidence, Source, Status, suppress
from staffetta.settings import Settings

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ADA, BOB, CAT, NEW = "ada@example.com", "bob@example.com", "cat@example.com", "new@example.com"
XML_PAGES = (
    "xmlSubscribe.aspx",
    "xmlChkSubscriber.aspx",
    "xmlUnsubscribe.aspx",
    "xmlUpdSubscriber.aspx",
)
ALIASES = ("xmlChkSubscribe.aspx", "updSubscriber.aspx")
GUIDED_PAGES = XML_PAGES[1:]

# Ada is subscribed, Bob pending, Cat unsubscribed, each on list 1; all others are new.
FAILURES_OF_EVERY_ADDRESS = {
    "no list": {"list": ""},
    "a list that is no number": {"list": "one"},
    "a list that is partly a number": {"list": "1x"},
    "list zero": {"list": 0},
    "a negative list": {"list": -1},
    "a list with a fraction": {"list": "1.0"},
    "an unknown list": {"list": 99},
    "a number beyond 32 bits": {"list": 2**31},
    "a number beyond any bits": {"list": "9" * 400},
    "digits of another script": {"list": "١"},
    "neither address": {"email": ""},
    "an address of blanks": {"email": "  ", "sms": "  "},
}

SUBSCRIBE = {
    "a new address, to confirm": (0, {"email": "one@example.com"}),
    "a new address, at once": (0, {"email": "two@example.com", "confirm": 0}),
    "a new number": (0, {"sms": "00393331234567"}),
    "an address with a number": (0, {"email": "three@example.com", "sms": "00393331234568"}),
    "somebody pending, to confirm again": (0, {"email": BOB}),
    "somebody unsubscribed, to confirm": (0, {"email": CAT}),
    "somebody unsubscribed, at once": (0, {"email": CAT, "confirm": "off"}),
    "somebody subscribed, with a first number": (0, {"email": ADA, "sms": "00393331234569"}),
    "somebody subscribed, with a number to confirm again": (0, {"email": ADA, "sms": "00393331234569"}),
    "somebody subscribed, with a number at once": (0, {"email": ADA, "sms": "00393331234569", "confirm": 0}),
    "somebody subscribed, with another number": (0, {"email": ADA, "sms": "00393331234560"}),
    "somebody subscribed, with the same number": (3, {"email": ADA, "sms": "00393331234560"}),
    "somebody subscribed": (3, {"email": ADA}),
    "somebody subscribed, in other letters": (3, {"email": " ADA@Example.COM "}),
    "unknown groups": (0, {"email": "four@example.com", "group": "999,abc"}),
    "unknown fields": (0, {"email": "five@example.com", "csvFldNames": "campo999;x;9", "csvFldValues": "a;b;c"}),
    "an unknown list to confirm by": (0, {"email": "six@example.com", "ConfirmListID": "99"}),
    "a list among others is unknown": (1, {"email": NEW, "list": "1,99"}),
    "a list among others is no number": (1, {"email": NEW, "list": "1,x"}),
    "more names than values": (1, {"email": NEW, "csvFldNames": "campo1;campo2", "csvFldValues": "Ada"}),
    "more values than names": (1, {"email": NEW, "csvFldNames": "campo1", "csvFldValues": "Ada;King"}),
    "values without names": (1, {"email": NEW, "csvFldValues": "Ada;King"}),
    "an address that bounced": (1, {"email": "bounced@example.com", "confirm": 0}),
    "no address at all": (2, {"email": "ada"}),
    "no domain": (2, {"email": "ada@"}),
    "no top level": (2, {"email": "ada@example"}),
    "two at signs": (2, {"email": "ada@@example.com"}),
    "a blank inside": (2, {"email": "a da@example.com"}),
    "two addresses": (2, {"email": "ada@example.com,bob@example.com"}),
    "a header in the address": (2, {"email": "ada@example.com\r\nBcc: eve@example.com"}),
    "an address longer than any": (2, {"email": "a" * 250 + "@example.com"}),
    "letters for a number": (2, {"sms": "mobile"}),
    "a number too short": (2, {"sms": "0039"}),
    "a number too long": (2, {"sms": "0039" + "1" * 16}),
    "a good address with a bad number": (2, {"email": NEW, "sms": "x"}),
    "a good number with a bad address": (2, {"email": "x", "sms": "00393331234567"}),
} | {cause: (1, {"email": NEW, **call}) for cause, call in FAILURES_OF_EVERY_ADDRESS.items()}

GUID_FAILURES = {
    "no GUID": {"listGuid": ""},
    "a GUID that is none": {"listGuid": "abc123"},
    "a GUID one digit short": {"listGuid": str(uuid.UUID(int=5))[:-1]},
    "a GUID of no list": {"listGuid": str(uuid.UUID(int=5))},
    "several lists": {"list": "1,2"},
    "a malformed address": {"email": "ada"},
    "a malformed number": {"email": "", "sms": "x"},
    **FAILURES_OF_EVERY_ADDRESS,
}

CHECK = {
    "subscribed": (2, {"email": ADA}),
    "subscribed, by number": (2, {"sms": "3337654321"}),
    "unsubscribed": (3, {"email": CAT}),
    "pending": (4, {"email": BOB}),
    "not on the list": (1, {"email": NEW}),
    "not on the list, by number": (1, {"sms": "3330000000"}),
} | {cause: (1, {"email": ADA, **call}) for cause, call in GUID_FAILURES.items()}

UNSUBSCRIBE = {
    "subscribed": (0, {"email": ADA}),
    "a second time": (3, {"email": ADA}),
    "pending": (0, {"email": BOB}),
    "subscribed, by number": (0, {"sms": "3337654321"}),
    "unsubscribed": (3, {"email": CAT}),
    "unknown": (3, {"email": NEW}),
    "unknown, by number": (3, {"sms": "3330000000"}),
} | {cause: (1, {"email": ADA, **call}) for cause, call in GUID_FAILURES.items()}

UPDATE = {
    "a field": (0, {"email": ADA, "csvFldNames": "campo1", "csvFldValues": "Ada"}),
    "nothing at all": (0, {"email": ADA}),
    "nothing, in as many words": (0, {"email": ADA, "csvFldNames": "", "csvFldValues": "", "group": "", "replace": ""}),
    "somebody pending": (0, {"email": BOB, "csvFldNames": "1", "csvFldValues": "Bob"}),
    "somebody unsubscribed": (0, {"email": CAT, "csvFldNames": "1", "csvFldValues": "Cat"}),
    "by number": (0, {"sms": "3337654321", "csvFldNames": "1", "csvFldValues": "Dan"}),
    "unknown fields and groups": (0, {"email": ADA, "csvFldNames": "campo999", "csvFldValues": "x", "group": "999"}),
    "one hyphen": (0, {"email": ADA, "csvFldNames": "1", "csvFldValues": "Smith-Jones"}),
    "an address not on the list": (1, {"email": NEW, "csvFldNames": "campo1", "csvFldValues": "New"}),
    "a semicolon in a value": (1, {"email": ADA, "csvFldNames": "campo1", "csvFldValues": "Ada;King"}),
    "more names than values": (1, {"email": ADA, "csvFldNames": "campo1;campo2", "csvFldValues": "Ada"}),
    "two hyphens in a value": (1, {"email": ADA, "csvFldNames": "campo1", "csvFldValues": "Ada -- King"}),
    "two hyphens in a value of no field": (1, {"email": ADA, "csvFldNames": "x", "csvFldValues": "--"}),
} | {cause: (1, {"email": ADA, **call}) for cause, call in GUID_FAILURES.items()}

CAUSES = dict(zip(XML_PAGES, (SUBSCRIBE, CHECK, UNSUBSCRIBE, UPDATE), strict=True))


@pytest.fixture
async def peopled(site: Site) -> Site:
    secret = site.secret()
    await site.code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)
    await site.code("xmlSubscribe.aspx", list=1, email=BOB)
    await site.code("xmlSubscribe.aspx", list=1, email=CAT, confirm=0)
    await site.code("xmlSubscribe.aspx", list=1, sms="3337654321")
    await site.code("xmlUnsubscribe.aspx", **secret, email=CAT)
    with site.database.transaction(site.account.id) as tx:
        suppress(tx, "bounced@example.com", cause=Cause.BOUNCE, evidence=Evidence(source=Source.SENDING), now=NOW)
    return site


@pytest.mark.parametrize("page", XML_PAGES)
async def test_every_cause_has_its_code(peopled: Site, page):
    secret = {"list": 1} if page == "xmlSubscribe.aspx" else peopled.secret()

    codes = {cause: await peopled.code(page, **{**secret, **call}) for cause, (_, call) in CAUSES[page].items()}

    assert codes == {cause: code for cause, (code, _) in CAUSES[page].items()}


async def test_what_was_refused_left_nothing(peopled: Site):
    before = len(peopled.mails())

    for code, call in SUBSCRIBE.values():
        if code in (Code.FAILED, Code.MALFORMED):
            await peopled.code("xmlSubscribe.aspx", **{"list": 1, **call})

    assert len(peopled.mails()) == before
    assert peopled.recipient(NEW) is None


async def test_update_changes_no_status(peopled: Site):
    secret = peopled.secret()

    for email in (ADA, BOB, CAT):
        await peopled.code("xmlUpdSubscriber.aspx", **secret, email=email, csvFldNames="1", csvFldValues="x")

    statuses = [peopled.status(email) for email in (ADA, BOB, CAT)]
    assert statuses == [Status.SUBSCRIBED, Status.PENDING, Status.UNSUBSCRIBED]


async def test_a_probe_without_parameters_is_told_a_code(site: Site):
    responses = [await site.request(method, page) for method in ("GET", "POST") for page in (*XML_PAGES, *ALIASES)]

    assert {(each.status_code, each.content) for each in responses} == {(200, b"1\r\n")}


async def test_a_probe_of_the_form_handler_is_led_to_a_page(site: Site):
    responses = [await site.request(method, "subscribe.aspx") for method in ("GET", "POST")]

    assert {(each.status_code, each.headers["location"]) for each in responses} == {(302, "/frontend/landing/error")}


@pytest.mark.parametrize("page", GUIDED_PAGES)
async def test_a_guid_is_read_in_any_spelling(peopled: Site, page):
    guid = peopled.mailing_list().guid
    spellings = (guid.upper(), f"{{{guid}}}", f" {guid} ", guid.replace("-", ""))

    codes = [await peopled.code(page, list=1, listguid=spelling, email=ADA) for spelling in spellings]

    assert codes[0] == {"xmlChkSubscriber.aspx": 2}.get(page, 0)
    assert 1 not in codes


async def test_without_the_switch_a_guid_may_be_missing_but_not_wrong(peopled: Site):
    with peopled.database.transaction(peopled.account.id) as tx:
        change_options(tx, AccountOptions(require_guid=False))

    missing = await peopled.code("xmlChkSubscriber.aspx", list=1, email=ADA)
    wrong = await peopled.code("xmlChkSubscriber.aspx", list=1, email=ADA, listGuid=str(uuid.UUID(int=5)))

    assert (missing, wrong) == (2, 1)


async def test_the_guid_of_another_account_opens_nothing(peopled: Site, other_site: Site):
    guid = other_site.mailing_list().guid

    codes = [await peopled.code(page, list=1, listGuid=guid, email=ADA) for page in GUIDED_PAGES]

    assert codes == [1, 1, 1]
    assert peopled.status(ADA) == Status.SUBSCRIBED


async def test_another_accounts_people_are_unknown(peopled: Site, other_site: Site):
    secret = other_site.secret()

    codes = [await other_site.code(page, **secret, email=ADA) for page in GUIDED_PAGES]

    assert codes == [1, 3, 1]


async def test_an_account_answers_only_while_it_is_active(peopled: Site):
    secret, answers = peopled.secret(), {}

    for state in AccountState:
        with peopled.database.transaction(peopled.account.id) as tx:
            change_state(tx, state)
        codes = [await peopled.code(page, **secret, email=BOB) for page in XML_PAGES]
        answers[state] = (codes, await peopled.landing(list=1, email=NEW))

    closed = ([1, 1, 1, 1], "/frontend/landing/error")
    assert answers.pop(AccountState.ACTIVE) == ([0, 4, 0, 0], "/frontend/landing/pending?list=1")
    assert answers == dict.fromkeys(set(AccountState) - {AccountState.ACTIVE}, closed)


async def test_a_service_switched_off_leaves_the_form_handler_alone(peopled: Site):
    secret = peopled.secret()
    with peopled.database.transaction(peopled.account.id) as tx:
        change_service(tx, Service.FRONT_END, enabled=False, checks_ip=False, by=OPERATOR, now=NOW)

    codes = [await peopled.code(page, **secret, email=ADA) for page in XML_PAGES]
    landing = await peopled.landing(list=1, email=NEW, confirm="off")

    assert codes == [1, 1, 1, 1]
    assert (landing, peopled.status(NEW)) == ("/frontend/landing/subscribed?list=1", Status.SUBSCRIBED)


async def test_a_host_of_no_account_is_refused_where_there_are_two(site: Site, other_site: Site):
    secret = site.secret()
    lost = replace(site, host="nobody.example")

    codes = [await lost.code(page, **secret, email=ADA) for page in XML_PAGES]
    landing = await lost.landing(list=1, email=ADA)

    assert (codes, landing) == ([1, 1, 1, 1], "/frontend/landing/error")
    assert site.recipient(ADA) is other_site.recipient(ADA) is None


async def test_a_host_is_found_in_any_spelling(site: Site, other_site: Site):
    host = site.account.host
    spellings = (host, f"{host}:8443", f"{host}.", host.upper())

    codes = [
        await replace(site, host=spelling).code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)
        for spelling in spellings
    ]

    assert codes == [0, 3, 3, 3]


async def test_the_only_account_answers_to_any_host(tmp_path):
    with opened(Settings(home=tmp_path), NOW) as site:
        code = await replace(site, host="any.example").code("xmlSubscribe.aspx", list=1, email=ADA, confirm=0)
        status = site.status(ADA)

    assert (code, status) == (0, Status.SUBSCRIBED)
