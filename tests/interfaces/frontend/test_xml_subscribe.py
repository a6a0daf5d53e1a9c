"""xmlSubscribe: what a call stores, whom it mails, and what repeats do (contract 9.3, 10.1, 10.2)."""

from dataclasses import replace

import pytest

from interfaces.frontend.calls import Site
from staffetta.recipients import Source, Status, history

ADA = "ada@example.com"
PAGE = "xmlSubscribe.aspx"
IN, OUT, WAIT = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (WAIT, ("1", "true", "TRUE", "yes", "on", "", "2", " 1 ", "maybe")),
        (IN, ("0", "false", "False", "no", "off", "OFF", " 0 ")),
    ],
)
async def test_confirm_is_read_in_all_its_spellings(site: Site, status, words):
    for number, word in enumerate(words):
        await site.code(PAGE, list=1, email=f"{number}@example.com", Confirm=word)

    assert {word: site.status(f"{number}@example.com") for number, word in enumerate(words)} == dict.fromkeys(
        words, status
    )
    assert len(site.requests()) == (len(words) if status == WAIT else 0)


async def test_without_confirm_a_person_is_asked(site: Site):
    code = await site.code(PAGE, list=1, email=ADA)

    assert (code, site.status(ADA), site.requests()) == (0, WAIT, [(ADA, 1, [1])])


# From a status on list 1, by a call with Confirm on or off: the code, the status after it, the mails it plans.
REPEATS = {
    ("new", 1): (0, WAIT, 1),
    ("new", 0): (0, IN, 0),
    ("pending", 1): (0, WAIT, 0),  # the first mail was a moment ago
    ("pending", 0): (0, IN, 0),
    ("subscribed", 1): (3, IN, 0),
    ("subscribed", 0): (3, IN, 0),
    ("unsubscribed", 1): (0, WAIT, 1),
    ("unsubscribed", 0): (0, IN, 0),
}


async def bring_to(site: Site, status: str, email: str) -> None:
    if status != "new":
        await site.code(PAGE, list=1, email=email, confirm=int(status == "pending"))
    if status == "unsubscribed":
        await site.code("xmlUnsubscribe.aspx", **site.secret(), email=email)


async def test_a_repeat_does_what_its_status_calls_for(site: Site):
    outcomes = {}

    for before, confirm in REPEATS:
        email = f"{before}{confirm}@example.com"
        await bring_to(site, before, email)
        sent = len(site.requests())
        code = await site.code(PAGE, list=1, email=email, confirm=confirm)
        outcomes[before, confirm] = (code, site.status(email), len(site.requests()) - sent)

    assert outcomes == REPEATS


async def test_somebody_subscribed_gets_groups_and_fields_all_the_same(site: Site):
    await site.code(PAGE, list=1, email=ADA, confirm=0, group=1, csvFldNames="1", csvFldValues="Ada")

    code = await site.code(PAGE, list=1, email=ADA, group="2;3", csvFldNames="campo2", csvFldValues="King")

    assert (code, site.groups(ADA), site.recipient(ADA).fields) == (3, {1, 2, 3}, {"1": "Ada", "2": "King"})


async def test_three_means_subscribed_on_every_list(site: Site, now):
    site.add_lists(1, now)
    await site.code(PAGE, list=1, email=ADA, confirm=0)

    codes = [await site.code(PAGE, list="1,2", email=ADA, confirm=0) for _ in range(2)]

    assert codes == [0, 3]


FIELDS = {
    ("campo1;campo2", "Ada;King"): {"1": "Ada", "2": "King"},
    ("Campo1;CAMPO2", "Ada;King"): {"1": "Ada", "2": "King"},
    ("1;2", "Ada;King"): {"1": "Ada", "2": "King"},
    (" campo1 ; 2 ", "Ada;King"): {"1": "Ada", "2": "King"},
    ("campo40", "last"): {"2": "old", "40": "last"},
    ("campo1;campo99;nome;campo;campo-1;campo1x", "Ada;b;c;d;e;f"): {"1": "Ada", "2": "old"},
    ("campo1;campo2", "Ada;"): {"1": "Ada", "2": "old"},
    ("campo1;", "Ada;"): {"1": "Ada", "2": "old"},
    ("campo1;campo1", "first;second"): {"1": "second", "2": "old"},
    ("campo1", "a,b&c=d è"): {"1": "a,b&c=d è", "2": "old"},
    ("", ""): {"2": "old"},
}


