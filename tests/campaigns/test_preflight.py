"""What the database has to say of a message before it is sent."""

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from campaigns.written import PNG, attach_text, write
from recipients.people import sign_up
from staffetta.accounts import Account
from staffetta.campaigns import UnknownMessage, add_image, attach
from staffetta.campaigns.findings import Finding, Level
from staffetta.campaigns.preflight import SLOW_OCTETS, departure, judge
from staffetta.db import Transaction
from staffetta.kit.addresses import EmailAddress
from staffetta.lists import change_list, get_list
from staffetta.senders import block, confirm_sender, trust
from trying import NOON

HTTPS = "https://shop.example"
OWN = "news@shop.example"


def set_up(tx: Transaction, **settings: Any) -> None:
    change_list(tx, 1, name=None, settings=dataclasses.replace(get_list(tx, 1).settings, **settings))


def sender(tx: Transaction, email: str) -> Any:
    return trust(tx, EmailAddress.parse(email), base_url=HTTPS, host="shop.example", now=NOON)


def findings(tx: Transaction, account: Account, *, url: str = HTTPS, **about: Any) -> dict[str, Finding]:
    message = write(tx)
    leaving = departure(tx, account, 1, message.id, **about)
    return {each.code: each for each in judge(leaving, url=url)}


def test_nobody_to_send_to_blocks(tx, account):
    assert findings(tx, account)["recipients"].level == Level.RED


def test_the_people_of_the_list_are_counted(tx, account):
    sign_up(tx, confirm=False)

    found = findings(tx, account)["recipients"]

    assert (found.level, found.detail) == (Level.GREEN, "1")


def test_of_a_part_of_the_list_the_caller_says_how_many_there_are(tx, account):
    sign_up(tx, confirm=False)

    assert findings(tx, account, recipients=0)["recipients"].level == Level.RED


def test_a_list_without_a_sender_asks(tx, account):
    found = findings(tx, account)["sender"]

    assert (found.level, found.detail) == (Level.AMBER, f"noreply@{account.host}")


@pytest.mark.parametrize(
    ("given", "state", "level"),
    [
        ("", None, Level.AMBER),
        ("", "asked", Level.AMBER),
        ("", "confirmed", Level.GREEN),
        ("", "blocked", Level.RED),
        (OWN.upper(), None, Level.AMBER),
        (OWN, "confirmed", Level.GREEN),
        ("other@shop.example", None, Level.RED),
        ("other@shop.example", "asked", Level.RED),
        ("other@shop.example", "confirmed", Level.GREEN),
        ("Other@Shop.Example", "confirmed", Level.GREEN),
        ("other@shop.example", "blocked", Level.RED),
        ("no address", "confirmed", Level.RED),
        ("@", None, Level.RED),
    ],
)
def test_whether_the_sender_was_confirmed(tx, account, given, state, level):
    set_up(tx, sender_email=OWN)
    if state:
        about = sender(tx, given.lower() if given and "@shop" in given.lower() else OWN)
        if state == "confirmed":
            confirm_sender(tx, about.id, now=NOON)
        if state == "blocked":
            block(tx, about.id, now=NOON)

    assert findings(tx, account, sender_email=given)["sender"].level == level


def test_a_sender_that_another_account_has_confirmed_is_not(tx, account, stranger):
    set_up(tx, sender_email=OWN)
    confirm_sender(stranger, sender(stranger, OWN).id, now=NOON)

    assert findings(tx, account)["sender"].level == Level.AMBER


@pytest.mark.parametrize("template", ["<[listunsubscribe]>,<[mailto_uns]>", "<[mailto_uns]>", ""])
def test_one_click_is_offered_whatever_the_template_says(tx, account, template):
    set_up(tx, header_list_unsubscriber=template)

    assert findings(tx, account)["one-click"].level == Level.GREEN


def test_one_click_needs_https(tx, account):
    assert findings(tx, account, url="http://shop.example")["one-click"].level == Level.AMBER


@pytest.mark.parametrize(
    ("bounced", "given", "domain"),
    [
        (None, "", "shop.example"),
        (None, "ada@other.example", "other.example"),
        ("b@bounces.example", "", "bounces.example"),
        ("b@bounces.example", "ada@other.example", "bounces.example"),
    ],
)
def test_where_bounces_go(tx, account, bounced, given, domain):
    set_up(tx, sender_email=OWN, bounced_email=bounced)

    assert departure(tx, account, 1, write(tx).id, sender_email=given).bounce_domain == domain


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"company_name": "Shop", "address": "Via Roma 1", "city": "Milano"}, ""),
        ({"company_name": "", "address": "Via Roma 1", "city": "Milano"}, "company_name"),
        ({"company_name": "Shop", "address": "Via Roma 1", "city": ""}, "address"),
        ({"company_name": " ", "address": "", "city": ""}, "company_name, address"),
    ],
)
def test_whether_the_list_says_who_writes(tx, account, said, missing):
    set_up(tx, **said)

    found = findings(tx, account)["company"]

    assert (found.level, found.detail) == (Level.AMBER if missing else Level.GREEN, missing)


