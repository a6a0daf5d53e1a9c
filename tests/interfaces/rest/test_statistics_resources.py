"""Statistics over REST, of messages that were sent; wire cases show those of which nothing came."""

import re

import pytest

from campaigns.happened import NOW, PERSON, counted, did, followed, people, sent
from campaigns.written import write
from staffetta.campaigns.events import EventKind
from staffetta.db import Database
from staffetta.recipients.tables import recipients

STATISTICS = "/API/v1.1/Rest/MailStatisticsService.svc/"


@pytest.fixture
def of(database: Database, account):
    """Message 1, to Ada and Bob (11, 12) and to Ada once more, and what came of it; `await of("Message/1/…")`."""
    with database.transaction(account.id) as tx:
        message = write(tx, subject="Spring", notes="first")
        people(tx, (11, 12))
        sent(tx, message, (11, 12))
        sent(tx, message, (11,), sending=2, new=0)
        did(tx, message, EventKind.VIEW, (11, 12), times=2)
        did(tx, message, EventKind.CLICK, (11,), times=3)
        followed(tx, message, 1, "https://example.com/a?b=[campo1]", (11,), times=2)
        followed(tx, message, 2, "Unsubscribe", (11,))
        did(tx, message, EventKind.SOFT_BOUNCE, (11,), detail="452 full")
        did(tx, message, EventKind.HARD_BOUNCE, (12,), detail="550 unknown")
        did(tx, message, EventKind.UNSUBSCRIPTION, (12,))
        did(tx, message, EventKind.COMPLAINT, (12,))


def page(*items: str) -> str:
    return (
        f'{{"IsPaginated":false,"Items":[{",".join(items)}],"PageNumber":0,"PageSize":20,"Skipped":0,'
        f'"TotalElementsCount":{len(items)}}}'
    )


ADA, BOB = (
    '"Email":"p11@example.com","IdMessage":1,"IdRecipient":11',
    '"Email":"p12@example.com","IdMessage":1,"IdRecipient":12',
)
SPRING = '"IdList":1,"IdMessage":1,"Notes":"first","Subject":"Spring"'
DATE = '"Date":"2026-06-01 12:00:00Z"'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Message/1/Count/Recipients", "2"),
        ("Message/1/List/Recipients", page(f"{{{BOB}}}", f"{{{ADA}}}")),
        ("Message/1/Count/Views", "2"),
        ("Message/1/List/Views", page(f'{{"Count":2,{BOB}}}', f'{{"Count":2,{ADA}}}')),
        ("Message/1/Count/Clicks", "1"),
        ("Message/1/List/Clicks", page(f'{{"Count":3,{ADA}}}')),
        (
            "Message/1/List/UrlClicks",
            page(
                '{"Count":1,"IdMessage":1,"Url":"Unsubscribe"}',
                '{"Count":2,"IdMessage":1,"Url":"https://example.com/a?b=[campo1]"}',
            ),
        ),
        ("Message/1/Count/UrlClicks", "2"),
        (
            "Message/1/List/UrlClickDetails",
            page(
                f'{{"Count":1,{ADA},"Url":"Unsubscribe"}}',
                f'{{"Count":2,{ADA},"Url":"https://example.com/a?b=[campo1]"}}',
            ),
        ),
        ("Message/1/Count/Bounces", "2"),
        ("Message/1/List/Bounces", page(f'{{{BOB},"Type":"Hard"}}', f'{{{ADA},"Type":"Soft"}}')),
        ("Message/1/Count/Unsubscriptions", "1"),
        ("Message/1/List/Unsubscriptions", page(f"{{{BOB},{DATE}}}")),
        ("Recipient/11/Count/Deliveries", "1"),
        ("Recipient/11/List/Deliveries", page(f'{{"Count":2,{SPRING}}}')),
        ("Recipient/11/Count/Views", "1"),
        ("Recipient/11/List/Views", page(f'{{"Count":2,{SPRING}}}')),
        ("Recipient/11/Count/Clicks", "1"),
        ("Recipient/11/List/Clicks", page(f'{{"Count":3,{SPRING}}}')),
        (
            "Recipient/11/List/ClicksDetails",
            page(
                f'{{"Count":1,{SPRING},"Url":"Unsubscribe"}}',
                f'{{"Count":2,{SPRING},"Url":"https://example.com/a?b=[campo1]"}}',
            ),
        ),
        ("Recipient/11/Count/Bounces", "1"),
        ("Recipient/11/List/Bounces", page(f'{{"Count":1,{SPRING}}}')),
        (
            "Recipient/11/List/BouncesDetails",
            page(f'{{"Count":1,{SPRING},"Type":"Soft",{DATE},"Description":"452 full"}}'),
        ),
        ("Recipient/12/Count/Unsubscriptions", "1"),
        ("Recipient/12/List/Unsubscriptions", page(f"{{{SPRING},{DATE}}}")),
    ],
)
@pytest.mark.usefixtures("of")
async def test_statistics_are_told_with_these_members_in_this_order(rest, path, body):
    answer = await rest.get(STATISTICS + path)

    assert (answer.status_code, answer.text) == (200, body)