async def test_fields_are_found_by_name_or_number(site: Site):
    stored = {}

    for number, (names, values) in enumerate(FIELDS):
        email = f"{number}@example.com"
        await site.code(PAGE, list=1, email=email, confirm=0, csvFldNames="campo2", csvFldValues="old")
        assert await site.code(PAGE, list=1, email=email, csvFldNames=names, csvFldValues=values) == 3
        stored[names, values] = site.recipient(email).fields

    assert stored == FIELDS


CONFIRM_LISTS = {
    "": [(1, [1]), (2, [2]), (3, [3])],
    "2": [(2, [1, 2, 3])],
    "3,1": [(3, [1, 2, 3])],
    "99": [(1, [1]), (2, [2]), (3, [3])],
    "99,1": [(1, [1, 2, 3])],
    "4": [(1, [1]), (2, [2]), (3, [3])],
    "x": [(1, [1]), (2, [2]), (3, [3])],
}


async def test_one_list_can_ask_for_all(site: Site, now):
    site.add_lists(3, now)

    for number, named in enumerate(CONFIRM_LISTS):
        await site.code(PAGE, list="1,2,3", email=f"{number}@example.com", ConfirmListID=named)

    assert site.requests() == [
        (f"{number}@example.com", *request)
        for number, requests in enumerate(CONFIRM_LISTS.values())
        for request in requests
    ]
    assert [site.status("0@example.com", number) for number in (1, 2, 3, 4)] == [WAIT] * 3 + [Status.NOT_REGISTERED]


async def test_nobody_is_asked_about_a_list_that_they_are_on(site: Site, now):
    site.add_lists(2, now)
    await site.code(PAGE, list=2, email=ADA, confirm=0)

    await site.code(PAGE, list="1,2,3", email=ADA, ConfirmListID=2)

    assert site.requests() == [(ADA, 2, [1, 3])]


async def test_confirm_off_asks_nobody_whatever_list_is_named(site: Site, now):
    site.add_lists(1, now)

    await site.code(PAGE, list="1,2", email=ADA, confirm=0, ConfirmListID=1)

    assert site.requests() == []


SENDERS = (
    ({}, None),
    ({"dynsndmail": "bob@shop.example", "dynsndname": "Bob"}, ["bob@shop.example", "Bob"]),
    ({"DynSndMail": "bob@shop.example"}, ["bob@shop.example", ""]),
    ({"dynsndname": "Bob"}, ["", "Bob"]),
    ({"dynsndmail": "", "dynsndname": ""}, None),
    ({"dynsndmail": "b" * 5_000 + "@x.example", "dynsndname": "B" * 5_000}, ["b" * 300, "B" * 200]),
)


async def test_a_request_knows_the_sender_that_was_asked_for(site: Site):
    for number, (given, _) in enumerate(SENDERS):
        await site.code(PAGE, list=1, email=f"{number}@example.com", **given)

    assert [mail.details.get("sender") for mail in site.mails()] == [sender for _, sender in SENDERS]


NUMBERS = (
    "+393331234567",
    "00393331234567",
    " 393331234567",
    "3331234567",
    "333 123-45.67",
    "+39 (333) 1234567",
    "393331234567",
)


async def test_a_number_is_one_person_in_any_spelling(site: Site):
    await site.code(PAGE, list=1, sms="00393331234567")

    codes = {number: await site.code(PAGE, list=1, Sms=number) for number in NUMBERS}

    assert codes == dict.fromkeys(NUMBERS, 3)
    assert site.recipient("+393331234567").mobile == "393331234567"


