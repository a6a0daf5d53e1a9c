"""Imports that ask people to confirm by a message of the list, `idConfirmNL` (contract 3.3)."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from campaigns.written import write
from interfaces.soap.importers import ADA, Shop, open_shop
from recipients.people import make_list
from staffetta.campaigns import delete_message
from staffetta.interfaces.platform import Platform
from staffetta.outbox import caught, launch, take_lease, undefined_sendings
from staffetta.sending.catching import catch_due
from staffetta.sending.composing import Composer
from staffetta.tracking import Purpose
from trying import NOON

ASKING = '<p>Ciao [nome] è</p><a href="http://[sub]/">Sì</a> <a href="http://[unsubscribe]/">No</a>'


@pytest.fixture
def shop(unlimited, account) -> Shop:
    return open_shop(unlimited, account)


def message(shop: Shop, list_id: int = 1, **said: Any) -> int:
    given = {"subject": "Vuoi, [nome]?", "content": ASKING, "uses_fields": True, **said}
    with shop.database.transaction(shop.account.id) as tx:
        return write(tx, list_id, **given).id


def sent(shop: Shop, platform: Platform) -> EmailMessage:
    """Launch what waits for it, and return the mail that is written."""
    with shop.database.transaction(shop.account.id) as tx:
        launch(tx, undefined_sendings(tx)[0].id, now=NOON)
    with shop.database.connection() as connection:
        lease = take_lease(connection, alone=False, lasting=timedelta(minutes=1), now=NOON)
        catch_due(connection, Composer(platform.settings, platform.signer), lease=lease, most=1_000, now=NOON)
        mine = [row for row in caught(connection, search="", most=100, skipped=0) if row.account_id == shop.account.id]
    (row,) = mine
    found = message_from_bytes(row.raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


async def imported(shop: Shop, **values: Any) -> int:
    stored = await shop.store(f"<s>{ADA}</s>", ConfirmEmail=True, **values)
    started = await shop.of_list("StartProcess", idProcess=stored.code)
    assert started.codes == [0], stored.text
    shop.work()
    return stored.code


async def test_people_are_asked_by_the_message_that_is_named(shop, platform):
    process_id = await imported(shop, idConfirmNL=message(shop))

    mail = sent(shop, platform)

    assert mail["Subject"] == "Vuoi, Ada?"
    assert mail["To"] == "ada@example.org"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = html_of(mail)
    assert html.startswith("<p>Ciao Ada è</p>")
    link = html.partition('href="')[2].partition('"')[0]
    about = platform.signer.read(Purpose.CONFIRM, link.rpartition("/")[2])
    assert (about.account_id, about.lists) == (shop.account.id, (1,))
    assert (await shop.details(process_id)).value("ConfirmationEmail") == "True"


@pytest.mark.parametrize("lasts", [True, False])
async def test_the_list_asks_itself_where_no_message_does_any_more(shop, platform, lasts):
    number = message(shop)
    await imported(shop, idConfirmNL=0 if lasts else number)
    with shop.database.transaction(shop.account.id) as tx:
        delete_message(tx, 1, number)

    mail = sent(shop, platform)

    assert mail["Subject"].startswith("Please confirm your subscription")


@pytest.mark.parametrize("content", ["<p>Hello</p>", f"<!-- {ASKING} -->"])
async def test_a_message_by_which_nobody_can_confirm_is_refused(shop, content):
    stored = await shop.store(ConfirmEmail=True, idConfirmNL=message(shop, content=content))

    assert stored.codes == [-410]


async def test_a_message_of_another_list_is_refused(shop):
    with shop.database.transaction(shop.account.id) as tx:
        other = make_list(tx).id

    stored = await shop.store(ConfirmEmail=True, idConfirmNL=message(shop, other))

    assert stored.codes == [-410]


@pytest.mark.parametrize("flags", [{}, {"ConfirmEmail": True, "asOptOut": True}])
async def test_nobody_looks_for_a_message_where_nobody_is_asked(shop, flags):
    assert (await shop.store(idConfirmNL=999, **flags)).code > 0