@pytest.mark.parametrize(
    ("path", "query", "ids"),
    [
        ("List/Recipients", "filterby=Email=='P11@example.com'", [11]),
        ("List/Recipients", "filterby=\"Email.Contains('example')\"&orderby=Email+asc", [11, 12]),
        ("List/Recipients", "filterby=IdMessage==2", []),
        ("List/Recipients", "PageSize=1&PageNumber=1", [11]),
        ("List/Views", "filterby=Count>=2 and IdRecipient<12", [11]),
        ("List/Views", "orderby=IdRecipient asc", [11, 12]),
        ("List/Bounces", "filterby=Type=='Hard'", [12]),
        ("List/Unsubscriptions", "filterby=Date>='2026-06-01'", [12]),
        ("List/Unsubscriptions", "filterby=Date>='2026-06-02'", []),
        ("List/UrlClickDetails", "filterby=Url.Contains('campo1')", [11]),
    ],
)
@pytest.mark.usefixtures("of")
async def test_people_are_filtered_and_put_in_order(rest, path, query, ids):
    answer = await rest.get(f"{STATISTICS}Message/1/{path}?{query}")

    assert [each["IdRecipient"] for each in answer.json()["Items"]] == ids, answer.text


@pytest.mark.parametrize(
    ("path", "query", "count"),
    [
        ("List/Deliveries", '"IdList == 51"', 0),
        ("List/Deliveries", '"IdList == 1"', 1),
        ("List/BouncesDetails", "Type=='Soft' and Description.StartsWith('452')", 1),
        ("List/Unsubscriptions", "Subject=='Spring'", 0),
        ("List/ClicksDetails", "Url=='https://example.com/a?b=[campo1]'", 1),
    ],
)
@pytest.mark.usefixtures("of")
async def test_what_somebody_did_is_filtered(rest, path, query, count):
    answer = await rest.get(f"{STATISTICS}Recipient/11/{path}", params={"filterby": query})

    assert answer.json()["TotalElementsCount"] == count, answer.text


async def test_the_address_that_was_meant_stands_before_those_that_contain_it(rest, database):
    """Trap K21: clients look for an address by `Contains` and take the first item."""
    with database.transaction(rest.account.id) as tx:
        message = write(tx)
        tx.load(
            recipients, PERSON, [(11, "a@b.example", "", "{}", NOW, NOW), (12, "ada@b.example", "", "{}", NOW, NOW)]
        )
        tx.load(recipients, PERSON, [(13, "aa@b.example", "", "{}", NOW, NOW)])
        sent(tx, message, (11, 12, 13))

    answer = await rest.get(f"{STATISTICS}Message/1/List/Recipients?filterby=Email.Contains('a@b.example')")

    assert [each["IdRecipient"] for each in answer.json()["Items"]] == [11, 13, 12]


@pytest.mark.usefixtures("of")
async def test_statistics_are_told_in_xml(rest):
    answer = await rest.get(f"{STATISTICS}Message/1/List/Views", headers={"Accept": "application/xml"})

    assert answer.text.startswith('<CollectionOfMessageViewItem xmlns="http://MailupSoa.Ws.Schema.API"')
    assert answer.text.count("<IdRecipient>") == 2


@pytest.mark.usefixtures("of")
async def test_counts_know_no_filter(rest):
    answer = await rest.get(f"{STATISTICS}Message/1/Count/Views?filterby=Nothing==1&PageSize=1")

    assert answer.text == "2"


async def test_all_counters_of_a_message_are_told_by_their_names(rest, database, account):
    names = "Recipients Viewers Clickers HardBounces SoftBounces Unsubscriptions Complaints Views Clicks"
    names += " MachineViews MachineClicks UntrackedViews UntrackedClicks"
    expected = {name: number for number, name in enumerate(names.split(), start=1)}
    with database.transaction(account.id) as tx:
        message = write(tx)
        for name, number in expected.items():
            counted(tx, message, re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower(), number)

    answer = await rest.get(f"{STATISTICS}Message/{message.id}/Counters")

    assert answer.json() == {"IdMessage": message.id, **expected}
    assert list(answer.json())[1:] == names.split()