async def test_a_number_alone_is_subscribed_at_once(site: Site):
    code = await site.code(PAGE, list=1, sms="+393331234567", confirm=1)

    assert (code, site.status("+393331234567"), site.requests()) == (0, IN, [])


async def test_a_number_may_come_with_its_code_apart(site: Site):
    await site.code(PAGE, list=1, sms="2125550123", prefix="001")

    assert site.status("+12125550123") == IN


async def test_an_address_and_a_number_are_one_person(site: Site):
    await site.code(PAGE, list=1, email=ADA, confirm=0)

    codes = [
        await site.code(PAGE, list=1, email=ADA, sms=number, confirm=0)
        for number in ("+393331234567", "+393331234567", "+393337654321")
    ]

    assert codes == [0, 3, 0]
    assert site.recipient(ADA).mobile == "393337654321"
    assert site.recipient("+393337654321").id == site.recipient(ADA).id


async def test_groups_are_joined_where_they_belong(site: Site, now):
    site.add_lists(1, now)

    await site.code(PAGE, list=2, email=ADA, confirm=0, group="1,2")
    await site.code(PAGE, list=1, email="bob@example.com", confirm=0, group="2;3,x,,99")

    assert (site.groups(ADA), site.groups("bob@example.com")) == (set(), {2, 3})


async def test_name_and_language_are_kept(site: Site):
    await site.code(PAGE, list=1, email=ADA, name="  Ada\n King ", lang="IT")
    await site.code(PAGE, list=1, email=ADA, name="", lang="xx")

    recipient = site.recipient(ADA)
    assert (recipient.name, recipient.language) == ("Ada King", "it")
    assert [mail.details["language"] for mail in site.mails()] == ["it"]


@pytest.mark.parametrize(
    ("referer", "wording"),
    [
        ("https://shop.example/signup?who=ada@example.com#x", "xmlSubscribe.aspx https://shop.example/signup My-Shop"),
        ("", "xmlSubscribe.aspx My-Shop"),
        ("http://[", "xmlSubscribe.aspx My-Shop"),
        ("http://[::1", "xmlSubscribe.aspx My-Shop"),
        ("nonsense", "xmlSubscribe.aspx My-Shop"),
    ],
)
async def test_the_ledger_has_the_proof(site: Site, referer, wording):
    response = await site.request(
        "GET",
        PAGE,
        params={"list": 1, "email": ADA, "source": "My-Shop", "retCode": 1},
        headers={"referer": referer, "user-agent": "Mozilla/5.0\tX" + "y" * 1000},
    )

    with site.database.transaction(site.account.id) as tx:
        (entry,) = history(tx, ADA)
    assert response.text == "0\r\n"
    assert (entry.old_status, entry.new_status, entry.source) == (Status.NOT_REGISTERED, WAIT, Source.XML)
    assert (entry.ip, entry.wording) == (site.ip, wording)
    assert entry.user_agent == ("Mozilla/5.0X" + "y" * 1000)[:300]


async def test_links_lead_to_the_host_that_was_called_while_mail_is_caught(site: Site):
    await replace(site, host=f"{site.account.host}:8443").code(PAGE, list=1, email=ADA)

    assert [mail.details["base_url"] for mail in site.mails()] == [f"http://{site.account.host}:8443"]


async def test_a_strangers_host_does_not_decide_where_links_lead(site: Site, other_site: Site):
    relayed = replace(site.platform, settings=replace(site.platform.settings, relays=("smtp://relay.example",)))
    proxied = replace(site, platform=relayed, host=f"{site.account.host}:4444")

    await proxied.code(PAGE, list=1, email=ADA)

    assert [mail.details["base_url"] for mail in site.mails()] == [f"http://{site.account.host}"]


async def test_the_sender_is_woken_for_mail_only(site: Site):
    woken = []
    watched = replace(site, platform=replace(site.platform, wake_sender=lambda: woken.append(1)))

    await watched.code(PAGE, list=1, email=ADA, confirm=0)
    quiet = len(woken)
    await watched.code(PAGE, list=1, email="bob@example.com")

    assert (quiet, len(woken)) == (0, 1)
