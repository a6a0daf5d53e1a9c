"""What can be switched off and what cannot: the table of seed 004, a row each (contract 14.3)."""

import re
from pathlib import Path

import pytest

from interfaces.frontend.calls import Site
from interfaces.rest.calling import caller
from interfaces.rest.small_table import ENDPOINTS
from interfaces.soap.importers import open_shop
from interfaces.soap.programs import program_of
from staffetta.access import set_password
from staffetta.accounts import OPERATOR, Service, change_service
from staffetta.interfaces.rest import Rest
from staffetta.kit.clock import utc_now

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy.md").read_text("utf-8")
PARTS = [
    "`subscribe.aspx`",
    "the other form pages",
    "SOAP, Import",
    "SOAP, Send, Manage and Report",
    "REST",
    "SMTP+",
]


@pytest.fixture
def switch_off(unlimited, account):
    """Switch a service of the account off."""

    def switched(service: Service) -> None:
        with unlimited.database.transaction(account.id) as tx:
            change_service(tx, service, enabled=False, checks_ip=True, by=OPERATOR, now=utc_now())

    return switched


def test_the_page_has_a_row_for_each_part():
    rows = re.search(r"\| part \| how \|\n\| ---.*\n((?:\|.*\n)+)", PAGE)

    assert rows
    assert [row.split("|")[1].strip() for row in rows[1].splitlines()] == PARTS


async def test_the_form_pages_but_for_subscribe_can_be_switched_off(unlimited, account, switch_off):
    site = Site(unlimited, account)
    given = {**site.secret(), "email": "ada@example.com"}
    pages = ("xmlSubscribe.aspx", "xmlChkSubscriber.aspx", "xmlUnsubscribe.aspx", "xmlUpdSubscriber.aspx")

    switch_off(Service.FRONT_END)

    assert [await site.code(page, **given) for page in pages] == [1, 1, 1, 1]
    assert site.status("ada@example.com") == 1
    await site.landing(list=1, email="ada@example.com", confirm="off")
    assert site.status("ada@example.com") == 2


async def test_import_can_be_switched_off_and_nothing_else_goes_with_it(unlimited, account, switch_off):
    shop, program, site = open_shop(unlimited, account), program_of(unlimited, account), Site(unlimited, account)

    switch_off(Service.IMPORT)

    assert (await shop.call("GetNlLists")).code == -1006
    assert [(await ask("GetLists")).code for ask in (program.send, program.manage)] == [0, 0]
    assert await site.code("xmlSubscribe.aspx", list=1, email="ada@example.com") == 0


async def test_the_other_soap_services_end_with_the_passwords_alone(unlimited, account, switch_off):
    program = program_of(unlimited, account)
    for service in Service:
        switch_off(service)

    before = (await program.send("GetLists")).code
    with unlimited.database.connection() as connection:
        set_password(connection, account.api_user, "another password", now=utc_now())

    assert (before, (await program.send("GetLists")).code) == (0, -1013)


async def test_rest_asks_for_no_service_of_the_account(unlimited, account, switch_off):
    rest = caller(unlimited, account, application=Rest(unlimited, ENDPOINTS))
    for service in Service:
        switch_off(service)

    assert (await rest.get("Console/List/7")).status_code == 200
