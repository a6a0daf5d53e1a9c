"""A person's time line, over REST."""

import pytest

from campaigns.happening import done, person, record, send
from interfaces.rest.test_statistics_resources import STATISTICS
from recipients.people import make_list
from staffetta.access import set_visible_lists
from staffetta.campaigns import Actor, EventKind, delete_message
from staffetta.db import Database


@pytest.fixture
def within(database: Database, account):
    """`within(operation, …)`: run it in a transaction of the account."""

    def run(operation, *args, **kwargs):
        with database.transaction(account.id) as tx:
            return operation(tx, *args, **kwargs)

    return run


@pytest.fixture
def ada(within) -> int:
    return within(person)


def path(recipient_id: int, query: str = "") -> str:
    return f"{STATISTICS}Recipient/{recipient_id}/TimeLine{query}"


async def test_everything_is_told_newest_first_with_who_did_it_and_why(rest, within, ada):
    message = within(send, "https://shop.example/")

    def happen(tx):
        record(tx, done(tx, message, ada, actor=Actor.MACHINE, reason="asked for the head alone"))
        record(tx, done(tx, message, ada, "click", link_id=1, actor=Actor.UNSURE, reason="Gmail", ip="192.0.2.1"))
        record(tx, done(tx, message, ada, EventKind.SOFT_BOUNCE, reason="452 full"))

    within(happen)

    answer = await rest.get(path(ada))

    bounce, click, view = answer.json()["Events"]
    assert answer.json()["Next"] is None
    assert {name: value for name, value in click.items() if name != "Id"} == {
        "Date": "2026-06-01 12:00:00Z",
        "Kind": "click",
        "Actor": "unsure",
        "Reason": "Gmail",
        "IdMessage": message,
        "IdList": 1,
        "IdSending": 1,
        "Subject": "Spring",
        "Url": "https://shop.example/",
        "Ip": "192.0.2.1",
    }
    assert (view["Kind"], view["Actor"], view["Reason"], view["Url"]) == (
        "view",
        "machine",
        "asked for the head alone",
        "",
    )
    assert (bounce["Kind"], bounce["Actor"], bounce["Reason"]) == ("soft-bounce", "", "452 full")


async def test_a_time_line_is_read_to_its_end_by_what_each_stretch_names_as_next(rest, within, ada):
    message = within(send)
    within(lambda tx: record(tx, *(done(tx, message, ada) for _ in range(5))))

    stretches, query = [], "?PageSize=2"
    while query:
        answer = (await rest.get(path(ada, query))).json()
        stretches.append([each["Id"] for each in answer["Events"]])
        query = f"?PageSize=2&Before={answer['Next']}" if answer["Next"] else ""

    ids = [each for stretch in stretches for each in stretch]
    assert [len(each) for each in stretches] == [2, 2, 1]
    assert ids == sorted(set(ids), reverse=True)


async def test_a_page_has_no_more_than_a_thousand_events(rest, within, ada):
    message = within(send)
    within(lambda tx: record(tx, *(done(tx, message, ada) for _ in range(1_001))))

    answer = (await rest.get(path(ada, "?PageSize=5000"))).json()

    assert len(answer["Events"]) == 1_000
    assert answer["Next"] == answer["Events"][-1]["Id"]


async def test_messages_of_hidden_lists_are_left_out_and_the_next_stretch_is_named(
    rest_of, database, account, within, ada
):
    news = within(make_list)
    hidden, shown = within(send, list_id=news.id), within(send)
    within(lambda tx: record(tx, done(tx, shown, ada)))
    within(lambda tx: record(tx, *(done(tx, hidden, ada) for _ in range(3))))
    with database.connection() as connection:
        set_visible_lists(connection, account.api_user, (1,))
    restricted = rest_of(account)

    first = (await restricted.get(path(ada, "?PageSize=3"))).json()
    second = (await restricted.get(path(ada, f"?PageSize=3&Before={first['Next']}"))).json()

    assert first["Events"] == []
    assert [each["IdMessage"] for each in second["Events"]] == [shown]
    assert second["Next"] is None


async def test_who_sees_all_lists_is_told_of_messages_that_are_gone(rest, within, ada):
    message = within(send)
    within(lambda tx: record(tx, done(tx, message, ada, "click", link_id=1)))
    within(delete_message, 1, message)

    (event,) = (await rest.get(path(ada))).json()["Events"]

    assert (event["Kind"], event["IdMessage"], event["IdList"], event["Subject"]) == ("click", message, 0, "")


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 19, "²"])
async def test_a_cursor_that_is_none_is_refused(rest, ada, cursor):
    answer = await rest.get(path(ada, f"?Before={cursor}"))

    assert (answer.status_code, answer.json()["ErrorDescription"]) == (
        400,
        "Before: the Next of the page before is wanted.",
    )


@pytest.mark.parametrize("cursor", ["0", "9" * 18, '"7"', ""])
async def test_whatever_is_a_number_is_a_cursor(rest, ada, cursor):
    answer = await rest.get(path(ada, f"?Before={cursor}"))

    assert answer.json() == {"Events": [], "Next": None}


async def test_a_time_line_is_told_in_xml(rest, within, ada):
    message = within(send)
    within(lambda tx: record(tx, done(tx, message, ada)))

    answer = await rest.get(path(ada), headers={"Accept": "application/xml"})

    assert answer.text.startswith("<TimeLine ")
    assert "<Kind>view</Kind><Actor>person</Actor>" in answer.text
    assert answer.text.endswith('<Next i:nil="true"/></TimeLine>')
