"""Importing as plugins do: stored, started, asked about (contract 3.2 and 3.3)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from interfaces.soap.importers import ADA, BOB, IP, PATH, Shop, open_shop, other_account
from recipients.people import ADA as ADAS_ADDRESS
from recipients.people import BOB as BOBS_ADDRESS
from recipients.people import make_list, status
from staffetta.accounts import AccountOptions, change_options
from staffetta.imports import ImportState, get_import
from staffetta.interfaces.platform import Platform
from staffetta.kit.phones import MobileNumber
from staffetta.lists import catalog
from staffetta.outbox import DeliveryState, in_state, launch, undefined_sendings
from staffetta.recipients import Status, check_status, history
from staffetta.recipients.queries import groups_of, recipient_by_email
from trying import NOON

GUID = "66af9900-7dd7-4cca-9125-beadaf345659"
SUBSCRIBED, UNSUBSCRIBED, PENDING = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING
WINTER = datetime(2012, 10, 30, 14, 39, 12, tzinfo=UTC)


@pytest.fixture
def shop(unlimited, account) -> Shop:
    return open_shop(unlimited, account)


def second_list(shop: Shop) -> int:
    with shop.database.transaction(shop.account.id) as tx:
        return make_list(tx).id


async def imported(shop: Shop, document: str = f"<s>{ADA}</s>", *, now: datetime = NOON, **values: Any) -> int:
    """Import a document, let the worker do it, and return the id of the process."""
    answer = await shop.start(document, **values)
    assert answer.codes == [0, 0], answer.text
    shop.work(now=now)
    return answer.process_ids[0]


async def test_a_process_is_stored_started_and_done(shop):
    stored = await shop.store(f"<s>{ADA}{BOB}</s>")
    waiting = await shop.details(stored.code)
    started = await shop.of_list("StartProcess", idProcess=stored.code)
    shop.work()
    done = await shop.details(stored.code)

    assert stored.code > 0
    assert stored.text.endswith(
        f"<mailupMessage><mailupBody><ReturnCode>{stored.code}</ReturnCode></mailupBody></mailupMessage>"
    )
    assert [waiting.value(tag) for tag in ("StatusCode", "IsRunning", "StartDate", "EndDate")] == ["1", "False", "", ""]
    assert started.codes == [0]
    assert [done.value(tag) for tag in ("StatusCode", "TotalContacts", "NewEmail")] == ["3", "2", "2"]


async def test_details_are_told_to_the_byte(shop):
    answer = await shop.start(f"<s>{ADA}{BOB}</s>")
    process_id = answer.process_ids[0]
    shop.work(now=WINTER)

    assert (await shop.details(process_id)).text == (
        '<?xml version="1.0" encoding="utf-8" ?><mailupMessage><mailupBody><ReturnCode>0</ReturnCode>'
        f'<ImportProcess idProcess="{process_id}"><StartDate>30/10/2012 15.39.12</StartDate>'
        "<EndDate>30/10/2012 15.39.12</EndDate><TotalContacts>2</TotalContacts><NewMobile>0</NewMobile>"
        "<NewEmail>2</NewEmail><OptOutMobile>0</OptOutMobile><OptOutEmail>0</OptOutEmail>"
        "<ExistingMobile>0</ExistingMobile><ExistingEmail>0</ExistingEmail><StatusCode>3</StatusCode>"
        "<IsRunning>False</IsRunning><ConfirmationEmail>False</ConfirmationEmail>"
        "<ConfirmationSent></ConfirmationSent></ImportProcess></mailupBody></mailupMessage>"
    )


async def test_details_count_who_was_new_who_was_not_and_who_had_unsubscribed(shop):
    carla = '<subscriber email="carla@example.org" Prefix="+39" Number="3351234567" Name=""/>'
    await imported(shop, f"<s>{ADA}{carla}</s>")
    await imported(shop, f"<s>{BOB}</s>", asOptOut=True)

    rows = f'{ADA}{BOB}{carla}<subscriber email="dora@example.org"/><subscriber/>'
    process_id = await imported(shop, f"<s>{rows}</s>", now=NOON + timedelta(minutes=1))

    details = await shop.details(process_id)
    counts = {each.tag: int(each.text) for each in details.document.find(".//ImportProcess")[2:9]}
    assert counts == {
        "TotalContacts": 5,
        "NewMobile": 0,
        "NewEmail": 1,
        "OptOutMobile": 0,
        "OptOutEmail": 1,
        "ExistingMobile": 1,
        "ExistingEmail": 2,
    }


async def test_an_import_for_several_lists_has_a_code_for_each(shop):
    other = second_list(shop)

    answer = await shop.start(list_ids=f"1;{other}")
    shop.work()

    first, second = answer.process_ids
    assert answer.text.endswith(
        "<ReturnCode>0</ReturnCode><processes>"
        f"<process><processID>{first}</processID><listID>1</listID><ReturnCode>0</ReturnCode></process>"
        f"<process><processID>{second}</processID><listID>{other}</listID><ReturnCode>0</ReturnCode></process>"
        "</processes></mailupBody></mailupMessage>"
    )
    with shop.database.transaction(shop.account.id) as tx:
        assert [status(tx), status(tx, other)] == [SUBSCRIBED, SUBSCRIBED]


async def test_lists_go_by_guid_too_and_empty_places_keep_their_semicolons(shop):
    other = second_list(shop)
    guids = [shop.list().guid, shop.list(other).guid.upper()]

    by_guid = await shop.start(list_ids=";", listsGUIDs=";".join(guids))
    shop.work()
    by_both = await shop.start(list_ids=f"1;{other}", listsGUIDs=f"{guids[0]};")
    shop.work()
    by_guid_alone = await shop.start(list_ids=None, listsGUIDs=guids[1])

    assert [each.codes for each in (by_guid, by_both, by_guid_alone)] == [[0, 0, 0], [0, 0, 0], [0, 0]]


@pytest.mark.parametrize("groups", [None, "", ";", "0;", " ; 0 "])
async def test_no_groups_are_written_in_many_ways(shop, groups):
    answer = await shop.start(list_ids=f"1;{second_list(shop)}", groupsIDs=groups)

    assert answer.codes == [0, 0, 0]


async def test_groups_go_by_commas_within_a_list_and_by_semicolons_between_lists(shop):
    other = second_list(shop)
    with shop.database.transaction(shop.account.id) as tx:
        mine = [each.id for each in catalog(tx).groups_of(1)][:2]
        theirs = catalog(tx).groups_of(other)[0].id

    await shop.start(list_ids=f"1;{other}", groupsIDs=f"{mine[0]},{mine[1]};{theirs},999999")
    shop.work()

    with shop.database.transaction(shop.account.id) as tx:
        assert groups_of(tx, recipient_by_email(tx, "ada@example.org").id) == {*mine, theirs}


async def test_groups_are_replaced_where_that_is_asked_for(shop):
    with shop.database.transaction(shop.account.id) as tx:
        old, new = (each.id for each in catalog(tx).groups_of(1)[:2])
    await imported(shop, groupsIDs=str(old))

    await imported(shop, groupsIDs=str(new), replaceGroups=True)

    with shop.database.transaction(shop.account.id) as tx:
        assert groups_of(tx, recipient_by_email(tx, "ada@example.org").id) == {new}


async def test_groups_of_a_stored_process_go_by_commas(shop):
    with shop.database.transaction(shop.account.id) as tx:
        groups = [each.id for each in catalog(tx).groups_of(1)][:2]

    stored = await shop.store(idGroups=",".join(map(str, groups)))

    with shop.database.transaction(shop.account.id) as tx:
        assert get_import(tx, stored.code).options.group_ids == tuple(groups)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"xmlDoc": None}, -401),
        ({"xmlDoc": " "}, -401),
        ({"xmlDoc": "<subscribers/>"}, -401),
        ({"xmlDoc": "<subscribers>"}, -402),
        ({"xmlDoc": "<s><subscriber><campo1>a|b</campo1></subscriber></s>"}, -402),
        ({"importType": 7}, -400),
        ({"importType": -1}, -400),
        ({"mobileInputType": 3}, -400),
        ({"idGroups": "Clienti"}, -403),
        ({"idGroups": "1;2"}, -403),
        ({"ConfirmEmail": True, "idConfirmNL": 12}, -410),
        ({"listGUID": GUID}, -101),
        ({"idList": 99}, -101),
        ({"idList": None}, -101),
        ({"listGUID": "1234"}, -102),
        ({"listGUID": None}, -102),
    ],
)
async def test_what_cannot_be_stored_is_told_by_its_code(shop, values, code):
    given = {"importType": 3, "mobileInputType": 2, "xmlDoc": f"<s>{ADA}</s>", **values}

    answer = await shop.of_list("NewImportProcess", **given)

    assert answer.codes == [code]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"xmlDoc": "<subscribers/>"}, -401),
        ({"xmlDoc": None}, -401),
        ({"xmlDoc": "<subscribers>"}, -402),
        ({"importType": 9}, -400),
        ({"groupsIDs": "x"}, -403),
        ({"listsIDs": "1;1", "groupsIDs": "1"}, -450),
        ({"listsIDs": "1;1", "listsGUIDs": GUID}, -450),
        ({"listsIDs": "1", "groupsIDs": "1;2"}, -450),
        ({"listsIDs": None}, -100),
        ({"listsIDs": ";"}, -100),
        ({"listsIDs": "News"}, -100),
        ({"listsIDs": "1", "listsGUIDs": GUID}, -101),
        ({"listsIDs": "99"}, -101),
        ({"listsIDs": None, "listsGUIDs": GUID}, -101),
        ({"listsIDs": "1", "listsGUIDs": "1234"}, -102),
        ({"listsIDs": ";".join(["1"] * 101)}, -403),
    ],
)
async def test_what_cannot_be_started_is_told_by_its_code_and_stores_nothing(shop, values, code):
    given = {"listsIDs": "1", "xmlDoc": f"<s>{ADA}</s>", "importType": 3, "mobileInputType": 2, **values}

    answer = await shop.call("StartImportProcesses", **given)

    assert answer.codes == [code]
    assert (await shop.start(None)).codes == [-401]


async def test_while_an_import_runs_others_stay_stored(shop):
    other = second_list(shop)
    running = await shop.start()

    same = await shop.start()
    elsewhere = await shop.start(list_ids=str(other))
    by_id = [
        await shop.of_list("StartProcess", idProcess=same.process_ids[0]),
        await shop.of_list("StartProcess", other, idProcess=elsewhere.process_ids[0]),
    ]
    all_refused = await shop.start(None)
    shop.work()
    all_started = await shop.start(None)
    shop.work()

    assert (running.codes, same.codes, elsewhere.codes) == ([0, 0], [0, -601], [0, -602])
    assert [each.code for each in by_id] == [-601, -602]
    assert all_refused.codes == [0, -601, -602]
    assert all_started.process_ids == [*same.process_ids, *elsewhere.process_ids]
    assert all_started.codes == [0, 0, 0]
    with shop.database.transaction(shop.account.id) as tx:
        assert status(tx, other) == SUBSCRIBED


async def test_a_document_leaves_what_was_stored_before_alone(shop):
    stored = await shop.store(f"<s>{BOB}</s>")

    await imported(shop)

    with shop.database.transaction(shop.account.id) as tx:
        assert get_import(tx, stored.code).state == ImportState.STORED


@pytest.mark.parametrize("lists", [{}, {"list_ids": ""}, {"list_ids": "1", "groupsIDs": "0"}])
async def test_without_a_document_everything_stored_is_started_in_its_order(shop, lists):
    other = second_list(shop)
    stored = [(await shop.store()).code, (await shop.store(f"<s>{BOB}</s>", other)).code]

    answer = await shop.start(None, **lists)
    shop.work()

    assert answer.process_ids == stored
    with shop.database.transaction(shop.account.id) as tx:
        assert [status(tx), status(tx, other, BOBS_ADDRESS)] == [SUBSCRIBED, SUBSCRIBED]


async def test_processes_that_cannot_be_started_or_found_have_codes_of_their_own(shop):
    stored = await shop.store()
    other = second_list(shop)

    unknown = await shop.of_list("StartProcess", idProcess=99)
    of_other_list = await shop.of_list("StartProcess", other, idProcess=stored.code)
    await shop.of_list("StartProcess", idProcess=stored.code)
    again = await shop.of_list("StartProcess", idProcess=stored.code)
    shop.work()
    ended = await shop.of_list("StartProcess", idProcess=stored.code)
    wrong_guid = await shop.of_list("StartProcess", idProcess=stored.code, listGUID=GUID)
    no_details = [await shop.details(99), await shop.details(stored.code, other), await shop.details(-1)]

    assert [each.code for each in (unknown, of_other_list, again, ended, wrong_guid)] == [-603, -603, -601, -604, -101]
    assert [each.codes for each in no_details] == [[-501]] * 3


async def test_a_process_of_another_account_is_not_found(shop, unlimited, database):
    other = open_shop(unlimited, other_account(database))
    for _ in range(3):
        theirs = await other.store()

    found = [
        await shop.details(theirs.code),
        await shop.of_list("StartProcess", idProcess=theirs.code),
        await shop.start(None),
    ]

    assert [each.codes for each in found] == [[-501], [-603], [-401]]
    assert (await other.start(None)).codes == [0, 0, 0, 0]


# Contract 3.3: what is said, and what becomes of who is new, subscribed, pending, unsubscribed.
FLAGS: dict[tuple[str, ...], tuple[Status, ...]] = {
    (): (SUBSCRIBED, SUBSCRIBED, PENDING, UNSUBSCRIBED),
    ("asPending",): (SUBSCRIBED, SUBSCRIBED, SUBSCRIBED, UNSUBSCRIBED),
    ("forceOptIn",): (SUBSCRIBED, SUBSCRIBED, SUBSCRIBED, SUBSCRIBED),
    ("ConfirmEmail",): (PENDING, PENDING, PENDING, UNSUBSCRIBED),
    ("ConfirmEmail", "forceOptIn"): (PENDING, PENDING, PENDING, PENDING),
    ("ConfirmEmail", "asPending", "forceOptIn"): (PENDING, PENDING, PENDING, PENDING),
    ("asOptOut",): (UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED),
    ("asOptOut", "asPending"): (UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED),
    ("asOptOut", "ConfirmEmail"): (UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED, UNSUBSCRIBED),
}


@pytest.mark.parametrize(("flags", "becomes"), FLAGS.items())
async def test_flags_decide_what_becomes_of_everybody(shop, flags, becomes):
    names = ("new", "in", "wait", "out")
    row = '<subscriber email="{}@example.org"/>'.format
    await imported(shop, f"<s>{row('in')}</s>")
    await imported(shop, f"<s>{row('wait')}</s>", ConfirmEmail=True)
    await imported(shop, f"<s>{row('out')}</s>", asOptOut=True)

    await imported(shop, f"<s>{''.join(map(row, names))}</s>", **dict.fromkeys(flags, True))

    with shop.database.transaction(shop.account.id) as tx:
        found = [check_status(tx, 1, type(ADAS_ADDRESS).parse(f"{name}@example.org")) for name in names]
    assert tuple(found) == becomes


async def test_requests_to_confirm_wait_until_somebody_launches_them(shop):
    process_id = await imported(shop, ConfirmEmail=True)
    waiting = await shop.details(process_id)
    with shop.database.transaction(shop.account.id) as tx:
        (sending,) = undefined_sendings(tx)
        held = in_state(tx, DeliveryState.HELD, most=10)
        launch(tx, sending.id, now=WINTER)
        leaving = in_state(tx, DeliveryState.PLANNED, most=10)

    still = await shop.details(process_id)

    assert [waiting.value("ConfirmationEmail"), waiting.value("ConfirmationSent")] == ["True", "False"]
    assert still.value("ConfirmationSent") == "False"
    assert len(held) == len(leaving) == 1


async def test_a_confirmation_that_has_left_is_told_as_sent(shop):
    process_id = await imported(shop, '<s><subscriber email="nobody"/></s>', ConfirmEmail=True)
    with shop.database.transaction(shop.account.id) as tx:
        launch(tx, undefined_sendings(tx)[0].id, now=WINTER)

    assert (await shop.details(process_id)).value("ConfirmationSent") == "True"


async def test_requests_to_confirm_leave_at_once_where_the_account_asks_for_it(shop):
    with shop.database.transaction(shop.account.id) as tx:
        change_options(tx, AccountOptions(import_confirmation_autosend=True))
    stored = await shop.store(f"<s>{BOB}</s>", ConfirmEmail=True)

    await shop.of_list("StartProcess", idProcess=stored.code)
    shop.work()
    await imported(shop, ConfirmEmail=True)

    with shop.database.transaction(shop.account.id) as tx:
        assert undefined_sendings(tx) == []
        assert len(in_state(tx, DeliveryState.PLANNED, most=10)) == 2


async def test_the_type_decides_what_an_empty_value_does(shop):
    filled = (
        '<s><subscriber email="ada@example.org"><campo1>a</campo1><campo2>b</campo2><campo3>c</campo3></subscriber></s>'
    )
    emptied = '<s><subscriber email="ada@example.org"><campo1></campo1><campo2> </campo2></subscriber></s>'
    await imported(shop, filled)

    await imported(shop, emptied, importType=1)
    with shop.database.transaction(shop.account.id) as tx:
        kept = recipient_by_email(tx, "ada@example.org").fields
    await imported(shop, emptied, importType=4)

    with shop.database.transaction(shop.account.id) as tx:
        assert kept == {"1": "a", "3": "c"}
        assert recipient_by_email(tx, "ada@example.org").fields == {"3": "c"}


@pytest.mark.parametrize(
    ("mobile_input_type", "prefix", "number"),
    [
        (1, "", "+0018889624587"),
        (1, "", "+18889624587"),
        (1, "", "0018889624587"),
        (2, "+001", "8889624587"),
        (2, "001", "8889624587"),
        (2, "+1", "888 962 4587"),
    ],
)
async def test_numbers_are_one_however_they_are_written(shop, mobile_input_type, prefix, number):
    row = f'<subscriber email="" Prefix="{prefix}" Number="{number}" Name=""/>'

    await imported(shop, f"<s>{row}</s>", importType=2, mobileInputType=mobile_input_type)

    with shop.database.transaction(shop.account.id) as tx:
        assert check_status(tx, 1, MobileNumber.parse("+18889624587")) == SUBSCRIBED


async def test_the_ledger_says_where_an_import_came_from(shop):
    await imported(shop)

    with shop.database.transaction(shop.account.id) as tx:
        (entry,) = history(tx, ADAS_ADDRESS.text)
    assert (entry.ip, entry.user_agent) == (IP, "PHP-SOAP/8.2")
    assert "StartImportProcesses" in entry.wording


async def test_the_worker_is_told_of_what_was_started(shop, unlimited: Platform, account):
    told: list[int] = []
    platform = Platform(
        settings=unlimited.settings,
        database=unlimited.database,
        signer=unlimited.signer,
        throttles=unlimited.throttles,
        wake_sender=lambda: None,
        wake_importer=lambda: told.append(1),
    )
    told_shop = open_shop(platform, account)

    await told_shop.start()

    assert told


async def test_calls_at_the_same_moment_store_one_import_each(shop):
    answers = await asyncio.gather(*(shop.store(f"<s>{BOB}</s>") for _ in range(8)))

    assert len({each.code for each in answers}) == 8
    assert min(each.code for each in answers) > 0


async def test_unknown_elements_are_passed_over_and_empty_numbers_are_faults(shop):
    extra = await shop.start(idConfirmNL=0, idList=7)
    transport = httpx.ASGITransport(shop.application)
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><StartImportProcesses>'
        "<asOptOut/></StartImportProcesses></e:Body></e:Envelope>"
    )
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        fault = await client.post(f"http://{shop.account.host}{PATH}", content=body)

    assert extra.codes == [0, 0]
    assert fault.status_code == 500
