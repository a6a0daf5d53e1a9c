"""MailUpSend: messages are launched: to a list, groups, people by name, one person."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.written import write
from recipients.people import ADA, BOB, EVIDENCE, make_list, sign_up, status
from staffetta.campaigns import Audience, get_campaign_sending, sendings_of_message
from staffetta.campaigns.writing import find_message
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.clock import utc_now
from staffetta.lists import obtain_group
from staffetta.outbox import SendingState
from staffetta.recipients import Cause, Status, history, join_group, suppress, unsubscribe_address
from staffetta.senders import block, trust
from trying import NOON

CAY = EmailAddress.parse("cay@example.org")


@pytest.fixture
def message(changing):
    return changing(write)


@pytest.fixture
def people(changing):
    """Ada and Bob are on list 1."""
    return [changing(sign_up, email=each, confirm=False).recipient_id for each in (ADA, BOB)]


async def test_a_sender_that_was_disabled_sends_nothing(program, message, people, changing):
    disabled = changing(trust, ADA, base_url="http://x.example", host="x.example", now=NOON)
    changing(block, disabled.id, now=NOON)

    answers = [
        await launch(program, message, from_email=ADA.text),
        await program.send(
            "SendSingleNewsletter",
            listID=1,
            type="ID",
            content=message.id,
            recipientEmail=BOB.text,
            options={"from_email": ADA.text},
        ),
    ]

    assert [(each.code, each.reason) for each in answers] == [(-1, f"the sender {ADA} was disabled")] * 2
    assert changing(sendings_of_message, 1, message.id) == []


async def launch(program, message, **options):
    return await program.send(
        "SendNewsletter", listID=1, newsletterID=message.id, options={"send_to": "ALL", **options}
    )


def sending_of(changing, answer):
    assert answer.code == 0, answer.reason
    return changing(get_campaign_sending, int(answer.document.findtext("deliveryID")))


async def test_a_message_goes_to_the_whole_list_at_once(program, message, people, changing, woken):
    answer = await launch(program, message, from_name="Shop", from_email="shop@example.org")

    sending = sending_of(changing, answer)
    assert answer.text == (
        "<SendNewsletterResult><errorCode>0</errorCode><errorDescription></errorDescription>"
        f"<deliveryID>{sending.id}</deliveryID><listID>1</listID><newsletterID>{message.id}</newsletterID>"
        "</SendNewsletterResult>"
    )
    assert (sending.audience, sending.addressed, sending.state) == (Audience(), 2, SendingState.IMMEDIATE)
    assert (sending.sender_name, sending.sender_email) == ("Shop", "shop@example.org")
    assert woken == [True]


async def test_the_keys_of_options_have_any_letters_and_others_are_passed_over(program, message, people, changing):
    answer = await program.send(
        "SendNewsletter", listID=1, newsletterID=message.id, options={"SEND_TO": "all", "filters_as": "OR", "x": "y"}
    )

    assert sending_of(changing, answer).addressed == 2


async def test_groups_get_it_but_those_excluded(program, message, people, changing):
    north, south = (changing(obtain_group, 1, name, now=NOON).id for name in ("North", "South"))
    for each in people:
        changing(join_group, each, north, subscribes=False, evidence=EVIDENCE, now=NOON)
    changing(join_group, people[0], south, subscribes=False, evidence=EVIDENCE, now=NOON)

    answer = await launch(program, message, send_to="GROUPS", recipients=f"{north};", exclude=str(south))

    sending = sending_of(changing, answer)
    assert (sending.audience, sending.addressed) == (Audience(groups=(north,), excluded=(south,)), 1)


async def test_people_by_name_get_it_once_and_whoever_left_does_not(program, message, people, changing):
    changing(unsubscribe_address, 1, BOB, evidence=EVIDENCE, now=NOON, base_url="", host="h")

    answer = await launch(
        program, message, send_to="recipients", recipients="ada@example.org; BOB@example.org;ADA@example.org;"
    )

    sending = sending_of(changing, answer)
    assert (sending.audience.recipients, sending.addressed) == (tuple(people), 1)


async def test_people_with_values_of_their_own_get_a_delivery_for_each_set_of_values(
    program, message, people, changing
):
    cay = changing(sign_up, email=CAY, confirm=False).recipient_id

    answer = await launch(
        program,
        message,
        send_to="RECIPIENTS",
        recipients="ada@example.org;bob@example.org;cay@example.org",
        campo1="A;B;A",
        campo2="x;;x",
    )

    numbers = [int(each) for each in answer.all("/SendNewsletterResult/deliveries/deliveryID")]
    first, second = (changing(get_campaign_sending, each).audience for each in numbers)
    assert (first.recipients, dict(first.values)) == ((people[0], cay), {1: "A", 2: "x"})
    assert (second.recipients, dict(second.values)) == ((people[1],), {1: "B"})
    assert int(answer.one("/SendNewsletterResult/deliveryID")) == numbers[0]


async def test_a_delivery_waits_for_its_time_by_the_clocks_of_the_account(program, message, people, changing):
    by_account = await launch(program, message, deliverydt="29991231090000")
    ahead = await launch(program, message, deliverydt="29991231090000", timezone="+2")
    behind = await launch(program, message, deliverydt="29991231090000", timezone="-5")

    sending = sending_of(changing, by_account)
    assert (sending.state, sending.starts_at) == (SendingState.DEFERRED, datetime(2999, 12, 31, 8, tzinfo=UTC))
    assert sending_of(changing, ahead).starts_at == datetime(2999, 12, 31, 6, tzinfo=UTC)
    assert sending_of(changing, behind).starts_at == datetime(2999, 12, 31, 13, tzinfo=UTC)


async def test_a_time_that_has_passed_means_at_once(program, message, people, changing):
    answer = await launch(program, message, deliverydt="20200101090000")

    sending = sending_of(changing, answer)
    assert sending.state == SendingState.IMMEDIATE
    assert utc_now() - sending.starts_at < timedelta(minutes=1)


async def test_statistics_are_forgotten_of_what_has_none(program, message, people):
    first = await launch(program, message, clear_stats="true")
    again = await launch(program, message, clear_stats="true")
    kept = await launch(program, message, clear_stats="false")

    assert (first.code, again.code, kept.code) == (0, -1, 0)
    assert "clone" in again.reason


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"send_to": ""}, "send_to: ALL"),
        ({"send_to": "EVERYBODY"}, "send_to: ALL"),
        ({"filters": "3;4"}, "filters: this server has none"),
        ({"send_to": "GROUPS"}, "numbers of groups"),
        ({"send_to": "GROUPS", "recipients": "North"}, "'North' is no number"),
        ({"send_to": "GROUPS", "recipients": "999"}, "no group 999"),
        ({"exclude": "999"}, "no group 999"),
        ({"exclude": "x"}, "exclude: 'x' is no number"),
        ({"send_to": "RECIPIENTS"}, "addresses are wanted"),
        ({"send_to": "RECIPIENTS", "recipients": ";;"}, "addresses are wanted"),
        ({"send_to": "RECIPIENTS", "recipients": "nobody"}, "'nobody' is not an email address"),
        ({"send_to": "RECIPIENTS", "recipients": "new@example.org"}, "1 not on list 1, such as new@example.org"),
        ({"send_to": "RECIPIENTS", "recipients": "a@example.org;" * 1001}, "at most 1,000"),
        ({"send_to": "RECIPIENTS", "recipients": "ada@example.org", "campo1": "A;B"}, "as many values"),
        (
            {"send_to": "RECIPIENTS", "recipients": "ada@example.org", "campo1": "x" * 3000},
            "campo1: at most",
        ),
        ({"campo1": "A"}, "campo1: values of fields go with send_to RECIPIENTS"),
        ({"deliverydt": "tomorrow"}, "yyyyMMddHHmmss"),
        ({"deliverydt": "20261331000000"}, "yyyyMMddHHmmss"),
        ({"deliverydt": "00010101000000", "timezone": "1"}, "years 1 and 9999"),
        ({"deliverydt": "20261231000000", "timezone": "x"}, "timezone: whole hours"),
        ({"deliverydt": "20261231000000", "timezone": "27"}, "timezone: at most"),
        ({"clear_stats": "x"}, "clear_stats: true or false"),
        ({"from_email": "nobody"}, "sender's address"),
        ({"from_name": "x" * 101}, "sender's name"),
    ],
)
@pytest.mark.usefixtures("people")
async def test_what_cannot_be_sent_is_refused_in_words(program, message, woken, options, words):
    refused = await launch(program, message, **options)

    assert refused.code == -1
    assert words in refused.reason
    assert woken == []


async def test_values_of_fields_that_there_are_not_are_passed_over(program, message, people, changing):
    answer = await launch(
        program,
        message,
        send_to="RECIPIENTS",
        recipients="ada@example.org",
        campo1="A",
        **{f"campo{number}": "x;" * 1000 for number in range(100, 1000)},
    )

    assert dict(sending_of(changing, answer).audience.values) == {1: "A"}


async def test_too_many_values_of_their_own_are_refused(program, message, changing):
    addresses = [EmailAddress.parse(f"p{n}@example.org") for n in range(101)]
    for each in addresses:
        changing(sign_up, email=each, confirm=False)

    refused = await launch(
        program,
        message,
        send_to="RECIPIENTS",
        recipients=";".join(each.text for each in addresses),
        campo1=";".join(map(str, range(101))),
    )

    assert refused.code == -1
    assert "at most 100" in refused.reason


async def test_people_who_have_all_left_are_no_audience(program, message, people, changing):
    changing(unsubscribe_address, 1, BOB, evidence=EVIDENCE, now=NOON, base_url="", host="h")

    refused = await launch(program, message, send_to="RECIPIENTS", recipients=BOB.text)

    assert refused.code == -1
    assert "none of them is subscribed" in refused.reason


async def test_a_message_is_written_and_sent_in_one_call(program, people, changing):
    answer = await program.send(
        "SendNewsletterFast",
        listID=1,
        subject="Fast",
        type="HTML",
        content="<p>[nome]</p>",
        options={"send_to": "RECIPIENTS", "recipients": "ada@example.org", "campo1": "A", "note": "n"},
    )

    sending = sending_of(changing, answer)
    message = changing(find_message, 1, int(answer.one("//newsletterID")))
    assert (message.subject, message.notes, message.uses_fields) == ("Fast", "n", True)
    assert (sending.message_id, dict(sending.audience.values)) == (message.id, {1: "A"})


async def test_what_cannot_be_sent_is_not_written_either(program, people):
    refused = await program.send(
        "SendNewsletterFast",
        listID=1,
        subject="Fast",
        type="HTML",
        content="x",
        options={"send_to": "GROUPS", "recipients": "999"},
    )

    assert refused.code == -1
    assert (await program.send("GetNewsletters", listID=1)).all("//newsletter") == []


async def test_the_fast_way_sends_what_is_there_by_its_number(program, message, people, changing):
    given = {"listID": 1, "type": "ID", "options": {"send_to": "ALL"}}

    answer = await program.send("SendNewsletterFast", content=f" {message.id} ", **given)
    unknown = await program.send("SendNewsletterFast", content="999", **given)
    nonsense = await program.send("SendNewsletterFast", content="x" * 5000, **given)

    assert sending_of(changing, answer).message_id == message.id
    assert (unknown.code, unknown.reason) == (-1, "list 1 has no message 999")
    assert (nonsense.code, nonsense.reason) == (-1, "content: with type ID the number of a message")


async def single(program, **given):
    values = {"listID": 1, "subject": "One", "type": "HTML", "content": "x", "recipientEmail": "new@example.org"}
    return await program.send("SendSingleNewsletter", **values | given)


async def test_a_message_to_one_subscribes_whoever_is_not_on_the_list(program, changing, woken):
    answer = await single(program, options={"campo1": "A;B", "from_name": "Shop", "dyn_fld": "false"})

    sending = sending_of(changing, answer)
    assert (sending.addressed, sending.sender_name, dict(sending.audience.values)) == (1, "Shop", {1: "A;B"})
    assert not changing(find_message, 1, sending.message_id).uses_fields
    new = EmailAddress.parse("new@example.org")
    assert changing(status, 1, new) == Status.SUBSCRIBED
    assert changing(history, new.text)[-1].wording == "/MailupSend.asmx SendSingleNewsletter"
    assert woken == [True]


async def test_a_message_to_one_is_written_anew_or_named_by_its_number(program, message, changing):
    written = await single(program)
    named = await single(program, type="id", content=message.id, recipientEmail=" ADA@example.org ")

    assert sending_of(changing, written).message_id != message.id
    assert sending_of(changing, named).message_id == message.id


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"recipientEmail": None}, "address"),
        ({"recipientEmail": "a@b@c"}, "address"),
        ({"type": "URL"}, "fetches nothing"),
        ({"type": "ID", "content": "999"}, "list 1 has no message 999"),
        ({"type": "ID", "content": ""}, "number of a message"),
        ({"subject": None}, "subject: mandatory"),
        ({"options": {"campo1": "x" * 3000}}, "campo1: at most"),
    ],
)
async def test_a_message_to_one_that_cannot_be_is_refused_in_words(program, given, words):
    refused = await single(program, **given)

    assert refused.code == -1
    assert words in refused.reason


async def test_nobody_is_written_to_whose_address_bounced(program, message, people, changing):
    changing(suppress, ADA.text, cause=Cause.BOUNCE, evidence=EVIDENCE, now=NOON)

    refused = await single(program, type="ID", content=message.id, recipientEmail=ADA.text)

    assert refused.code == -1


async def test_there_is_no_file_drop(program, message):
    answer = await program.send(
        "SendMessageNL",
        fileName="people.csv",
        listId="1",
        messageId=message.id,
        timeDateSending="2026-06-01T12:00:00",
        sendDelayTest=0,
    )

    assert answer.text == "-1"


async def test_lists_and_messages_of_another_account_are_not_sent(program, theirs, message, people, changing):
    other = changing(make_list)
    options = {"send_to": "ALL"}

    message_of_others = await theirs.send("SendNewsletter", listID=1, newsletterID=message.id, options=options)
    by_number = await single(theirs, type="ID", content=message.id)
    list_of_others = [
        await theirs.send("SendNewsletter", listID=other.id, newsletterID=message.id, options=options),
        await theirs.send(
            "SendNewsletterFast", listID=other.id, subject="S", type="HTML", content="x", options=options
        ),
        await single(theirs, listID=other.id),
    ]
    people_of_others = await theirs.send(
        "SendNewsletterFast",
        listID=1,
        subject="S",
        type="HTML",
        content="x",
        options={"send_to": "RECIPIENTS", "recipients": ADA.text},
    )

    assert (message_of_others.code, by_number.code) == (-1, -1)
    assert {each.code for each in list_of_others} == {-100}
    assert "not on list 1" in people_of_others.reason