@pytest.mark.parametrize(
    ("octets", "level"), [(10, Level.GREEN), (SLOW_OCTETS, Level.GREEN), (SLOW_OCTETS + 1, Level.AMBER)]
)
def test_what_is_attached_is_fetched_and_never_blocks(tx, account, octets, level):
    message = write(tx)
    half = b"\xe8" * (octets // 2)
    for slot, content in ((1, half), (2, half + b"\0" * (octets % 2))):
        attach(tx, 1, message.id, slot, name="a.bin", content=content, most_octets=octets, now=NOON)

    leaving = departure(tx, account, 1, message.id)

    assert leaving.attached_octets == octets
    assert {each.code: each for each in judge(leaving, url=HTTPS)}["attachments"].level == level


def show(tx: Transaction, account: Account, *sizes: int, embeds: bool = True) -> dict[str, Finding]:
    """Write a message that shows pictures of these many octets, and look at it."""
    pictures = [
        add_image(tx, 1, name=f"{number}.png", content=PNG.ljust(size, b"x"), most_octets=size, now=NOON)
        for number, size in enumerate(sizes)
    ]
    sources = [f'<img src="/images/{account.id}/{each.path}" alt="">' for each in (*pictures, *pictures)]
    message = write(tx, content="<p>Hello" + "".join(sources), embeds_images=embeds)
    return {each.code: each for each in judge(departure(tx, account, 1, message.id), url=HTTPS)}


@pytest.mark.parametrize(
    ("sizes", "level", "detail"),
    [
        ((100_000, 300_000), Level.GREEN, "0.5 MB"),
        ((500_000, 500_000), Level.AMBER, "1.3 MB"),
        ((2_000_000, 2_000_000), Level.RED, "5.2 MB"),
    ],
)
def test_pictures_that_mails_carry_weigh_in_base64(tx, account, sizes, level, detail):
    found = show(tx, account, *sizes)

    assert (found["embedded-images"].level, found["embedded-images"].detail) == (level, detail)
    assert "images-left-out" not in found


def test_pictures_that_mails_have_no_room_for_are_named(tx, account):
    found = show(tx, account, 3_000_000, 3_000_001, 1_000)

    assert (found["images-left-out"].level, found["images-left-out"].detail) == (Level.AMBER, "1.png")
    assert found["embedded-images"].detail == "3.9 MB"


def test_pictures_that_stay_on_the_server_weigh_nothing(tx, account):
    assert "embedded-images" not in show(tx, account, 4_000_000, embeds=False)


def test_pictures_of_others_and_those_that_are_gone_weigh_nothing(tx, account, stranger):
    theirs = add_image(stranger, 1, name="a.png", content=PNG.ljust(4_000_000), most_octets=4_000_000, now=NOON)
    own = f'<img src="/images/{account.id}/{theirs.path}"><img src="https://x.example/a.png">'

    leaving = departure(tx, account, 1, write(tx, content=own, embeds_images=True).id)

    assert leaving.pictures == {}


def test_many_pictures_are_measured_in_the_order_in_which_they_are_shown(tx, account):
    added = [
        add_image(tx, 1, name="a.png", content=PNG + str(number).encode(), most_octets=100, now=NOON)
        for number in range(3)
    ]
    gone = [f"{number:024x}/a.png" for number in range(1_000)]
    paths = [added[2].path, *gone, added[0].path, added[1].path]
    content = "".join(f"<img src='/images/{account.id}/{path}'>" for path in paths)

    leaving = departure(tx, account, 1, write(tx, content=content, embeds_images=True).id)

    assert list(leaving.pictures) == [added[number].path for number in (2, 0, 1)]


def test_a_field_of_the_account_is_known_by_its_name(tx, account):
    leaving = departure(tx, account, 1, write(tx, uses_fields=True, content="<p>[NOME], [nobody knows this]").id)

    found = {each.code: each.detail for each in judge(leaving, url=HTTPS)}

    assert (found["unknown-fields"], found["field-defaults"]) == ("[nobody knows this]", "[NOME]")


def test_a_message_of_another_list_is_not_found(tx, account, stranger):
    theirs = write(stranger)
    attach_text(stranger, theirs)

    with pytest.raises(UnknownMessage):
        departure(tx, account, 1, theirs.id)


def test_a_message_stays_as_it_is(tx, account):
    message = write(tx)

    leaving = departure(tx, account, 1, message.id)

    assert leaving.message == replace(message)
