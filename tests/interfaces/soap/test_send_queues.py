"""MailUpSend: how far deliveries are, stopping and starting them, and their times."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, update

from campaigns.written import write
from recipients.people import ADA, make_list, sign_up
from staffetta.campaigns import Audience, get_campaign_sending, send_message, stop_sending
from staffetta.db import Statement
from staffetta.kit.clock import utc_now
from staffetta.outbox import SendingState, add_sending, get_sending, undefined_sendings
from staffetta.outbox.tables import sendings
from trying import NOON

LATER = datetime(2999, 12, 31, 8, tzinfo=UTC)
COLUMNS = ("state", "begun_at", "ended_at", "not_after", "addressed", "sent", "failed", "left_out")
SET = {
    name: Statement(
        update(sendings)
        .where(sendings.c.account_id == bindparam("account_id"), sendings.c.id == bindparam("of_id"))
        .values({name: bindparam("given", type_=sendings.c[name].type)})
    )
    for name in COLUMNS
}


@pytest.fixture
def message(changing):
    changing(sign_up, email=ADA, confirm=False)
    return changing(write)


def launched(tx, message, starts_at=None, **reached):
    """Launch a message, and say how far it has come."""
    sending_id = send_message(
        tx, message.list_id, message.id, audience=Audience(), starts_at=starts_at, now=utc_now()
    ).sending_id
    for name, given in reached.items():
        tx.run(SET[name], of_id=sending_id, given=given)
    return sending_id


def state_of(changing, sending_id):
    return changing(get_campaign_sending, sending_id).state


def told(answer):
    return {each.tag: each.text for each in answer.document.find("deliveryStatus")}


async def test_what_waits_is_scheduled(program, message, changing):
    sending_id = changing(launched, message, LATER)

    answer = await program.send("GetNewsletterDeliveryStatus", deliveryID=sending_id)

    assert answer.text.startswith(
        "<GetNewsletterDeliveryStatusResult><errorCode>0</errorCode><errorDescription></errorDescription>"
        "<erroCode>0</erroCode><erroDescription></erroDescription>"
        f"<deliveryStatus><deliveryID>{sending_id}</deliveryID><listID>1</listID>"
        f"<newsletterID>{message.id}</newsletterID><status>SCHEDULED</status>"
        "<details>Delivery will start on 31/12/2999 09:00:00</details>"
        "<toSend>1</toSend><toBeSent>0</toBeSent><progress>0</progress><estimatedTime>"
    )
    assert answer.text.endswith(
        f"</estimatedTime><scheduleID>{sending_id}</scheduleID></deliveryStatus></GetNewsletterDeliveryStatusResult>"
    )


async def test_what_runs_tells_how_far_it_is(program, message, changing):
    begun_at = utc_now() - timedelta(seconds=100)
    sending_id = changing(launched, message, begun_at=begun_at, addressed=200, sent=97, failed=2, left_out=1)

    status = told(await program.send("GetNewsletterDeliveryStatus", deliveryID=sending_id))

    assert (status["status"], status["toSend"], status["toBeSent"]) == ("SENDING", "200", "100")
    assert status["progress"] == "50"
    assert status["estimatedTime"] in ("0d 00h 01m 40s", "0d 00h 01m 41s", "0d 00h 01m 42s")
    assert status["details"].startswith("Delivery started on ")


async def test_what_is_not_over_is_never_whole(program, message, changing):
    sending_id = changing(launched, message, begun_at=utc_now(), addressed=2, sent=5)

    assert told(await program.send("GetNewsletterDeliveryStatus", deliveryID=sending_id))["progress"] == "99"


async def test_what_has_ended_tells_from_when_to_when(program, message, changing):
    ended_at = NOON + timedelta(hours=1)
    sending_id = changing(launched, message, begun_at=NOON, ended_at=ended_at, addressed=2, sent=1, failed=1)

    status = told(await program.send("GetNewsletterDeliveryStatus", deliveryID=sending_id))

    assert status["details"] == "Delivery started on 01/06/2026 14:00:00 and ended on 01/06/2026 15:00:00"
    assert (status["status"], status["toBeSent"], status["progress"]) == ("COMPLETED", "0", "100")


async def test_what_was_too_late_was_not_sent(program, message, changing):
    ended_at = NOON + timedelta(hours=1)
    sending_id = changing(launched, message, state=SendingState.LATE, ended_at=ended_at, addressed=2)

    status = told(await program.send("GetNewsletterDeliveryStatus", deliveryID=sending_id))

    assert status["details"] == "Delivery was not sent: on 01/06/2026 15:00:00 it was too late to start"
    assert (status["status"], status["toSend"], status["toBeSent"], status["progress"]) == ("COMPLETED", "2", "0", "0")


async def test_what_was_deleted_on_its_way_tells_how_far_it_came(program, message, changing):
    reached = {"begun_at": NOON, "ended_at": NOON, "addressed": 4, "sent": 1}
    sending_id = changing(launched, message, state=SendingState.DELETED, **reached)

    status = told(await program.send("GetNewsletterDeliveryStatus", deliveryID=sending_id))

    assert (status["status"], status["progress"]) == ("COMPLETED", "25")


async def test_a_delivery_is_not_put_off_beyond_the_time_to_begin(program, message, changing):
    sending_id = changing(launched, message, LATER, not_after=LATER)

    refused = await program.send("ScheduleNewsletterQueue", scheduleID=sending_id, deliverydt="29991231100000")

    assert refused.code == -1
    assert refused.reason == f"sending {sending_id} must not begin after 2999-12-31 08:00:00 UTC"
    assert changing(get_campaign_sending, sending_id).starts_at == LATER


async def test_what_is_about_to_begin_is_sending(program, message, changing):
    sending_id = changing(launched, message)

    status = told(await program.send("GetNewsletterDeliveryStatus", deliveryID=sending_id))

    assert (status["status"], status["details"]) == ("SENDING", "Delivery is about to start")


@pytest.mark.parametrize("deliveryid", [0, -1, 999, 2**31 - 1])
async def test_what_is_no_delivery_is_told_with_both_spellings(program, deliveryid):
    refused = await program.send("GetNewsletterDeliveryStatus", deliveryID=deliveryid)

    reason = f"there is no sending {deliveryid}"
    assert refused.text == (
        f"<GetNewsletterDeliveryStatusResult><errorCode>-1</errorCode><errorDescription>{reason}</errorDescription>"
        f"<erroCode>-1</erroCode><erroDescription>{reason}</erroDescription></GetNewsletterDeliveryStatusResult>"
    )


async def test_all_that_runs_is_stopped_and_started_again(program, theirs, message, changing, woken):
    running = changing(launched, message, begun_at=NOON)
    fresh = changing(launched, message)
    later = changing(launched, message, LATER)
    over = changing(launched, message, begun_at=NOON, ended_at=NOON)
    held = changing(launched, message, LATER)
    changing(stop_sending, held, now=NOON)

    nobody = await theirs.send("StopDelivery")
    stopped = await program.send("StopDelivery")
    states = [state_of(changing, each) for each in (running, fresh, later, over)]
    started = await program.send("StartDelivery")

    assert (nobody.one("//deliveries"), stopped.one("//deliveries"), started.one("//deliveries")) == ("0", "2", "3")
    assert states == [SendingState.STOPPED, SendingState.STOPPED, SendingState.DEFERRED, SendingState.IMMEDIATE]
    assert state_of(changing, running) == state_of(changing, fresh) == SendingState.IMMEDIATE
    again = changing(get_campaign_sending, held)
    assert (again.state, again.starts_at) == (SendingState.DEFERRED, LATER)
    assert woken == [True]


async def test_the_queue_of_a_list_has_what_is_not_over_in_the_order_of_times(program, message, changing):
    later = changing(launched, message, LATER)
    soon = changing(launched, message)
    changing(launched, message, begun_at=NOON, ended_at=NOON)
    other = changing(make_list)
    changing(launched, changing(write, other.id))
    confirmations = changing(add_sending, kind="import_confirmation", list_id=1, subject="?", now=NOON)

    answer = await program.send("GetNewsletterQueues", listID=1)

    assert answer.all("/GetNewsletterQueuesResult/list/deliveries/deliveryStatus/scheduleID") == [
        str(each) for each in (soon, later, confirmations)
    ]
    assert answer.one("/GetNewsletterQueuesResult/list/listID") == "1"
    assert answer.all("//details")[-1] == "Delivery waits to be added to the queue"


async def test_the_schedule_of_a_message_has_all_its_deliveries(program, message, changing):
    over = changing(launched, message, begun_at=NOON, ended_at=NOON)
    later = changing(launched, message, LATER)
    changing(launched, changing(write))

    answer = await program.send("GetNewsletterScheduleStatus", newsletterID=message.id)

    assert answer.one("/GetNewsletterScheduleStatusResult/newsletterID") == str(message.id)
    assert answer.all("//deliveries/deliveryStatus/deliveryID") == [str(later), str(over)]
    assert answer.all("//status") == ["SCHEDULED", "COMPLETED"]


async def test_there_is_no_order_to_change_and_the_answer_says_why(program, message, changing):
    sending_id = changing(launched, message, LATER)

    answer = await program.send("SetNewsletterQueueOrder", scheduleID=sending_id, Up=True)

    assert (answer.code, answer.one("//scheduleID")) == (0, str(sending_id))
    assert "side by side" in answer.one("//details")


async def test_a_delivery_is_added_to_the_queue_at_once_or_for_its_time(program, message, changing, woken):
    first, second = (changing(launched, message, LATER) for _ in range(2))
    for each in (first, second):
        changing(stop_sending, each, now=NOON)

    at_once = await program.send("AddNewsletterQueue", deliveryID=first, immediate=True)
    in_time = await program.send("AddNewsletterQueue", deliveryID=second, immediate=False)
    again = await program.send("AddNewsletterQueue", deliveryID=first, immediate=True)

    assert [told(each)["status"] for each in (at_once, in_time, again)] == ["SENDING", "SCHEDULED", "SENDING"]
    assert changing(get_campaign_sending, second).starts_at == LATER
    assert len(woken) == 3


async def test_the_confirmation_requests_of_an_import_are_launched_and_not_removed(program, changing):
    sending_id = changing(add_sending, kind="import_confirmation", list_id=1, subject="?", now=NOON)

    kept = await program.send("RemoveNewsletterQueue", deliveryID=sending_id, deleteQueue=True)
    answer = await program.send("AddNewsletterQueue", deliveryID=sending_id, immediate=False)

    assert (kept.code, kept.reason.split(":")[0]) == (-1, f"sending {sending_id} is of no message")
    assert (answer.code, told(answer)["newsletterID"], told(answer)["status"]) == (0, "0", "COMPLETED")
    assert changing(get_sending, sending_id).state == SendingState.IMMEDIATE
    assert changing(undefined_sendings) == []


async def test_what_has_ended_is_not_added_again(program, message, changing):
    sending_id = changing(launched, message, begun_at=NOON, ended_at=NOON)

    refused = await program.send("AddNewsletterQueue", deliveryID=sending_id, immediate=True)

    assert refused.code == -1
    assert state_of(changing, sending_id) == SendingState.IMMEDIATE


@pytest.mark.parametrize("name", ["deliveryID", "scheduleID"])
async def test_a_delivery_is_stopped_or_given_up(program, message, changing, name):
    stopped, deleted = (changing(launched, message, begun_at=NOON) for _ in range(2))
    of = {"listID": 1, "newsletterID": message.id}

    kept = await program.send("RemoveNewsletterQueue", **of, **{name: stopped}, deleteQueue=False)
    gone = await program.send("RemoveNewsletterQueue", **{name: deleted}, deleteQueue=True)

    assert state_of(changing, stopped) == SendingState.STOPPED
    assert told(kept)["details"] == "Delivery started on 01/06/2026 14:00:00 and was stopped"
    assert state_of(changing, deleted) == SendingState.DELETED
    assert told(gone)["details"].startswith("Delivery started on 01/06/2026 14:00:00 and was deleted on ")


async def test_a_delivery_that_has_not_begun_tells_when_it_was_to(program, message, changing):
    sending_id = changing(launched, message, LATER)

    answer = await program.send("RemoveNewsletterQueue", deliveryID=sending_id, deleteQueue=False)

    assert told(answer)["details"] == "Delivery was to start on 31/12/2999 09:00:00 and was stopped"
    assert told(answer)["status"] == "SCHEDULED"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"deliveryID": 0}, -1),
        ({"deliveryID": 999}, -1),
        ({"scheduleID": 999}, -1),
        ({"newsletterID": 999}, -1),
        ({"listID": 77}, -100),
    ],
)
async def test_what_is_not_the_delivery_meant_stays(program, message, changing, given, code):
    sending_id = changing(launched, message)

    refused = await program.send("RemoveNewsletterQueue", **{"deliveryID": sending_id, "deleteQueue": True, **given})

    assert refused.code == code
    assert state_of(changing, sending_id) == SendingState.IMMEDIATE


async def test_a_delivery_is_put_off_and_brought_forward(program, message, changing, woken):
    sending_id = changing(launched, message, utc_now() + timedelta(days=1))
    of = {"listID": 1, "newsletterID": message.id, "scheduleID": sending_id}

    later = await program.send("ScheduleNewsletterQueue", **of, deliverydt="29991231090000", timezone=0)
    put_off = changing(get_campaign_sending, sending_id)
    now = await program.send("ScheduleNewsletterQueue", **of, deliverydt="20200101000000", timezone=0)

    assert (told(later)["status"], put_off.starts_at) == ("SCHEDULED", LATER)
    assert (told(now)["status"], state_of(changing, sending_id)) == ("SENDING", SendingState.IMMEDIATE)
    assert woken


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"deliverydt": None}, -1),
        ({"deliverydt": "31/12/2999"}, -1),
        ({"timezone": 99}, -1),
        ({"scheduleID": 0}, -1),
        ({"newsletterID": 999}, -1),
        ({"listID": 77}, -100),
    ],
)
async def test_a_time_that_cannot_be_set_is_refused(program, message, changing, given, code):
    sending_id = changing(launched, message, LATER)
    values = {"scheduleID": sending_id, "deliverydt": "29981231090000", "timezone": 0}

    assert (await program.send("ScheduleNewsletterQueue", **values | given)).code == code
    assert changing(get_campaign_sending, sending_id).starts_at == LATER


async def test_what_runs_gets_no_other_time(program, message, changing):
    sending_id = changing(launched, message, begun_at=NOON)

    refused = await program.send("ScheduleNewsletterQueue", scheduleID=sending_id, deliverydt="29991231090000")

    assert (refused.code, refused.reason) == (-1, f"sending {sending_id} was launched before")


@pytest.mark.parametrize(
    ("day", "hour"),
    [("29991231", "090000"), ("31/12/2999", "09:00"), ("2999-12-31", "9:00:00"), ("31.12.2999", "09.00")],
)
async def test_a_schedule_is_prepared_for_the_whole_list(program, message, changing, day, hour):
    answer = await program.send(
        "PrepareNewsletterSchedule",
        listID=1,
        newsletterID=message.id,
        deliveryDate=day,
        deliveryTime=hour,
        adminEmail="admin@example.org",
        idUser=3,
        note="why",
    )

    sending = changing(get_campaign_sending, int(answer.one("/PrepareNewsletterScheduleResult/scheduleID")))
    assert (sending.audience, sending.starts_at, sending.notes) == (Audience(), LATER, "why")
    assert told(answer)["status"] == "SCHEDULED"


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"deliveryDate": None}, -1, "deliveryDate"),
        ({"deliveryDate": "32/12/2999"}, -1, "deliveryDate"),
        ({"deliveryTime": "noon"}, -1, "deliveryTime"),
        ({"deliveryDate": "20200101"}, -1, "has passed"),
        ({"newsletterID": 999}, -1, "no message 999"),
        ({"listID": 77}, -100, "list"),
        ({"note": "x" * 5000}, -1, "notes"),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused_in_words(program, message, given, code, words):
    values = {"listID": 1, "newsletterID": message.id, "deliveryDate": "29991231", "deliveryTime": "0900"}

    refused = await program.send("PrepareNewsletterSchedule", **values | given)

    assert refused.code == code
    assert words in refused.reason
    assert (await program.send("GetNewsletterQueues", listID=1)).all("//deliveryStatus") == []


async def test_deliveries_of_another_account_are_not_found(theirs, message, changing):
    sending_id = changing(launched, message, LATER)
    other = changing(make_list)

    for name, given in (
        ("GetNewsletterDeliveryStatus", {"deliveryID": sending_id}),
        ("SetNewsletterQueueOrder", {"scheduleID": sending_id}),
        ("AddNewsletterQueue", {"deliveryID": sending_id, "immediate": True}),
        ("RemoveNewsletterQueue", {"deliveryID": sending_id, "deleteQueue": True}),
        ("ScheduleNewsletterQueue", {"scheduleID": sending_id, "deliverydt": "20200101000000"}),
        ("GetNewsletterScheduleStatus", {"newsletterID": message.id}),
    ):
        assert (await theirs.send(name, **given)).code == -1, name
    assert (await theirs.send("GetNewsletterQueues", listID=other.id)).code == -100
    assert state_of(changing, sending_id) == SendingState.DEFERRED
